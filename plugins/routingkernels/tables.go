package routingkernels

import (
	"math"

	"profilemate/frames"
	"profilemate/workbench/routing"
)

func coefficientsTable(r *regression) *frames.Frame {
	b := frames.NewBuilder("coefficients", frames.Schema{
		{Name: "predictor", Kind: frames.String, Doc: "what the time goes with; intercept: what is left at none of them"},
		{Name: "coefficient", Kind: frames.Float64, Unit: "ns", Doc: "MoE time of one more of it, the others held"},
		{Name: "standard_error", Kind: frames.Float64, Unit: "ns", Doc: "of the coefficient"},
		{Name: "t", Kind: frames.Float64, Doc: "coefficient over standard error"},
		{Name: "p", Kind: frames.Float64, Doc: "probability that chance gives a t as far from 0"},
		{Name: "vif", Kind: frames.Float64, Doc: "variance inflation: 1 if the other predictors say nothing of it"},
		{Name: "mean", Kind: frames.Float64, Doc: "of the predictor over the steps"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "coefficient times mean, of the mean MoE time"},
	})
	level := r.intercept
	for _, t := range r.terms {
		level += t.coefficient * t.mean
	}
	share := func(part float64) any {
		if level == 0 {
			return nil
		}
		return digits(100*part/level, 9)
	}
	for _, t := range r.terms {
		b.Row(t.name, t.coefficient, routing.Value(t.deviation), routing.Value(digits(t.t(), 6)), routing.Value(r.p(t.t())), t.vif, digits(t.mean, 9), share(t.coefficient*t.mean))
	}
	at := term{coefficient: r.intercept, deviation: r.interceptErr}
	b.Row("intercept", r.intercept, routing.Value(r.interceptErr), routing.Value(digits(at.t(), 6)), routing.Value(r.p(at.t())), nil, nil, share(r.intercept))
	return b.Frame()
}

func fitTable(r *regression, how alignment) *frames.Frame {
	b := frames.NewBuilder("fit", frames.Schema{
		{Name: "steps", Kind: frames.Int64, Doc: "steps that the regression is over"},
		{Name: "predictors", Kind: frames.Int64, Doc: "those that say something of their own"},
		{Name: "r_squared", Kind: frames.Float64, Doc: "part of the variance of the MoE time that the predictors account for"},
		{Name: "adjusted_r_squared", Kind: frames.Float64, Doc: "the same, less what as many random predictors would"},
		{Name: "residual", Kind: frames.Float64, Unit: "ns", Doc: "standard deviation of what is left"},
		{Name: "offset", Kind: frames.Int64, Doc: "step of the trace, from 0, that is the first recorded one"},
		{Name: "tokens_agree", Kind: frames.Int64, Doc: "aligned steps whose tokens both sides tell and that agree"},
	})
	b.Row(r.steps, len(r.terms), routing.Value(r.r2), routing.Value(r.adjusted), routing.Value(r.residual), how.offset, how.checked)
	return b.Frame()
}

// stepsTable lists the steps of the regression; size is the bytes of an expert, 0 where
// it is not known.
func stepsTable(pairs []pair, r *regression, size int64) *frames.Frame {
	b := frames.NewBuilder("steps", frames.Schema{
		{Name: "step", Kind: frames.Int64, Doc: "of the trace, from 0"},
		{Name: "recorded", Kind: frames.Int64, Doc: "number of the step in the routing"},
		{Name: "phase", Kind: frames.String, Doc: "prefill, decode or mixed, where the range says so"},
		{Name: "tokens", Kind: frames.Int64, Doc: "tokens of the step"},
		{Name: "distinct_experts", Kind: frames.Int64, Doc: "experts with a token, summed over layers"},
		{Name: "max_over_mean", Kind: frames.Float64, Doc: "busiest expert's tokens over the mean, both summed over layers"},
		{Name: "moe_kernels", Kind: frames.Int64, Doc: "kernels of the experts"},
		{Name: "moe_time", Kind: frames.Int64, Unit: "ns", Doc: "sum of their times"},
		{Name: "fitted", Kind: frames.Float64, Unit: "ns", Doc: "what the regression says"},
		{Name: "residual", Kind: frames.Float64, Unit: "ns", Doc: "moe_time less fitted"},
		{Name: "expert_bytes", Kind: frames.Int64, Unit: "B", Doc: "weights of the distinct experts, read once"},
		{Name: "expert_bandwidth", Kind: frames.Float64, Unit: "B/s", Doc: "expert_bytes over moe_time: at least so much is read"},
	})
	for i, p := range pairs {
		var tokens, phase, fitted, rest, bytes, bandwidth any
		if n := p.stepTokens(); n >= 0 {
			tokens = n
		}
		if p.phase != "" {
			phase = string(p.phase)
		}
		if r != nil {
			fitted, rest = math.Round(r.fitted[i]*10)/10, math.Round((float64(p.moe)-r.fitted[i])*10)/10+0
		}
		if size > 0 {
			bytes = p.recorded.distinct * size
			if p.moe > 0 {
				bandwidth = digits(float64(p.recorded.distinct)*float64(size)/(float64(p.moe)/1e9), 9)
			}
		}
		b.Row(p.at, p.recorded.number, phase, tokens, p.recorded.distinct, digits(p.recorded.overMean, 9), p.kernels, p.moe, fitted, rest, bytes, bandwidth)
	}
	return b.Frame()
}

// shownSides is how many steps of each side the table of what cannot be aligned shows.
const shownSides = 500

// sidesTable lists the steps of both sides, one side below the other: none is beside
// another.
func sidesTable(traced []tracedStep, recorded []recordedStep) *frames.Frame {
	b := frames.NewBuilder("sides", frames.Schema{
		{Name: "side", Kind: frames.String, Doc: "trace or routing"},
		{Name: "step", Kind: frames.Int64, Doc: "of the trace, from 0, or its number in the routing"},
		{Name: "tokens", Kind: frames.Int64, Doc: "of the step, where the range's name or the routing says so"},
		{Name: "range", Kind: frames.String, Doc: "name of the trace's step"},
		{Name: "moe_time", Kind: frames.Int64, Unit: "ns", Doc: "time of its MoE kernels"},
	})
	known := func(tokens int64) any {
		if tokens < 0 {
			return nil
		}
		return tokens
	}
	for i, t := range traced[:min(shownSides, len(traced))] {
		b.Row("trace", i, known(t.tokens), t.name, t.moe)
	}
	for _, r := range recorded[:min(shownSides, len(recorded))] {
		b.Row("routing", r.number, known(r.tokens), nil, nil)
	}
	return b.Frame()
}
