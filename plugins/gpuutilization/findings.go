package gpuutilization

import (
	"fmt"
	"strings"

	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// findings adds what is worth saying, in words.
func (v *view) findings(r *result.Result) {
	if odd := v.timeline.Odd + v.host.Odd; odd > 0 {
		r.Warn("The file may be damaged: export it again.", "%s with impossible times left out.", result.Count(odd, "row"))
	}
	v.hiddenFinding(r)
	if len(v.devices) == 0 {
		r.Findings = append(r.Findings, result.Finding{Severity: result.Problem, Text: "No GPU work is recorded, so how busy a GPU was cannot be said.",
			Absent: trace.WorkTables(), Remedy: "Capture with nsys profile --trace=cuda --cuda-graph-trace=node while the program works."})
		return
	}
	if v.host.Len() == 0 {
		r.WarnAbsent([]string{"api_calls"}, "Capture with nsys profile --trace=cuda.", "No CUDA call is recorded: what the GPU waited for cannot be said, and hidden graph work would not be noticed.")
	}
	for i := range v.devices[:min(drawn, len(v.devices))] {
		d := &v.devices[i]
		v.overview(r, d)
		v.causeFinding(r, d)
		v.longestFinding(r, d)
		v.rangeFinding(r, d)
	}
	v.sharedDevices(r)
}

// hiddenFinding refuses to call the time of hidden graph work idle.
func (v *view) hiddenFinding(r *result.Result) {
	if v.hidden.Launches == 0 {
		return
	}
	text := result.Count(v.hidden.Launches, "graph launch") + " whose kernels this trace does not show: time in which they may have run is unknown, not idle"
	var parts []string
	stake := int64(0)
	for i := range v.devices {
		d := &v.devices[i]
		if unknown := d.unknown.Total(); unknown > 0 {
			stake += unknown
			busy, window := d.busy.Total(), d.window.Duration()
			parts = append(parts, fmt.Sprintf("%s was busy between %.1f %% and %.1f %% of its %s", v.label(d),
				share(busy, window), share(busy+unknown, window), result.Duration(window)))
		}
	}
	if len(parts) > 0 {
		text += " (" + strings.Join(parts[:min(3, len(parts))], "; ") + ")"
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Problem, StakeNs: stake, Table: "causes", Column: "cause", Values: []string{hiddenWork.String()},
		Text: text + ".", Remedy: "Capture with nsys profile --cuda-graph-trace=node."})
}

func (v *view) overview(r *result.Result, d *device) {
	if len(d.unknown) > 0 || d.window.Duration() == 0 {
		return
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: d.idle(), Table: "devices", Column: "device", Values: []string{fmt.Sprint(d.Device)},
		Text: fmt.Sprintf("%s was busy %.1f %% of the %s from its first to its last work and idle for %s; the time before and after is not counted.",
			sentence(v.label(d)), share(d.busy.Total(), d.window.Duration()), result.Duration(d.window.Duration()), result.Duration(d.idle()))})
}

// sentence begins with a capital.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// causeFinding tells of the cause that takes most of a device's idle time, when
// that is worth a word: 1 % of the window.
func (v *view) causeFinding(r *result.Result, d *device) {
	list := d.order()
	if len(list) > 0 && list[0] == hiddenWork {
		list = list[1:]
	}
	if len(list) == 0 {
		return
	}
	c := list[0]
	s := d.causes[c]
	if s.time*100 < d.window.Duration() {
		return
	}
	text, remedy := explanation(c, s.split)
	f := result.Finding{Severity: result.Info, StakeNs: s.time, Table: "causes", Column: "cause", Values: []string{c.String()}, Remedy: remedy,
		Text: fmt.Sprintf("%s of the idle time of %s, %s in %s: %s", percentText(s.time, d.idle()), v.label(d), result.Duration(s.time), result.Count(s.gaps, "gap"), text)}
	if c == noCall {
		f.Absent = []string{"api_calls"}
	}
	if c == short {
		f.Text = fmt.Sprintf("%s of the idle time of %s, %s, is in %s of at most %s: %s", percentText(s.time, d.idle()), v.label(d),
			result.Duration(s.time), result.Count(s.gaps, "gap"), result.Duration(v.params.Gap.Nanoseconds()), text)
	}
	if s.time*5 >= d.window.Duration() {
		f.Severity = result.Warning
	}
	r.Findings = append(r.Findings, f)
}

func percentText(part, whole int64) string { return fmt.Sprintf("%.1f %%", share(part, whole)) }

// explanation returns what a cause means and what helps.
func explanation(c cause, s split) (text, remedy string) {
	const fewer = "Launch less often (CUDA graphs, fused kernels, a compiled model) or do less between launches. Tracing makes each launch slower, so compare with the run time without it."
	switch c {
	case hostLate:
		return fmt.Sprintf("the host launched late, %s of it outside of CUDA calls, %s in other CUDA calls and %s from the launch to the start of the work.",
			result.Duration(s.outside), result.Duration(s.calls), result.Duration(s.launch)), fewer
	case synchronization:
		return fmt.Sprintf("the host waited for the GPU, so nothing was queued when it was done; %s passed until the wait returned, %s in host code and other calls, %s from the launch to the start of the work.",
				result.Duration(s.waiting), result.Duration(s.outside+s.calls), result.Duration(s.launch)),
			"Wait less often, or queue the next work before waiting: sample and schedule on the GPU, copy results on another stream, run the host one step ahead."
	case copyWait:
		return "the host was in a copy.", "Use pinned memory and asynchronous copies on a stream of their own."
	case launchLatency:
		return "the work was being launched when the GPU ran dry: launches take longer than the kernels before them.", fewer
	case queued:
		return "the work had been launched before, so the GPU waited for something else: another stream, an event, a copy or another process.",
			"Look for cudaStreamWaitEvent and for priorities; see concurrency."
	case insideGraph:
		return "between the nodes of one graph launch. A node-level trace slows graphs down, which adds to these gaps.",
			"Fuse small nodes; check against a graph-level trace, which leaves the gaps between nodes as they are."
	case short:
		return "the usual pause between kernels.", "Only fewer and longer kernels help; set the parameter gap lower to see causes."
	case aroundHidden:
		return "it lies before or after work of CUDA graphs that the trace does not show.", "Capture with nsys profile --cuda-graph-trace=node."
	}
	return "the call that launched what came next is not recorded.", "Capture with nsys profile --trace=cuda from before the launches."
}

// longestFinding tells of a single gap that takes a tenth of a device's idle time.
func (v *view) longestFinding(r *result.Result, d *device) {
	list := d.longestGaps(1)
	if len(list) == 0 || len(d.gaps) < 2 || list[0].Duration()*10 < d.idle() {
		return
	}
	g := list[0]
	text := fmt.Sprintf("One gap of %s, %s after the trace began, takes %s of the idle time of %s: %s", result.Duration(g.Duration()), result.Duration(g.Start),
		percentText(g.Duration(), d.idle()), v.label(d), g.cause)
	if g.call >= 0 {
		text += fmt.Sprintf(", thread %d outside of CUDA calls for %s", v.host.Tid[g.call], result.Duration(g.split.outside))
	}
	if name := v.rangeName(g); name != "" {
		text += ", then a launch in the range " + name
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: g.Duration(), Table: "gaps", Column: "start", Values: []string{fmt.Sprint(g.Start)},
		Text: text + ".", Remedy: "Look at what the host did there, on the timeline or with nsys profile --sample=process-tree; between requests it is nothing to mend."})
}

// rangeFinding names the NVTX range that the gaps belong to most, when it has a
// tenth of their time.
func (v *view) rangeFinding(r *result.Result, d *device) {
	if v.ranges == nil || len(d.gaps) == 0 {
		return
	}
	total := int64(0)
	list := v.byRange(d)
	for _, s := range list {
		total += s.time
	}
	top := list[0]
	if top.name == "" || top.time*10 < total || top.time*100 < d.window.Duration() {
		return
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: top.time, Table: "ranges", Column: "range", Values: []string{top.name},
		Text: fmt.Sprintf("Of the time in gaps longer than %s on %s, %s (%s in %s) ends with work launched in the range %s.", result.Duration(v.params.Gap.Nanoseconds()),
			v.label(d), percentText(top.time, total), result.Duration(top.time), result.Count(top.gaps, "gap"), top.name)})
}

// sharedDevices warns where several processes have a device of one number.
func (v *view) sharedDevices(r *result.Result) {
	processes := map[int64]int64{}
	for i := range v.devices {
		processes[v.devices[i].Device]++
	}
	for i := range v.devices {
		d := v.devices[i].Device
		if n := processes[d]; n > 1 {
			processes[d] = 0
			r.Warn("Compare the starts in the table gaps, or set CUDA_VISIBLE_DEVICES apart for each process.",
				"%d processes have a device %d: if that is one GPU, the work of one is a gap of the others here.", n, d)
		}
	}
}
