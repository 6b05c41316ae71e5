package routingkernels

import (
	"slices"
	"strings"

	"profilemate/workbench/result"
)

// charts draws the times against the fit and against each predictor that varies.
func charts(pairs []pair, r *regression) []result.Chart {
	if r == nil {
		return nil
	}
	out := []result.Chart{fittedChart(pairs, r)}
	for _, t := range r.terms {
		title := strings.ReplaceAll(t.name, "_", " ")
		if t.name == "max_over_mean" {
			title = "max/mean"
		}
		c := result.Chart{Name: "predictor-" + strings.ReplaceAll(t.name, "_", "-"), Group: "predictor", Title: "MoE time against " + title, Kind: result.Scatter,
			X: result.Axis{Label: title}, Y: result.Axis{Label: "MoE time of a step", Unit: "ns"}}
		c.Series = byPhase(pairs, t.of)
		out = append(out, c)
	}
	return out
}

func fittedChart(pairs []pair, r *regression) result.Chart {
	c := result.Chart{Name: "fitted", Title: "MoE time, measured and fitted", Kind: result.Scatter,
		X: result.Axis{Label: "fitted", Unit: "ns"}, Y: result.Axis{Label: "measured", Unit: "ns"}, Note: "On the line the regression is exact."}
	at := map[int]float64{}
	for i, p := range pairs {
		at[p.at] = r.fitted[i]
	}
	c.Series = byPhase(pairs, func(p pair) float64 { return at[p.at] })
	low, high := slices.Min(r.fitted), slices.Max(r.fitted)
	c.Series = append(c.Series, result.Series{Name: "fit", Kind: result.Line, Dashed: true, Color: "other",
		X: []result.Number{result.Number(digits(low, 9)), result.Number(digits(high, 9))}, Y: []result.Number{result.Number(digits(low, 9)), result.Number(digits(high, 9))}})
	return c
}

// byPhase makes a series of points for each phase.
func byPhase(pairs []pair, x func(pair) float64) []result.Series {
	var list []result.Series
	for _, p := range pairs {
		name := string(p.phase)
		if name == "" {
			name = "steps"
		}
		i := slices.IndexFunc(list, func(s result.Series) bool { return s.Name == name })
		if i < 0 {
			i = len(list)
			list = append(list, result.Series{Name: name, Color: string(p.phase)})
		}
		list[i].X = append(list[i].X, result.Number(digits(x(p), 9)))
		list[i].Y = append(list[i].Y, result.Number(p.moe))
	}
	return list
}
