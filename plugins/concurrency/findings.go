package concurrency

import (
	"fmt"
	"strings"

	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// findings adds what is worth saying, in words.
func (v *view) findings(r *result.Result) {
	if v.odd > 0 {
		r.Warn("The file may be damaged: export it again.", "%s with impossible times left out.", result.Count(v.odd, "row"))
	}
	if n := v.hidden.Launches; n > 0 {
		r.Findings = append(r.Findings, result.Finding{Severity: result.Problem, Remedy: "Capture with nsys profile --cuda-graph-trace=node.",
			Text: result.Count(n, "graph launch") + " whose kernels this trace does not show: what ran beside them is not known. Times by kind of work and by stream are what is seen, and lower bounds."})
	}
	if len(v.devices) == 0 {
		r.Findings = append(r.Findings, result.Finding{Severity: result.Problem, Text: "No GPU work is recorded, so what ran at the same time cannot be said.",
			Absent: trace.WorkTables(), Remedy: "Capture with nsys profile --trace=cuda --cuda-graph-trace=node while the program works."})
		return
	}
	talks := int64(0)
	for i := range v.devices {
		talks += v.devices[i].talks
	}
	for i := range v.devices[:min(drawn, len(v.devices))] {
		d := &v.devices[i]
		if !d.veiled {
			v.streamFinding(r, d)
			v.talkFinding(r, d)
			v.copyFinding(r, d)
		}
		if d.graphs > 0 {
			r.Warn("Capture with nsys profile --cuda-graph-trace=node.", "%s on %s were traced as wholes: communication and concurrency inside them are not seen.",
				result.Count(d.graphs, "graph launch"), v.label(d))
		}
	}
	v.collectiveFinding(r, talks)
}

// sentence begins with a capital.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// streamFinding says how much ran at once.
func (v *view) streamFinding(r *result.Result, d *device) {
	time, most := d.atOnce()
	busy := d.busy.Total()
	if busy == 0 {
		return
	}
	work := result.Grouped(int64(len(d.Rows))) + " pieces of work"
	if len(d.Rows) == 1 {
		r.Note("One piece of work ran on %s: there is nothing for it to overlap with.", v.label(d))
		return
	}
	stream := fmt.Sprintf("stream %d", d.streams[0].number)
	if d.streams[0].number < 0 {
		stream = "one stream"
	}
	f := result.Finding{Severity: result.Info, StakeNs: time, Table: "devices", Column: "device", Values: []string{fmt.Sprint(d.Device)}}
	switch {
	case len(d.streams) == 1 && time == 0:
		f.Text = fmt.Sprintf("All %s on %s ran on %s, one after the other: nothing overlaps.", work, v.label(d), stream)
	case len(d.streams) == 1:
		f.Text = fmt.Sprintf("All %s on %s ran on %s, yet %.1f %% of the busy time (%s) has up to %d at once: nodes of graphs side by side, or kernels that begin before the one before them has ended (programmatic dependent launch).",
			work, v.label(d), stream, share(time, busy), result.Duration(time), most)
	case time == 0:
		f.Text = fmt.Sprintf("%s has %d streams, but never two pieces of work at once: the streams take turns.", sentence(v.label(d)), len(d.streams))
		f.Remedy = "Look for events and synchronization between the streams; a default stream waits for all others unless streams are made with cudaStreamNonBlocking."
	default:
		f.Text = fmt.Sprintf("%s ran work of %d streams, up to %d pieces at once: %.1f %% of the busy time (%s) has at least two.",
			sentence(v.label(d)), len(d.streams), most, share(time, busy), result.Duration(time))
	}
	r.Findings = append(r.Findings, f)
}

// talkFinding says how much of the communication is exposed: a warning from a tenth
// of the window on.
func (v *view) talkFinding(r *result.Result, d *device) {
	if d.talks == 0 || d.talking.Total() == 0 {
		return
	}
	p := d.parts()
	f := result.Finding{Severity: result.Info, StakeNs: p.talk, Table: "devices", Column: "device", Values: []string{fmt.Sprint(d.Device)},
		Text: fmt.Sprintf("Communication takes %s on %s in %s: %.1f %% of it is hidden behind computation and %s are exposed, %.1f %% of the time from the first to the last work.",
			result.Duration(d.talking.Total()), v.label(d), result.Count(d.talks, "kernel"), share(p.besideTalk, d.talking.Total()),
			result.Duration(p.talk), share(p.talk, d.window.Duration()))}
	if p.talk*10 >= d.window.Duration() {
		f.Severity = result.Warning
		f.Remedy = "Overlap communication with computation on another stream (chunked or fused collectives, two micro-batches), or communicate less; where ranks wait for one another, balance them."
	}
	r.Findings = append(r.Findings, f)
}

// copyFinding says how much of the copies is exposed, when that is a hundredth of
// the window.
func (v *view) copyFinding(r *result.Result, d *device) {
	p := d.parts()
	if d.copying.Total() == 0 || p.copying*100 < d.window.Duration() {
		return
	}
	f := result.Finding{Severity: result.Info, StakeNs: p.copying, Table: "devices", Column: "device", Values: []string{fmt.Sprint(d.Device)},
		Text: fmt.Sprintf("Copies and memory sets take %s on %s: %s of it, %.1f %% of the time from the first to the last work, with no kernel beside them.",
			result.Duration(d.copying.Total()), v.label(d), result.Duration(p.copying), share(p.copying, d.window.Duration())),
		Remedy: "Copy on a stream of its own from pinned memory, one step ahead of the work that needs it."}
	if p.copying*10 >= d.window.Duration() {
		f.Severity = result.Warning
	}
	r.Findings = append(r.Findings, f)
}

// collectiveFinding tells waiting from work in collectives, or why it cannot.
func (v *view) collectiveFinding(r *result.Result, talks int64) {
	if talks == 0 {
		return
	}
	if v.unmatched > 0 {
		r.Note("%s ran on several devices but not together, so for them waiting cannot be told from work: the devices talk in other groups, or to ones that are not in this trace.",
			result.Count(int64(v.unmatched), "communication kernel name"))
	}
	if len(v.collectives) == 0 {
		if v.unmatched == 0 {
			r.Findings = append(r.Findings, result.Finding{Severity: result.Info, Remedy: "Capture all ranks of a node in one nsys session: nsys profile before the launcher, not inside it.",
				Text: "Communication kernels ran on one device of this trace only: how much of their time is waiting for other ranks cannot be told."})
		}
		return
	}
	wait, work := int64(0), int64(0)
	last := map[*device]int64{}
	var late *device
	count := int64(0)
	for _, c := range v.collectives {
		wait += c.wait
		work += c.work
		last[c.device] += c.last
		count += c.last
	}
	for i := range v.devices {
		if d := &v.devices[i]; late == nil || last[d] > last[late] {
			late = d
		}
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: wait, Table: "collectives", Column: "device", Values: []string{fmt.Sprint(late.Device)},
		Text: fmt.Sprintf("In %s that several devices ran together they spend %s waiting for the last to begin and %s at work, all devices added up; most often, %s times, %s begins last.",
			result.Count(count, "collective"), result.Duration(wait), result.Duration(work), result.Grouped(last[late]), v.label(late)),
		Remedy: "Look at what the late device does before: more tokens, a slower host, or a copy that the others do not have."})
}
