package compare

import (
	"math"
	"strconv"

	"profilemate/frames"
	"profilemate/workbench/analysis/change"
	"profilemate/workbench/result"
)

// The analyses behind the figures of Nsight Compute profiles and of MoE routing.
const (
	boundsAnalysis = "bottlenecks"    // bottlenecks
	loadAnalysis   = "load-imbalance" // layers
)

// MeasureNCU adds the kernels of a profile of Nsight Compute: the result of the analysis bottlenecks.
// ncu locks clocks and flushes caches, so that a launch repeats closely, but how closely
// one profile does not tell.
func (r *Run) MeasureNCU(bounds *result.Result) {
	f := table(bounds, "bottlenecks")
	if f == nil {
		return
	}
	for i := range f.Len() {
		name := "ncu/" + word(f, "function", i) + " " + word(f, "grid", i) + " x " + word(f, "block", i) + "/"
		if launches := number(f, "launches", i); launches > 0 {
			r.ncuFigure(name+"time", "ns", change.Lower, number(f, "time", i)/launches, number(f, "share", i))
		}
		for _, column := range []string{"dram_pct", "sm_pct", "l2_pct"} {
			r.ncuFigure(name+column, "%", change.Neither, number(f, column, i), number(f, "share", i))
		}
		r.ncuFigure(name+"waves", "", change.Neither, number(f, "waves", i), number(f, "share", i))
		if gpu := word(f, "device", i); gpu != "" {
			r.Conditions["GPU"] = gpu
		}
	}
}

func (r *Run) ncuFigure(name, unit string, better change.Better, v, share float64) {
	if !math.IsNaN(v) {
		f := r.add(name, unit, better, change.Unsure(v))
		f.Share, f.Points = share, unit == "%"
	}
}

// MeasureMoE adds the balance of layers: the result of the analysis load-imbalance.
//
// The error of the busiest expert's load over the mean is that of a count by chance: one
// over the root of its tokens. A token counts as if it chose one expert, which the table
// does not tell, so that the error is too large by the root of top-k; tokens of one text
// depend on each other, which it leaves out. Where the tokens are not known, as without
// top-k, it is not known either.
func (r *Run) MeasureMoE(load *result.Result) {
	f := table(load, "layers")
	if f == nil {
		return
	}
	worst, dead, experts := 0.0, 0.0, 0.0
	for i := range f.Len() {
		tokens, width, ratio := number(f, "tokens", i), number(f, "experts", i), number(f, "max_over_mean", i)
		if math.IsNaN(ratio) || !(width > 0) {
			continue
		}
		v := change.Unsure(ratio)
		if busiest := ratio * tokens / width; busiest > 0 { // false for NaN
			v.Error, v.Free = ratio/math.Sqrt(busiest), max(1, busiest-1)
		}
		r.add("moe/layer "+word(f, "layer", i)+"/max_over_mean", "", change.Lower, v)
		worst, dead, experts = max(worst, ratio), dead+number(f, "without_token", i), experts+width
	}
	r.moeWhole(f, worst, dead, experts)
}

func (r *Run) moeWhole(f *frames.Frame, worst, dead, experts float64) {
	if experts == 0 {
		return
	}
	r.Conditions["layers"] = strconv.Itoa(f.Len())
	r.Conditions["experts"] = strconv.FormatFloat(experts/float64(f.Len()), 'g', 6, 64)
	r.add("moe/worst_max_over_mean", "", change.Neither, change.Unsure(worst))
	r.add("moe/experts_without_token", "", change.Neither, change.Exact(dead))
}
