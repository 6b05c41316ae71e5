package steps

import (
	"fmt"
	"strconv"
	"strings"

	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

const shownPoints = 4000

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// charts draws the time of each step, series by series, and how the times are
// distributed.
func (v *view) charts() []result.Chart {
	var out []result.Chart
	for _, s := range v.series {
		out = append(out, v.timeChart(s))
	}
	if len(out) > 0 {
		out = append(out, v.distribution())
	}
	return out
}

func (v *view) timeChart(s *series) result.Chart {
	label := v.label(s)
	c := result.Chart{Name: "step-time-" + strings.ReplaceAll(label, " ", "-"), Group: "step-time", Title: "Time of each step: " + label, Kind: result.Scatter,
		X: result.Axis{Label: "step of the thread"}, Y: result.Axis{Label: "start to next start", Unit: "ns"}}
	line := result.Series{Name: "steps", Kind: result.Line, Color: color(s.phase)}
	times := make([]int64, len(s.steps))
	for i := range s.steps {
		times[i] = s.steps[i].time
	}
	shown := trace.Thin(times, shownPoints)
	for _, i := range shown {
		line.X = append(line.X, result.Number(s.steps[i].number))
		line.Y = append(line.Y, result.Number(times[i]))
	}
	c.Series = append(c.Series, line)
	for _, kind := range []state{warming, outlier} {
		if points := s.points(kind, shownPoints/4); len(points.Y) > 0 {
			c.Series = append(c.Series, points)
		}
	}
	first, last := result.Number(s.steps[min(s.warm, len(s.steps)-1)].number), result.Number(s.steps[len(s.steps)-1].number)
	middle := result.Number(s.times.Median)
	c.Series = append(c.Series, result.Series{Name: "median of the steady steps", Kind: result.Line, Dashed: true, Color: "other",
		X: []result.Number{first, last}, Y: []result.Number{middle, middle}})
	if len(shown) < len(times) {
		c.Note = fmt.Sprintf("Of %s the shortest and the longest of each stretch are drawn.", result.Count(int64(len(times)), "step"))
	}
	return c
}

// points are the steps of a state, with their causes: the longest ones where there
// are many.
func (s *series) points(kind state, limit int) result.Series {
	out := result.Series{Name: string(kind), Color: map[state]string{warming: "copy", outlier: "prefill"}[kind]}
	var of []*step
	var times []int64
	for i := range s.steps {
		if one := &s.steps[i]; one.state == kind {
			of, times = append(of, one), append(times, one.time)
		}
	}
	for _, i := range trace.Thin(times, limit) {
		one := of[i]
		out.X, out.Y = append(out.X, result.Number(one.number)), append(out.Y, result.Number(one.time))
		label := one.cause
		if label == "" {
			label = "no cause visible"
		}
		out.Labels = append(out.Labels, label)
	}
	return out
}

func (v *view) distribution() result.Chart {
	const parts = 100
	top := 100.0
	c := result.Chart{Name: "distribution", Title: "Part of the steady steps that take at most a time", Kind: result.Line,
		X: result.Axis{Label: "start to next start", Unit: "ns", Log: true}, Y: result.Axis{Label: "steps", Unit: "%", Max: &top}}
	for _, s := range v.series {
		var times []int64
		for _, one := range s.steps[s.warm:] {
			if one.time > 0 {
				times = append(times, one.time) // the axis is logarithmic
			}
		}
		if len(times) == 0 {
			continue
		}
		trace.Describe(times) // sorts them
		line := result.Series{Name: v.label(s), Color: color(s.phase)}
		n := min(parts, max(1, len(times)-1))
		for i := range n + 1 {
			part := float64(i) / float64(n)
			line.X = append(line.X, result.Number(trace.Quantile(times, part)))
			line.Y = append(line.Y, result.Number(100*part))
		}
		c.Series = append(c.Series, line)
	}
	return c
}

func color(p trace.Phase) string {
	if p == trace.NoPhase {
		return ""
	}
	return string(p)
}
