package gpuutilization

import (
	"cmp"
	"slices"

	"profilemate/frames"
)

func (v *view) deviceTable() *frames.Frame {
	b := frames.NewBuilder("devices", frames.Schema{
		{Name: "process", Kind: frames.Int64},
		{Name: "device", Kind: frames.Int64, Doc: "CUDA ordinal in the process"},
		{Name: "busy_share", Kind: frames.Float64, Unit: "%", Doc: "of the window; missing where hidden graph work may have run in it"},
		{Name: "window", Kind: frames.Int64, Unit: "ns", Doc: "from the first to the last work"},
		{Name: "busy", Kind: frames.Int64, Unit: "ns"},
		{Name: "idle", Kind: frames.Int64, Unit: "ns"},
		{Name: "unknown", Kind: frames.Int64, Unit: "ns", Doc: "not seen busy, but hidden graph work may have run"},
		{Name: "kernels", Kind: frames.Int64, Unit: "ns", Doc: "time in which a kernel or a whole graph ran"},
		{Name: "work", Kind: frames.Int64, Doc: "kernels, copies, sets and whole graphs"},
		{Name: "gaps", Kind: frames.Int64, Doc: "gaps longer than the parameter gap"},
		{Name: "longest_gap", Kind: frames.Int64, Unit: "ns", Doc: "missing without a gap"},
	})
	for i := range v.devices {
		d := &v.devices[i]
		var busy, longest any
		if len(d.unknown) == 0 {
			busy = percent(d.busy.Total(), d.window.Duration())
		}
		if list := d.longestGaps(1); len(list) > 0 {
			longest = list[0].Duration()
		}
		b.Row(d.Pid, d.Device, busy, d.window.Duration(), d.busy.Total(), d.idle(), d.unknown.Total(), d.kernels, len(d.Rows), len(d.gaps), longest)
	}
	return b.Frame()
}

// percent is nil for a part of nothing.
func percent(part, whole int64) any {
	if whole <= 0 {
		return nil
	}
	return share(part, whole)
}

// share is part in percent of whole, which is not 0.
func share(part, whole int64) float64 { return 100 * float64(part) / float64(whole) }

func splitFields() frames.Schema {
	return frames.Schema{
		{Name: "waiting", Kind: frames.Int64, Unit: "ns", Doc: "the launching thread waited for the GPU or was in a copy"},
		{Name: "other_calls", Kind: frames.Int64, Unit: "ns", Doc: "it was in another CUDA call"},
		{Name: "outside_cuda", Kind: frames.Int64, Unit: "ns", Doc: "it was in no CUDA call"},
		{Name: "launching", Kind: frames.Int64, Unit: "ns", Doc: "from the begin of the launching call to the begin of the work"},
	}
}

// cells returns the four parts, missing where the launching call is not known.
func (s split) cells(known bool) []any {
	if !known {
		return []any{nil, nil, nil, nil}
	}
	return []any{s.waiting, s.calls, s.outside, s.launch}
}

func (v *view) causeTable() *frames.Frame {
	b := frames.NewBuilder("causes", append(frames.Schema{
		{Name: "process", Kind: frames.Int64},
		{Name: "device", Kind: frames.Int64},
		{Name: "cause", Kind: frames.String},
		{Name: "time", Kind: frames.Int64, Unit: "ns"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the time that was not busy, unknown time included"},
		{Name: "gaps", Kind: frames.Int64},
		{Name: "longest", Kind: frames.Int64, Unit: "ns"},
	}, splitFields()...))
	for i := range v.devices {
		d := &v.devices[i]
		for _, c := range d.order() {
			s := d.causes[c]
			row := []any{d.Pid, d.Device, c.String(), s.time, percent(s.time, d.window.Duration()-d.busy.Total()), s.gaps, s.longest}
			b.Row(append(row, s.split.cells(c < noCall)...)...)
		}
	}
	return b.Frame()
}

// order returns the causes that a device has, the longest time first.
func (d *device) order() []cause {
	var list []cause
	for c := range causes {
		if d.causes[c].gaps > 0 {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b cause) int { return cmp.Compare(d.causes[b].time, d.causes[a].time) })
	return list
}

func (v *view) gapTable() *frames.Frame {
	fields := append(frames.Schema{
		{Name: "process", Kind: frames.Int64},
		{Name: "device", Kind: frames.Int64},
		{Name: "start", Kind: frames.Int64, Unit: "ns", Doc: "since the trace began"},
		{Name: "duration", Kind: frames.Int64, Unit: "ns"},
		{Name: "cause", Kind: frames.String},
		{Name: "before", Kind: frames.String, Doc: "the work that ended last"},
		{Name: "next", Kind: frames.String, Doc: "the work that began"},
		{Name: "call", Kind: frames.String, Doc: "that launched the next work; missing where it is not recorded"},
		{Name: "thread", Kind: frames.Int64, Doc: "that called"},
		{Name: "range", Kind: frames.String, Doc: "innermost NVTX range around the call"},
	}, splitFields()...)
	b := frames.NewBuilder("gaps", fields)
	short := v.timeline.ShortNames()
	name := func(row int32) string { return short[v.timeline.Name[row]] }
	for i := range v.devices {
		d := &v.devices[i]
		for _, g := range d.longestGaps(v.params.Top) {
			var call, thread, nvtx any
			if g.call >= 0 {
				call, thread = v.host.NameOf(g.call), v.host.Tid[g.call]
			}
			if text := v.rangeName(g); text != "" {
				nvtx = text
			}
			row := []any{d.Pid, d.Device, g.Start, g.Duration(), g.cause.String(), name(g.before), name(g.next), call, thread, nvtx}
			b.Row(append(row, g.split.cells(g.call >= 0)...)...)
		}
	}
	return b.Frame()
}

func (v *view) rangeTable() *frames.Frame {
	b := frames.NewBuilder("ranges", frames.Schema{
		{Name: "process", Kind: frames.Int64},
		{Name: "device", Kind: frames.Int64},
		{Name: "range", Kind: frames.String, Doc: "innermost NVTX range around the call; missing for calls in none"},
		{Name: "time", Kind: frames.Int64, Unit: "ns", Doc: "in gaps longer than the parameter gap"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the time in these gaps"},
		{Name: "gaps", Kind: frames.Int64},
	})
	for i := range v.devices {
		d := &v.devices[i]
		list := v.byRange(d)
		total := int64(0)
		for _, s := range list {
			total += s.time
		}
		for _, s := range list[:min(v.params.Top, len(list))] {
			var name any
			if s.name != "" {
				name = s.name
			}
			b.Row(d.Pid, d.Device, name, s.time, percent(s.time, total), s.gaps)
		}
	}
	return b.Frame()
}
