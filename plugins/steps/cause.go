package steps

import (
	"cmp"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/trace"
)

// explain finds the causes of slow steps. calls may be nil.
func (v *view) explain(calls *frames.Frame) {
	threads := callsByThread(calls)
	for _, s := range v.series {
		s.explain(v, threads[s.lane])
	}
}

// threadCalls are the calls of one thread in order of start.
type threadCalls struct {
	start, end []int64
	name       []string
}

// callsByThread sorts the calls by thread. What has impossible times is left out.
func callsByThread(f *frames.Frame) map[trace.StepLane]*threadCalls {
	out := map[trace.StepLane]*threadCalls{}
	if f == nil || f.Len() == 0 {
		return out
	}
	start, end, pid, tid, names := f.Ints("start"), f.Ints("end"), f.Ints("pid"), f.Ints("tid"), f.Column("name")
	if names == nil || tid == nil {
		return out
	}
	rows := make([]int32, 0, f.Len())
	for i := range f.Len() {
		if end[i] >= start[i] && !names.IsNull(i) {
			rows = append(rows, int32(i))
		}
	}
	if !slices.IsSortedFunc(rows, func(a, b int32) int { return cmp.Compare(start[a], start[b]) }) {
		slices.SortStableFunc(rows, func(a, b int32) int { return cmp.Compare(start[a], start[b]) })
	}
	for _, i := range rows {
		lane := trace.StepLane{Pid: pid[i], Tid: tid[i]}
		c := out[lane]
		if c == nil {
			c = &threadCalls{}
			out[lane] = c
		}
		c.start, c.end, c.name = append(c.start, start[i]), append(c.end, end[i]), append(c.name, names.Str(int(i)))
	}
	return out
}

// within adds up the time of calls that begin from start on and before end, by
// function.
func (c *threadCalls) within(start, end int64) map[string]int64 {
	out := map[string]int64{}
	if c == nil {
		return out
	}
	at, _ := slices.BinarySearch(c.start, start)
	for ; at < len(c.start) && c.start[at] < end; at++ {
		out[c.name[at]] += min(c.end[at], end) - c.start[at]
	}
	return out
}

// typical is what steps that are not slow do on average or in the middle, in ns.
type typical struct {
	steps      int64
	host, busy float64
	calls      map[string]float64
}

func (s *series) explain(v *view, calls *threadCalls) {
	if s.warm == 0 && s.outliers == 0 {
		return
	}
	sizes := map[int]*typical{}
	for i := range s.steps {
		one := &s.steps[i]
		if one.state != steady {
			size := sizeOf(v.found, one.index)
			if sizes[size] == nil {
				sizes[size] = s.typical(v, calls, size)
			}
			s.blame(v, one, calls, sizes[size])
		}
	}
}

// typical describes the steady steps of a size.
func (s *series) typical(v *view, calls *threadCalls, size int) *typical {
	t := &typical{calls: map[string]float64{}}
	var hosts, busy []float64
	for i := range s.steps {
		one := &s.steps[i]
		if one.state != steady || sizeOf(v.found, one.index) != size {
			continue
		}
		t.steps++
		if one.host >= 0 {
			hosts = append(hosts, float64(one.host))
		}
		if one.busy >= 0 {
			busy = append(busy, float64(one.busy))
		}
		start := v.found.Start(one.index)
		for name, ns := range calls.within(start, start+one.time) {
			t.calls[name] += float64(ns)
		}
	}
	for name := range t.calls {
		t.calls[name] /= float64(t.steps)
	}
	t.host, t.busy = trace.Median(hosts), trace.Median(busy)
	return t
}

// blame finds what grew by at least half of a slow step's excess.
func (s *series) blame(v *view, one *step, calls *threadCalls, t *typical) {
	half := one.excess() / 2
	if t.steps == 0 || half <= 0 {
		return
	}
	// Comparisons with NaN, of what is not known, are false.
	if grown := float64(one.busy) - t.busy; one.busy >= 0 && grown >= half {
		one.cause, one.grown = "GPU work", int64(grown)
		return
	}
	start := v.found.Start(one.index)
	function, most := "", 0.0
	for name, ns := range calls.within(start, start+one.time) {
		if grown := float64(ns) - t.calls[name]; grown > most || grown == most && name < function {
			function, most = name, grown
		}
	}
	if function != "" && most >= half {
		one.cause, one.grown = function, int64(most)
		return
	}
	if one.host < 0 || calls == nil {
		return
	}
	within := float64(one.host) - t.host
	behind := one.excess() - within
	next := v.found.Group[v.found.List[one.index].Next]
	switch {
	case within >= half:
		one.cause, one.grown = "host in the range", int64(within)
	case behind >= half && v.found.List[next].Phase != s.phase:
		one.cause, one.grown = "host before a "+name(v.found.List[next].Phase), int64(behind)
	case behind >= half:
		one.cause, one.grown = "host after the range", int64(behind)
	}
}
