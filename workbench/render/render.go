// Package render turns a result into something to look at: SVG, PNG and PDF
// pictures of chart specifications, aligned text for a terminal, static HTML for a
// notebook output, and exact JSON. It adds nothing to a result but form: what is
// missing stays missing, and numbers are scaled to a readable prefix here and
// nowhere earlier.
//
// Line, bar and pie charts are drawn with go-chart, scatter charts and heat maps
// with gonum/plot. Domains and ticks come from Scales, which both share, so that a
// chart shows the same whatever draws it. All functions are pure, give the same
// bytes for the same input, and may be called from several goroutines.
package render

import (
	"fmt"
	"math"

	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// Options say how a chart is drawn.
type Options struct {
	Width  float64 // in px; 0 for 720
	Height float64 // in px; 0 for a height that suits the chart
	Dark   bool    // light ink on dark paper

	// Font is the size of the numbers at the axes in points of 1/72 inch; titles and lines
	// keep their proportion to it. 0 for 8.25, which is 11 px.
	Font float64
	// Palette names the colors of series and heat maps; see Palettes. Empty for the first.
	Palette string

	enlarged float64 // px of the picture for each px of its layout; set by sized
	themed   bool    // colors of paper and ink as CSS variables, for SVG inside our own HTML
}

// The bounds of a picture's side in px: below the first nothing can be read, above
// the second no viewer opens it.
const (
	minSide, maxSide = 120, 8000
	defaultWidth     = 720
	defaultHeight    = 360
)

// The bounds of a size of type in points.
const minFont, maxFont = 3, 72

// sized checks the options and gives what is drawn its own size: the whole picture is
// laid out for text of tickSize and enlarged to the size of type that is asked for.
func (o Options) sized(c result.Chart) (Options, error) {
	for _, side := range []float64{o.Width, o.Height} {
		if math.IsNaN(side) || side < 0 || side > maxSide || (side > 0 && side < minSide) {
			return o, fault.Errorf(fault.Misuse, "drawing chart %q: a side of %g px; a side is between %d and %d px", c.Name, side, minSide, maxSide)
		}
	}
	if math.IsNaN(o.Font) || o.Font != 0 && (o.Font < minFont || o.Font > maxFont) {
		return o, fault.Errorf(fault.Misuse, "drawing chart %q: type of %g points; it is between %d and %d points", c.Name, o.Font, minFont, maxFont)
	}
	if _, err := paletteOf(o.Palette); err != nil {
		return o, fmt.Errorf("drawing chart %q: %w", c.Name, err)
	}
	o.enlarged = 1
	if o.Font > 0 {
		o.enlarged = o.Font * pixelsPerPoint / tickSize
	}
	if o.Width == 0 {
		o.Width = defaultWidth * o.enlarged
	}
	o.Width /= o.enlarged
	o.Height /= o.enlarged
	if o.Width < minLaidOut || o.Height != 0 && o.Height < minLaidOut {
		return o, fault.Errorf(fault.Misuse, "drawing chart %q: type of %g points has no room in so small a picture", c.Name, o.Font)
	}
	if o.Height == 0 {
		o.Height = naturalHeight(c, o.Width)
	}
	return o, nil
}

// minLaidOut is the least side in px at which there is room beside text of tickSize.
const minLaidOut = 100

// pixelsPerPoint: a px is 1/96 inch, as in CSS, a point 1/72.
const pixelsPerPoint = 96.0 / 72

// naturalHeight gives each lying bar and each row of a heat map room for its name.
func naturalHeight(c result.Chart, width float64) float64 {
	switch {
	case c.Kind == result.Bar && c.Horizontal:
		bars := categoryCount(c)
		if !c.Stacked {
			bars *= max(len(c.Series), 1)
		}
		return min(max(110+22*float64(bars), 170), 1600)
	case c.Kind == result.HeatMap:
		rows, cols := heatSize(c)
		cell := max((width-200)/float64(max(cols, 1)), 4)
		return min(max(110+float64(rows)*min(cell, 26), 220), max(defaultHeight, width))
	}
	return defaultHeight
}

// SVG draws a chart as a standalone SVG document. Text in it is escaped and
// carries the full names as tooltips. The errors are faults of the kind Misuse for
// an impossible size and Unsupported for a chart kind that does not exist; a chart
// without a drawable value is drawn as such.
func SVG(c result.Chart, o Options) ([]byte, error) { return picture(c, o, svgFormat) }

// PNG draws a chart as a PNG image of twice the width and height of o, for sharp
// text on dense screens. Errors are those of SVG.
func PNG(c result.Chart, o Options) ([]byte, error) { return picture(c, o, pngFormat) }

// PDF draws a chart as a one-page PDF of the size that o says in px of 1/96 inch, with
// its font embedded. Errors are those of SVG.
func PDF(c result.Chart, o Options) ([]byte, error) { return picture(c, o, pdfFormat) }

type format string

const (
	svgFormat format = "svg"
	pngFormat format = "png"
	pdfFormat format = "pdf"
)

// pixelRatio is how many dots of a PNG stand for one px.
const pixelRatio = 2

func picture(c result.Chart, o Options, f format) ([]byte, error) {
	o, err := o.sized(c)
	if err != nil {
		return nil, err
	}
	s := newSheet(c, o)
	data, err := s.draw(f)
	if err != nil {
		return nil, fmt.Errorf("drawing chart %q as %s: %w", c.Name, f, err)
	}
	if f == svgFormat {
		data = s.finish(data)
	}
	return data, nil
}

func (s *sheet) draw(f format) ([]byte, error) {
	switch s.chart.Kind {
	case result.Line:
		if f == pdfFormat {
			return s.drawPlot(f, s.plotScatter)
		}
		return s.drawAxes(f, s.lineSeries())
	case result.Bar:
		return s.drawAxes(f, s.barSeries())
	case result.Pie:
		return s.drawPie(f)
	case result.Scatter:
		return s.drawPlot(f, s.plotScatter)
	case result.HeatMap:
		return s.drawPlot(f, s.plotHeat)
	}
	return nil, fault.Errorf(fault.Unsupported, "there is no chart kind %q (there are: line, bar, scatter, heatmap, pie)", s.chart.Kind)
}
