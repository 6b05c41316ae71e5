package report

import (
	"fmt"
	"math"
	"slices"

	"profilemate/workbench/compare"
	"profilemate/workbench/result"
)

// figure declares a number of the summary: the cell of a table at the row that has most
// of a column, among those in which a column has a text.
type figure struct {
	name, unit              string
	analysis, table, column string
	most                    string // column by whose largest value the row is chosen
	where, is               string // only rows whose column where has this text; empty for all
	of                      string // column that says what it is the figure of, empty for none
	ofText                  string // with of: the sentence's form, %s for the text; empty for the text alone
	kind                    string // of the artifact
}

func figures() []figure {
	return []figure{
		{name: "GPU busy", unit: "%", analysis: "gpu-utilization", table: "devices", column: "busy_share", most: "busy", of: "device", ofText: "device %s", kind: "nsys"},
		{name: "Largest cause of idle time", unit: "ns", analysis: "gpu-utilization", table: "causes", column: "time", most: "time", of: "cause", kind: "nsys"},
		{name: "Prefill step, median", unit: "ns", analysis: "phases", table: "phases", column: "step_time", most: "steps", where: "phase", is: "prefill", kind: "nsys"},
		{name: "Prefill throughput", unit: "tokens/s", analysis: "phases", table: "phases", column: "token_rate", most: "steps", where: "phase", is: "prefill", of: "tokens", ofText: "over %s tokens", kind: "nsys"},
		{name: "Decode step, median", unit: "ns", analysis: "phases", table: "phases", column: "step_time", most: "steps", where: "phase", is: "decode", kind: "nsys"},
		{name: "Decode throughput", unit: "tokens/s", analysis: "phases", table: "phases", column: "token_rate", most: "steps", where: "phase", is: "decode", of: "tokens", ofText: "over %s tokens", kind: "nsys"},
		{name: "Decode step, 99th percentile", unit: "ns", analysis: "steps", table: "series", column: "p99", most: "steps", where: "phase", is: "decode", kind: "nsys"},
		{name: "Prefill's share of step time", unit: "%", analysis: "phases", table: "phases", column: "share", most: "share", where: "phase", is: "prefill", kind: "nsys"},
		{name: "Kernels from CUDA graphs", unit: "%", analysis: "cuda-graphs", table: "coverage", column: "kernel_share", most: "kernels", of: "kernels", ofText: "of %s kernels", kind: "nsys"},
		{name: "First kernel family", unit: "%", analysis: "kernel-families", table: "families", column: "share", most: "total", of: "family", kind: "nsys"},
		{name: "First kernel", unit: "%", analysis: "kernel-summary", table: "kernels", column: "share", most: "total", of: "kernel", kind: "nsys"},
		{name: "Longest kernel profiled", unit: "ns", analysis: "bottlenecks", table: "bottlenecks", column: "time", most: "time", of: "function", kind: "ncu"},
		{name: "Its DRAM use", unit: "%", analysis: "bottlenecks", table: "bottlenecks", column: "dram_pct", most: "time", of: "class", kind: "ncu"},
		{name: "What it reaches of its roof", unit: "%", analysis: "roofline", table: "roofline", column: "of_roof", most: "time", of: "function", kind: "ncu"},
		{name: "Busiest expert over mean", unit: "", analysis: "load-imbalance", table: "layers", column: "max_over_mean", most: "max_over_mean", of: "layer", ofText: "layer %s", kind: "moe"},
		{name: "What an even split would save it", unit: "%", analysis: "load-imbalance", table: "layers", column: "avoidable", most: "avoidable", of: "layer", ofText: "layer %s", kind: "moe"},
		{name: "Best placement's gain", unit: "%", analysis: "expert-placement", table: "strategies", column: "gain", most: "gain", of: "strategy", kind: "moe"},
	}
}

// figureAnalyses lists the analyses that a baseline needs.
func figureAnalyses() []string {
	var list []string
	for _, f := range figures() {
		if !slices.Contains(list, f.analysis) {
			list = append(list, f.analysis)
		}
	}
	return list
}

// figuresOf reads the figures of the kinds of artifact that were given.
func figuresOf(now, before *side) []Figure {
	var list []Figure
	for _, f := range figures() {
		if _, given := now.sources[f.kind]; !given {
			continue
		}
		out := f.read(now)
		out.Baseline, out.Change = result.Number(math.NaN()), result.Number(math.NaN())
		if before != nil {
			then := f.read(before)
			out.Baseline = then.Value
			out.Change, out.Points = change(float64(then.Value), float64(out.Value)), f.unit == "%"
			if out.Points {
				out.Change = out.Value - then.Value
			}
		}
		list = append(list, out)
	}
	return list
}

// moved is the change in words, as a comparison writes it; empty where it is not known.
func (f Figure) moved() string { return compare.Change{Change: f.Change, Points: f.Points}.Moved() }

// change is the difference in % of the first value, NaN where that is missing or 0.
func change(from, to float64) result.Number {
	if from == 0 {
		return result.Number(math.NaN())
	}
	return result.Number(100 * (to - from) / math.Abs(from))
}

func (f figure) read(s *side) Figure {
	out := Figure{Name: f.name, Unit: f.unit, Value: result.Number(math.NaN()), Cell: Cell{Analysis: f.analysis, Table: f.table, Column: f.column}}
	t, why := s.table(f.analysis, f.table)
	if why == "" && (f.analysis == "gpu-utilization" || f.analysis == "cuda-graphs") {
		why = s.noKernels()
	}
	if why != "" {
		out.Why = why
		return out
	}
	row := t.most(f.most, func(row int) bool { return f.where == "" || t.text(row, f.where) == f.is })
	if row < 0 {
		out.Why = fmt.Sprintf("the table %s of %s has no row for it", f.table, f.analysis)
		if f.is != "" {
			out.Why = fmt.Sprintf("no step of %s was found", f.is)
		}
		return out
	}
	out.Cell.Row, out.Value = row, result.Number(t.num(row, f.column))
	if math.IsNaN(float64(out.Value)) {
		out.Why = fmt.Sprintf("the analysis %s cannot tell it", f.analysis)
	}
	out.Of = f.ofWhat(t, row)
	return out
}

func (f figure) ofWhat(t cells, row int) string {
	if f.of == "" {
		return ""
	}
	text := t.text(row, f.of)
	if n := t.num(row, f.of); !math.IsNaN(n) && n >= 1000 {
		text = result.Grouped(int64(n))
	}
	if text == "" || f.ofText == "" {
		return text
	}
	return fmt.Sprintf(f.ofText, text)
}
