package loadimbalance

import (
	"profilemate/frames"
	"profilemate/workbench/routing"
)

func layersTable(layers []layer) *frames.Frame {
	b := frames.NewBuilder("layers", frames.Schema{
		routing.LayerColumn(),
		{Name: "tokens", Kind: frames.Int64, Doc: "choices over top-k"},
		{Name: "experts", Kind: frames.Int64, Doc: "experts of the layer"},
		{Name: "without_token", Kind: frames.Int64, Doc: "experts without a token"},
		{Name: "max_over_mean", Kind: frames.Float64, Doc: "load of the busiest expert over the mean of all"},
		{Name: "chance_max_over_mean", Kind: frames.Float64, Doc: "what chance gives so many tokens"},
		{Name: "excess", Kind: frames.Float64, Doc: "max/mean above chance; MaxVio is max/mean less 1"},
		{Name: "p", Kind: frames.Float64, Doc: "probability that chance is at least as uneven"},
		{Name: "verdict", Kind: frames.String, Doc: "uneven where p times the number of layers is below 0.01"},
		{Name: "balancedness", Kind: frames.Float64, Doc: "mean over max, 1 is balance"},
		{Name: "avoidable", Kind: frames.Float64, Unit: "%", Doc: "part of the busiest expert's load that an even split would take off"},
		{Name: "busiest_expert", Kind: frames.Int64, Doc: "expert with the most tokens, the lowest of equals"},
	})
	for i := range layers {
		l := &layers[i]
		var tokens, busiest any
		if l.tokens > 0 {
			tokens = l.tokens
		}
		if l.Spread.Sum > 0 {
			busiest = l.Hottest
		}
		b.Row(l.Index, tokens, len(l.Counts), l.Dead, routing.Value(l.OverMean), routing.Value(l.chance(routing.OverMean)), routing.Value(l.null.Excess(routing.OverMean, l.OverMean)),
			routing.Value(l.p), l.verdict, routing.Value(l.Balancedness()), routing.Value(100*(1-l.Balancedness())), busiest)
	}
	return b.Frame()
}

func figuresTable(layers []layer) *frames.Frame {
	b := frames.NewBuilder("figures", frames.Schema{
		routing.LayerColumn(),
		{Name: "figure", Kind: frames.String, Doc: "what is measured"},
		{Name: "value", Kind: frames.Float64, Doc: "of the counts"},
		{Name: "chance", Kind: frames.Float64, Doc: "mean when as many tokens choose at random"},
		{Name: "excess", Kind: frames.Float64, Doc: "value less chance; below 0 is more uneven for entropy and Jain's index"},
		{Name: "z", Kind: frames.Float64, Doc: "excess in deviations of chance; missing where chance does not vary"},
	})
	for i := range layers {
		l := &layers[i]
		for f, name := range [...]string{"max/mean", "CV", "Gini", "entropy", "Jain", "hot share"} {
			figure := routing.Figure(f)
			v := l.figures[f]
			b.Row(l.Index, name, routing.Value(v), routing.Value(l.chance(figure)), routing.Value(l.null.Excess(figure, v)), routing.Value(l.null.Z(figure, v)))
		}
	}
	return b.Frame()
}

func rankLayersTable(all []*ranks) *frames.Frame {
	b := frames.NewBuilder("rank-layers", frames.Schema{
		routing.LayerColumn(),
		{Name: "steps", Kind: frames.Int64, Doc: "steps with a token"},
		{Name: "max_over_mean", Kind: frames.Float64, Doc: "sum over steps of the busiest rank's load over the sum of the mean loads"},
		{Name: "chance_max_over_mean", Kind: frames.Float64, Doc: "what chance gives those steps"},
		{Name: "excess", Kind: frames.Float64, Doc: "max/mean above chance"},
		{Name: "balancedness", Kind: frames.Float64, Doc: "1 over max/mean"},
		{Name: "mean_of_steps", Kind: frames.Float64, Doc: "mean of the steps' own max/mean, each step weighing the same"},
		{Name: "averaged_first", Kind: frames.Float64, Doc: "max/mean of the loads summed over time: what is left where the busiest rank stays the same"},
		{Name: "worst_step", Kind: frames.Int64, Doc: "step with the highest max/mean, the first of equals"},
		{Name: "worst_max_over_mean", Kind: frames.Float64, Doc: "max/mean of that step"},
	})
	for _, r := range all {
		var step, worst any
		if r.steps > 0 {
			step, worst = r.worstStep, r.worst
		}
		b.Row(r.layer, r.steps, routing.Value(r.weighted()), routing.Value(r.chance), routing.Value(r.weighted()-r.chance), routing.Value(1/r.weighted()),
			routing.Value(r.perStep), routing.Value(r.averaged()), step, worst)
	}
	return b.Frame()
}

func ranksTable(all []*ranks, of []int) *frames.Frame {
	b := frames.NewBuilder("ranks", frames.Schema{
		routing.LayerColumn(),
		{Name: "rank", Kind: frames.Int64, Doc: "index of the GPU"},
		{Name: "experts", Kind: frames.Int64, Doc: "experts it holds"},
		{Name: "tokens", Kind: frames.Int64, Doc: "choices that go to it"},
		{Name: "times_mean", Kind: frames.Float64, Doc: "over the mean of all ranks"},
		{Name: "busiest_in", Kind: frames.Float64, Unit: "%", Doc: "steps in which it is the busiest, the lowest of equals"},
	})
	for _, r := range all {
		held := make([]int, len(r.loads))
		for _, rank := range of {
			held[rank]++
		}
		_, mean := routing.MaxAndMean(r.loads)
		for i, load := range r.loads {
			b.Row(r.layer, i, held[i], int64(load), routing.Value(ratio(load, mean)), routing.Value(ratio(100*float64(r.busiest[i]), float64(r.steps))))
		}
	}
	return b.Frame()
}
