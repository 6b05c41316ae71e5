package render

import (
	"image/color"
	"math"

	"profilemate/workbench/result"
)

// sheet is one picture in the making: the chart, its scales, and what is drawn
// around the plot by our own pen.
type sheet struct {
	chart  result.Chart
	o      Options
	theme  theme
	colors []color.RGBA // of the series
	rounds []int        // of the colors, by series
	x, y   Scale
	header header
	marks  []mark
}

// mark is a place of the picture that tells more under the pointer: px from the top
// left corner.
type mark struct {
	x0, y0, x1, y1 float64
	text           string
}

// maxMarks bounds the tooltips of a picture; a chart of more points has none beyond.
const maxMarks = 1000

func (s *sheet) mark(x0, y0, x1, y1 float64, text string) {
	if len(s.marks) < maxMarks {
		s.marks = append(s.marks, mark{x0, y0, x1, y1, text})
	}
}

func newSheet(c result.Chart, o Options) *sheet {
	s := &sheet{chart: c, o: o, theme: lightTheme()}
	if o.Dark {
		s.theme = darkTheme()
	}
	s.theme.palette, _ = paletteOf(o.Palette) // sized has checked it
	s.colors, s.rounds = s.theme.seriesColors(c.Series)
	if c.Kind != result.Pie {
		s.x, s.y = Scales(c)
	}
	s.header = s.newHeader()
	return s
}

// header is what stands above a plot: the title, the legend where direct labels do
// not do, and the title of the vertical axis, which is read more easily there than
// on its side.
type header struct {
	title  string
	legend []legendItem
	axis   string
	height float64
}

type legendItem struct {
	text  string
	color color.RGBA
	x, y  float64 // of the swatch's left end and the text's baseline, in px
}

const (
	margin    = 14
	swatch    = 10
	legendRow = 18
)

func (s *sheet) newHeader() header {
	h := header{height: margin}
	width := s.o.Width - 2*margin
	if s.chart.Title != "" {
		h.title = fit(oneLine(s.chart.Title), titleSize, width)
		h.height += titleSize + 6
	}
	h.legend, h.height = s.layLegend(h.height, width)
	if axis := s.verticalTitle(); axis != "" {
		h.axis = fit(oneLine(axis), labelSize, width)
		h.height += labelSize + 10
	}
	return h
}

// verticalTitle is the title of the axis that runs upwards in the picture.
func (s *sheet) verticalTitle() string {
	switch {
	case s.chart.Kind == result.Pie:
		return ""
	case s.chart.Kind == result.Bar && s.chart.Horizontal:
		return s.x.Title
	}
	return s.y.Title
}

// horizontalTitle is the title of the axis that runs sideways in the picture.
func (s *sheet) horizontalTitle() string {
	if s.chart.Kind == result.Bar && s.chart.Horizontal {
		return s.y.Title
	}
	return s.x.Title
}

// legendRows is the most rows a legend takes; series beyond are left to the table.
const legendRows = 3

func (s *sheet) layLegend(top, width float64) ([]legendItem, float64) {
	var items []legendItem
	x, y, limit := float64(margin), top+tickSize, margin+width
	for i, series := range s.chart.Series {
		if !s.inLegend(i) {
			continue
		}
		text := fit(oneLine(ShortName(series.Name)), tickSize, width/3)
		w := swatch + 5 + textWidth(text, tickSize) + 16
		if x+w-16 > limit && x > margin {
			x, y = margin, y+legendRow
		}
		if y > top+legendRows*legendRow {
			break
		}
		items = append(items, legendItem{text, s.colors[i], x, y})
		x += w
	}
	if len(items) == 0 {
		return nil, top
	}
	return items, y + 8
}

// inLegend reports whether series i needs a legend entry: lines are labeled at their
// ends, a lone series by the title.
func (s *sheet) inLegend(i int) bool {
	series := s.chart.Series[i]
	if series.Name == "" {
		return false
	}
	switch s.chart.Kind {
	case result.Bar:
		return len(s.chart.Series) > 1
	case result.Scatter:
		return series.Kind != result.Line && pointSeries(s.chart) > 1
	}
	return false
}

func pointSeries(c result.Chart) int {
	n := 0
	for _, s := range c.Series {
		if s.Kind != result.Line {
			n++
		}
	}
	return n
}

func (s *sheet) drawHeader(p pen) {
	y := float64(margin)
	if s.header.title != "" {
		p.text(margin, y+titleSize-2, s.header.title, titleSize, 0, s.theme.ink)
	}
	for _, item := range s.header.legend {
		p.rect(item.x, item.y-swatch+1, item.x+swatch, item.y+1, item.color)
		p.text(item.x+swatch+5, item.y, item.text, tickSize, 0, s.theme.ink)
	}
	if s.header.axis != "" {
		p.text(margin, s.header.height-8, s.header.axis, labelSize, 0, s.theme.muted)
	}
}

// visibleTicks thins out and folds the labels of an axis so that they fit into
// length px. Side by side each needs its width; one above the other each needs a
// line, and at most room px of width.
func (s *sheet) visibleTicks(scale Scale, length, room float64, upright bool) []Tick {
	scale.Ticks = sampled(scale.Ticks, length)
	n := len(scale.Ticks)
	if n == 0 {
		return nil
	}
	names := make([]string, n)
	for i, t := range scale.Ticks {
		names[i] = oneLine(t.Label)
	}
	if scale.Categories != nil {
		names = shortNames(names)
	}
	slot := length / float64(max(n-1, 1))
	if scale.Categories != nil {
		slot = length / float64(n)
	}
	every := 1
	if upright {
		every = int(math.Ceil((tickSize + 3) / slot))
	} else {
		every, room = thin(names, slot)
	}
	var out []Tick
	var shown, folded []string
	for i := 0; i < n; i += max(every, 1) {
		out = append(out, Tick{Value: scale.Ticks[i].Value})
		shown, folded = append(shown, names[i]), append(folded, fit(names[i], tickSize, room))
	}
	for i, label := range distinct(shown, folded) {
		out[i].Label = fit(label, tickSize, room)
	}
	return out
}

// sampled leaves out ticks that are closer than any label could be, before the names
// of all of them are measured.
func sampled(ticks []Tick, length float64) []Tick {
	const closest = 5 // px
	every := int(closest * float64(len(ticks)) / length)
	if every < 2 {
		return ticks
	}
	var out []Tick
	for i := 0; i < len(ticks); i += every {
		out = append(out, ticks[i])
	}
	return out
}

// thin says which labels side by side to show, every how many, and how wide each
// may be.
func thin(names []string, slot float64) (every int, room float64) {
	widest := 0.0
	for _, name := range names {
		widest = max(widest, textWidth(name, tickSize))
	}
	const gap, least, most = 8, 56, 96
	switch {
	case widest+gap <= slot:
		return 1, widest
	case slot >= least:
		return 1, slot - gap
	}
	every = niceCount((min(widest, most) + gap) / slot)
	return every, float64(every)*slot - gap
}

// niceCount is the least of 1, 2 and 5 times a power of ten that is at least v.
func niceCount(v float64) int {
	for power := 1; ; power *= 10 {
		for _, m := range []int{1, 2, 5} {
			if float64(m*power) >= v {
				return m * power
			}
		}
	}
}
