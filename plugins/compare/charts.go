package compare

import (
	"math"

	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

const shownPoints = 2000

func (c *comparison) charts() []result.Chart {
	if math.IsNaN(c.before.mean()) || math.IsNaN(c.after.mean()) {
		return nil
	}
	list := []result.Chart{c.waterfall(), c.composition()}
	if !c.whole {
		list = append(list, c.aligned())
	}
	return list
}

// waterfall draws what each part adds or takes.
func (c *comparison) waterfall() result.Chart {
	chart := result.Chart{Name: "waterfall", Title: "What changed " + c.unit(), Kind: result.Bar, Horizontal: true,
		X: result.Axis{Label: "part"}, Y: result.Axis{Label: "added to or taken from " + c.unit(), Unit: "ns"},
		Note: "Together the bars lead from " + result.Duration(int64(c.before.mean())) + " to " + result.Duration(int64(c.after.mean())) + "."}
	parts := c.parts()
	longer, shorter := result.Series{Name: "longer", Color: "prefill", Y: result.Absent(len(parts))}, result.Series{Name: "shorter", Color: "decode", Y: result.Absent(len(parts))}
	for i, p := range parts {
		chart.X.Categories = append(chart.X.Categories, p.name)
		if p.effect() > 0 {
			longer.Y[i] = result.Number(p.effect())
		} else {
			shorter.Y[i] = result.Number(p.effect())
		}
	}
	chart.Stacked = true // a part has one of both
	chart.Series = []result.Series{longer, shorter}
	return chart
}

// composition draws what a step is made of on both sides. A rest below zero, of work
// side by side, is not drawn.
func (c *comparison) composition() result.Chart {
	chart := result.Chart{Name: "step", Title: "What " + c.unit() + " is made of", Kind: result.Bar, Stacked: true,
		X: result.Axis{Label: "profile", Categories: []string{baseline, current}}, Y: result.Axis{Label: "time", Unit: "ns"}}
	for _, p := range c.parts() {
		s := result.Series{Name: p.name, Color: color(p.name), Y: result.Absent(2)}
		for i, v := range []float64{p.before, p.after} {
			if v >= 0 {
				s.Y[i] = result.Number(v)
			}
		}
		chart.Series = append(chart.Series, s)
	}
	return chart
}

// color is the palette's name for a part: families have their own.
func color(part string) string {
	switch part {
	case rest:
		return "chance"
	case copies:
		return "communication"
	case graphs:
		return "mixed"
	}
	return part
}

// aligned draws the steps of both sides in their order.
func (c *comparison) aligned() result.Chart {
	chart := result.Chart{Name: "steps", Title: "Time of each step, aligned by their order", Kind: result.Line,
		X: result.Axis{Label: "step of the phase"}, Y: result.Axis{Label: "start to next start", Unit: "ns"}}
	for _, s := range []*side{c.before, c.after} {
		line := result.Series{Name: s.role, Color: map[string]string{baseline: "chance", current: "gemm"}[s.role]}
		times := make([]int64, len(s.times))
		for i, t := range s.times {
			times[i] = int64(t)
		}
		for _, i := range trace.Thin(times, shownPoints) {
			line.X, line.Y = append(line.X, result.Number(i+1)), append(line.Y, result.Number(times[i]))
		}
		chart.Series = append(chart.Series, line)
	}
	return chart
}
