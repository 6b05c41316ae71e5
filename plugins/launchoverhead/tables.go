package launchoverhead

import (
	"profilemate/frames"
	"profilemate/workbench/trace"
)

// percent is nil for a part of nothing.
func percent(part, whole int64) any {
	if whole <= 0 {
		return nil
	}
	return share(part, whole)
}

// share is part in percent of whole, which is not 0.
func share(part, whole int64) float64 { return 100 * float64(part) / float64(whole) }

// mean is nil without values.
func mean(s *trace.Samples) any {
	if s.Len() == 0 {
		return nil
	}
	return float64(s.Total()) / float64(s.Len())
}

// quantile is nil without values.
func quantile(sorted []int64, p float64) any {
	if len(sorted) == 0 {
		return nil
	}
	return trace.Quantile(sorted, p)
}

// launchFields are the columns that both tables have.
func launchFields() frames.Schema {
	return frames.Schema{
		{Name: "launches", Kind: frames.Int64, Doc: "kernels, and graphs once for all their nodes"},
		{Name: "host_bound", Kind: frames.Float64, Unit: "%", Doc: "of the launches that can be told: the device had run dry before the call returned"},
		{Name: "gpu_bound", Kind: frames.Float64, Unit: "%", Doc: "of the launches that can be told: queued behind other work"},
		{Name: "idle_before", Kind: frames.Int64, Unit: "ns", Doc: "how long the device had been dry before host-bound launches; missing where none can be told"},
		{Name: "call", Kind: frames.Float64, Unit: "ns", Doc: "mean time of the API call"},
		{Name: "call_median", Kind: frames.Float64, Unit: "ns"},
		{Name: "queue", Kind: frames.Float64, Unit: "ns", Doc: "mean time from the return of the call to the begin of the work, 0 where that began before"},
		{Name: "queue_median", Kind: frames.Float64, Unit: "ns"},
		{Name: "queue_max", Kind: frames.Float64, Unit: "ns"},
		{Name: "gpu", Kind: frames.Float64, Unit: "ns", Doc: "mean time of the work on the GPU"},
		{Name: "gpu_median", Kind: frames.Float64, Unit: "ns"},
		{Name: "call_total", Kind: frames.Int64, Unit: "ns"},
		{Name: "queue_total", Kind: frames.Int64, Unit: "ns"},
		{Name: "gpu_total", Kind: frames.Int64, Unit: "ns"},
		{Name: "overlapped", Kind: frames.Int64, Doc: "launches whose work began before the call returned"},
		{Name: "tiny", Kind: frames.Int64, Doc: "launches whose work is shorter than the call"},
	}
}

func (s *sums) cells() []any {
	classified := s.class[hostBound] + s.class[gpuBound]
	var idle any
	if classified > 0 {
		idle = s.idle
	}
	row := []any{s.count, percent(s.class[hostBound], classified), percent(s.class[gpuBound], classified), idle,
		mean(&s.call), quantile(s.callsOf, 0.5), mean(&s.queue), quantile(s.queuesOf, 0.5), quantile(s.queuesOf, 1),
		mean(&s.gpu), quantile(s.durations, 0.5)}
	if s.known == 0 {
		return append(row, nil, nil, s.gpu.Total(), nil, nil)
	}
	return append(row, s.call.Total(), s.queue.Total(), s.gpu.Total(), s.overlapped, s.tiny)
}

func (v *view) deviceTable() *frames.Frame {
	fields := append(frames.Schema{
		{Name: "process", Kind: frames.Int64},
		{Name: "device", Kind: frames.Int64, Doc: "CUDA ordinal in the process"},
		{Name: "window", Kind: frames.Int64, Unit: "ns", Doc: "from the first to the last work"},
		{Name: "per_second", Kind: frames.Float64, Unit: "1/s", Doc: "launches in a second of the window"},
		{Name: "graphs", Kind: frames.Int64, Doc: "launches of CUDA graphs"},
	}, launchFields()...)
	b := frames.NewBuilder("devices", fields)
	for i := range v.devices {
		d := &v.devices[i]
		s := d.total
		var rate any
		if d.window.Duration() > 0 {
			rate = float64(s.count) * 1e9 / float64(d.window.Duration())
		}
		b.Row(append([]any{d.Pid, d.Device, d.window.Duration(), rate, s.graphs}, s.cells()...)...)
	}
	return b.Frame()
}

func (v *view) kernelTable() *frames.Frame {
	fields := append(frames.Schema{
		{Name: "process", Kind: frames.Int64},
		{Name: "device", Kind: frames.Int64},
		{Name: "kernel", Kind: frames.String, Doc: "function with the telling part of its template arguments, or a graph"},
	}, launchFields()...)
	b := frames.NewBuilder("kernels", append(fields, frames.Field{Name: "name", Kind: frames.String, Doc: "full name; missing for a graph"}))
	for _, g := range v.groups {
		var full any
		if g.full != "" {
			full = g.full
		}
		row := append([]any{g.device.Pid, g.device.Device, g.name}, g.cells()...)
		b.Row(append(row, full)...)
	}
	return b.Frame()
}
