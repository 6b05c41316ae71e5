package routingdrift

import (
	"math"

	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// lineCharts draws a figure of all layers over the windows.
func lineCharts(name string, layers []*layer) []result.Chart {
	var drawn []*layer
	for _, l := range layers {
		if len(l.windows) > 1 {
			drawn = append(drawn, l)
		}
	}
	return routing.LayerCharts(drawn, func(l *layer) int64 { return l.index }, func(part []*layer) result.Chart { return lineChart(name, part) })
}

func lineChart(name string, layers []*layer) result.Chart {
	c := result.Chart{Name: name, Kind: result.Line, X: result.Axis{Label: "first step of the window"},
		Title: "Divergence from the reference", Y: result.Axis{Label: "Jensen-Shannon divergence", Unit: "bit"}}
	of, noise := func(w window) float64 { return w.divergence }, func(w window) float64 { return w.mean }
	if name == "overlap" {
		c.Title, c.Y = "Hot experts in common with the reference", result.Axis{Label: "Jaccard index"}
		of, noise = func(w window) float64 { return w.overlap }, func(w window) float64 { return w.noise.overlap }
	}
	longest := layers[0]
	for _, l := range layers {
		c.Series = append(c.Series, l.line(of, routing.LayerName(l.index)))
		if len(l.windows) > len(longest.windows) {
			longest = l
		}
	}
	line := longest.line(func(w window) float64 { return 0 }, "noise")
	known := false
	for i := range line.Y {
		var values []float64
		for _, l := range layers {
			if i+1 < len(l.windows) {
				values = append(values, noise(l.windows[i+1]))
			}
		}
		line.Y[i] = result.Number(routing.Mean(values))
		known = known || !math.IsNaN(float64(line.Y[i]))
	}
	if known {
		line.Color, line.Dashed = "chance", true
		c.Series = append(c.Series, line)
		c.Note = "Noise is the mean over the layers of what random halves of the same steps show."
	}
	return c
}

// line draws a figure of the windows after the reference.
func (l *layer) line(of func(window) float64, name string) result.Series {
	s := result.Series{Name: name}
	for _, w := range l.windows[1:] {
		s.X = append(s.X, result.Number(w.steps[0].Number))
		s.Y = append(s.Y, result.Number(of(w)))
	}
	return s
}
