package imbalance

import (
	"math"

	"profilemate/frames"
	"profilemate/workbench/routing"
)

func layersTable(layers []*series, trends []trend) *frames.Frame {
	b := frames.NewBuilder("layers", frames.Schema{
		routing.LayerColumn(),
		{Name: "steps", Kind: frames.Int64, Doc: "steps recorded"},
		{Name: "window", Kind: frames.Int64, Doc: "steps at the beginning and at the end that are compared"},
		{Name: "first_max_over_mean", Kind: frames.Float64, Doc: "mean max/mean of the first steps"},
		{Name: "last_max_over_mean", Kind: frames.Float64, Doc: "mean max/mean of the last steps"},
		{Name: "change", Kind: frames.Float64, Doc: "last minus first"},
		{Name: "change_error", Kind: frames.Float64, Doc: "standard error of the change, with the steps taken as independent"},
		{Name: "trend", Kind: frames.String, Doc: "rising or falling where the change is more than twice its error"},
		{Name: "max_over_mean", Kind: frames.Float64, Doc: "mean over all steps"},
		{Name: "chance_max_over_mean", Kind: frames.Float64, Doc: "mean of what chance gives those steps"},
		{Name: "excess", Kind: frames.Float64, Doc: "max/mean above chance, mean over all steps"},
		{Name: "first_cv", Kind: frames.Float64, Doc: "mean CV of the first steps"},
		{Name: "last_cv", Kind: frames.Float64, Doc: "mean CV of the last steps"},
		{Name: "cv", Kind: frames.Float64, Doc: "mean over all steps"},
		{Name: "chance_cv", Kind: frames.Float64, Doc: "mean of what chance gives those steps"},
		{Name: "worst_step", Kind: frames.Int64, Doc: "step with the highest max/mean, the first of equals"},
		{Name: "worst_max_over_mean", Kind: frames.Float64, Doc: "max/mean of that step"},
		{Name: "dead_experts", Kind: frames.Float64, Doc: "experts without a token in a step, mean over all steps"},
	})
	for i, l := range layers {
		t, level, chance := trends[i], routing.Mean(l.values(overMean)), routing.Mean(l.values(chanceOverMean))
		worstStep, worst := l.worst()
		change := math.NaN()
		if t.window > 0 {
			change = t.last - t.first
		}
		b.Row(l.layer, len(l.points), t.window, routing.Value(t.first), routing.Value(t.last), routing.Value(change), routing.Value(t.errorOf), t.direction,
			routing.Value(level), routing.Value(chance), routing.Value(level-chance), routing.Value(t.firstCV), routing.Value(t.lastCV), routing.Value(routing.Mean(l.values(cv))),
			routing.Value(routing.Mean(l.values(chanceCV))), worstStep, routing.Value(worst), routing.Value(routing.Mean(l.values(deadExperts))))
	}
	return b.Frame()
}

// worst returns the step with the highest max/mean; nil and NaN when no step has a
// token.
func (s *series) worst() (step any, overMean float64) {
	overMean = math.NaN()
	for _, p := range s.points {
		if p.Sum > 0 && !(p.OverMean <= overMean) {
			step, overMean = p.step, p.OverMean
		}
	}
	return step, overMean
}

func stepsTable(layers []*series) *frames.Frame {
	b := frames.NewBuilder("steps", frames.Schema{
		{Name: "step", Kind: frames.Int64, Doc: "number of the step"},
		routing.LayerColumn(),
		{Name: "tokens", Kind: frames.Int64, Doc: "choices over top-k"},
		{Name: "max_over_mean", Kind: frames.Float64, Doc: "load of the busiest expert over the mean of all"},
		{Name: "chance_max_over_mean", Kind: frames.Float64, Doc: "what chance gives so many tokens"},
		{Name: "excess", Kind: frames.Float64, Doc: "max/mean above chance"},
		{Name: "cv", Kind: frames.Float64, Doc: "population deviation of the loads over their mean"},
		{Name: "chance_cv", Kind: frames.Float64, Doc: "what chance gives so many tokens"},
		{Name: "gini", Kind: frames.Float64, Doc: "0 for equal loads, (E-1)/E when one expert has all"},
		{Name: "entropy", Kind: frames.Float64, Doc: "entropy of the loads over ln E: 1 for equal loads, 0 when one expert has all"},
		{Name: "busiest_expert", Kind: frames.Int64, Doc: "expert with the most tokens, the lowest of equals"},
		{Name: "dead_experts", Kind: frames.Int64, Doc: "experts without a token; missing where the step has none at all"},
		{Name: "dead_by_chance", Kind: frames.Float64, Doc: "experts that chance would leave without a token"},
	})
	for _, l := range layers {
		for _, p := range l.points {
			var tokens, busiest, dead any
			if p.tokens > 0 {
				tokens = p.tokens
			}
			if p.Sum > 0 {
				busiest, dead = p.Hottest, p.Dead
			}
			b.Row(p.step, l.layer, tokens, routing.Value(p.OverMean), routing.Value(p.chance.OverMean), routing.Value(p.OverMean-p.chance.OverMean),
				routing.Value(p.CV), routing.Value(p.chance.CV), routing.Value(p.Gini), routing.Value(p.Entropy), busiest, dead, routing.Value(p.lucky))
		}
	}
	return b.Frame()
}
