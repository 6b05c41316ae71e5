package cudagraphs

import (
	"profilemate/frames"
	"profilemate/workbench/result"
	"profilemate/workbench/trace/names"
)

// when returns the value, or what is missing where it is not known.
func when[T int64 | float64](ok bool, v T) any {
	if !ok {
		return nil
	}
	return v
}

func percent(name, doc string) frames.Field {
	return frames.Field{Name: name, Kind: frames.Float64, Unit: "%", Doc: doc}
}

// kernelsKnown reports whether the trace shows the kernels of all graphs.
func (d *device) kernelsKnown() bool { return d.hiddenKnown && d.hidden == 0 && d.wholes == 0 }

// timeKnown reports whether the trace shows how long all graphs ran.
func (d *device) timeKnown() bool { return d.hiddenKnown && d.hidden == 0 }

func (s *summary) coverageTable() *frames.Frame {
	b := frames.NewBuilder("coverage", frames.Schema{
		{Name: "process", Kind: frames.Int64}, {Name: "device", Kind: frames.Int64, Doc: "CUDA ordinal in the process"},
		percent("kernel_share", "part of the kernels that graphs launched; missing where the trace does not show them all"),
		percent("call_share", "part of the launch calls that launch graphs"),
		percent("time_share", "part of the GPU time that is from graphs; missing where the trace does not show it all"),
		{Name: "kernels", Kind: frames.Int64, Doc: "kernels that the trace shows"},
		{Name: "graph_kernels", Kind: frames.Int64, Doc: "of these, from graphs"},
		{Name: "eager_calls", Kind: frames.Int64, Doc: "calls that launch a kernel by itself"},
		{Name: "replays", Kind: frames.Int64, Doc: "calls that launch a graph, the hidden ones included"},
		{Name: "hidden", Kind: frames.Int64, Doc: "graph launches whose work the trace does not show; missing where it may be of another device"},
		{Name: "gpu_time", Kind: frames.Int64, Unit: "ns", Doc: "kernels, copies, sets and whole graphs that the trace shows, added up"},
		{Name: "graph_time", Kind: frames.Int64, Unit: "ns", Doc: "of that, from graphs; missing where some are hidden"},
	})
	for i := range s.devices {
		d := &s.devices[i]
		b.Row(d.gpu.Pid, when(d.placed, d.gpu.Device),
			when(d.kernelsKnown() && d.kernels > 0, result.Share(d.graph, d.kernels)),
			when(d.hiddenKnown && d.launches+d.eagerCalls > 0, result.Share(d.launches, d.launches+d.eagerCalls)),
			when(d.timeKnown() && d.time > 0, result.Share(d.graphTime, d.time)),
			d.kernels, d.graph, d.eagerCalls, when(d.hiddenKnown, d.launches), when(d.hiddenKnown, d.hidden),
			when(d.placed, d.time), when(d.timeKnown(), d.graphTime))
	}
	return b.Frame()
}

func (s *summary) graphTable() *frames.Frame {
	ns := func(name, doc string) frames.Field {
		return frames.Field{Name: name, Kind: frames.Float64, Unit: "ns", Doc: doc}
	}
	b := frames.NewBuilder("graphs", frames.Schema{
		{Name: "graph", Kind: frames.Int64, Doc: "number of the graph, by GPU time"},
		{Name: "seen", Kind: frames.String, Doc: "as nodes or as a whole"},
		{Name: "replays", Kind: frames.Int64},
		{Name: "kernels", Kind: frames.Int64, Doc: "kernels of a replay; missing for one seen as a whole"},
		{Name: "others", Kind: frames.Int64, Doc: "copies and sets of a replay"},
		ns("span", "first start to last end of a replay, median"),
		ns("busy", "at least one node of a replay runs, median"),
		ns("launch_time", "host time of the launch call, median; missing where the calls are not in the trace"),
		ns("launch_to_start", "begin of the call to the first start on the GPU, median"),
		percent("share", "part of the GPU time of the trace"),
		{Name: "total", Kind: frames.Int64, Unit: "ns", Doc: "durations of all nodes of all replays added up"},
		ns("span_min", "shortest span"), ns("span_max", "longest span"),
		{Name: "incomplete", Kind: frames.Int64, Doc: "replays with fewer nodes than others, left out of the times but not of the total"},
		{Name: "process", Kind: frames.Int64},
		{Name: "device", Kind: frames.Int64, Doc: "CUDA ordinal; missing for a graph on several"},
		{Name: "graph_id", Kind: frames.Int64, Doc: "the trace's number of a graph seen as a whole"},
		{Name: "graph_exec_id", Kind: frames.Int64, Doc: "the same of the instantiated graph"},
	})
	for i, g := range s.graphs {
		t, seen := g.typical, "nodes"
		whole := t.seenWhole()
		if whole {
			seen = "whole"
		}
		called := g.launch.Count > 0
		b.Row(int64(i+1), seen, int64(len(g.replays)), when(!whole, t.kernels), when(!whole, t.others),
			g.span.Median, when(!whole, g.busy.Median), when(called, g.launch.Median), when(called, g.delay.Median),
			result.Share(g.time, s.all), g.time, float64(g.span.Min), float64(g.span.Max), g.incomplete,
			t.pid, when(!t.several, s.a.GPUs[t.gpu].Device), when(whole, t.whole.graph), when(whole, t.whole.exec))
	}
	return b.Frame()
}

func (s *summary) eagerTable() *frames.Frame {
	b := frames.NewBuilder("eager", frames.Schema{
		{Name: "kernel", Kind: frames.String, Doc: "short name"},
		{Name: "instances", Kind: frames.Int64},
		{Name: "total", Kind: frames.Int64, Unit: "ns"},
		percent("share", "part of the GPU time of the trace"),
		{Name: "median", Kind: frames.Float64, Unit: "ns"},
		{Name: "name", Kind: frames.String, Doc: "demangled name"},
	})
	shown := s.eager[:min(s.params.Top, len(s.eager))]
	full := make([]string, len(shown))
	for i := range shown {
		full[i] = shown[i].name
	}
	for i, short := range names.ShortNames(full) {
		k := shown[i]
		b.Row(short, k.instances, k.total, result.Share(k.total, s.all), k.median, k.name)
	}
	return b.Frame()
}
