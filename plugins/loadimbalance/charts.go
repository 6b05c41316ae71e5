package loadimbalance

import (
	"math"
	"strconv"

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
		names[i] = mark(l.Index)
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

// mostCells is the most cells of a heat map that a page can draw.
const mostCells = 1 << 16

func rankHeat(all []*ranks, ep int) result.Chart {
	edges := make([]string, ep)
	for i := range edges {
		edges[i] = strconv.Itoa(i)
	}
	names := make([]string, len(all))
	values := make([][]result.Number, len(all))
	for i, r := range all {
		names[i] = mark(r.layer)
		_, mean := routing.MaxAndMean(r.loads)
		for _, load := range r.loads {
			values[i] = append(values[i], result.Number(ratio(load, mean)))
		}
	}
	return result.Chart{Name: "ranks", Title: "Load of ranks", Kind: result.HeatMap,
		X: result.Axis{Label: "rank", Categories: edges}, Y: result.Axis{Label: "layer", Categories: names},
		Heat: &result.Heat{Values: values, Label: "times the mean load", Diverging: true, Middle: 1},
		Note: "Sums over all steps; a rank that is busy in some steps and idle in others looks fair here."}
}

// mark is a layer's mark on an axis.
func mark(layer int64) string {
	if layer < 0 {
		return "unknown"
	}
	return strconv.FormatInt(layer, 10)
}
