package timeline

import (
	"fmt"

	"profilemate/frames"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

func (v *view) laneTable() *frames.Frame {
	b := frames.NewBuilder("lanes", frames.Schema{
		{Name: "lane", Kind: frames.String},
		{Name: "kind", Kind: frames.String, Doc: "stream, thread (in CUDA calls) or phase (ranges of a thread)"},
		{Name: "busy_share", Kind: frames.Float64, Unit: "%", Doc: "of the window; missing where hidden graph work may have run in it"},
		{Name: "busy", Kind: frames.Int64, Unit: "ns", Doc: "time under at least one event, within the window"},
		{Name: "unknown", Kind: frames.Int64, Unit: "ns", Doc: "not seen busy, but hidden graph work may have run"},
		{Name: "events", Kind: frames.Int64, Doc: "pieces of work, calls or ranges in the window"},
		{Name: "process", Kind: frames.Int64},
		{Name: "device", Kind: frames.Int64, Doc: "CUDA ordinal in the process; missing for threads"},
		{Name: "stream", Kind: frames.Int64},
		{Name: "thread", Kind: frames.Int64},
	})
	for i := range v.lanes {
		l := &v.lanes[i]
		var busy, stream, thread any
		if len(l.unknown) == 0 {
			busy = share(l.busy.Total(), v.window.Duration())
		}
		switch {
		case l.folded > 0:
		case l.kind == streamLane:
			stream = orMissing(l.id)
		default:
			thread = orMissing(l.id)
		}
		b.Row(l.name, l.kind.String(), busy, l.busy.Total(), l.unknown.Total(), l.events, orMissing(l.pid), orMissing(l.device), stream, thread)
	}
	return b.Frame()
}

func (v *view) busyChart() result.Chart {
	c := result.Chart{Name: "busy", Title: "Busy share over time", Kind: result.HeatMap,
		X:    result.Axis{Label: "time since the first work", Categories: v.labels()},
		Y:    result.Axis{Label: "lane"},
		Heat: &result.Heat{Label: "busy share", Unit: "%"},
		Note: fmt.Sprintf("Each column is %s.", result.Duration(v.width))}
	for i := range v.lanes {
		l := &v.lanes[i]
		if len(l.unknown) > 0 {
			c.Note = fmt.Sprintf("Each column is %s; empty cells are unknown: hidden graph work may have run.", result.Duration(v.width))
		}
		c.Y.Categories = append(c.Y.Categories, l.name)
		c.Heat.Values = append(c.Heat.Values, v.shares(l))
	}
	return c
}

// emptyFinding says why there is nothing to show.
func (v *view) emptyFinding(r *result.Result) {
	v.oddFinding(r)
	r.Findings = append(r.Findings, result.Finding{Severity: result.Problem, Text: "Neither GPU work nor a CUDA call is recorded: there is nothing to show.",
		Absent: append(trace.WorkTables(), "api_calls"), Remedy: "Capture with nsys profile --trace=cuda,nvtx --cuda-graph-trace=node while the program works."})
}

func (v *view) oddFinding(r *result.Result) {
	if v.odd > 0 {
		r.Warn("The file may be damaged: export it again.", "%s with impossible times left out.", result.Count(v.odd, "row"))
	}
}

// findings adds what is worth saying, in words.
func (v *view) findings(r *result.Result) {
	v.oddFinding(r)
	v.hiddenFinding(r)
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: v.window.Duration(),
		Text: fmt.Sprintf("Shown: %s from %s to %s after the first work, of %s; each of %s is %s.", result.Duration(v.window.Duration()),
			result.Duration(v.window.Start-v.origin), result.Duration(v.window.End-v.origin), result.Duration(v.all.Duration()), result.Count(int64(v.bins), "part"), result.Duration(v.width))})
	if v.cut {
		r.Note("The window asked for goes beyond what is recorded and is cut: nothing is known of the time before and after.")
	}
	v.busiestFinding(r)
	v.workFinding(r)
	folded := int64(0)
	for i := range v.lanes {
		folded += v.lanes[i].folded
	}
	if folded > 0 {
		r.Note("%s with the least time share lanes with others of their device or process. The parameter lanes shows more.", result.Count(folded, "lane"))
	}
	if v.steps == nil || len(v.steps.List) == 0 {
		r.Findings = append(r.Findings, result.Finding{Severity: result.Info, Text: "No range is named like a step of an engine, so there are no phases.", Absent: []string{"nvtx"}})
	}
	if v.host.Len() == 0 {
		r.WarnAbsent([]string{"api_calls"}, "Capture with nsys profile --trace=cuda.", "No CUDA call is recorded: there are no threads to show, and hidden graph work would not be noticed.")
	}
}

func (v *view) hiddenFinding(r *result.Result) {
	launches, unknown := int64(0), int64(0)
	for pid := range v.pids() {
		launches += v.hidden.LaunchesOf(pid)
	}
	for i := range v.lanes {
		unknown = max(unknown, v.lanes[i].unknown.Total())
	}
	if launches > 0 {
		r.Findings = append(r.Findings, result.Finding{Severity: result.Problem, StakeNs: unknown, Remedy: "Capture with nsys profile --cuda-graph-trace=node.",
			Text: fmt.Sprintf("%s whose kernels this trace does not show: empty cells are time in which they may have run, not idle time.", result.Count(launches, "graph launch"))})
	}
}

// busiestFinding names the stream that is busy most.
func (v *view) busiestFinding(r *result.Result) {
	best := -1
	for i := range v.lanes {
		l := &v.lanes[i]
		if l.kind == streamLane && l.folded == 0 && (best < 0 || l.busy.Total() > v.lanes[best].busy.Total()) {
			best = i
		}
	}
	if best < 0 {
		r.Findings = append(r.Findings, result.Finding{Severity: result.Info, Text: "No GPU work lies in the window.", Absent: trace.WorkTables()})
		return
	}
	l := &v.lanes[best]
	text := fmt.Sprintf("The busiest stream, %s, is busy %.1f %% of the window (%s)", l.name, share(l.busy.Total(), v.window.Duration()), result.Duration(l.busy.Total()))
	if len(l.unknown) > 0 {
		text = fmt.Sprintf("The busiest stream, %s, is busy at least %.1f %% of the window (%s)", l.name, share(l.busy.Total(), v.window.Duration()), result.Duration(l.busy.Total()))
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: l.busy.Total(), Table: "lanes", Column: "lane", Values: []string{l.name},
		Text: text + fmt.Sprintf(", with %s of work.", result.Count(l.events, "piece"))})
}

func (v *view) workFinding(r *result.Result) {
	total := v.total()
	if total == 0 {
		return
	}
	w := v.work[0]
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: w.time, Table: "work", Column: "work", Values: []string{v.short[w.name]},
		Text: fmt.Sprintf("%s takes the largest part of the GPU time in the window: %.1f %%, %s in %s.", v.short[w.name], share(w.time, total), result.Duration(w.time), result.Count(w.count, "instance"))})
}
