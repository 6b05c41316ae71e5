package stats

import (
	"cmp"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/trace"
)

// projectionSum is nvtx_gpu_proj_sum.
type projectionSum struct{}

func newProjectionSum(Choice) maker { return projectionSum{} }

func (projectionSum) wants() want   { return wantRanges | wantCalls | wantWork }
func (projectionSum) reads() []read { return nil }
func (projectionSum) fold() fold    { return nothing{} }

// projected are the ranges of one name that hold GPU work.
type projected struct {
	span                        trace.Samples
	host, ops, levels, children int64
}

func (projectionSum) finish(s *scene, _ fold) (*Table, error) {
	groups := s.projected()
	list := make([]rangeKey, 0, len(groups))
	for k := range groups {
		list = append(list, k)
	}
	slices.SortFunc(list, rangeKey.compare)
	slices.SortStableFunc(list, func(a, b rangeKey) int { return cmp.Compare(groups[b].span.Total(), groups[a].span.Total()) })
	return &Table{
		Headers: []string{"Range", "Style", "Total Proj Time (ns)", "Total Range Time (ns)", "Range Instances", "Proj Avg (ns)", "Proj Med (ns)",
			"Proj Min (ns)", "Proj Max (ns)", "Proj StdDev (ns)", "Total GPU Ops", "Avg GPU Ops", "Avg Range Lvl", "Avg Num Child"},
		Rows: func(emit func(*Row) error) error {
			var r Row
			for _, k := range list {
				g := groups[k]
				spread, _ := g.span.Describe(nil)
				n := float64(spread.Count)
				r.reset().name(k.name).str(k.style).int(spread.Total).int(g.host).int(spread.Count).times(spread).int(g.ops)
				r.tenths(float64(g.ops) / n).tenths(float64(g.levels) / n).tenths(float64(g.children) / n)
				if err := emit(&r); err != nil {
					return err
				}
			}
			return nil
		},
	}, nil
}

// projected adds up the ranges with GPU work by name. Ranges without a name are in
// no row, as in nsys.
func (s *scene) projected() map[rangeKey]*projected {
	work, nesting := s.project().Work(s.work), s.nest()
	children := make([]int64, len(work))
	for i := range work {
		if parent := nesting.Parent[i]; work[i].Ops > 0 && parent >= 0 {
			children[parent]++
		}
	}
	groups := map[rangeKey]*projected{}
	for i := range work {
		if work[i].Ops == 0 || s.ranges.Name == nil || s.ranges.Name[i] < 0 {
			continue
		}
		k := rangeKey{rangeName(s.ranges, s.ranges.Name[i]), s.ranges.Style[i].String()}
		g := groups[k]
		if g == nil {
			g = &projected{}
			groups[k] = g
		}
		g.span.Add(work[i].Span())
		g.host += s.ranges.End[i] - s.ranges.Start[i]
		g.ops += work[i].Launches
		g.levels += int64(nesting.Depth[i])
		g.children += children[i]
	}
	return groups
}

// rangeKernelSum is nvtx_kern_sum.
type rangeKernelSum struct{ naming kernelNaming }

func newRangeKernelSum(c Choice) maker { return rangeKernelSum{namingOf(c)} }

func (m rangeKernelSum) wants() want   { return wantRanges | wantCalls | wantWork }
func (m rangeKernelSum) reads() []read { return []read{{"kernels", m.naming.columns()}} }
func (m rangeKernelSum) fold() fold    { return &kernelList{names: kernelNames{kernelNaming: m.naming}} }

// kernelList keeps the name of each kernel.
type kernelList struct {
	names   kernelNames
	keys    chunks[kernelKey]
	scratch []kernelKey
	wrong   int64
}

func (f *kernelList) odd() int64 { return f.wrong }

func (f *kernelList) scan(s *scene, _ string, b *frames.Batch) {
	f.names.batch(b)
	f.scratch = f.scratch[:0]
	for i := range b.Len() {
		f.scratch = append(f.scratch, f.names.key(s, i))
	}
	f.keys.add(f.scratch)
}

func (f *kernelList) merge(after fold) {
	o := after.(*kernelList)
	f.names.adopt(&o.names)
	f.keys = append(f.keys, o.keys...)
}

// within are the kernels of one name that ranges of one name hold.
type within struct {
	times   trace.Samples
	ranges  []int32 // rows of the ranges, some more than once
	kernels int64   // each once, however many ranges hold it
	last    int32   // kernel counted last
}

// instances counts the ranges.
func (w *within) instances() int64 {
	slices.Sort(w.ranges)
	return int64(len(slices.Compact(w.ranges)))
}

// withinKey says whose kernels: code of the range's name, -1 for kernels outside
// all ranges, and thread of the call, unknown where there is no call.
type withinKey struct {
	code     int32
	style    trace.Style
	pid, tid int64
	called   bool
	kernel   kernelKey
}

func (m rangeKernelSum) finish(s *scene, f fold) (*Table, error) {
	kernels := f.(*kernelList)
	rows := kernels.rows(s)
	return &Table{
		Headers: []string{"NVTX Range", "Style", "PID", "TID", "NVTX Inst", "Kern Inst", "Total Time (ns)", "Avg (ns)", "Med (ns)", "Min (ns)", "Max (ns)", "StdDev (ns)", "Kernel Name"},
		Rows: func(emit func(*Row) error) error {
			var r Row
			for i := range rows {
				row := &rows[i]
				r.reset().name(row.name).name(name{row.style, row.style != ""}).maybe(row.pid).maybe(row.tid)
				r.int(row.instances).int(row.kernels).int(row.spread.Total).times(row.spread).name(row.kernel)
				if err := emit(&r); err != nil {
					return err
				}
			}
			return nil
		},
	}, nil
}

// gather puts each kernel into the group of every range around its call.
func (f *kernelList) gather(s *scene) map[withinKey]*within {
	groups := map[withinKey]*within{}
	projection := s.project()
	var around []int32
	for i, kernel := range f.keys.join() {
		duration := s.work.End[i] - s.work.Start[i]
		if duration < 0 || duration > trace.Longest {
			f.wrong++
			continue
		}
		k := withinKey{code: -1, kernel: kernel}
		if call := projection.Call[i]; call >= 0 {
			k.pid, k.tid, k.called = s.calls.Pid[call], s.calls.Tid[call], true
		}
		around = projection.Enclosing(i, around[:0])
		if len(around) == 0 {
			add(groups, k, int32(i), -1, duration)
		}
		for _, row := range around {
			k.code, k.style = -1, s.ranges.Style[row]
			if s.ranges.Name != nil {
				k.code = s.ranges.Name[row]
			}
			add(groups, k, int32(i), row, duration)
		}
	}
	return groups
}

// add puts a kernel into the group of a range, -1 for none.
func add(groups map[withinKey]*within, k withinKey, kernel, row int32, duration int64) {
	g := groups[k]
	if g == nil {
		g = &within{last: -1}
		groups[k] = g
	}
	g.times.Add(duration)
	if n := len(g.ranges); row >= 0 && (n == 0 || g.ranges[n-1] != row) {
		g.ranges = append(g.ranges, row)
	}
	if g.last != kernel {
		g.last = kernel
		g.kernels++
	}
}

// withinRow is one row of the report.
type withinRow struct {
	name, kernel       name
	style              string
	pid, tid           optional
	instances, kernels int64
	spread             trace.Stats
}

func (r *withinRow) compare(o *withinRow) int {
	return cmp.Or(r.name.compare(o.name), r.pid.compare(o.pid), r.tid.compare(o.tid), cmp.Compare(o.spread.Total, r.spread.Total),
		cmp.Compare(r.style, o.style), r.kernel.compare(o.kernel))
}

func (v optional) compare(o optional) int {
	switch {
	case v.known == o.known:
		return cmp.Compare(v.value, o.value)
	case v.known:
		return 1
	}
	return -1
}

func (f *kernelList) rows(s *scene) []withinRow {
	groups := f.gather(s)
	rows := make([]withinRow, 0, len(groups))
	var scratch []uint32
	for k, g := range groups {
		row := withinRow{name: rangeName(s.ranges, k.code), kernel: f.names.name(s, k.kernel), instances: g.instances(), kernels: g.kernels,
			pid: optional{k.pid, k.called}, tid: optional{k.tid, k.called}}
		if k.style != trace.NoRange {
			row.style = k.style.String()
		}
		row.spread, scratch = g.times.Describe(scratch)
		rows = append(rows, row)
	}
	slices.SortFunc(rows, func(a, b withinRow) int { return a.compare(&b) })
	return rows
}
