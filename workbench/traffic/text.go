package traffic

import (
	"fmt"
	"strconv"
	"strings"

	"profilemate/workbench/result"
)

// Text writes the report for a reader: what was sent, throughput, and a table of
// times in ms.
func (r *Report) Text() string {
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-12s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("Server", "%s, model %s", r.URL, r.Model)
	line("Load", "%s", r.loadText())
	requests := fmt.Sprintf("%s of %s answered in %.3g s", result.Grouped(int64(r.Completed)), result.Grouped(int64(r.Requests)), r.Elapsed.Seconds())
	if r.Failed > 0 {
		requests += fmt.Sprintf(", %s failed", result.Grouped(int64(r.Failed)))
	}
	if r.Unsent > 0 {
		requests += fmt.Sprintf(", %s not sent or not waited for", result.Grouped(int64(r.Unsent)))
	}
	line("Requests", "%s", requests)
	if s := r.Elapsed.Seconds(); s > 0 && r.Completed > 0 {
		line("Throughput", "%s requests/s, %s output tokens/s, %s tokens/s with prompts", digits(float64(r.Completed)/s), digits(float64(r.Output)/s), digits(float64(r.InputTokens+r.Output)/s))
		line("Tokens", "%s in prompts, %s in answers", result.Grouped(r.InputTokens), result.Grouped(r.Output))
	}
	if times := r.times(); len(times) > 0 {
		fmt.Fprintf(&b, "\n%-24s %9s %9s %9s %9s %9s %9s\n", "ms", "mean", "p50", "p90", "p95", "p99", "max")
		for _, t := range times {
			f := t.figures
			fmt.Fprintf(&b, "%-24s", t.title)
			for _, ns := range []float64{f.Mean, f.P50, f.P90, f.P95, f.P99, f.Max} {
				fmt.Fprintf(&b, " %9s", milliseconds(ns))
			}
			b.WriteString("\n")
		}
	}
	for i, f := range r.Errors {
		if i == 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "%s failed: %s\n", result.Grouped(int64(f.Count)), f.Reason)
	}
	for i, n := range r.Notes {
		if i == 0 {
			b.WriteString("\n")
		}
		b.WriteString(n + "\n")
	}
	return b.String()
}

// loadText says how requests were sent: "prefill, 16 at a time".
func (r *Report) loadText() string {
	what := string(r.Mode)
	if r.Data {
		what = "data set"
	}
	switch {
	case r.Rate == 0:
		what += fmt.Sprintf(", %d at a time", r.Concurrency)
	case r.Poisson:
		what += fmt.Sprintf(", %s requests/s as a Poisson process, at most %d at once", digits(r.Rate), r.MostAtOnce)
	default:
		what += fmt.Sprintf(", %s requests/s, at most %d at once", digits(r.Rate), r.MostAtOnce)
	}
	if r.Profiled {
		what += ", profiler on"
	}
	return what
}

// milliseconds writes a time in ns with two decimals of a ms.
func milliseconds(ns float64) string { return strconv.FormatFloat(ns/1e6, 'f', 2, 64) }

// digits writes a rate with three digits, or all before the point.
func digits(v float64) string {
	if v >= 100 {
		return result.Grouped(int64(v + 0.5))
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
