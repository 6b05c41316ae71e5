package render

import (
	"image/color"
	"io"
	"math"

	"github.com/golang/freetype/truetype"
	"github.com/wcharczuk/go-chart/v2"
	"github.com/wcharczuk/go-chart/v2/drawing"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// pdfRenderer lets go-chart, which writes no PDF, draw on a page of gonum/plot, whose Y
// axis points up.
type pdfRenderer struct {
	page         pdfPage
	height       float64 // px
	path         vg.Path
	fill, stroke drawing.Color
	ink          drawing.Color // of text
	width, size  float64       // of the stroke and of the font in px
	dash         []float64
	turned       float64 // of text, in radians
	dotsPerInch  float64
	begun        bool
}

func newPDFRenderer(o Options) *pdfRenderer {
	return &pdfRenderer{page: newPDF(o), height: o.Height, dotsPerInch: 72}
}

func (r *pdfRenderer) ResetStyle() {
	r.fill, r.stroke, r.ink, r.width, r.dash = drawing.Color{}, drawing.Color{}, drawing.Color{}, 0, nil
}
func (r *pdfRenderer) GetDPI() float64                   { return r.dotsPerInch }
func (r *pdfRenderer) SetDPI(dpi float64)                { r.dotsPerInch = dpi }
func (r *pdfRenderer) SetClassName(string)               {}
func (r *pdfRenderer) SetStrokeColor(c drawing.Color)    { r.stroke = c }
func (r *pdfRenderer) SetFillColor(c drawing.Color)      { r.fill = c }
func (r *pdfRenderer) SetStrokeWidth(width float64)      { r.width = width }
func (r *pdfRenderer) SetStrokeDashArray(dash []float64) { r.dash = dash }
func (r *pdfRenderer) SetFont(*truetype.Font)            {}
func (r *pdfRenderer) SetFontColor(c drawing.Color)      { r.ink = c }
func (r *pdfRenderer) SetFontSize(size float64)          { r.size = size }
func (r *pdfRenderer) SetTextRotation(radians float64)   { r.turned = radians }
func (r *pdfRenderer) ClearTextRotation()                { r.turned = 0 }

func (r *pdfRenderer) at(x, y float64) vg.Point {
	return vg.Point{X: vg.Length(x), Y: vg.Length(r.height - y)}
}

func (r *pdfRenderer) MoveTo(x, y int) { r.moveTo(float64(x), float64(y)) }

func (r *pdfRenderer) moveTo(x, y float64) {
	r.path.Move(r.at(x, y))
	r.begun = true
}

func (r *pdfRenderer) LineTo(x, y int) { r.lineTo(float64(x), float64(y)) }

func (r *pdfRenderer) lineTo(x, y float64) {
	if !r.begun {
		r.moveTo(x, y)
		return
	}
	r.path.Line(r.at(x, y))
}

func (r *pdfRenderer) QuadCurveTo(cx, cy, x, y int) {
	r.path.QuadTo(r.at(float64(cx), float64(cy)), r.at(float64(x), float64(y)))
}

// ArcTo draws by short lines: a PDF has no arcs.
func (r *pdfRenderer) ArcTo(cx, cy int, rx, ry, start, delta float64) {
	parts := max(int(math.Ceil(math.Abs(delta)/0.03)), 1)
	for i := range parts + 1 {
		angle := start + delta*float64(i)/float64(parts)
		r.lineTo(float64(cx)+rx*math.Cos(angle), float64(cy)+ry*math.Sin(angle))
	}
}

func (r *pdfRenderer) Close() { r.path.Close() }

func (r *pdfRenderer) Stroke() {
	if r.stroke.A > 0 && r.width > 0 {
		r.page.SetColor(colorOf(r.stroke))
		r.page.SetLineWidth(vg.Length(r.width))
		dash := make([]vg.Length, len(r.dash))
		for i, d := range r.dash {
			dash[i] = vg.Length(d)
		}
		r.page.SetLineDash(dash, 0)
		r.page.Stroke(r.path)
	}
	r.forget()
}

func (r *pdfRenderer) Fill() {
	r.fillPath()
	r.forget()
}

func (r *pdfRenderer) FillStroke() {
	r.fillPath()
	r.Stroke()
}

func (r *pdfRenderer) fillPath() {
	if r.fill.A > 0 && len(r.path) > 0 {
		r.page.SetColor(colorOf(r.fill))
		r.page.Fill(r.path)
	}
}

func (r *pdfRenderer) forget() { r.path, r.begun = nil, false }

func (r *pdfRenderer) Circle(radius float64, x, y int) {
	r.forget()
	r.ArcTo(x, y, radius, radius, 0, 2*math.Pi)
	r.Close()
	r.FillStroke()
}

func (r *pdfRenderer) Text(body string, x, y int) {
	f := sansFont(r.size)
	r.page.SetColor(colorOf(r.ink))
	r.page.Push()
	r.page.Translate(r.at(float64(x), float64(y)))
	r.page.Rotate(-r.turned)
	r.page.FillString(font.DefaultCache.Lookup(f, f.Size), vg.Point{}, body)
	r.page.Pop()
}

func (r *pdfRenderer) MeasureText(body string) chart.Box {
	return chart.Box{Right: int(math.Ceil(textWidth(body, r.size))), Bottom: int(r.size)}
}

func (r *pdfRenderer) Save(w io.Writer) error {
	_, err := r.page.WriteTo(w)
	return err
}

func colorOf(c drawing.Color) color.RGBA { return color.RGBA{c.R, c.G, c.B, c.A} }
