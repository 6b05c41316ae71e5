package expertactivation

import (
	"profilemate/frames"
	"profilemate/workbench/routing"
)

func layersTable(layers []layer, r routing.Router) *frames.Frame {
	b := frames.NewBuilder("layers", frames.Schema{
		routing.LayerColumn(),
		{Name: "tokens", Kind: frames.Int64, Doc: "choices over top-k"},
		{Name: "choices", Kind: frames.Int64, Doc: "activations of all experts"},
		{Name: "experts", Kind: frames.Int64, Doc: "experts of the layer"},
		{Name: "active", Kind: frames.Int64, Doc: "experts with a token"},
		{Name: "coverage", Kind: frames.Float64, Unit: "%", Doc: "experts with a token, of all"},
		{Name: "without_token", Kind: frames.Int64, Doc: "experts without a token"},
		{Name: "without_by_chance", Kind: frames.Float64, Doc: "experts that chance would leave without a token"},
		{Name: "hot", Kind: frames.Int64, Doc: "experts called hot"},
		{Name: "hottest", Kind: frames.Int64, Doc: "expert with the most tokens, the lowest of equals"},
		{Name: "hottest_times_uniform", Kind: frames.Float64, Doc: "its share over the uniform share"},
		{Name: "hottest_share", Kind: frames.Float64, Unit: "%", Doc: "its share of the choices"},
	})
	for i := range layers {
		l := &layers[i]
		var tokens, hottest, share any
		if l.tokens > 0 {
			tokens = l.tokens
		}
		if l.Spread.Sum > 0 {
			hottest, share = l.Hottest, 100*float64(l.Max)/float64(l.Spread.Sum)
		}
		b.Row(l.Index, tokens, l.Spread.Sum, r.Experts, r.Experts-l.Dead, routing.Value(l.coverage()), l.Dead, routing.Value(l.lucky),
			len(l.with(hot)), hottest, routing.Value(l.OverMean), share)
	}
	return b.Frame()
}

func expertsTable(layers []layer) *frames.Frame {
	b := frames.NewBuilder("experts", frames.Schema{
		routing.LayerColumn(),
		{Name: "expert", Kind: frames.Int64, Doc: "index of the expert"},
		{Name: "count", Kind: frames.Int64, Doc: "tokens that chose it"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the layer's choices"},
		{Name: "times_uniform", Kind: frames.Float64, Doc: "share over the uniform share; 1 is fair, 0 is none"},
		{Name: "z", Kind: frames.Float64, Doc: "deviations of chance above the uniform share"},
		{Name: "standing", Kind: frames.String, Doc: "hot, dead, no token (as chance may have it), or empty"},
	})
	for _, l := range layers {
		for e, x := range l.experts {
			var share any
			if l.Spread.Sum > 0 {
				share = 100 * float64(x.count) / float64(l.Spread.Sum)
			}
			b.Row(l.Index, e, x.count, share, routing.Value(x.times), routing.Value(x.z), x.standing)
		}
	}
	return b.Frame()
}
