package steps

import (
	"cmp"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/trace"
)

// when returns the value, or what is missing where it is not known.
func when[T int64 | float64](ok bool, v T) any {
	if !ok {
		return nil
	}
	return v
}

// share returns a part in percent, 0 of nothing.
func share(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * part / whole
}

func floatNs(name, doc string) frames.Field {
	return frames.Field{Name: name, Kind: frames.Float64, Unit: "ns", Doc: doc}
}

func percent(name, doc string) frames.Field {
	return frames.Field{Name: name, Kind: frames.Float64, Unit: "%", Doc: doc}
}

func (v *view) seriesTable() *frames.Frame {
	b := frames.NewBuilder("series", frames.Schema{
		{Name: "phase", Kind: frames.String},
		{Name: "steps", Kind: frames.Int64, Doc: "steps with a step time"},
		{Name: "warm_up", Kind: frames.Int64, Doc: "of these, in the warm-up; what follows is of the others"},
		floatNs("p50", "step time, median"), floatNs("p95", "step time, 95th percentile"), floatNs("p99", "step time, 99th percentile"),
		floatNs("min", "shortest step time"), floatNs("max", "longest step time"),
		floatNs("jitter", "robust deviation from what is expected of a step"),
		percent("jitter_share", "jitter over the median"),
		{Name: "outliers", Kind: frames.Int64},
		floatNs("range_p50", "range on the host, median"),
		floatNs("busy_p50", "at least one GPU operation of the step runs, median"),
		percent("busy_share", "GPU busy time over step time; above 100 where the host runs ahead of the GPU"),
		percent("drift", "last quarter of the steps over the first one"),
		{Name: "shift_at", Kind: frames.Int64, Doc: "number of the step with which a new level begins; missing for none"},
		percent("shift", "the new level over the old one"),
		{Name: "total", Kind: frames.Int64, Unit: "ns", Doc: "step time of all steady steps"},
		{Name: "process", Kind: frames.Int64}, {Name: "thread", Kind: frames.Int64},
	})
	for _, s := range v.series {
		t := s.times
		gpu := s.busy.Count > 0
		var shiftAt, shift any
		if s.shift > 0 {
			shiftAt, shift = s.steps[s.shift].number, 100*(s.after/s.before-1)
		}
		b.Row(name(s.phase), int64(len(s.steps)), int64(s.warm), t.Median, s.p95, s.p99, float64(t.Min), float64(t.Max),
			s.jitter, share(s.jitter, t.Median), int64(s.outliers), when(s.host.Count > 0, s.host.Median), when(gpu, s.busy.Median),
			when(gpu, share(float64(s.busySum), float64(s.timedBusy))), when(s.drifts, 100*s.drift), shiftAt, shift,
			s.total, s.lane.Pid, s.lane.Tid)
	}
	return b.Frame()
}

// stepFields are the columns of tables of steps.
func stepFields() frames.Schema {
	ns := func(name, doc string) frames.Field {
		return frames.Field{Name: name, Kind: frames.Int64, Unit: "ns", Doc: doc}
	}
	return frames.Schema{
		{Name: "step", Kind: frames.Int64, Doc: "number of the step on its thread, from 1"},
		{Name: "phase", Kind: frames.String}, {Name: "state", Kind: frames.String, Doc: "warm-up, steady or outlier"},
		ns("time", "start to next start"), floatNs("expected", "median of steps of this size"),
		{Name: "cause", Kind: frames.String, Doc: "what grew by at least half of the excess; missing where nothing did"},
		ns("grown", "by how much that grew"),
		ns("range_time", "on the host"), ns("gpu_busy", "at least one operation of the step runs"),
		{Name: "requests", Kind: frames.Int64}, {Name: "tokens", Kind: frames.Int64},
		ns("start", "begin of the range, since the trace began"), {Name: "range", Kind: frames.String, Doc: "name of the range"},
		{Name: "process", Kind: frames.Int64}, {Name: "thread", Kind: frames.Int64},
	}
}

// placed is a step with its series.
type placed struct {
	series *series
	step   *step
}

func (v *view) add(b *frames.Builder, p placed) {
	s, one := p.series, p.step
	f := &v.found.List[one.index]
	var cause any
	if one.cause != "" {
		cause = one.cause
	}
	b.Row(one.number, name(s.phase), string(one.state), one.time, one.expected, cause, when(one.cause != "", one.grown),
		when(one.host >= 0, one.host), when(one.busy >= 0, one.busy), when(f.Requests() >= 0, f.Requests()), when(f.Tokens() >= 0, f.Tokens()),
		v.found.Start(one.index), v.a.Ranges.NameOf(int(f.Row)), s.lane.Pid, s.lane.Tid)
}

// stepTable lists all steps, thread by thread in order of time.
func (v *view) stepTable() *frames.Frame {
	b := frames.NewBuilder("steps", stepFields())
	var all []placed
	for _, s := range v.series {
		for i := range s.steps {
			all = append(all, placed{s, &s.steps[i]})
		}
	}
	slices.SortFunc(all, func(a, b placed) int { return cmp.Compare(a.step.index, b.step.index) })
	for _, p := range all {
		v.add(b, p)
	}
	return b.Frame()
}

// slow returns the steps that are no steady ones, the largest excess first.
func (v *view) slow() []placed {
	var out []placed
	for _, s := range v.series {
		for i := range s.steps {
			if s.steps[i].state != steady {
				out = append(out, placed{s, &s.steps[i]})
			}
		}
	}
	slices.SortStableFunc(out, func(a, b placed) int { return cmp.Compare(b.step.excess(), a.step.excess()) })
	return out
}

func (v *view) slowTable(list []placed) *frames.Frame {
	b := frames.NewBuilder("slow", stepFields())
	for _, p := range list {
		v.add(b, p)
	}
	return b.Frame()
}

// label names a series in charts and sentences: by its phase, and where several
// threads have steps by these too.
func (v *view) label(s *series) string { return name(s.phase) + v.of(s.lane) }

// of names a thread where there are several: by its process, or where that has
// several by itself.
func (v *view) of(lane trace.StepLane) string {
	if len(v.found.Lanes) < 2 {
		return ""
	}
	for _, other := range v.found.Lanes {
		if other.Pid == lane.Pid && other != lane {
			return " of thread " + itoa(lane.Tid)
		}
	}
	return " of process " + itoa(lane.Pid)
}
