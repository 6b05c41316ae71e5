package loadimbalance

import (
	"math"

	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// levels draws max/mean of each layer beside chance.
func levels(layers []layer) result.Chart {
	names := make([]string, len(layers))
	measured, chance := make([]result.Number, len(layers)), make([]result.Number, len(layers))
	known := false
	for i := range layers {
		l := &layers[i]
		names[i] = routing.LayerMark(l.Index)
		measured[i], chance[i] = result.Number(l.OverMean), result.Number(l.chance(routing.OverMean))
		known = known || !math.IsNaN(float64(chance[i]))
	}
	c := result.Chart{Name: "max-over-mean", Title: "Busiest expert over mean load", Kind: result.Bar,
		X: result.Axis{Label: "layer", Categories: names}, Y: result.Axis{Label: "max/mean"},
		Series: []result.Series{{Name: "recorded", Y: measured}}}
	if known {
		c.Series = append(c.Series, result.Series{Name: "chance", Color: "chance", Y: chance})
	}
	return c
}

func rankHeat(all []*ranks, ep int) result.Chart {
	names := make([]string, len(all))
	values := make([][]result.Number, len(all))
	for i, r := range all {
		names[i] = routing.LayerMark(r.layer)
		_, mean := routing.MaxAndMean(r.loads)
		for _, load := range r.loads {
			values[i] = append(values[i], result.Number(ratio(load, mean)))
		}
	}
	return result.Chart{Name: "ranks", Title: "Load of ranks", Kind: result.HeatMap,
		X: result.Axis{Label: "rank", Categories: routing.Marks(routing.UpTo(ep))}, Y: result.Axis{Label: "layer", Categories: names},
		Heat: &result.Heat{Values: values, Label: "times the mean load", Diverging: true, Middle: 1},
		Note: "Sums over all steps; a rank that is busy in some steps and idle in others looks fair here."}
}
