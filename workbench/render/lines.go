package render

import (
	"cmp"
	"slices"

	"github.com/wcharczuk/go-chart/v2"

	"profilemate/workbench/result"
)

// lineSeries puts the lines of a line chart between the axes, each labeled at its
// right end.
func (s *sheet) lineSeries() plotted {
	labels := s.endLabels()
	room := 0.0
	for _, l := range labels {
		room = max(room, textWidth(l.text, tickSize)+8)
	}
	return plotted{right: room, series: func(z zoomed) []chart.Series {
		var out []chart.Series
		for i, series := range s.chart.Series {
			for _, run := range s.runs(series) {
				out = append(out, s.continuous(z, i, run))
			}
		}
		return append(out, layer{z, func(p pen, f frame) {
			s.drawEndLabels(p, f, labels)
			s.markPoints(f)
		}})
	}}
}

// runs returns the parts of a series between its gaps, with no more points than the
// picture can show.
func (s *sheet) runs(series result.Series) []run {
	return decimate(series, int(s.o.Width), func(x, y float64) bool { return s.x.contains(x) && s.y.contains(y) }, s.x.fraction)
}

func (s *sheet) continuous(z zoomed, i int, r run) chart.Series {
	series := s.chart.Series[i]
	c := toDrawing(s.colors[i])
	style := chart.Style{StrokeColor: c, StrokeWidth: 2 * z.k}
	for _, length := range dashOf(series.Dashed, s.rounds[i]) {
		style.StrokeDashArray = append(style.StrokeDashArray, length*z.k)
	}
	if len(r.x) == 1 {
		style = chart.Style{StrokeColor: c, StrokeWidth: 0.001, DotColor: c, DotWidth: 3 * z.k}
	}
	return chart.ContinuousSeries{YAxis: chart.YAxisSecondary, Style: style, XValues: r.x, YValues: r.y}
}

// endLabel is a series' name at its last point.
type endLabel struct {
	text   string
	series int
	y      float64 // the value it belongs to
}

// endLabels names all series of a chart that has more than one.
func (s *sheet) endLabels() []endLabel {
	var out []endLabel
	for i, series := range s.chart.Series {
		if series.Name == "" || len(s.chart.Series) < 2 {
			continue
		}
		found, last := false, 0.0
		eachPoint(s.chart, series, func(_ int, x, y float64) {
			if s.x.contains(x) && s.y.contains(y) {
				found, last = true, y
			}
		})
		if found {
			out = append(out, endLabel{fit(oneLine(ShortName(series.Name)), tickSize, 0.25*s.o.Width), i, last})
		}
	}
	return out
}

// drawEndLabels moves labels apart that would overlap, as little as needed, and
// drops the last ones where the plot is too low for all.
func (s *sheet) drawEndLabels(p pen, f frame, labels []endLabel) {
	const height = tickSize + 2
	fits := int((f.bottom-f.top)/height) + 1
	labels = slices.Clone(labels[:min(len(labels), max(fits, 1))])
	slices.SortStableFunc(labels, func(a, b endLabel) int { return cmp.Compare(f.up(a.y), f.up(b.y)) })
	at := make([]float64, len(labels))
	for i, l := range labels {
		at[i] = f.up(l.y)
		if i > 0 {
			at[i] = max(at[i], at[i-1]+height)
		}
	}
	limit := f.bottom + 4
	for i := len(at) - 1; i >= 0; i-- {
		at[i] = min(at[i], limit)
		limit = at[i] - height
	}
	for i, l := range labels {
		p.line(f.right+2, at[i], f.right+6, at[i], 2, s.colors[l.series])
		p.text(f.right+9, at[i]+4, l.text, tickSize, 0, s.theme.ink)
	}
}

// markPoints gives the points of a chart with few of them their values as tooltips.
func (s *sheet) markPoints(f frame) {
	for _, series := range s.chart.Series {
		if pointCount(series) > maxMarks/max(len(s.chart.Series), 1) {
			continue
		}
		eachPoint(s.chart, series, func(i int, x, y float64) {
			if s.x.contains(x) && s.y.contains(y) {
				px, py := f.across(x), f.up(y)
				s.mark(px-5, py-5, px+5, py+5, s.pointText(series, i, x, y))
			}
		})
	}
}

// pointText is a point's tooltip: its full label, the series, and both values.
func (s *sheet) pointText(series result.Series, i int, x, y float64) string {
	text := series.Name
	if i < len(series.Labels) && series.Labels[i] != "" {
		text = series.Labels[i]
	}
	at := short(x, s.chart.X.Unit)
	if k := round(x); s.x.Categories != nil && k >= 0 && k < len(s.x.Categories) {
		at = s.x.Categories[k]
	}
	if text != "" {
		text += "\n"
	}
	return text + labeled(s.chart.X.Label, at) + "\n" + labeled(s.chart.Y.Label, short(y, s.chart.Y.Unit))
}

func labeled(label, value string) string {
	if label == "" {
		return value
	}
	return label + ": " + value
}
