package render

import (
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"profilemate/workbench/result"
)

// plotScatter adds the points and lines of a scatter chart, such as a roofline. A
// line chart that is written as PDF comes here too.
func (s *sheet) plotScatter(p *plot.Plot) (float64, func(plotPen, frame)) {
	p.Add(plotGrid{s.theme.line})
	for i, series := range s.chart.Series {
		if s.isLine(series) {
			s.addLines(p, i)
		}
	}
	p.Add(points{s})
	if s.chart.Kind == result.Line {
		labels := s.endLabels()
		room := 0.0
		for _, l := range labels {
			room = max(room, textWidth(l.text, tickSize)+8)
		}
		return room, func(pen plotPen, f frame) { s.drawEndLabels(pen, f, labels) }
	}
	return 0, func(pen plotPen, f frame) {
		s.drawNames(pen, f)
		s.markPoints(f)
	}
}

func (s *sheet) isLine(series result.Series) bool {
	return series.Kind == result.Line || series.Kind == "" && s.chart.Kind == result.Line
}

func (s *sheet) addLines(p *plot.Plot, i int) {
	series := s.chart.Series[i]
	drawableHere := func(x, y float64) bool { return drawable(x, s.x.Log) && drawable(y, s.y.Log) }
	for _, r := range decimate(series, int(s.o.Width), drawableHere, s.x.fraction) {
		p.Add(polyline{s.colors[i], series.Dashed, r})
	}
}

// polyline is a line that is clipped to the plot.
type polyline struct {
	color  color.RGBA
	dashed bool
	run    run
}

func (l polyline) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	style := draw.LineStyle{Color: l.color, Width: 1.6}
	if l.dashed {
		style.Dashes = []vg.Length{6, 4}
	}
	at := make([]vg.Point, len(l.run.x))
	for i := range at {
		at[i] = vg.Point{X: x(l.run.x[i]), Y: y(l.run.y[i])}
	}
	if len(at) == 1 && c.Contains(at[0]) {
		c.DrawGlyph(draw.GlyphStyle{Color: l.color, Radius: 3, Shape: draw.CircleGlyph{}}, at[0])
		return
	}
	c.StrokeLines(style, c.ClipLinesXY(at)...)
}

// points are the dots of all series that are no lines.
type points struct{ s *sheet }

// maxGlyphs is the most points of a series drawn as shapes; more become an image,
// since each shape costs an SVG about 200 bytes.
const maxGlyphs = 1000

// The radius of a point in px, and its bounds where points have sizes.
const dotRadius, leastRadius, mostRadius = 4, 2.5, 14

// Plot draws the series of many points first, in one image: gonum's PDF writer puts
// several into the file in a random order.
func (d points) Plot(c draw.Canvas, p *plot.Plot) {
	var dots *dotImage
	var few []int
	for i, series := range d.s.chart.Series {
		switch {
		case d.s.isLine(series):
		case pointCount(series) <= maxGlyphs:
			few = append(few, i)
		default:
			if dots == nil {
				dots = newDotImage(c)
			}
			d.each(c, p, i, func(_ int, at vg.Point) { dots.add(at, d.s.colors[i]) })
		}
	}
	if dots != nil {
		c.DrawImage(c.Rectangle, dots.img)
	}
	for _, i := range few {
		d.each(c, p, i, func(k int, at vg.Point) {
			drawDot(c, at, radius(d.s.chart.Series[i], k), d.s.colors[i], d.s.theme.paper)
		})
	}
}

// each visits the points of series i that lie within the axes.
func (d points) each(c draw.Canvas, p *plot.Plot, i int, visit func(k int, at vg.Point)) {
	x, y := p.Transforms(&c)
	eachPoint(d.s.chart, d.s.chart.Series[i], func(k int, px, py float64) {
		if d.s.x.contains(px) && d.s.y.contains(py) {
			visit(k, vg.Point{X: x(px), Y: y(py)})
		}
	})
}

// radius makes the area of a point follow its size.
func radius(series result.Series, i int) vg.Length {
	if i >= len(series.Sizes) {
		return dotRadius
	}
	size := float64(series.Sizes[i])
	if math.IsNaN(size) {
		return dotRadius
	}
	return leastRadius + (mostRadius-leastRadius)*vg.Length(math.Sqrt(min(max(size, 0), 1)))
}

// drawDot rings each dot in the color of the paper, so that neighbors stay apart.
func drawDot(c draw.Canvas, at vg.Point, r vg.Length, fill, ring color.RGBA) {
	c.DrawGlyph(draw.GlyphStyle{Color: ring, Radius: r + 1, Shape: draw.CircleGlyph{}}, at)
	c.DrawGlyph(draw.GlyphStyle{Color: fill, Radius: r, Shape: draw.CircleGlyph{}}, at)
}

// dotImage collects points in an image of two dots per px.
type dotImage struct {
	img *image.RGBA
	box vg.Rectangle
}

func newDotImage(c draw.Canvas) *dotImage {
	size := c.Size()
	return &dotImage{box: c.Rectangle, img: image.NewRGBA(image.Rect(0, 0,
		max(int(size.X)*pixelRatio, 1), max(int(size.Y)*pixelRatio, 1)))}
}

func (d *dotImage) add(at vg.Point, fill color.RGBA) {
	size := d.box.Size()
	px := int(float64((at.X-d.box.Min.X)/size.X) * float64(d.img.Bounds().Dx()))
	py := int(float64((d.box.Max.Y-at.Y)/size.Y) * float64(d.img.Bounds().Dy()))
	for dx := -2; dx <= 2; dx++ {
		for dy := -2; dy <= 2; dy++ {
			if dx*dx+dy*dy <= 5 {
				d.img.SetRGBA(px+dx, py+dy, fill)
			}
		}
	}
}
