package phases

import (
	"cmp"
	"slices"

	"profilemate/workbench/trace"
)

// measured is what is known of the steps of a trace.
type measured struct {
	t      *trace.Attribution
	steps  *trace.Steps
	work   []trace.Work // by step; behind the last one, what was launched outside of all steps
	hidden []int64      // by step: graph launches whose work the trace does not show; nil for none
	groups []*group
	active map[int64]trace.Set // by process: when its GPU runs anything; only where there is one GPU and nothing hidden
}

// group is the steps of one phase on one thread.
type group struct {
	phase trace.Phase
	lane  trace.StepLane
	steps []int // in order of start

	requests, tokens int64 // -1 where not all steps say them
	timed            int64 // steps with a step time
	timedTokens      int64 // tokens of those
	total            int64 // step time added up, in ns
	step, host       trace.Stats
	p95              float64 // of the step time in ns
	longest          int     // the step that takes longest, -1 where none is timed

	gpu      bool // whether the trace tells the GPU time
	busy     trace.Stats
	sum      int64 // ns
	launches int64
	hidden   int64
	// Of the steps that have a step time: their GPU time, and for how much of the step
	// time the GPU runs anything, work of other steps too; -1 where that is not known.
	timedBusy, active int64
}

func measure(t *trace.Attribution, steps *trace.Steps) *measured {
	m := &measured{t: t, steps: steps}
	outside := int32(len(steps.List))
	enclosed := t.Enclosed(steps.Group)
	m.work = t.Gather(len(steps.List)+1, func(i int, list []int32) []int32 {
		if list = enclosed(i, list); len(list) == 0 {
			list = append(list, outside)
		}
		return list
	})
	m.hidden = t.HiddenLaunches(steps.Group, len(steps.List))
	m.active = activity(t)
	m.group()
	for _, g := range m.groups {
		m.fill(g)
	}
	return m
}

// activity returns when the GPU of each process that has one runs. A process with
// several, or with graphs that the trace does not show, is left out.
func activity(t *trace.Attribution) map[int64]trace.Set {
	starts, ends := make([][]int64, len(t.GPUs)), make([][]int64, len(t.GPUs))
	for i, gpu := range t.GPU {
		starts[gpu], ends[gpu] = append(starts[gpu], t.Ops.Start[i]), append(ends[gpu], t.Ops.End[i])
	}
	count, out := map[int64]int{}, map[int64]trace.Set{}
	for i, gpu := range t.GPUs {
		count[gpu.Pid]++
		out[gpu.Pid] = trace.Merge(starts[i], ends[i])
	}
	for pid, n := range count {
		if n > 1 || slices.Contains(t.Hidden.Pid, pid) {
			delete(out, pid)
		}
	}
	return out
}

// group sorts the steps by thread and phase.
func (m *measured) group() {
	type key struct {
		lane  int32
		phase trace.Phase
	}
	known := map[key]*group{}
	for i, step := range m.steps.List {
		k := key{step.Lane, step.Phase}
		g := known[k]
		if g == nil {
			g = &group{phase: step.Phase, lane: m.steps.Lanes[step.Lane], longest: -1}
			known[k] = g
			m.groups = append(m.groups, g)
		}
		g.steps = append(g.steps, i)
	}
	slices.SortStableFunc(m.groups, func(a, b *group) int {
		return cmp.Or(cmp.Compare(a.lane.Pid, b.lane.Pid), cmp.Compare(a.lane.Tid, b.lane.Tid), cmp.Compare(rank(a.phase), rank(b.phase)))
	})
}

// rank is the order of phases in tables.
func rank(p trace.Phase) int {
	return slices.Index([]trace.Phase{trace.Prefill, trace.Decode, trace.Mixed, trace.NoPhase}, p)
}

func (m *measured) fill(g *group) {
	active, known := m.active[g.lane.Pid]
	if !known {
		g.active = -1
	}
	var times, hosts, busy []int64
	ops := int64(0)
	for _, i := range g.steps {
		step, w := &m.steps.List[i], m.work[i]
		g.requests, g.tokens = add(g.requests, step.Requests()), add(g.tokens, step.Tokens())
		ns, timed := m.steps.Time(i)
		if timed {
			g.timed++
			g.total += ns
			g.timedTokens = add(g.timedTokens, step.Tokens())
			g.timedBusy += w.Busy
			if start := m.steps.Start(i); known {
				g.active += active.TotalIn(trace.Interval{Start: start, End: start + ns})
			}
			times = append(times, ns)
			if best, _ := m.steps.Time(max(0, g.longest)); g.longest < 0 || ns > best {
				g.longest = i
			}
		}
		if ns, closed := m.steps.RangeTime(i); closed {
			hosts = append(hosts, ns)
		}
		busy = append(busy, w.Busy)
		g.sum += w.Sum
		g.launches += w.Launches
		ops += w.Ops
		g.hidden += m.hiddenIn(i)
	}
	g.step, g.host, g.busy = trace.Describe(times), trace.Describe(hosts), trace.Describe(busy)
	if g.timed > 0 {
		g.p95 = trace.Quantile(times, 0.95)
	}
	g.gpu = ops > 0 && g.hidden == 0
}

// add keeps a sum unknown (-1) once a part of it is.
func add(sum, part int64) int64 {
	if sum < 0 || part < 0 {
		return -1
	}
	return sum + part
}

func (m *measured) hiddenIn(step int) int64 {
	if m.hidden == nil {
		return 0
	}
	return m.hidden[step]
}

// laneTotal returns the step time of all phases of a thread, in ns.
func (m *measured) laneTotal(lane trace.StepLane) int64 {
	total := int64(0)
	for _, g := range m.groups {
		if g.lane == lane {
			total += g.total
		}
	}
	return total
}

// name returns the phase in words.
func name(p trace.Phase) string {
	if p == trace.NoPhase {
		return "empty"
	}
	return string(p)
}
