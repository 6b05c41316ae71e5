package health

import (
	"fmt"
	"math"
	"strings"

	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// findings begin with the verdict, then tell of each check that is not in order.
func (e *evidence) findings(r *result.Result, list []check) {
	names := map[verdict][]string{}
	for _, c := range list {
		names[c.verdict] = append(names[c.verdict], c.name)
	}
	worst := list[0].verdict
	f := result.Finding{Severity: severity(worst), StakeNs: e.window.Duration(), Text: verdictText(names)}
	if worst >= warning {
		f.Table, f.Column, f.Values = "checks", "verdict", []string{problem.String(), warning.String()}
	}
	r.Findings = append(r.Findings, f)
	for _, c := range list {
		if c.verdict >= warning && !c.told {
			r.Findings = append(r.Findings, result.Finding{Severity: severity(c.verdict), Text: c.seen, Remedy: c.remedy,
				Table: "checks", Column: "check", Values: []string{c.name}})
		}
	}
}

// verdictText is the sentence that sums up the checks.
func verdictText(names map[verdict][]string) string {
	total := 0
	for _, list := range names {
		total += len(list)
	}
	var text string
	switch {
	case len(names[problem]) > 0:
		text = fmt.Sprintf("Not fit for conclusions as it is: %d of %d checks found a problem (%s)", len(names[problem]), total, strings.Join(names[problem], ", "))
	case len(names[warning]) > 0:
		text = "Fit for conclusions with care"
	default:
		text = fmt.Sprintf("Fit for conclusions: none of %d checks found anything amiss", total)
	}
	var more []string
	if n := names[warning]; len(n) > 0 {
		more = append(more, fmt.Sprintf("%s (%s)", result.Count(int64(len(n)), "warning"), strings.Join(n, ", ")))
	}
	if n := names[unknown]; len(n) > 0 {
		more = append(more, fmt.Sprintf("%d cannot be made (%s)", len(n), strings.Join(n, ", ")))
	}
	if len(more) > 0 {
		text += "; " + strings.Join(more, "; ")
	}
	return text + "."
}

// coverage is how many events begin in each part of the time. ok is false without
// any.
func (e *evidence) coverage(bins int) (c result.Chart, ok bool) {
	rows := e.sources()
	span := trace.Interval{Start: math.MaxInt64, End: math.MinInt64}
	for _, row := range rows {
		for _, t := range row.times {
			if possible(t) {
				span = trace.Interval{Start: min(span.Start, t), End: max(span.End, t)}
			}
		}
	}
	if span.End < span.Start {
		return c, false
	}
	c = result.Chart{Name: "coverage", Title: "Events over time", Kind: result.HeatMap,
		X: result.Axis{Label: "time since the first event"}, Y: result.Axis{Label: "kind"}, Heat: &result.Heat{Label: "events", Log: true},
		Note: "An empty cell has no event; a stretch that one kind misses and others have may be lost, or idle."}
	width := span.Duration()/int64(bins) + 1
	for i := range bins {
		c.X.Categories = append(c.X.Categories, result.Duration(int64(i)*width))
	}
	for _, row := range rows {
		c.Y.Categories = append(c.Y.Categories, row.name)
		c.Heat.Values = append(c.Heat.Values, histogram(row.times, span.Start, width, bins))
	}
	return c, true
}

// source is the times at which the events of one kind begin.
type source struct {
	name  string
	times []int64
}

// sources returns the kinds of events that the trace has.
func (e *evidence) sources() []source {
	var out []source
	add := func(name string, times []int64) {
		if len(times) > 0 {
			out = append(out, source{name, times})
		}
	}
	add("GPU work", e.timeline.Start)
	add("CUDA calls", e.host.Start)
	if e.ranges != nil {
		var starts []int64
		for i, start := range e.ranges.Start {
			if e.ranges.Style[i] != trace.NoRange {
				starts = append(starts, start)
			}
		}
		add("NVTX ranges", starts)
	}
	if e.overhead != nil {
		add("profiler overhead", e.overhead.Ints("start"))
	}
	if e.samples != nil {
		add("CPU samples", e.samples.Ints("time"))
	}
	return out
}

// possible leaves out what a damaged row pretends: times 36 years from the begin.
func possible(t int64) bool { return t > -1<<60 && t < 1<<60 }

func histogram(times []int64, from, width int64, bins int) []result.Number {
	counts := make([]int64, bins)
	for _, t := range times {
		if possible(t) {
			counts[(t-from)/width]++
		}
	}
	out := make([]result.Number, bins)
	for i, n := range counts {
		out[i] = result.Number(n)
		if n == 0 {
			out[i] = result.Number(math.NaN())
		}
	}
	return out
}
