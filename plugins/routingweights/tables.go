package routingweights

import (
	"profilemate/frames"
	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

func layersTable(layers []*layer) *frames.Frame {
	b := frames.NewBuilder("layers", frames.Schema{
		routing.LayerColumn(),
		{Name: "tokens", Kind: frames.Int64, Doc: "sampled tokens whose weights are whole"},
		{Name: "weights", Kind: frames.Int64, Doc: "sampled weights"},
		{Name: "least", Kind: frames.Float64, Doc: "smallest weight"},
		{Name: "median", Kind: frames.Float64, Doc: "median weight"},
		{Name: "p95", Kind: frames.Float64, Doc: "weight that 95 % of the weights do not exceed"},
		{Name: "most", Kind: frames.Float64, Doc: "largest weight"},
		{Name: "sum", Kind: frames.Float64, Doc: "mean sum of a token's weights"},
		{Name: "top_1_share", Kind: frames.Float64, Unit: "%", Doc: "mean of the largest weight over the token's sum"},
		{Name: "entropy", Kind: frames.Float64, Doc: "mean entropy of a token's weights over ln k: 1 for equal weights"},
		{Name: "effective_experts", Kind: frames.Float64, Doc: "mean of exp(entropy)"},
		{Name: "near_ties", Kind: frames.Float64, Unit: "%", Doc: "tokens whose second weight is at least 0.9 of the first"},
	})
	for _, l := range layers {
		b.Row(l.index, len(l.tokens), len(l.weights), routing.Value(l.quantile(0)), routing.Value(l.quantile(0.5)), routing.Value(l.quantile(0.95)), routing.Value(l.quantile(1)),
			routing.Value(l.average(sum)), routing.Value(100*l.average(top)), routing.Value(l.average(normalizedEntropy)), routing.Value(l.average(effective)), routing.Value(100*l.average(nearTie)))
	}
	return b.Frame()
}

func expertsTable(layers []*layer) *frames.Frame {
	b := frames.NewBuilder("experts", frames.Schema{
		routing.LayerColumn(),
		{Name: "expert", Kind: frames.Int64, Doc: "index of the expert"},
		{Name: "weights", Kind: frames.Int64, Doc: "sampled weights"},
		{Name: "mean_weight", Kind: frames.Float64, Doc: "mean of its weights in the tokens that chose it"},
		{Name: "first", Kind: frames.Int64, Doc: "tokens in which its weight is the largest, the first of equals"},
	})
	for _, l := range layers {
		for _, e := range l.sortedExperts() {
			x := l.experts[e]
			b.Row(l.index, e, x.rows, x.sum/float64(x.rows), x.first)
		}
	}
	return b.Frame()
}

// topShares draws the mean top-1 share of each layer, where any layer has tokens.
func topShares(layers []*layer, r routing.Router) []result.Chart {
	names := make([]string, len(layers))
	shares, equal := make([]result.Number, len(layers)), make([]result.Number, len(layers))
	any := false
	for i, l := range layers {
		names[i] = routing.LayerMark(l.index)
		shares[i] = result.Number(100 * l.average(top))
		equal[i] = result.Number(100 * l.average(func(t token) float64 { return 1 / float64(t.choices) }))
		any = any || len(l.tokens) > 0
	}
	if !any {
		return nil
	}
	return []result.Chart{{Name: "top-1", Title: "Part of the first expert in a token's weights", Kind: result.Bar,
		X: result.Axis{Label: "layer", Categories: names}, Y: result.Axis{Label: "mean top-1 share", Unit: "%"},
		Series: []result.Series{{Name: "recorded", Y: shares}, {Name: "equal weights", Color: "chance", Y: equal}}}}
}
