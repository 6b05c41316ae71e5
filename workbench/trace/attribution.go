package trace

import (
	"slices"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/fault"
)

// Attribution ties the tables of one trace together: NVTX ranges and API calls on
// the host, work on GPUs, and which ranges the work belongs to. It is read-only once
// made.
type Attribution struct {
	Ranges  *Ranges       // without rows where the trace has no NVTX
	Events  *frames.Frame // the rows of Ranges; nil where the trace has no NVTX
	Nesting *Nesting      // of the ranges, start/end ranges among them, by time alone
	Calls   *Calls

	// Ops are the kernels, then the copies, the sets and the graphs traced as wholes.
	// The latter are left out where nodes of graphs are there, which would count twice.
	Ops     *Ops
	Kernels int            // how many of the ops are kernels
	Wholes  int            // how many of the ops, the last ones, are whole graphs
	Names   *frames.Column // of the kernels; nil where the trace has none
	Nodes   []int64        // by op: the graph's node that it ran for, 0 for none; nil where no op has one
	GPU     []int32        // by op: index in GPUs
	GPUs    []GPU

	*Projection // of the ops

	// Hidden are graph launches whose work the trace does not show, as calls that
	// HiddenRanges projects. Without any, Hidden.Len is 0.
	Hidden       *Ops
	HiddenRanges *Projection

	Processes []int64 // those with ranges or work, ascending, the ones that were not asked for too
	Odd       int64   // rows left out: they end before they start, or run for weeks
}

// GPU is a device as one process sees it. Two processes may mean the same device
// by different ordinals, and different ones by the same.
type GPU struct {
	Pid, Device int64 // Device is a CUDA ordinal
}

// AllProcesses is the process of Attribute that leaves none out.
const AllProcesses = -1

// AttributionTables are the tables that Attribute reads, with their columns. The
// caller owns the map.
func AttributionTables() map[string][]frames.Field {
	call := Columns("start end pid tid correlation_id")
	work := Columns("start end pid correlation_id device")
	node := append(slices.Clone(work), Columns("graph_node_id")...)
	return map[string][]frames.Field{
		"nvtx": Columns("start end pid tid end_tid", frames.Field{Name: "text", Kind: frames.String},
			frames.Field{Name: "domain", Kind: frames.String}, frames.Field{Name: "type", Kind: frames.String}),
		"api_calls": call, "graph_launches": append(slices.Clone(call), Columns("result")...), "kernels": node, "copies": node, "sets": node, "graph_traces": work,
	}
}

// Columns declares integers of an nsys table by their names, separated by spaces, and
// more columns behind them. Those named start and end are in ns.
func Columns(names string, more ...frames.Field) []frames.Field {
	var out []frames.Field
	for name := range strings.FieldsSeq(names) {
		f := frames.Field{Name: name, Kind: frames.Int64}
		if name == "start" || name == "end" {
			f.Unit = "ns"
		}
		out = append(out, f)
	}
	return append(out, more...)
}

// Attribute ties the tables of one process, or of AllProcesses. table returns the
// trace's table of a name in AttributionTables, nil where it has none. The rows come
// in any order. What a table needs is told by RangesOf, CallsOf and OpsOf; kernels
// may have a name as well. Errors are those of table, Misuse for a column that
// is missing, and Missing where no kernel says which call launched it.
func Attribute(table func(name string) (*frames.Frame, error), process int64) (*Attribution, error) {
	b := &attributor{table: table, process: process, processes: map[int64]bool{}, a: &Attribution{Hidden: &Ops{}}}
	for _, step := range []func() error{b.ranges, b.calls, b.work, b.project} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	for pid := range b.processes {
		b.a.Processes = append(b.a.Processes, pid)
	}
	slices.Sort(b.a.Processes)
	return b.a, nil
}

// HasWork reports whether the trace says anything of GPUs: work, or a graph that
// was launched and is hidden.
func (a *Attribution) HasWork() bool { return a.Ops.Len() > 0 || a.Hidden.Len() > 0 }

// FromGraph reports whether op i ran within a CUDA graph.
func (a *Attribution) FromGraph(i int) bool {
	return i >= a.Ops.Len()-a.Wholes || a.Nodes != nil && a.Nodes[i] != 0
}

type attributor struct {
	table     func(name string) (*frames.Frame, error)
	process   int64
	processes map[int64]bool
	a         *Attribution
}

// load returns the rows of a table that are of the process and possible. It is nil
// where none is left.
func (b *attributor) load(name string, counts bool) (*frames.Frame, error) {
	f, err := b.table(name)
	if err != nil || f == nil {
		return nil, err
	}
	columns, err := intsOf(f, "start", "end", "pid")
	if err != nil {
		return nil, err
	}
	start, end, pid, ends := columns[0], columns[1], columns[2], f.Column("end")
	keep := func(i int) bool { return b.process == AllProcesses || pid[i] == b.process }
	odd := func(i int) bool {
		if ends.IsNull(i) {
			return name != "nvtx" // marks and open ranges have no end
		}
		return !believable(start[i], end[i])
	}
	all := true
	for i := range f.Len() {
		if counts {
			b.processes[pid[i]] = true
		}
		if !keep(i) {
			all = false
		} else if odd(i) {
			all = false
			b.a.Odd++
		}
	}
	if !all {
		f = f.Filter(func(i int) bool { return keep(i) && !odd(i) })
	}
	if f.Len() == 0 {
		return nil, nil
	}
	return f, nil
}

func (b *attributor) ranges() error {
	f, err := b.load("nvtx", false)
	if err != nil {
		return err
	}
	b.a.Ranges = &Ranges{}
	if f != nil {
		if b.a.Ranges, err = RangesOf(f); err != nil {
			return err
		}
		b.a.Events = f
	}
	b.a.Nesting = Nest(b.a.Ranges, NestOptions{StartEnd: true})
	return b.rangeProcesses()
}

// rangeProcesses notes the processes that have ranges; one that only declares a
// domain has none.
func (b *attributor) rangeProcesses() error {
	r := b.a.Ranges
	if b.process != AllProcesses {
		f, err := b.table("nvtx")
		if err != nil || f == nil {
			return err
		}
		if r, err = RangesOf(f); err != nil {
			return err
		}
	}
	for i, style := range r.Style {
		if style != NoRange {
			b.processes[r.Pid[i]] = true
		}
	}
	return nil
}

func (b *attributor) calls() error {
	f, err := b.load("api_calls", false)
	b.a.Calls = &Calls{}
	if err != nil || f == nil {
		return err
	}
	b.a.Calls, err = CallsOf(f)
	return err
}

// WorkTables names the tables of GPU work: kernels, copies, sets, and graphs traced as
// wholes, which are last.
func WorkTables() []string { return []string{"kernels", "copies", "sets", "graph_traces"} }

func (b *attributor) work() error {
	var list [4]*frames.Frame
	for i, name := range WorkTables() {
		var err error
		if list[i], err = b.load(name, true); err != nil {
			return err
		}
	}
	rows := func(f *frames.Frame) int {
		if f == nil {
			return 0
		}
		return f.Len()
	}
	if err := tied(list[0]); err != nil {
		return err
	}
	b.a.Nodes = nodesOf(list[:3])
	if b.a.Nodes != nil {
		list[3] = nil
	}
	ops, err := OpsOf(list[:]...)
	if err != nil {
		return err
	}
	b.a.Ops, b.a.Kernels, b.a.Wholes = ops, rows(list[0]), rows(list[3])
	if list[0] != nil {
		b.a.Names = list[0].Column("name")
	}
	b.gpus(list[:])
	return nil
}

// tied refuses kernels of which none says which call launched it: all figures of ranges
// would lack them.
func tied(kernels *frames.Frame) error {
	if kernels == nil || kernels.Len() == 0 {
		return nil
	}
	column := kernels.Column("correlation_id")
	for i := range kernels.Len() {
		if column == nil || !column.IsNull(i) {
			return nil
		}
	}
	return fault.WithRemedy(fault.Errorf(fault.Missing, "the kernels have no correlation_id (the column correlationId of the export's table CUPTI_ACTIVITY_KIND_KERNEL), so that nothing ties them to the calls that launched them and to ranges"),
		"export again from the .nsys-rep file: nsys export --type sqlite")
}

// nodesOf joins the columns of graph nodes, nil where none has a value.
func nodesOf(tables []*frames.Frame) []int64 {
	rows, some := 0, false
	for _, f := range tables {
		if f != nil {
			rows += f.Len()
			some = some || f.Has("graph_node_id")
		}
	}
	if !some {
		return nil
	}
	out := make([]int64, 0, rows)
	some = false
	for _, f := range tables {
		if f == nil {
			continue
		}
		c := f.Column("graph_node_id")
		for i := range f.Len() {
			node := int64(0)
			if c != nil && !c.IsNull(i) {
				node = c.Int(i)
			}
			some = some || node != 0
			out = append(out, node)
		}
	}
	if !some {
		return nil
	}
	return out
}

// gpus numbers the devices of the work. Without a column of devices there is one.
func (b *attributor) gpus(tables []*frames.Frame) {
	known := map[GPU]int32{}
	last, number := GPU{}, int32(-1)
	b.a.GPU = make([]int32, 0, b.a.Ops.Len())
	for _, f := range tables {
		if f == nil {
			continue
		}
		pid, device := f.Ints("pid"), f.Column("device")
		for i := range f.Len() {
			g := GPU{Pid: pid[i]}
			if device != nil {
				g.Device = device.Int(i)
			}
			if number < 0 || g != last {
				n, ok := known[g]
				if !ok {
					n = int32(len(b.a.GPUs))
					known[g] = n
					b.a.GPUs = append(b.a.GPUs, g)
				}
				last, number = g, n
			}
			b.a.GPU = append(b.a.GPU, number)
		}
	}
}

func (b *attributor) project() error {
	lookup := NewLookup(b.a.Calls)
	b.a.Projection = Project(b.a.Ops, lookup, b.a.Nesting)
	launches, err := b.load("graph_launches", false)
	if err != nil {
		return err
	}
	if launches != nil {
		if b.a.Hidden, err = b.hidden(launches); err != nil {
			return err
		}
	}
	b.a.HiddenRanges = Project(b.a.Hidden, lookup, b.a.Nesting)
	return nil
}

// hidden returns the launches that did not fail and no work came of.
func (b *attributor) hidden(f *frames.Frame) (*Ops, error) {
	all, err := OpsOf(f)
	if err != nil {
		return nil, err
	}
	lookup := NewLookup(&Calls{Start: all.Start, End: all.End, Pid: all.Pid, Correlation: all.Correlation})
	result := f.Column("result")
	launched := func(call int32) bool { return result == nil || result.Int(int(call)) == 0 }
	out := &Ops{}
	for _, call := range unseen(lookup, launched, b.a.Ops) {
		out.Start, out.End = append(out.Start, all.Start[call]), append(out.End, all.End[call])
		out.Pid, out.Correlation = append(out.Pid, all.Pid[call]), append(out.Correlation, all.Correlation[call])
	}
	return out, nil
}
