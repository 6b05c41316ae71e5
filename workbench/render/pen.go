package render

import (
	"image/color"

	"github.com/golang/freetype/truetype"
	"github.com/wcharczuk/go-chart/v2"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The sizes of text in px.
const (
	titleSize = 14
	labelSize = 12
	tickSize  = 11
)

// pen draws what the libraries do not: title, legend, direct labels, color scale.
// Coordinates are px from the top left corner.
type pen interface {
	// text draws s with its baseline at y; align says which part of it is at x: 0
	// its start, 0.5 its middle, 1 its end.
	text(x, y float64, s string, size, align float64, c color.RGBA)
	rect(x0, y0, x1, y1 float64, c color.RGBA)
	line(x0, y0, x1, y1, width float64, c color.RGBA)
}

// sansFont is the font of all pictures; its metrics are those of Arial, which most
// viewers of an SVG have under one name or another.
func sansFont(size float64) font.Font {
	return font.Font{Typeface: "Liberation", Variant: "Sans", Size: vg.Length(size)}
}

// textWidth measures s in px.
func textWidth(s string, size float64) float64 {
	f := sansFont(size)
	face := font.DefaultCache.Lookup(f, f.Size)
	return float64(face.Width(s))
}

// fit folds s until it is at most width px wide.
func fit(s string, size, width float64) string {
	n := len([]rune(s))
	for textWidth(s, size) > width && n > 1 {
		n = min(n-1, int(float64(n)*width/textWidth(s, size))+1)
		s = Fold(s, n)
	}
	return s
}

// chartPen draws with a go-chart renderer.
type chartPen struct {
	r    chart.Renderer
	font *truetype.Font
}

func (p chartPen) text(x, y float64, s string, size, align float64, c color.RGBA) {
	style := chart.Style{Font: p.font, FontSize: size, FontColor: toDrawing(c)}
	chart.Draw.Text(p.r, s, round(x-align*textWidth(s, size)), round(y), style)
}

func (p chartPen) rect(x0, y0, x1, y1 float64, c color.RGBA) {
	box := chart.Box{Left: round(x0), Top: round(y0), Right: round(x1), Bottom: round(y1)}
	chart.Draw.Box(p.r, box, chart.Style{FillColor: toDrawing(c), StrokeColor: toDrawing(c), StrokeWidth: 0.001})
}

func (p chartPen) line(x0, y0, x1, y1, width float64, c color.RGBA) {
	chart.Style{StrokeColor: toDrawing(c), StrokeWidth: width}.WriteToRenderer(p.r)
	p.r.MoveTo(round(x0), round(y0))
	p.r.LineTo(round(x1), round(y1))
	p.r.Stroke()
}

// plotPen draws on a gonum canvas, whose Y axis points up.
type plotPen struct {
	c      draw.Canvas
	height float64
}

func (p plotPen) point(x, y float64) vg.Point {
	return vg.Point{X: vg.Length(x), Y: vg.Length(p.height - y)}
}

func (p plotPen) text(x, y float64, s string, size, align float64, c color.RGBA) {
	style := plotText(size, c)
	style.XAlign, style.YAlign = 0, 0
	at := p.point(x-align*textWidth(s, size), y)
	p.c.SetColor(c)
	p.c.FillString(font.DefaultCache.Lookup(style.Font, style.Font.Size), at, s)
}

func (p plotPen) rect(x0, y0, x1, y1 float64, c color.RGBA) {
	p.c.SetColor(c)
	p.c.Fill(vg.Rectangle{Min: p.point(x0, y1), Max: p.point(x1, y0)}.Path())
}

func (p plotPen) line(x0, y0, x1, y1, width float64, c color.RGBA) {
	p.c.StrokeLine2(draw.LineStyle{Color: c, Width: vg.Length(width)},
		vg.Length(x0), vg.Length(p.height-y0), vg.Length(x1), vg.Length(p.height-y1))
}

func plotText(size float64, c color.RGBA) text.Style {
	f := sansFont(size)
	return text.Style{Color: c, Font: f, Handler: text.Plain{Fonts: font.DefaultCache}}
}

func round(v float64) int {
	if v < 0 {
		return int(v - 0.5)
	}
	return int(v + 0.5)
}

// zoomPen draws enlarged, for pictures of more dots than px.
type zoomPen struct {
	p chartPen
	k float64
}

func (z zoomPen) text(x, y float64, s string, size, align float64, c color.RGBA) {
	z.p.text(x*z.k, y*z.k, s, size*z.k, align, c)
}

func (z zoomPen) rect(x0, y0, x1, y1 float64, c color.RGBA) {
	z.p.rect(x0*z.k, y0*z.k, x1*z.k, y1*z.k, c)
}

func (z zoomPen) line(x0, y0, x1, y1, width float64, c color.RGBA) {
	z.p.line(x0*z.k, y0*z.k, x1*z.k, y1*z.k, width*z.k, c)
}
