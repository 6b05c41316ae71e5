package cpusamples

import (
	"fmt"
	"maps"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// share is part in percent of whole, which is not 0.
func share(part, whole int64) float64 { return 100 * float64(part) / float64(whole) }

func orMissing(v int64) any {
	if v < 0 {
		return nil
	}
	return v
}

func textOrMissing(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (t *thread) tally() tally {
	out := tally{}
	for _, s := range t.samples {
		out[s.symbol]++
	}
	return out
}

func (v *view) symbolTable() *frames.Frame {
	b := frames.NewBuilder("symbols", frames.Schema{
		{Name: "process", Kind: frames.Int64},
		{Name: "thread", Kind: frames.Int64},
		{Name: "function", Kind: frames.String, Doc: "at the top of the call chain; its library in brackets where it has no symbol"},
		{Name: "module", Kind: frames.String, Doc: "library or program"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the samples of the thread"},
		{Name: "samples", Kind: frames.Int64},
	})
	for _, t := range v.threads {
		list := t.tally().sorted()
		for _, c := range list[:min(v.params.Top, len(list))] {
			b.Row(orMissing(t.pid), orMissing(t.tid), c.symbol.String(), textOrMissing(c.symbol.module), share(c.samples, int64(len(t.samples))), c.samples)
		}
	}
	return b.Frame()
}

func (v *view) threadTable() *frames.Frame {
	b := frames.NewBuilder("threads", frames.Schema{
		{Name: "process", Kind: frames.Int64},
		{Name: "thread", Kind: frames.Int64},
		{Name: "name", Kind: frames.String, Doc: "of the thread; missing where it has none"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of all samples"},
		{Name: "samples", Kind: frames.Int64},
		{Name: "top", Kind: frames.String, Doc: "function with the most samples"},
	})
	for _, t := range v.threads {
		b.Row(orMissing(t.pid), orMissing(t.tid), textOrMissing(t.name), share(int64(len(t.samples)), v.total), len(t.samples), t.tally().sorted()[0].symbol.String())
	}
	return b.Frame()
}

func (v *view) gapTable() *frames.Frame {
	b := frames.NewBuilder("gaps", frames.Schema{
		{Name: "process", Kind: frames.Int64},
		{Name: "device", Kind: frames.Int64, Doc: "CUDA ordinal in the process"},
		{Name: "start", Kind: frames.Int64, Unit: "ns", Doc: "since the trace began"},
		{Name: "duration", Kind: frames.Int64, Unit: "ns"},
		{Name: "thread", Kind: frames.Int64, Doc: "that launched the work after it; missing where that is not recorded"},
		{Name: "samples", Kind: frames.Int64, Doc: "of that thread, or of all of the process"},
		{Name: "function", Kind: frames.String, Doc: "with the most samples in the gap; missing without any"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the samples in the gap"},
		{Name: "next", Kind: frames.String, Doc: "function with the second most samples"},
	})
	for _, g := range v.gaps[:min(v.params.Top, len(v.gaps))] {
		var first, part, second any
		list := g.tally.sorted()
		if len(list) > 0 {
			first, part = list[0].symbol.String(), share(list[0].samples, g.samples)
		}
		if len(list) > 1 {
			second = list[1].symbol.String()
		}
		b.Row(g.place.Pid, orMissing(g.place.Device), g.Start, g.Duration(), orMissing(g.tid), g.samples, first, part, second)
	}
	return b.Frame()
}

func (v *view) gapSymbolTable() *frames.Frame {
	b := frames.NewBuilder("gap-symbols", frames.Schema{
		{Name: "process", Kind: frames.Int64},
		{Name: "function", Kind: frames.String},
		{Name: "module", Kind: frames.String},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the samples of the process in gaps, each counted once"},
		{Name: "samples", Kind: frames.Int64},
	})
	for _, pid := range slices.Sorted(maps.Keys(v.inGaps)) {
		list := v.inGaps[pid].sorted()
		total := sum(list)
		for _, c := range list[:min(v.params.Top, len(list))] {
			b.Row(orMissing(pid), c.symbol.String(), textOrMissing(c.symbol.module), share(c.samples, total), c.samples)
		}
	}
	return b.Frame()
}

func sum(list []counted) int64 {
	total := int64(0)
	for _, c := range list {
		total += c.samples
	}
	return total
}

// chart shows the functions of the threads with the most samples: a function of two
// threads has two bars.
func (v *view) chart() result.Chart {
	c := result.Chart{Name: "top-symbols", Title: "Functions with the most samples", Kind: result.Bar, Horizontal: true,
		X: result.Axis{Label: "function"}, Y: result.Axis{Label: "samples"}}
	type bar struct {
		thread *thread
		counted
	}
	var bars []bar
	for _, t := range v.threads {
		for _, one := range t.tally().sorted() {
			bars = append(bars, bar{t, one})
		}
	}
	slices.SortStableFunc(bars, func(a, b bar) int { return int(b.samples - a.samples) })
	s := result.Series{Name: "samples"}
	for _, one := range bars[:min(v.params.Top, len(bars))] {
		label := one.symbol.String()
		if len(v.threads) > 1 {
			label += fmt.Sprintf(" (thread %d)", one.thread.tid)
		}
		c.X.Categories = append(c.X.Categories, label)
		s.Y = append(s.Y, result.Number(one.samples))
		s.Labels = append(s.Labels, fmt.Sprintf("%.1f %% of the samples of thread %d", share(one.samples, int64(len(one.thread.samples))), one.thread.tid))
	}
	c.Series = []result.Series{s}
	return c
}

// few is how many samples a share should rest on at least.
const few = 30

// findings adds what is worth saying, in words.
func (v *view) findings(r *result.Result) {
	if v.odd > 0 {
		r.Warn("The file may be damaged: export it again.", "%s with impossible times left out.", result.Count(v.odd, "row"))
	}
	if len(v.threads) == 0 {
		r.Warn("Capture with nsys profile --sample=process-tree.", "The trace has no CPU sample.")
		return
	}
	t := v.threads[0]
	top := t.tally().sorted()[0]
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, Table: "symbols", Column: "function", Values: []string{top.symbol.String()},
		Text: fmt.Sprintf("%s of %s in %s. Thread %d of process %d has most, %s, and %.1f %% of these in %s.", result.Count(v.total, "sample"), result.Count(int64(len(v.threads)), "thread"),
			result.Duration(v.last-v.first), t.tid, t.pid, result.Grouped(int64(len(t.samples))), share(top.samples, int64(len(t.samples))), top.symbol)})
	if v.total < few {
		r.Warn("Capture for longer, or raise --sampling-frequency.", "Only %s: with so few, shares are rough.", result.Count(v.total, "sample"))
	}
	v.nameFinding(r)
	v.gapFinding(r)
}

// nameFinding tells how many samples lack a symbol.
func (v *view) nameFinding(r *result.Result) {
	unnamed := int64(0)
	for _, t := range v.threads {
		for _, s := range t.samples {
			if s.symbol.name == "" {
				unnamed++
			}
		}
	}
	if unnamed*10 >= v.total {
		r.Warn("Keep symbols (no strip), and resolve them where the program ran: nsys profile --resolve-symbols=true.",
			"%s of %s have no function name.", result.Grouped(unnamed), result.Count(v.total, "sample"))
	}
}

// gapFinding says what the host did while the GPU had nothing to do.
func (v *view) gapFinding(r *result.Result) {
	if v.timeline.Len() == 0 {
		r.Findings = append(r.Findings, result.Finding{Severity: result.Info, Absent: trace.WorkTables(),
			Text: "No GPU work is recorded, so there are no gaps to explain: capture with --trace=cuda beside the samples."})
		return
	}
	if v.hidden.Launches > 0 {
		r.Findings = append(r.Findings, result.Finding{Severity: result.Problem, Remedy: "Capture with nsys profile --cuda-graph-trace=node.",
			Text: fmt.Sprintf("%s whose kernels this trace does not show: time in which they may have run is no gap here.", result.Count(v.hidden.Launches, "graph launch"))})
	}
	if len(v.gaps) == 0 {
		r.Note("No gap of the GPU is longer than %s.", result.Duration(v.params.Gap.Nanoseconds()))
		return
	}
	silent := int64(0)
	for _, g := range v.gaps {
		if g.samples == 0 {
			silent++
		}
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: v.gapTime,
		Text: fmt.Sprintf("Gaps of the GPU longer than %s: %s in %s, devices added up; %s without a sample.", result.Duration(v.params.Gap.Nanoseconds()), result.Duration(v.gapTime), result.Count(int64(len(v.gaps)), "gap"), result.Grouped(silent))})
	for _, pid := range slices.Sorted(maps.Keys(v.inGaps)) {
		list := v.inGaps[pid].sorted()
		total := sum(list)
		r.Findings = append(r.Findings, result.Finding{Severity: result.Info, Table: "gap-symbols", Column: "function", Values: []string{list[0].symbol.String()},
			Text: fmt.Sprintf("In the gaps, %.1f %% of the %s of process %d are in %s.", share(list[0].samples, total), result.Count(total, "sample"), pid, list[0].symbol)})
	}
}
