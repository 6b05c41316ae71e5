package imbalance

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

const countsRemedy = "Record the tokens of each expert by step (expert_counts_by_step.json)."

// runTracker shows the tracker's own spread. Neither max/mean nor the level of chance
// follow from it: it does not say how many tokens a step had.
func runTracker(in analysis.Inputs, p Params) (*result.Result, error) {
	f, err := in.Frame("routing", "imbalance")
	if err != nil {
		return nil, err
	}
	res := &result.Result{}
	if f == nil || f.Len() == 0 {
		res.Findings = append(res.Findings, result.Finding{Severity: result.Problem, Remedy: countsRemedy,
			Text: "The recording has neither counts by step nor the tracker's imbalance: nothing can be said over time."})
		return res, nil
	}
	byLayer := trackerRows(f)
	layers := slices.Sorted(maps.Keys(byLayer))
	res.Add("tracker", "The tracker's own spread", trackerTable(f, byLayer, layers, p.Window))
	res.Charts = trackerCharts(f, byLayer, layers)
	res.Warn(countsRemedy, "There are no counts by step, so that max/mean, CV and the level of chance cannot be had. The tracker's standard deviation is shown; it grows with the tokens of a step and may leave out experts without tokens.")
	return res, nil
}

// trackerRows returns the rows of each layer in order of time.
func trackerRows(f *frames.Frame) map[int64][]int {
	byLayer, layers, at := map[int64][]int{}, f.Ints("layer"), f.Ints("time")
	for i, l := range layers {
		byLayer[l] = append(byLayer[l], i)
	}
	for _, rows := range byLayer {
		slices.SortStableFunc(rows, func(a, b int) int { return cmp.Compare(at[a], at[b]) })
	}
	return byLayer
}

func trackerTable(f *frames.Frame, byLayer map[int64][]int, layers []int64, window int) *frames.Frame {
	b := frames.NewBuilder("tracker", frames.Schema{
		routing.LayerColumn(),
		{Name: "samples", Kind: frames.Int64, Doc: "rows of the tracker"},
		{Name: "first_std_dev", Kind: frames.Float64, Doc: "mean of the first samples of the window"},
		{Name: "last_std_dev", Kind: frames.Float64, Doc: "mean of the last samples of the window"},
		{Name: "highest_max_min_ratio", Kind: frames.Float64, Doc: "where no expert was without tokens"},
		{Name: "with_dead_expert", Kind: frames.Int64, Doc: "samples in which an expert got no token"},
	})
	for _, l := range layers {
		rows := byLayer[l]
		n := max(min(window, len(rows)/2), 1)
		spread := pick(f, "std_dev", rows)
		ratio, dead := math.NaN(), 0
		for _, r := range pick(f, "max_min_ratio", rows) {
			if !(r <= ratio) && !math.IsNaN(r) {
				ratio = r
			}
		}
		for _, r := range rows {
			if c := f.Column("dead_expert"); c != nil {
				dead += int(c.Int(r))
			}
		}
		b.Row(l, len(rows), routing.Value(routing.Mean(spread[:n])), routing.Value(routing.Mean(spread[len(spread)-n:])), routing.Value(ratio), dead)
	}
	return b.Frame()
}

// pick returns a column's values at rows, NaN where they are missing.
func pick(f *frames.Frame, column string, rows []int) []float64 {
	c, list := f.Column(column), make([]float64, len(rows))
	for i, r := range rows {
		list[i] = math.NaN()
		if c != nil {
			list[i] = c.Float(r)
		}
	}
	return list
}

func trackerCharts(f *frames.Frame, byLayer map[int64][]int, layers []int64) []result.Chart {
	return routing.LayerCharts(layers, func(l int64) int64 { return l }, func(part []int64) result.Chart {
		c := result.Chart{Name: "tracker", Kind: result.Line, Title: "Standard deviation of the experts' tokens, by the tracker",
			X: result.Axis{Label: "time", Unit: "ns"}, Y: result.Axis{Label: "standard deviation"}}
		for _, l := range part {
			c.Series = append(c.Series, trackerLine(f, l, byLayer[l]))
		}
		return c
	})
}

func trackerLine(f *frames.Frame, layer int64, rows []int) result.Series {
	at := make([]int64, len(rows))
	for i, r := range rows {
		at[i] = f.Ints("time")[r]
	}
	line, _ := thin(at, pick(f, "std_dev", rows))
	line.Name = routing.LayerName(layer)
	return line
}
