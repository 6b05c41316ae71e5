package parse

import (
	"math"

	"profilemate/frames"
	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// writeImbalance writes one row per step and layer. Where the recording has both the
// tracker's rows and the counts behind them, times come from the rows and figures
// from the counts.
func (r *recording) writeImbalance(t *table) {
	switch {
	case r.imbalance == nil && r.steps == nil:
	case r.imbalance == nil:
		r.say(result.Info, "", "%s has no times: the recording has counts by step, and no tracker's rows that say when.", ImbalanceFile)
		for _, s := range r.stepsInOrder() {
			writeSpread(t, s.Index, math.NaN(), s.Counts)
		}
	case r.sameSteps():
		if r.info.Metadata["imbalance_deviation"] == "sample" {
			r.say(result.Info, "", "std_dev of %s is the deviation of the population, computed from the counts by step; the tracker wrote that of a sample.", ImbalanceFile)
		}
		times := r.imbalance.Ints("time")
		for i, s := range r.stepsInOrder() {
			writeSpread(t, s.Index, float64(times[i])/1e9, s.Counts)
		}
	default:
		r.convertImbalance(t)
	}
}

// sameSteps reports whether the tracker's rows are those of the steps in order. The
// reader has compared their deviations with the counts.
func (r *recording) sameSteps() bool {
	kind := r.info.Metadata["imbalance_deviation"]
	return r.steps != nil && (kind == "population" || kind == "sample")
}

// stepsInOrder returns the layers' steps in the order in which they were recorded.
func (r *recording) stepsInOrder() []routing.Step {
	experts := r.router().Experts
	type key struct{ step, layer int64 }
	at := map[key]int{}
	var list []routing.Step
	step, layer, expert, count := r.steps.Ints("step"), r.steps.Ints("layer"), r.steps.Ints("expert"), r.steps.Ints("count")
	for i := range step {
		k := key{step[i], layer[i]}
		n, seen := at[k]
		if !seen {
			n = len(list)
			at[k] = n
			list = append(list, routing.Step{Layer: routing.Layer{Index: k.layer, Counts: make([]int64, experts)}, Number: k.step})
		}
		list[n].Counts[expert[i]] += count[i]
	}
	return list
}

// writeSpread writes the deviation and the ratio of one step's counts.
func writeSpread(t *table, layer int64, seconds float64, counts []int64) {
	t.int(layer)
	t.fixed(seconds, 3)
	t.fixed(deviation(counts), 6)
	t.fixed(maxOverMin(counts), 6)
	t.row()
}

// deviation is the population standard deviation of all counts, zeros among them; NaN
// for none.
func deviation(counts []int64) float64 {
	n, mean, squares := float64(len(counts)), 0.0, 0.0
	for _, c := range counts {
		mean += float64(c) / n
	}
	for _, c := range counts {
		squares += (float64(c) - mean) * (float64(c) - mean)
	}
	return math.Sqrt(squares / n)
}

// maxOverMin is the ratio of the largest count to the smallest; NaN where an expert has
// no token.
func maxOverMin(counts []int64) float64 {
	least, most := int64(math.MaxInt64), int64(0)
	for _, c := range counts {
		least, most = min(least, c), max(most, c)
	}
	if least <= 0 || len(counts) == 0 {
		return math.NaN()
	}
	return float64(most) / float64(least)
}

// convertImbalance passes the tracker's rows on, since there are no counts for them.
func (r *recording) convertImbalance(t *table) {
	factor, experts := 1.0, float64(r.router().Experts)
	if r.info.Metadata["imbalance_deviation"] == "sample" && experts > 1 {
		factor = math.Sqrt((experts - 1) / experts)
	} else {
		r.say(result.Warning, "Record the tokens of each expert by step (expert_counts_by_step.json).",
			"std_dev and max_min_ratio of %s are the tracker's own: the recording lacks the counts behind them, so that nobody can tell whether they are of the population and of all experts.", ImbalanceFile)
	}
	layer, time, spread, ratio := r.imbalance.Column("layer"), r.imbalance.Ints("time"), r.imbalance.Column("std_dev"), r.imbalance.Column("max_min_ratio")
	for i := range r.imbalance.Len() {
		t.cell(layer, i)
		t.fixed(float64(time[i])/1e9, 3)
		t.fixed(factor*floatAt(spread, i), 6)
		t.fixed(floatAt(ratio, i), 6)
		t.row()
	}
}

// floatAt returns row i of a Float64 column, NaN where it is missing.
func floatAt(c *frames.Column, i int) float64 {
	if c == nil || c.IsNull(i) {
		return math.NaN()
	}
	return c.Float(i)
}
