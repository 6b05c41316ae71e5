package cudagraphs

import (
	"fmt"
	"math"

	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

const (
	shownGraphs = 8    // graphs with a color of their own
	shownPoints = 1000 // replays drawn of each
)

func (s *summary) charts() []result.Chart {
	var out []result.Chart
	if c := s.coverageChart(); len(c.X.Categories) > 0 {
		out = append(out, c)
	}
	if len(s.graphs) > 0 {
		out = append(out, s.replayChart(), s.timesChart())
	}
	return out
}

// coverageChart draws the three measures of each device. One that is not known has
// no bar.
func (s *summary) coverageChart() result.Chart {
	most := 100.0
	c := result.Chart{Name: "coverage", Title: "Coverage by CUDA graphs", Kind: result.Bar, Horizontal: true, Stacked: true,
		X: result.Axis{Label: "measure"}, Y: result.Axis{Label: "share", Unit: "%", Max: &most}}
	graphs, eager := result.Series{Name: "CUDA graphs", Color: "decode"}, result.Series{Name: "eager", Color: "other"}
	add := func(label string, known bool, part, whole int64) {
		c.X.Categories = append(c.X.Categories, label)
		if !known || whole == 0 {
			missing := result.Number(math.NaN())
			graphs.Y, eager.Y = append(graphs.Y, missing), append(eager.Y, missing)
			c.Note = "What the trace does not tell has no bar."
			return
		}
		graphs.Y, eager.Y = append(graphs.Y, result.Number(result.Share(part, whole))), append(eager.Y, result.Number(result.Share(whole-part, whole)))
	}
	for i := range s.devices {
		d := &s.devices[i]
		add("kernels"+s.of(d), d.kernelsKnown(), d.graph, d.kernels)
		add("launch calls"+s.of(d), d.hiddenKnown, d.launches, d.launches+d.eagerCalls)
		add("GPU time"+s.of(d), d.timeKnown(), d.graphTime, d.time)
	}
	c.Series = []result.Series{graphs, eager}
	return c
}

// of names a device where there are several.
func (s *summary) of(d *device) string {
	switch {
	case len(s.devices) < 2:
		return ""
	case !d.placed:
		return fmt.Sprintf(" of process %d", d.gpu.Pid)
	}
	return fmt.Sprintf(" of device %d, process %d", d.gpu.Device, d.gpu.Pid)
}

func (s *summary) replayChart() result.Chart {
	c := result.Chart{Name: "replays", Title: "Time of each replay on the GPU", Kind: result.Scatter,
		X: result.Axis{Label: "time since the trace began", Unit: "ns"}, Y: result.Axis{Label: "first start to last end", Unit: "ns"}}
	for n, g := range s.graphs[:min(shownGraphs, len(s.graphs))] {
		series := result.Series{Name: fmt.Sprintf("graph %d", n+1)}
		spans := make([]int64, len(g.replays))
		for i, at := range g.replays {
			spans[i] = s.replays[at].end - s.replays[at].start
		}
		shown := trace.Thin(spans, shownPoints)
		if len(shown) < len(spans) {
			c.Note = fmt.Sprintf("Of a graph with more than %s the shortest and the longest of each stretch are drawn.", result.Count(shownPoints, "replay"))
		}
		for _, i := range shown {
			series.X = append(series.X, result.Number(s.replays[g.replays[i]].start))
			series.Y = append(series.Y, result.Number(spans[i]))
		}
		c.Series = append(c.Series, series)
	}
	if more := len(s.graphs) - shownGraphs; more > 0 {
		c.Note += fmt.Sprintf(" %s more are in the table.", result.Count(int64(more), "graph"))
	}
	return c
}

func (s *summary) timesChart() result.Chart {
	c := result.Chart{Name: "graph-times", Title: "Median times of a replay", Kind: result.Bar,
		X: result.Axis{Label: "graph"}, Y: result.Axis{Label: "time", Unit: "ns"}}
	launch, busy, span := result.Series{Name: "launch call on the host"}, result.Series{Name: "GPU busy"}, result.Series{Name: "GPU span"}
	for n, g := range s.graphs[:min(shownGraphs, len(s.graphs))] {
		c.X.Categories = append(c.X.Categories, fmt.Sprintf("graph %d", n+1))
		host, works := result.Number(math.NaN()), result.Number(math.NaN())
		if g.launch.Count > 0 {
			host = result.Number(g.launch.Median)
		}
		if !g.typical.seenWhole() {
			works = result.Number(g.busy.Median)
		}
		launch.Y, busy.Y, span.Y = append(launch.Y, host), append(busy.Y, works), append(span.Y, result.Number(g.span.Median))
	}
	c.Series = []result.Series{launch, busy, span}
	return c
}
