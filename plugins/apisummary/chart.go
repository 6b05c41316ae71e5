package apisummary

import (
	"fmt"
	"math"

	"profilemate/workbench/result"
)

// chart shows the functions with the longest total, one series for each class so
// that a class has one color. A series has no bar where the category belongs to
// another.
func (s *summary) chart() result.Chart {
	shown := s.calls[:min(s.params.Top, len(s.calls))]
	c := result.Chart{Name: "call-time", Title: "CUDA calls with the longest total", Kind: result.Bar, Horizontal: true, Stacked: true,
		X: result.Axis{Label: "function"}, Y: result.Axis{Label: "host time", Unit: "ns"}}
	at := map[class]int{}
	sum := int64(0)
	for i, call := range shown {
		c.X.Categories = append(c.X.Categories, call.name)
		kind := call.function.class
		j, ok := at[kind]
		if !ok {
			j = len(c.Series)
			at[kind] = j
			c.Series = append(c.Series, series(kind, len(shown)))
		}
		c.Series[j].Y[i] = result.Number(call.stats.Total)
		c.Series[j].Labels[i] = fmt.Sprintf("%.1f %% in %s", result.Share(call.stats.Total, s.total), result.Count(call.stats.Count, "call"))
		sum += call.stats.Total
	}
	if len(shown) < len(s.calls) {
		c.Note = fmt.Sprintf("%d of %s; the bars take %.1f %% of the time in calls.", len(shown),
			result.Count(int64(len(s.calls)), "function"), result.Share(sum, s.total))
	}
	return c
}

func series(c class, n int) result.Series {
	out := result.Series{Name: c.String(), Color: c.color(), Y: make([]result.Number, n), Labels: make([]string, n)}
	for i := range out.Y {
		out.Y[i] = result.Number(math.NaN())
	}
	return out
}
