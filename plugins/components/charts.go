package components

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"profilemate/workbench/result"
)

// shareChart sets the two shares of each component side by side.
func (m *model) shareChart() result.Chart {
	c := result.Chart{Name: "component-time", Title: "Shares of the components", Kind: result.Bar, Horizontal: true,
		X: result.Axis{Label: "component"}, Y: result.Axis{Label: "share of all time of its kind", Unit: "%"},
		Series: []result.Series{{Name: "GPU busy"}, {Name: "host"}}}
	for _, one := range m.components {
		c.X.Categories = append(c.X.Categories, one.name)
		cells := m.cells(one)
		addShare(&c.Series[0], cells[1], one.busy)
		addShare(&c.Series[1], cells[3], one.host)
	}
	return c
}

func addShare(s *result.Series, share any, time int64) {
	value, known := share.(float64)
	if !known {
		s.Y, s.Labels = append(s.Y, result.Number(math.NaN())), append(s.Labels, "not known")
		return
	}
	s.Y, s.Labels = append(s.Y, result.Number(value)), append(s.Labels, fmt.Sprintf("%.1f %%: %s", value, result.Duration(time)))
}

// layerChart is a heat map of the layers, for those components that have any.
func (m *model) layerChart() result.Chart {
	var layers []int32
	var names []string
	for _, c := range m.layers {
		if c.layer == noLayer {
			continue
		}
		if !slices.Contains(layers, c.layer) {
			layers = append(layers, c.layer)
		}
		if !slices.Contains(names, c.name) {
			names = append(names, c.name)
		}
	}
	chart := result.Chart{Name: "layer-time", Title: "GPU busy time by layer and component", Kind: result.HeatMap,
		X: result.Axis{Label: "layer"}, Y: result.Axis{Label: "component", Categories: names},
		Heat: &result.Heat{Label: "GPU busy time", Unit: "ns"}}
	for _, layer := range layers {
		chart.X.Categories = append(chart.X.Categories, strconv.Itoa(int(layer)))
	}
	for range names {
		chart.Heat.Values = append(chart.Heat.Values, result.Absent(len(layers)))
	}
	for _, c := range m.layers {
		if c.layer != noLayer && m.knows(c) {
			chart.Heat.Values[slices.Index(names, c.name)][slices.Index(layers, c.layer)] = result.Number(c.busy)
		}
	}
	return chart
}
