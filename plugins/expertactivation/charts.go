package expertactivation

import (
	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

func charts(layers []layer, r routing.Router) []result.Chart {
	names := make([]string, len(layers))
	coverage := make([]result.Number, len(layers))
	for i := range layers {
		names[i] = routing.LayerMark(layers[i].Index)
		coverage[i] = result.Number(layers[i].coverage())
	}
	list := []result.Chart{{Name: "coverage", Title: "Experts with a token", Kind: result.Bar,
		X: result.Axis{Label: "layer", Categories: names}, Y: result.Axis{Label: "of all experts", Unit: "%"},
		Series: []result.Series{{Name: "coverage", Y: coverage}}}}
	if len(layers)*r.Experts <= routing.MostCells {
		list = append([]result.Chart{heat(layers, r, names)}, list...)
	}
	return list
}

func heat(layers []layer, r routing.Router, names []string) result.Chart {
	values := make([][]result.Number, len(layers))
	for i, l := range layers {
		for _, x := range l.experts {
			values[i] = append(values[i], result.Number(x.times))
		}
	}
	return result.Chart{Name: "heat", Title: "Use of experts", Kind: result.HeatMap,
		X: result.Axis{Label: "expert", Categories: routing.Marks(routing.UpTo(r.Experts))}, Y: result.Axis{Label: "layer", Categories: names},
		Heat: &result.Heat{Values: values, Label: "times the uniform share", Diverging: true, Middle: 1},
		Note: "1 is what each expert would get of an even split."}
}
