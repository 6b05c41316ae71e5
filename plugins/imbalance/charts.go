package imbalance

import (
	"fmt"
	"math"

	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// pointsPerLine is the most points of a line; more are averaged: a screen shows no more.
const pointsPerLine = 500

// lineCharts draws a figure of all layers over the steps, each chart with the chance
// line.
func lineCharts(name string, layers []*series) []result.Chart {
	return routing.LayerCharts(layers, func(s *series) int64 { return s.layer }, func(part []*series) result.Chart { return lineChart(name, part) })
}

func lineChart(name string, layers []*series) result.Chart {
	c := result.Chart{Name: name, Kind: result.Line, X: result.Axis{Label: "step"},
		Title: "Busiest expert over mean load", Y: result.Axis{Label: "max/mean"}}
	of, chance := overMean, chanceOverMean
	if name == "cv" {
		c.Title, c.Y.Label = "Coefficient of variation of the loads", "CV"
		of, chance = cv, chanceCV
	}
	longest := layers[0]
	averaged := 1
	for _, l := range layers {
		line, run := thin(l.steps(), l.values(of))
		line.Name = l.name()
		c.Series = append(c.Series, line)
		averaged = max(averaged, run)
		if len(l.points) > len(longest.points) {
			longest = l
		}
	}
	if line, _ := thin(longest.steps(), longest.values(chance)); hasValue(line.Y) {
		line.Name, line.Color, line.Dashed = "chance", "chance", true
		c.Series = append(c.Series, line)
	}
	if averaged > 1 {
		c.Note = fmt.Sprintf("Each point is the mean of %d steps; the steps table has all.", averaged)
	}
	return c
}

func hasValue(list []result.Number) bool {
	for _, v := range list {
		if !math.IsNaN(float64(v)) {
			return true
		}
	}
	return false
}

// thin draws a line of at most pointsPerLine points, each the mean of a run of values
// at the x of the first, and returns the length of the runs.
func thin(x []int64, y []float64) (result.Series, int) {
	run := (len(x) + pointsPerLine - 1) / pointsPerLine
	var line result.Series
	for at := 0; at < len(x); at += run {
		line.X = append(line.X, result.Number(x[at]))
		line.Y = append(line.Y, result.Number(routing.Mean(y[at:min(at+run, len(y))])))
	}
	return line, run
}

// steps returns the numbers of the steps.
func (s *series) steps() []int64 {
	list := make([]int64, len(s.points))
	for i, p := range s.points {
		list[i] = p.step
	}
	return list
}
