package render

import (
	"slices"
	"strings"

	"github.com/wcharczuk/go-chart/v2"

	"profilemate/workbench/result"
)

// go-chart's own bar chart cannot lie down, takes one series, and refuses bars of
// equal height. The bars are therefore a series of ours between go-chart's axes.

// barSeries puts bars between the axes, with their values at the ends where each
// category has one.
func (s *sheet) barSeries() plotted {
	bars := s.drawnBars()
	right, value := 0.0, s.endValues(bars)
	if s.chart.Horizontal && s.valuesShown() {
		for _, b := range bars {
			right = max(right, textWidth(value(b.value), tickSize)-10)
		}
	}
	return plotted{right: right, series: func(z zoomed) []chart.Series {
		return []chart.Series{layer{z, func(p pen, f frame) {
			for _, b := range bars {
				s.drawBar(p, f, b, value(b.value))
			}
			s.drawBaseline(p, f)
		}}}
	}}
}

// endValues writes the values at the ends of bars: all with three digits where any
// has a fraction, so that 1.90 ms stands beside 1.61 ms.
func (s *sheet) endValues(bars []bar) func(v float64) string {
	unit := s.chart.Y.Unit
	if !slices.ContainsFunc(bars, func(b bar) bool { return strings.Contains(short(b.value, unit), ".") }) {
		return func(v float64) string { return short(v, unit) }
	}
	return func(v float64) string { return shortIn(v, unit, threeDigits) }
}

// drawnBars returns the bars that the picture has room for: of those that would
// share a pixel, the ones that reach highest and lowest.
func (s *sheet) drawnBars() []bar {
	bars := layBars(s.chart)
	length := s.o.Width
	if s.chart.Horizontal {
		length = s.o.Height
	}
	if float64(categoryCount(s.chart)) <= length {
		return bars
	}
	type ends struct{ low, high bar }
	columns := make([]*ends, int(length)+1)
	for _, b := range bars {
		column := &columns[int(s.x.fraction(float64(b.category))*length)]
		switch {
		case *column == nil:
			*column = &ends{b, b}
		case b.to > (*column).high.to:
			(*column).high = b
		case b.to < (*column).low.to:
			(*column).low = b
		}
	}
	bars = bars[:0]
	for _, column := range columns {
		if column != nil {
			bars = append(bars, column.high, column.low)
		}
	}
	return bars
}

// valuesShown reports whether each category has one bar at most, whose end can bear
// a value: one series, or stacked ones that share the categories out.
func (s *sheet) valuesShown() bool {
	if len(s.chart.Series) == 1 {
		return true
	}
	bars := make([]int, categoryCount(s.chart))
	for _, series := range s.chart.Series {
		for i, y := range series.Y {
			if drawable(float64(y), s.chart.Y.Log) {
				bars[i]++
			}
		}
	}
	return s.chart.Stacked && slices.Max(append(bars, 0)) <= 1
}

// The share of a category's place that its bars fill.
const barShare = 0.72

func (s *sheet) drawBar(p pen, f frame, b bar, value string) {
	from := b.from
	if s.y.Log {
		from = s.y.Min
	}
	from, to := s.y.within(from), s.y.within(b.to)
	width := barShare / float64(b.slots)
	place := float64(b.category) - barShare/2 + width*float64(b.slot)
	x0, x1 := f.across(place), f.across(place+width)
	y0, y1 := f.up(from), f.up(to)
	if s.chart.Horizontal {
		x0, x1, y0, y1 = f.across(from), f.across(to), f.up(place), f.up(place+width)
	}
	x0, x1, y0, y1 = ordered(x0, x1, y0, y1)
	p.rect(x0, y0, max(x1, x0+1), max(y1, y0+1), s.colors[b.series])
	s.mark(x0, y0, max(x1, x0+3), max(y1, y0+3), s.barText(b))
	if s.valuesShown() {
		s.drawValue(p, f, b, value, x0, x1, y0, y1)
	}
}

// drawValue writes a bar's value past its end, where there is room for it.
func (s *sheet) drawValue(p pen, f frame, b bar, text string, x0, x1, y0, y1 float64) {
	switch {
	case s.chart.Horizontal && y1-y0 < tickSize-3:
	case s.chart.Horizontal && b.value < 0:
		p.text(max(x0-4, f.left+textWidth(text, tickSize)), (y0+y1)/2+4, text, tickSize, 1, s.theme.ink)
	case s.chart.Horizontal:
		p.text(x1+4, (y0+y1)/2+4, text, tickSize, 0, s.theme.ink)
	case textWidth(text, tickSize) > (x1-x0)/barShare:
	case b.value < 0:
		p.text((x0+x1)/2, min(y1+tickSize+1, f.bottom-2), text, tickSize, 0.5, s.theme.ink)
	default:
		p.text((x0+x1)/2, y0-4, text, tickSize, 0.5, s.theme.ink)
	}
}

func (s *sheet) barText(b bar) string {
	series := s.chart.Series[b.series]
	text := s.x.Categories[b.category]
	if b.category < len(series.Labels) && series.Labels[b.category] != "" {
		text = series.Labels[b.category]
	}
	if series.Name != "" && len(s.chart.Series) > 1 {
		text += "\n" + series.Name
	}
	return text + "\n" + labeled(s.chart.Y.Label, short(b.value, s.chart.Y.Unit))
}

// drawBaseline draws the line that the bars stand on.
func (s *sheet) drawBaseline(p pen, f frame) {
	zero := 0.0
	if s.y.Log || !s.y.contains(0) {
		zero = s.y.Min
	}
	if s.chart.Horizontal {
		p.line(f.across(zero), f.top, f.across(zero), f.bottom, 1, s.theme.muted)
		return
	}
	p.line(f.left, f.up(zero), f.right, f.up(zero), 1, s.theme.muted)
}

// within moves v to the nearest place on the axis.
func (s Scale) within(v float64) float64 { return min(max(v, s.Min), s.Max) }

func ordered(x0, x1, y0, y1 float64) (float64, float64, float64, float64) {
	return min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
}

// isEmpty reports whether the chart has nothing to draw.
func (s *sheet) isEmpty() bool {
	switch s.chart.Kind {
	case result.Bar:
		return len(layBars(s.chart)) == 0
	case result.Pie:
		return len(s.slices()) == 0
	case result.HeatMap:
		return s.heatExtent().empty()
	}
	x, _ := pointExtents(s.chart)
	return x.empty()
}
