package render

import (
	"math"

	"profilemate/workbench/result"
)

// extent is the range of the values seen so far; none when min > max.
type extent struct{ min, max float64 }

func noExtent() extent { return extent{math.Inf(1), math.Inf(-1)} }

func (e extent) empty() bool { return e.min > e.max }

func (e *extent) add(v float64) { e.min, e.max = min(e.min, v), max(e.max, v) }

// spread returns ends that differ: a lone value gets half its size on both sides,
// and no value at all gives 0 to 1.
func (e extent) spread() (lo, hi float64) {
	if e.empty() {
		return 0, 1
	}
	lo, hi = e.min, e.max
	size := max(math.Abs(lo), math.Abs(hi))
	if hi-lo > size*1e-10 && hi-lo > 1/largest {
		return lo, hi
	}
	if size < 1/largest {
		return 0, 1
	}
	return lo - size/2, hi + size/2
}

// extents of a chart's axes over the points that can be drawn on both of them.
func pointExtents(c result.Chart) (x, y extent) {
	x, y = noExtent(), noExtent()
	for i := range c.Series {
		eachPoint(c, c.Series[i], func(_ int, px, py float64) {
			x.add(px)
			y.add(py)
		})
	}
	return x, y
}

// eachPoint calls visit for every point of the series that both axes can show.
func eachPoint(c result.Chart, s result.Series, visit func(i int, x, y float64)) {
	for i := range pointCount(s) {
		if x, y := pointX(s, i), float64(s.Y[i]); drawable(x, c.X.Log) && drawable(y, c.Y.Log) {
			visit(i, x, y)
		}
	}
}

// pointCount is the number of points that have both coordinates; a series without X
// counts its points from 0.
func pointCount(s result.Series) int {
	if len(s.X) == 0 {
		return len(s.Y)
	}
	return min(len(s.X), len(s.Y))
}

func pointX(s result.Series, i int) float64 {
	if len(s.X) == 0 {
		return float64(i)
	}
	return float64(s.X[i])
}

// barExtent covers the ends of all bars, and 0, where they stand.
func barExtent(c result.Chart) extent {
	e := noExtent()
	for _, b := range layBars(c) {
		e.add(b.from)
		e.add(b.to)
	}
	if c.Y.Log || e.empty() {
		return e
	}
	e.add(0)
	if e.min == 0 && e.max == 0 {
		e.max = 1
	}
	return e
}

// categoryCount is the number of places on a categorical X axis.
func categoryCount(c result.Chart) int {
	n := len(c.X.Categories)
	for _, s := range c.Series {
		n = max(n, len(s.Y))
	}
	return n
}

// heatSize is the size of a heat map: rows may be ragged.
func heatSize(c result.Chart) (rows, cols int) {
	if c.Heat == nil {
		return 0, 0
	}
	for _, row := range c.Heat.Values {
		cols = max(cols, len(row))
	}
	return len(c.Heat.Values), cols
}

// bar is one bar in the coordinates of the specification.
type bar struct {
	series, category int
	from, to         float64 // along the value axis; from is the baseline
	slot, slots      int     // its place among the bars side by side in the category
	value            float64
}

// layBars places every bar that has a value: side by side, or stacked with what is
// above zero growing up and what is below growing down.
func layBars(c result.Chart) []bar {
	var bars []bar
	up, down := make([]float64, categoryCount(c)), make([]float64, categoryCount(c))
	for s, series := range c.Series {
		for i, y := range series.Y {
			v := float64(y)
			if !drawable(v, c.Y.Log) {
				continue
			}
			b := bar{series: s, category: i, to: v, slot: s, slots: len(c.Series), value: v}
			if c.Y.Log {
				b.from = v
			}
			if c.Stacked {
				base := &up[i]
				if v < 0 {
					base = &down[i]
				}
				b.from, b.to, b.slot, b.slots = *base, *base+v, 0, 1
				*base += v
			}
			bars = append(bars, b)
		}
	}
	return bars
}
