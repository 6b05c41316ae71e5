package nvtxsummary

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"profilemate/workbench/result"
)

// timeChart sets host time beside GPU busy time: they run on two clocks at once and
// do not add up.
func (s *summary) timeChart() result.Chart {
	shown := s.groups[:min(s.params.Top, len(s.groups))]
	c := result.Chart{Name: "range-time", Title: "Host time and GPU busy time of the longest ranges", Kind: result.Bar, Horizontal: true,
		X: result.Axis{Label: "range"}, Y: result.Axis{Label: "time", Unit: "ns"},
		Series: []result.Series{{Name: "host"}, {Name: "GPU busy"}}}
	for _, g := range shown {
		c.X.Categories = append(c.X.Categories, g.title())
		add(&c.Series[0], float64(g.stats.Total), fmt.Sprintf("%s in %s", result.Duration(g.stats.Total), result.Count(g.stats.Count, "range")))
		busy, hover := math.NaN(), "not known"
		if cells := s.gpuCells(g); cells[0] != nil {
			busy = float64(g.work.Busy)
			hover = fmt.Sprintf("%.1f %% of the time the GPU is busy, %s", result.Share(g.work.Busy, s.busy), result.Count(g.work.Launches, "launch"))
		}
		add(&c.Series[1], busy, hover)
	}
	if len(shown) < len(s.groups) {
		c.Note = fmt.Sprintf("%d of %s. A range holds the time of the ranges below it.", len(shown), result.Count(int64(len(s.groups)), "name"))
	}
	return c
}

// selfChart shows what can be added up: the host time of each range alone.
func (s *summary) selfChart() result.Chart {
	list := s.bySelf()
	shown := list[:min(s.params.Top, len(list))]
	c := result.Chart{Name: "self-time", Title: "Ranges with the most host time of their own", Kind: result.Bar, Horizontal: true,
		X: result.Axis{Label: "range"}, Y: result.Axis{Label: "host time under no range below", Unit: "ns"},
		Series: []result.Series{{Name: "self"}}}
	sum := int64(0)
	for _, g := range shown {
		c.X.Categories = append(c.X.Categories, g.title())
		add(&c.Series[0], float64(g.self), fmt.Sprintf("%.1f %% of the host time in ranges", result.Share(g.self, s.self)))
		sum += g.self
	}
	c.Note = fmt.Sprintf("The bars take %.1f %% of the host time in ranges.", result.Share(sum, s.self))
	return c
}

func (s *summary) bySelf() []*group {
	list := slices.DeleteFunc(slices.Clone(s.groups), func(g *group) bool { return !g.nested })
	slices.SortStableFunc(list, func(a, b *group) int { return cmp.Compare(b.self, a.self) })
	return list
}

func add(s *result.Series, value float64, hover string) {
	s.Y = append(s.Y, result.Number(value))
	s.Labels = append(s.Labels, hover)
}
