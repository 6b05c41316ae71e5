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
	themed bool    // colors of paper and ink as CSS variables, for SVG inside our own HTML
}

// The bounds of a picture's side in px: below the first nothing can be read, above
// the second no viewer opens it.
const (
	minSide, maxSide = 120, 8000
	defaultWidth     = 720
	defaultHeight    = 360
)

func (o Options) sized(c result.Chart) (Options, error) {
	for _, side := range []float64{o.Width, o.Height} {
		if math.IsNaN(side) || side < 0 || side > maxSide || (side > 0 && side < minSide) {
			return o, fault.Errorf(fault.Misuse, "drawing chart %q: a side of %g px; a side is between %d and %d px", c.Name, side, minSide, maxSide)
		}
	}
	if o.Width == 0 {
		o.Width = defaultWidth
	}
	if o.Height == 0 {
		o.Height = naturalHeight(c, o.Width)
	}
	return o, nil
}

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

// PDF draws a chart as a one-page PDF. Line, scatter and heat map charts can be;
// a bar or pie chart is refused as Unsupported, since go-chart writes no PDF.
func PDF(c result.Chart, o Options) ([]byte, error) {
	if c.Kind == result.Bar || c.Kind == result.Pie {
		return nil, fault.WithRemedy(
			fault.Errorf(fault.Unsupported, "drawing chart %q: a %s chart cannot be written as PDF", c.Name, c.Kind),
			"write it as SVG or PNG")
	}
	return picture(c, o, pdfFormat)
}

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
