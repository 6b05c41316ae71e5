package memoryusage

import (
	"fmt"
	"strings"

	"profilemate/workbench/result"
)

// findings adds what is worth saying, in words.
func (v *view) findings(r *result.Result) {
	if v.odd > 0 {
		r.Warn("The file may be damaged: export it again.", "%s without a time, an address, a size or a known operation left out.", result.Count(v.odd, "row"))
	}
	for _, p := range v.pools[:min(drawn, len(v.pools))] {
		v.peakFinding(r, p)
		v.endFinding(r, p)
		v.churnFinding(r, p)
	}
	v.unknownFinding(r)
	if len(v.pools) > drawn {
		r.Note("Findings are of the first %d of %d rows of the table.", drawn, len(v.pools))
	}
	v.allocatorFinding(r)
}

// link points a finding at the row of a pool.
func link(f result.Finding, p *pool) result.Finding {
	f.Table, f.Column, f.Values = "memory", "kind", []string{p.kind}
	return f
}

// isDevice reports whether memory lies on the device and is not a variable.
func (p *pool) isDevice() bool { return p.kind == "device" || p.kind == "array" }

// isStatic reports whether memory is that of variables of modules.
func (p *pool) isStatic() bool { return strings.HasSuffix(p.kind, " static") }

// small is growth that only the table tells of, in B.
const small = 1 << 20

func (v *view) peakFinding(r *result.Result, p *pool) {
	if p.isStatic() {
		return
	}
	text := fmt.Sprintf("%s: at most %s live", v.label(p), result.Size(p.peak))
	if p.start == p.peak {
		text += ", as when the capture began"
	} else {
		text += fmt.Sprintf(", %s after the trace began", result.Duration(p.peakAt))
	}
	f := result.Finding{Severity: result.Info}
	if have := v.memory[p.device]; p.isDevice() && have > 0 && p.peak <= have {
		text += fmt.Sprintf(" (%.1f %% of the %s of the device)", 100*float64(p.peak)/float64(have), result.Size(have))
		if p.peak*10 >= have*9 {
			f.Severity, f.Remedy = result.Warning, "Little room is left for a larger batch or cache; look at the largest allocations."
		}
	}
	if p.earlier > p.peak {
		text += fmt.Sprintf("; before the capture began it had been up to %s", result.Size(p.earlier))
	}
	f.Text = sentence(text) + "."
	r.Findings = append(r.Findings, link(f, p))
}

// endFinding tells what grew while the capture lasted and was not freed.
func (v *view) endFinding(r *result.Result, p *pool) {
	grown := p.live - p.start
	if grown < small {
		return
	}
	f := result.Finding{Severity: result.Info,
		Text: fmt.Sprintf("%s: %s more is live at the end than at the begin (%s in %s not freed). It is a leak only if it goes on growing from step to step.",
			sentence(v.label(p)), result.Size(grown), result.Size(p.live), result.Count(p.left, "allocation")),
		Remedy: "Capture a longer time of steady work and compare."}
	if p.churn > 0 && p.churn > p.churnReleases && v.growing(p) {
		f.Severity = result.Warning
		f.Text = fmt.Sprintf("%s keeps growing: %s more at the end than at the begin, and still by %s in the second half of the GPU's window.",
			sentence(v.label(p)), result.Size(grown), result.Size(p.live-p.liveAt(v.steady.Start)))
		f.Remedy = "Find what is allocated there by its time in the table allocations; keep buffers and use them again."
	}
	r.Findings = append(r.Findings, link(f, p))
}

// growing reports whether a tenth of the growth falls into steady state.
func (v *view) growing(p *pool) bool {
	return (p.live-p.liveAt(v.steady.Start))*10 >= p.live-p.start
}

// liveAt returns how much was live just before a time, in B.
func (p *pool) liveAt(t int64) int64 {
	live := int64(0)
	for i, at := range p.times {
		if at >= t {
			break
		}
		live = p.lives[i]
	}
	return live
}

// churnFinding tells of allocations while the program should be steady.
func (v *view) churnFinding(r *result.Result, p *pool) {
	if p.churn+p.churnReleases == 0 || !p.isDevice() && p.kind != "pinned" && p.kind != "managed" {
		return
	}
	f := result.Finding{Severity: result.Info,
		Text: fmt.Sprintf("%s: %s (%s) and %s in the second half of the GPU's window. Each may hold the host until the GPU is done.", sentence(v.label(p)),
			result.Count(p.churn, "allocation"), result.Size(p.churnBytes), result.Count(p.churnReleases, "release")),
		Remedy: "Allocate before the steady state, keep buffers, or allocate in stream order (cudaMallocAsync)."}
	if seconds := float64(v.steady.Duration()) / 1e9; float64(p.churn+p.churnReleases) > 100*seconds && p.churn+p.churnReleases >= 10 {
		f.Severity = result.Warning
	}
	r.Findings = append(r.Findings, link(f, p))
}

// unknownFinding tells of events that do not fit each other.
func (v *view) unknownFinding(r *result.Result) {
	for _, p := range v.pools {
		if p.unknown > 0 {
			r.Findings = append(r.Findings, link(result.Finding{Severity: result.Warning,
				Text: fmt.Sprintf("%s: %s (%s) of memory that no allocation is recorded for. What was live there before is not known, so live memory is at least what is shown.",
					sentence(v.label(p)), result.Count(p.unknown, "release"), result.Size(p.unknownBytes)),
				Remedy: "Capture from the start of the program, without a capture range."}, p))
		}
		if p.twice > 0 {
			r.Findings = append(r.Findings, link(result.Finding{Severity: result.Warning,
				Text: fmt.Sprintf("%s: %s at an address that was not freed before: releases are missing from the trace, and the later size counts.", sentence(v.label(p)), result.Count(p.twice, "allocation"))}, p))
		}
	}
}

// allocatorFinding says what these numbers cannot tell.
func (v *view) allocatorFinding(r *result.Result) {
	device, earlier := false, false
	for _, p := range v.pools {
		device = device || p.isDevice()
		earlier = earlier || p.isDevice() && (p.start > 0 || p.earlier > 0)
	}
	switch {
	case !device:
		r.Note("No allocation of device memory is recorded: what was allocated before is not known, which is not zero.")
	case !earlier:
		r.Note("No device memory from before the capture is recorded: if there was some, live memory is higher by that.")
	}
	if device {
		r.Note("What frameworks keep and hand out themselves, as PyTorch's caching allocator does, counts as live whether tensors use it or not: use torch.cuda.memory_stats or a memory snapshot for that.")
	}
	if v.reserves {
		r.Note("Memory pools of the driver (cudaMallocAsync) are in use: they may hold more than what is live.")
	}
}
