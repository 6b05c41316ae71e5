package cudagraphs

import (
	"fmt"
	"slices"

	"profilemate/workbench/result"
	"profilemate/workbench/trace"
	"profilemate/workbench/trace/names"
)

const nodeTrace = "Capture again with nsys profile --cuda-graph-trace=node."

// findings adds what is worth saying, in words.
func (s *summary) findings(r *result.Result) {
	trace.WarnOdd(r, s.a.Odd, "row")
	if s.launches.failed > 0 {
		r.Warn("See api-summary for the errors.", "%s failed and launched nothing.", result.Count(s.launches.failed, "graph launch"))
	}
	if len(s.devices) == 0 {
		s.nothing(r)
		return
	}
	s.hiddenFinding(r)
	s.wholeFinding(r)
	for i := range s.devices {
		s.coverage(r, &s.devices[i])
	}
	for i, g := range s.graphs[:min(3, len(s.graphs))] {
		s.replaying(r, i, g)
	}
	s.incomplete(r)
	s.once(r)
	s.remainder(r)
	s.several(r)
}

func (s *summary) nothing(r *result.Result) {
	r.WarnAbsent(append(trace.WorkTables(), "api_calls"), "Capture with nsys profile --trace=cuda --cuda-graph-trace=node; where the engine runs in a child process, add --trace-fork-before-exec=true.",
		"The trace has neither GPU work nor a graph launch.")
}

// hiddenFinding names the launches without work. A trace of nodes should hide none.
func (s *summary) hiddenFinding(r *result.Result) {
	n := int64(s.a.Hidden.Len())
	if n == 0 {
		return
	}
	f := result.Finding{Severity: result.Problem, Remedy: nodeTrace, Text: fmt.Sprintf("%s whose kernels this trace does not show: how much of the GPU's work graphs do is unknown, and the time in which they ran is not idle.", result.Count(n, "graph launch"))}
	if values := s.hiddenValues(); len(values) > 0 {
		f.Table, f.Column, f.Values = "coverage", "hidden", values
	}
	if s.mode == "node" {
		f.Severity = result.Warning
		f.Remedy = "The trace is one of nodes, so that their work ran after the capture or its events were dropped: let the capture end after a synchronization, and look at health for dropped events."
	}
	r.Findings = append(r.Findings, f)
}

func (s *summary) hiddenValues() []string {
	var out []string
	for i := range s.devices {
		if n := s.devices[i].hidden; n > 0 && !slices.Contains(out, fmt.Sprint(n)) {
			out = append(out, fmt.Sprint(n))
		}
	}
	return out
}

func (s *summary) wholeFinding(r *result.Result) {
	if s.a.Wholes == 0 {
		return
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Warning, Remedy: nodeTrace,
		Text: fmt.Sprintf("%s seen as wholes: how many kernels they have and when the GPU idles within them the trace does not show. Their spans are free of the cost of tracing nodes.",
			result.Count(int64(s.a.Wholes), "replay"))})
}

// coverage says how much graphs cover on one device.
func (s *summary) coverage(r *result.Result, d *device) {
	if !d.kernelsKnown() || d.kernels == 0 {
		if d.timeKnown() && d.graphTime > 0 {
			r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: d.graphTime,
				Text: fmt.Sprintf("CUDA graphs cover %.1f %% of the GPU time%s: %s in %s.", result.Share(d.graphTime, d.time), s.of(d),
					result.Duration(d.graphTime), result.Count(d.launches, "replay"))})
		}
		return
	}
	if d.graph == 0 {
		s.uncovered(r, d)
		return
	}
	f := result.Finding{Severity: result.Info, StakeNs: d.graphTime}
	f.Text = fmt.Sprintf("%s of %s%s (%.1f %%) and %.1f %% of the GPU time come from CUDA graphs", result.Grouped(d.graph), result.Count(d.kernels, "kernel"), s.of(d),
		result.Share(d.graph, d.kernels), result.Share(d.graphTime, d.time))
	if len(s.graphs) == 1 && s.graphs[0].incomplete == 0 {
		f.Text += fmt.Sprintf(": %s of %s of one graph.", result.Count(d.launches, "replay"), result.Count(s.graphs[0].typical.nodes(), "node"))
	} else {
		f.Text += fmt.Sprintf(": %s of %s.", result.Count(d.launches, "replay"), result.Count(s.graphsOn(d), "graph"))
	}
	f.Text += fmt.Sprintf(" That is %s; the other %s take %s.", result.Count(d.launches, "launch call"),
		result.Count(d.kernels-d.graph, "kernel"), result.Count(d.eagerCalls, "call"))
	r.Findings = append(r.Findings, f)
}

func (s *summary) graphsOn(d *device) int64 {
	n := int64(0)
	for _, g := range s.graphs {
		if s.a.GPUs[g.typical.gpu] == d.gpu {
			n++
		}
	}
	return n
}

// uncovered says that all is eager, and why that may cost.
func (s *summary) uncovered(r *result.Result, d *device) {
	const many = 1000
	f := result.Finding{Severity: result.Info, StakeNs: d.time,
		Text: fmt.Sprintf("CUDA graphs cover 0 %%: all %s%s were launched one by one.", result.Count(d.kernels, "kernel"), s.of(d))}
	if d.kernels >= many {
		f.Severity = result.Warning
		f.Text += fmt.Sprintf(" They run for %s on average, where each launch costs the host some µs too.", result.Duration(d.kernelTime/d.kernels))
		f.Remedy = "Capture the steps that repeat (decode) in graphs: in vLLM leave --enforce-eager out, in PyTorch use torch.cuda.graph or torch.compile(mode=\"reduce-overhead\")."
	}
	r.Findings = append(r.Findings, f)
}

// replaying says what a replay costs the host and how well it fills the GPU.
func (s *summary) replaying(r *result.Result, i int, g *graph) {
	t := g.typical
	if t.seenWhole() {
		return
	}
	idle := int64(g.span.Median - g.busy.Median)
	f := result.Finding{Severity: result.Info, StakeNs: g.time, Table: "graphs", Column: "graph", Values: []string{fmt.Sprint(i + 1)}}
	f.Text = fmt.Sprintf("A replay of graph %d (%s, %s) spans %s on the GPU (median)", i+1, result.Count(int64(len(g.replays)), "replay"),
		result.Count(t.nodes(), "node"), result.Duration(int64(g.span.Median)))
	if !t.several && t.nodes() > 1 {
		f.Text += fmt.Sprintf(", %.1f %% of it between nodes", result.Share(idle, int64(g.span.Median)))
	}
	if g.launch.Count > 0 {
		f.Text += fmt.Sprintf("; its launch takes the host %s, and its first node starts %s after the begin of that call", result.Duration(int64(g.launch.Median)), result.Duration(int64(g.delay.Median)))
		if g.launch.Median > g.span.Median {
			f.Severity = result.Warning
			f.Text += ". The launch takes longer than the work, so that the host bounds the rate of replays"
			f.Remedy = "Put more work in one graph (more steps, larger batches), or take the times from a graph-level trace: tracing nodes makes launches slower."
		}
	}
	f.Text += "."
	r.Findings = append(r.Findings, f)
}

// incomplete counts replays that lack nodes.
func (s *summary) incomplete(r *result.Result) {
	n, values := int64(0), []string{}
	for i, g := range s.graphs {
		if n += g.incomplete; g.incomplete > 0 {
			values = append(values, fmt.Sprint(i+1))
		}
	}
	if n == 0 {
		return
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Warning, Table: "graphs", Column: "graph", Values: values,
		Text:   fmt.Sprintf("%s with fewer nodes than others of the same graph: conditional nodes that were skipped, a capture that began or ended within, or dropped events. The times leave them out.", result.Count(n, "replay")),
		Remedy: "See health for dropped events."})
}

// once names graphs that were not worth their capture, as far as the trace shows.
func (s *summary) once(r *result.Result) {
	const few = 3
	n := 0
	for _, g := range s.graphs {
		if len(g.replays) == 1 {
			n++
		}
	}
	if len(s.graphs) > few && n > len(s.graphs)/2 {
		r.Findings = append(r.Findings, result.Finding{Severity: result.Warning, Table: "graphs", Column: "replays", Values: []string{"1"},
			Text:   fmt.Sprintf("%d of %d graphs ran once: they are made anew instead of replayed, or each serves a shape of its own.", n, len(s.graphs)),
			Remedy: "Pad batches to fewer sizes, and keep instantiated graphs."})
	}
}

// remainder says what is left to eager launches where graphs are used.
func (s *summary) remainder(r *result.Result) {
	if len(s.replays) == 0 || len(s.eager) == 0 {
		return
	}
	total, instances := int64(0), int64(0)
	for _, k := range s.eager {
		total += k.total
		instances += k.instances
	}
	short := names.ShortName(s.eager[0].name)
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: total,
		Text: fmt.Sprintf("Launched one by one: %s with %.1f %% of the GPU time, %s the most (%s in %s).", result.Count(instances, "kernel"),
			result.Share(total, s.all), short, result.Duration(s.eager[0].total), result.Count(s.eager[0].instances, "instance"))})
}

// several says that devices stand apart.
func (s *summary) several(r *result.Result) {
	if len(s.devices) < 2 {
		return
	}
	r.Note("%s of %s are listed apart: each process numbers its devices by itself, and the graphs of each are its own.",
		result.Count(int64(len(s.devices)), "device"), result.Count(s.processes(), "process"))
	for i := range s.devices {
		if d := &s.devices[i]; !d.hiddenKnown {
			r.Note("On which of its devices the hidden graphs of process %d ran the trace does not say.", d.gpu.Pid)
			return
		}
	}
}

func (s *summary) processes() int64 {
	seen := map[int64]bool{}
	for i := range s.devices {
		seen[s.devices[i].gpu.Pid] = true
	}
	return int64(len(seen))
}
