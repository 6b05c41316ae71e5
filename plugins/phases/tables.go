package phases

import (
	"profilemate/frames"
	"profilemate/workbench/result"
)

func (m *measured) phaseTable() *frames.Frame {
	ns := func(name, doc string) frames.Field {
		return frames.Field{Name: name, Kind: frames.Float64, Unit: "ns", Doc: doc}
	}
	b := frames.NewBuilder("phases", frames.Schema{
		{Name: "phase", Kind: frames.String, Doc: "what the steps do; empty ones schedule nothing"},
		{Name: "steps", Kind: frames.Int64},
		{Name: "requests", Kind: frames.Int64, Doc: "requests served, each counted in every step"},
		{Name: "tokens", Kind: frames.Int64, Doc: "tokens processed"},
		ns("step_time", "start to next start, median"),
		ns("range_time", "range on the host, median"),
		ns("gpu_busy", "at least one operation of the step runs, median"),
		{Name: "gpu_active", Kind: frames.Float64, Unit: "%", Doc: "part of the step time during which the GPU runs anything, work of other steps too; missing for several GPUs"},
		ns("time_per_token", "step time over tokens"),
		{Name: "token_rate", Kind: frames.Float64, Unit: "1/s", Doc: "tokens over step time"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "part of the step time of all phases of the thread"},
		{Name: "total", Kind: frames.Int64, Unit: "ns", Doc: "step time of all steps but the last one of the thread"},
		ns("step_p95", "start to next start, 95th percentile"),
		ns("step_max", "start to next start, longest"),
		{Name: "range_total", Kind: frames.Int64, Unit: "ns", Doc: "range time of all steps"},
		{Name: "busy_total", Kind: frames.Int64, Unit: "ns", Doc: "GPU busy time of all steps"},
		{Name: "gpu_sum", Kind: frames.Int64, Unit: "ns", Doc: "durations of the GPU operations added up"},
		{Name: "launches", Kind: frames.Float64, Doc: "API calls of a step that GPU work came of, mean; a graph is one"},
		{Name: "hidden_graphs", Kind: frames.Int64, Doc: "graph launches whose work the trace does not show"},
		{Name: "process", Kind: frames.Int64}, {Name: "thread", Kind: frames.Int64},
	})
	for _, g := range m.groups {
		b.Row(m.phaseRow(g)...)
	}
	return b.Frame()
}

func (m *measured) phaseRow(g *group) []any {
	var perToken, rate any
	if g.timedTokens > 0 && g.total > 0 {
		perToken = float64(g.total) / float64(g.timedTokens)
		rate = 1e9 * float64(g.timedTokens) / float64(g.total)
	}
	timed, gpu := g.timed > 0, g.gpu
	return []any{name(g.phase), int64(len(g.steps)), known(g.requests), known(g.tokens),
		when(timed, g.step.Median), when(g.host.Count > 0, g.host.Median), when(gpu, g.busy.Median),
		when(g.active >= 0 && timed, result.Share(g.active, g.total)), perToken, rate,
		when(timed, result.Share(g.total, m.laneTotal(g.lane))), when(timed, g.total),
		when(timed, g.p95), when(timed, float64(g.step.Max)),
		when(g.host.Count > 0, g.host.Total), when(gpu, g.busy.Total), when(gpu, g.sum),
		when(gpu, float64(g.launches)/float64(len(g.steps))), g.hidden, g.lane.Pid, g.lane.Tid}
}

// when returns the value, or what is missing where it is not known.
func when[T int64 | float64](ok bool, v T) any {
	if !ok {
		return nil
	}
	return v
}

// known returns a count, or what is missing for -1.
func known(n int64) any { return when(n >= 0, n) }

func (m *measured) stepTable() *frames.Frame {
	ns := func(name, doc string) frames.Field {
		return frames.Field{Name: name, Kind: frames.Int64, Unit: "ns", Doc: doc}
	}
	b := frames.NewBuilder("steps", frames.Schema{
		{Name: "step", Kind: frames.Int64, Doc: "number of the step on its thread, from 1"},
		{Name: "phase", Kind: frames.String},
		ns("start", "begin of the range, since the trace began"),
		ns("step_time", "to the start of the next step"), ns("range_time", "on the host"), ns("gpu_busy", "at least one operation of the step runs"),
		ns("gpu_sum", "durations of the GPU operations added up"),
		{Name: "launches", Kind: frames.Int64, Doc: "API calls that GPU work came of"},
		{Name: "requests", Kind: frames.Int64}, {Name: "tokens", Kind: frames.Int64},
		{Name: "range", Kind: frames.String, Doc: "name of the range"},
		{Name: "process", Kind: frames.Int64}, {Name: "thread", Kind: frames.Int64},
	})
	told := make([]bool, len(m.steps.List)) // whether the phase has GPU time at all
	for _, g := range m.groups {
		for _, i := range g.steps {
			told[i] = g.gpu || g.hidden > 0 && m.work[i].Ops > 0
		}
	}
	number, lane := int64(0), int32(-1)
	for i, step := range m.steps.List {
		if step.Lane != lane {
			number, lane = 0, step.Lane
		}
		number++
		w, on := m.work[i], m.steps.Lanes[lane]
		gpu := told[i] && m.hiddenIn(i) == 0
		time, timed := m.steps.Time(i)
		host, closed := m.steps.RangeTime(i)
		b.Row(number, name(step.Phase), m.steps.Start(i), when(timed, time), when(closed, host), when(gpu, w.Busy),
			when(gpu, w.Sum), when(gpu, w.Launches), known(step.Requests()), known(step.Tokens()),
			m.t.Ranges.NameOf(int(step.Row)), on.Pid, on.Tid)
	}
	return b.Frame()
}
