package render

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgpdf"
	"gonum.org/v1/plot/vg/vgsvg"

	"profilemate/workbench/result"
)

// One point of gonum/plot stands for one px, so that sizes are those of go-chart.

// plotContent adds what a kind of chart draws to a plot and returns the room it
// needs at the right, in px, and what to draw there.
type plotContent func(p *plot.Plot) (right float64, after func(p plotPen, f frame))

type canvas interface {
	vg.CanvasSizer
	io.WriterTo
}

func newCanvas(f format, o Options) canvas {
	w, h := vg.Length(o.Width), vg.Length(o.Height)
	switch f {
	case pngFormat:
		return vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(int(math.Round(72*pixelRatio*o.enlarged))))}
	case pdfFormat:
		return newPDF(o)
	}
	return vgsvg.New(w, h)
}

// newPDF returns a page on which a px of the layout is enlarged px of 1/96 inch.
func newPDF(o Options) pdfPage {
	points := o.enlarged / pixelsPerPoint
	c := vgpdf.New(vg.Length(o.Width*points), vg.Length(o.Height*points))
	c.EmbedFonts(true)
	c.Scale(points, points)
	return pdfPage{c}
}

// drawPlot draws a chart with two axes through gonum/plot.
func (s *sheet) drawPlot(f format, content plotContent) ([]byte, error) {
	p := plot.New()
	p.BackgroundColor = nil
	s.styleAxis(&p.X)
	s.styleAxis(&p.Y)
	p.X.Label.Text = fit(oneLine(s.horizontalTitle()), labelSize, s.o.Width-100)
	right, after := content(p)
	target := newCanvas(f, s.o)
	page := draw.NewCanvas(target, vg.Length(s.o.Width), vg.Length(s.o.Height))
	page.SetColor(s.theme.paper)
	page.Fill(page.Rectangle.Path())
	area := draw.Crop(page, margin, -vg.Length(margin+right), 10, -vg.Length(s.header.height))
	s.scaleAxis(&p.X, s.x, float64(area.Size().X)-60, false)
	s.scaleAxis(&p.Y, s.y, float64(area.Size().Y)-40, true)
	p.Draw(area)
	pen := plotPen{page, s.o.Height}
	s.drawHeader(pen)
	box := s.plotFrame(p, p.DataCanvas(area))
	if s.isEmpty() {
		pen.text((box.left+box.right)/2, (box.top+box.bottom)/2, noData, labelSize, 0.5, s.theme.muted)
	}
	after(pen, box)
	var out bytes.Buffer
	if _, err := target.WriteTo(&out); err != nil {
		return nil, fmt.Errorf("gonum/plot: %w", err)
	}
	if f == pdfFormat {
		return undated(out.Bytes()), nil
	}
	return out.Bytes(), nil
}

// undated replaces the times of writing in a PDF by a fixed one of the same length,
// so that the same chart gives the same bytes and the file's offsets stay right.
func undated(pdf []byte) []byte {
	for _, key := range [][]byte{[]byte("/CreationDate (D:"), []byte("/ModDate (D:")} {
		for at := 0; ; {
			i := bytes.Index(pdf[at:], key)
			if i < 0 {
				break
			}
			at += i + len(key)
			copy(pdf[at:], "20000101000000")
		}
	}
	return pdf
}

func (s *sheet) plotFrame(p *plot.Plot, data draw.Canvas) frame {
	x, y := p.Transforms(&data)
	return frame{
		left: float64(data.Min.X), right: float64(data.Max.X), top: s.o.Height - float64(data.Max.Y), bottom: s.o.Height - float64(data.Min.Y),
		across: func(v float64) float64 { return float64(x(v)) },
		up:     func(v float64) float64 { return s.o.Height - float64(y(v)) },
	}
}

func (s *sheet) styleAxis(a *plot.Axis) {
	a.Padding = 0
	a.LineStyle = draw.LineStyle{Color: s.theme.line, Width: 1}
	a.Label.TextStyle = plotText(labelSize, s.theme.muted)
	a.Label.TextStyle.XAlign, a.Label.TextStyle.YAlign = draw.XCenter, draw.YBottom
	a.Label.Padding = 4
	align := a.Tick.Label
	a.Tick.Label = plotText(tickSize, s.theme.muted)
	a.Tick.Label.XAlign, a.Tick.Label.YAlign = align.XAlign, align.YAlign
	a.Tick.LineStyle = a.LineStyle
	a.Tick.Length = 4
}

// scaleAxis gives a gonum axis the scale's domain and ticks.
func (s *sheet) scaleAxis(a *plot.Axis, scale Scale, length float64, upright bool) {
	a.Min, a.Max = scale.Min, scale.Max
	a.Scale = normalizer{scale, upright && s.chart.Kind == result.HeatMap}
	ticks := s.visibleTicks(scale, max(length, 40), nameRoom*s.o.Width, upright)
	marks := make(plot.ConstantTicks, len(ticks))
	for i, t := range ticks {
		marks[i] = plot.Tick{Value: t.Value, Label: t.Label}
	}
	a.Tick.Marker = marks
	a.AutoRescale = false
}

// normalizer puts values where the Scale has them. gonum's own LogScale panics at
// zero, and its padding asks for places beyond the axis.
type normalizer struct {
	scale Scale
	flip  bool
}

// Normalize ignores the ends it is given: they are the scale's own.
func (n normalizer) Normalize(_, _, x float64) float64 {
	if n.flip {
		return 1 - n.scale.fraction(x)
	}
	return n.scale.fraction(x)
}

// grid draws hairlines at the ticks.
type plotGrid struct {
	color color.Color
}

func (g plotGrid) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	style := draw.LineStyle{Color: g.color, Width: 0.7}
	for _, t := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		if at := x(t.Value); c.ContainsX(at) {
			c.StrokeLine2(style, at, c.Min.Y, at, c.Max.Y)
		}
	}
	for _, t := range p.Y.Tick.Marker.Ticks(p.Y.Min, p.Y.Max) {
		if at := y(t.Value); c.ContainsY(at) {
			c.StrokeLine2(style, c.Min.X, at, c.Max.X, at)
		}
	}
}
