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
	for i, series := range s.chart.Series {
		if !s.isLine(series) {
			p.Add(points{s, i})
		}
	}
	if s.chart.Kind == result.Line {
		labels := s.endLabels()
		room := 0.0
		for _, l := range labels {
			room = max(room, textWidth(l.text, tickSize)+8)
		}
		return room, func(pen plotPen, f frame) { s.drawEndLabels(pen, f, labels) }
	}
	return 0, func(pen plotPen, f frame) {
		taken := s.nameLines(pen, f)
		s.namePoints(pen, f, taken)
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

// points are the dots of series i.
type points struct {
	s *sheet
	i int
}

// maxGlyphs is the most points drawn as shapes; more become one image, since each
// shape costs an SVG about 200 bytes.
const maxGlyphs = 1000

// The radius of a point in px, and its bounds where points have sizes.
const dotRadius, leastRadius, mostRadius = 4, 2.5, 14

func (d points) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	series := d.s.chart.Series[d.i]
	fill := d.s.colors[d.i]
	dots := dotImage{color: fill}
	many := pointCount(series) > maxGlyphs
	if many {
		dots.start(c)
	}
	eachPoint(d.s.chart, series, func(i int, px, py float64) {
		at := vg.Point{X: x(px), Y: y(py)}
		switch {
		case !d.s.x.contains(px) || !d.s.y.contains(py):
		case many:
			dots.add(at)
		default:
			drawDot(c, at, radius(series, i), fill, d.s.theme.paper)
		}
	})
	if many {
		c.DrawImage(vg.Rectangle{Min: c.Min, Max: c.Max}, dots.img)
	}
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
	color color.RGBA
	img   *image.RGBA
	box   vg.Rectangle
}

func (d *dotImage) start(c draw.Canvas) {
	d.box = c.Rectangle
	size := c.Size()
	d.img = image.NewRGBA(image.Rect(0, 0, max(int(size.X)*pixelRatio, 1), max(int(size.Y)*pixelRatio, 1)))
}

func (d *dotImage) add(at vg.Point) {
	size := d.box.Size()
	px := int(float64((at.X-d.box.Min.X)/size.X) * float64(d.img.Bounds().Dx()))
	py := int(float64((d.box.Max.Y-at.Y)/size.Y) * float64(d.img.Bounds().Dy()))
	for dx := -2; dx <= 2; dx++ {
		for dy := -2; dy <= 2; dy++ {
			if dx*dx+dy*dy <= 5 {
				d.img.SetRGBA(px+dx, py+dy, d.color)
			}
		}
	}
}
