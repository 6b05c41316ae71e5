package cudagraphs

import (
	"cmp"
	"slices"

	"profilemate/workbench/analysis"
	"profilemate/workbench/trace"
)

// summary is what the result is drawn from.
type summary struct {
	params   Params
	mode     string // "node", "graph", or empty where the capture does not say
	launches launches
	a        *trace.Attribution
	wholes   []wholeID // of the ops that are whole graphs, in their order

	replays []replay
	graphs  []*graph
	devices []device
	eager   []eagerKernel
	all     int64 // durations of all work in ns
}

// wholeID is what a graph-level trace says of a replay's graph.
type wholeID struct{ graph, exec int64 }

// device is one GPU of one process.
type device struct {
	gpu                  trace.GPU
	placed               bool // false: the process has hidden launches and no work, so that its device is not known
	kernels, graph       int64
	eagerCalls, launches int64
	time, graphTime      int64 // ns
	kernelTime           int64 // ns
	wholes               int64
	hidden               int64
	hiddenKnown          bool // false: the process has several devices, and the launches do not say which
}

// readWholes notes which graph each replay is of that the trace holds as a whole.
// The rows that Attribute leaves out are left out here as well.
func (s *summary) readWholes(in analysis.Inputs) error {
	f, err := in.Frame(role, "graph_traces")
	if err != nil || f == nil || s.a.Wholes == 0 {
		return err
	}
	type key struct{ pid, correlation, start int64 }
	known := map[key]wholeID{}
	graphs, execs := f.Column("graph_id"), f.Column("graph_exec_id")
	for i, pid := range f.Ints("pid") {
		var id wholeID
		if graphs != nil {
			id.graph = graphs.Int(i)
		}
		if execs != nil {
			id.exec = execs.Int(i)
		}
		known[key{pid, f.Ints("correlation_id")[i], f.Ints("start")[i]}] = id
	}
	ops := s.a.Ops
	for i := ops.Len() - s.a.Wholes; i < ops.Len(); i++ {
		s.wholes = append(s.wholes, known[key{ops.Pid[i], ops.Correlation[i], ops.Start[i]}])
	}
	return nil
}

func (s *summary) gather() {
	s.gatherReplays()
	s.gatherGraphs()
	s.gatherDevices()
	s.gatherEager()
}

func (s *summary) gatherDevices() {
	s.devices = make([]device, len(s.a.GPUs))
	perProcess := map[int64]int{}
	for i, gpu := range s.a.GPUs {
		s.devices[i] = device{gpu: gpu, placed: true}
		perProcess[gpu.Pid]++
	}
	s.addWork()
	for _, r := range s.replays {
		s.devices[r.gpu].launches++
	}
	hidden := map[int64]int64{}
	for _, pid := range s.a.Hidden.Pid {
		hidden[pid]++
	}
	for i := range s.devices {
		d := &s.devices[i]
		if d.hiddenKnown = perProcess[d.gpu.Pid] == 1 || hidden[d.gpu.Pid] == 0; d.hiddenKnown {
			d.hidden = hidden[d.gpu.Pid]
			d.launches += d.hidden
		}
	}
	for pid, n := range hidden {
		if perProcess[pid] == 0 {
			s.devices = append(s.devices, device{gpu: trace.GPU{Pid: pid}, launches: n, hidden: n, hiddenKnown: true})
		}
	}
	slices.SortFunc(s.devices, func(a, b device) int {
		return cmp.Or(cmp.Compare(a.gpu.Pid, b.gpu.Pid), cmp.Compare(a.gpu.Device, b.gpu.Device))
	})
}

// addWork adds up the operations of each device.
func (s *summary) addWork() {
	type call struct{ pid, correlation int64 }
	counted := call{-1, -1} // nearly always a call has one kernel, and rows of one call stand together
	for i := range s.a.Ops.Len() {
		d := &s.devices[s.a.GPU[i]]
		duration := s.a.Ops.End[i] - s.a.Ops.Start[i]
		graph := s.a.FromGraph(i)
		d.time += duration
		s.all += duration
		if graph {
			d.graphTime += duration
		}
		switch {
		case i >= s.a.Ops.Len()-s.a.Wholes:
			d.wholes++
		case i < s.a.Kernels:
			d.kernels++
			d.kernelTime += duration
			if graph {
				d.graph++
			} else if c := (call{s.a.Ops.Pid[i], s.a.Ops.Correlation[i]}); c != counted {
				counted = c
				d.eagerCalls++
			}
		}
	}
}

// eagerKernel is a kernel name, as far as no graph launched it.
type eagerKernel struct {
	name             string
	instances, total int64
	median           float64
}

func (s *summary) gatherEager() {
	if s.a.Names == nil {
		return
	}
	byCode := map[int32]*trace.Samples{}
	for i := range s.a.Kernels {
		if s.a.FromGraph(i) {
			continue
		}
		code := int32(-1)
		if !s.a.Names.IsNull(i) {
			code = s.a.Names.Codes()[i]
		}
		if byCode[code] == nil {
			byCode[code] = &trace.Samples{}
		}
		byCode[code].Add(s.a.Ops.End[i] - s.a.Ops.Start[i])
	}
	for code, samples := range byCode {
		k := eagerKernel{name: trace.NoName, instances: samples.Len(), total: samples.Total()}
		if code >= 0 {
			k.name = s.a.Names.Dictionary().String(code)
		}
		stats, _ := samples.Describe(nil)
		k.median = stats.Median
		s.eager = append(s.eager, k)
	}
	slices.SortFunc(s.eager, func(a, b eagerKernel) int {
		return cmp.Or(cmp.Compare(b.total, a.total), cmp.Compare(a.name, b.name))
	})
}
