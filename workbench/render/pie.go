package render

import (
	"bytes"
	"cmp"
	"fmt"
	"image/color"
	"slices"
	"strconv"

	"github.com/wcharczuk/go-chart/v2"

	"profilemate/workbench/result"
)

// slice is one piece of a pie.
type slice struct {
	name, full string
	value      float64
	color      color.RGBA
}

// maxSlices is how many pieces a pie shows; the smallest are drawn as one beyond.
const maxSlices = 8

// slices returns the pieces from the largest on. Values that are missing or not
// above zero have no piece.
func (s *sheet) slices() []slice {
	if len(s.chart.Series) == 0 {
		return nil
	}
	series := s.chart.Series[0]
	scale := categorical(s.chart.X, len(series.Y))
	var out []slice
	for i, y := range series.Y {
		if v := float64(y); drawable(v, true) {
			out = append(out, slice{full: scale.Categories[i], value: v})
		}
	}
	slices.SortStableFunc(out, func(a, b slice) int { return cmp.Compare(b.value, a.value) })
	if len(out) > maxSlices+1 {
		rest := slice{full: strconv.Itoa(len(out)-maxSlices) + " others"}
		for _, small := range out[maxSlices:] {
			rest.value += small.value
		}
		out = append(out[:maxSlices], rest)
	}
	s.dress(out)
	return out
}

// dress gives the pieces their short names, and colors: those of their families
// where all have one.
func (s *sheet) dress(pieces []slice) {
	full := make([]string, len(pieces))
	named := true
	for i, piece := range pieces {
		full[i] = piece.full
		named = named && (i == maxSlices || result.Palette[piece.full] != "")
	}
	for i, name := range shortNames(full) {
		pieces[i].name = oneLine(name)
		switch {
		case i == maxSlices:
			pieces[i].color = s.theme.muted
		case named:
			pieces[i].color = s.theme.visible(hex(s.theme.palette.named(full[i])))
		default:
			pieces[i].color = s.theme.visible(hex(s.theme.palette.turn(i)))
		}
	}
}

// drawPie draws a pie through go-chart, with the names and shares beside it: on the
// pieces they would overlap.
func (s *sheet) drawPie(f format) ([]byte, error) {
	z, err := newZoomed(f, s.o)
	if err != nil {
		return nil, err
	}
	list := s.slices()
	side := min(s.o.Height-s.header.height-margin, 0.45*s.o.Width)
	c := chart.PieChart{
		Width: int(s.o.Width * z.k), Height: int(s.o.Height * z.k), DPI: z.dpi, Font: z.font,
		Background: chart.Style{FillColor: toDrawing(s.theme.paper), StrokeColor: toDrawing(s.theme.paper),
			Padding: chart.Box{Left: int(margin * z.k), Top: int(s.header.height * z.k), Bottom: int(margin * z.k), Right: int((s.o.Width - margin - side) * z.k)}},
		Canvas: chart.Style{FillColor: toDrawing(s.theme.paper), StrokeColor: toDrawing(s.theme.paper)},
		Values: s.pieValues(z, list),
		Elements: []chart.Renderable{func(r chart.Renderer, _ chart.Box, _ chart.Style) {
			s.drawHeader(z.pen(r))
			s.drawPieList(z.pen(r), list, side+2*margin+10)
		}},
	}
	var out bytes.Buffer
	if err := c.Render(z.provider, &out); err != nil {
		return nil, fmt.Errorf("go-chart: %w", err)
	}
	return undated(out.Bytes()), nil
}

// pieValues never returns fewer than two values: go-chart draws a lone one as a
// circle without its color. A whole is two halves of one color.
func (s *sheet) pieValues(z zoomed, list []slice) []chart.Value {
	style := func(fill, stroke color.RGBA) chart.Style {
		return chart.Style{FillColor: toDrawing(fill), StrokeColor: toDrawing(stroke), StrokeWidth: 2 * z.k, Font: z.font, FontSize: tickSize}
	}
	switch len(list) {
	case 0:
		half := chart.Value{Value: 1, Style: style(s.theme.absent, s.theme.absent)}
		return []chart.Value{half, half}
	case 1:
		half := chart.Value{Value: 1, Style: style(list[0].color, list[0].color)}
		return []chart.Value{half, half}
	}
	// Shares keep go-chart's sum within bounds, whatever the values' size.
	out := make([]chart.Value, len(list))
	for i, piece := range list {
		out[i] = chart.Value{Value: max(piece.value/list[0].value, 1e-4), Style: style(piece.color, s.theme.paper)}
	}
	return out
}

func (s *sheet) drawPieList(p pen, list []slice, x float64) {
	y := s.header.height + 18
	if len(list) == 0 {
		p.text(x, y, noData, labelSize, 0, s.theme.muted)
	}
	total := 0.0
	for _, piece := range list {
		total += piece.value
	}
	for _, piece := range list {
		share := fixed(100*piece.value/total, 1, "") + " %"
		value := short(piece.value, s.chart.Y.Unit)
		p.rect(x, y-swatch+1, x+swatch, y+1, piece.color)
		p.text(x+swatch+56, y, share, labelSize, 1, s.theme.ink)
		room := s.o.Width - margin - (x + swatch + 64)
		p.text(x+swatch+64, y, fit(piece.name, labelSize, max(room-textWidth(value, labelSize)-12, 40)), labelSize, 0, s.theme.ink)
		p.text(s.o.Width-margin, y, value, labelSize, 1, s.theme.muted)
		s.mark(x, y-13, s.o.Width-margin, y+5, piece.full+"\n"+share+", "+value)
		y += 22
	}
}
