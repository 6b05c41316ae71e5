package render

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
	"sync"

	"codeberg.org/go-fonts/liberation/liberationsansregular"
	"github.com/golang/freetype/truetype"
	"github.com/wcharczuk/go-chart/v2"

	"profilemate/workbench/result"
)

// freeSans is the font of the pictures in the form that go-chart takes. Parsing is
// done once; the parsed font is never written to.
var freeSans = sync.OnceValues(func() (*truetype.Font, error) { return truetype.Parse(liberationsansregular.TTF) })

// axisRange is a Scale in the form that go-chart takes. go-chart's own ranges
// refuse equal ends and draw logarithms below 1 wrongly.
type axisRange struct {
	scale  Scale
	ticks  []chart.Tick
	flip   bool // the first category at the top
	domain int  // in dots
}

func newRange(s Scale, ticks []Tick, flip bool) *axisRange {
	r := &axisRange{scale: s, flip: flip}
	for _, t := range ticks {
		r.ticks = append(r.ticks, chart.Tick{Value: t.Value, Label: t.Label})
	}
	return r
}

func (a *axisRange) String() string     { return fmt.Sprintf("[%g, %g]", a.scale.Min, a.scale.Max) }
func (a *axisRange) IsZero() bool       { return false }
func (a *axisRange) GetMin() float64    { return a.scale.Min }
func (a *axisRange) SetMin(float64)     {}
func (a *axisRange) GetMax() float64    { return a.scale.Max }
func (a *axisRange) SetMax(float64)     {}
func (a *axisRange) GetDelta() float64  { return a.scale.Max - a.scale.Min }
func (a *axisRange) GetDomain() int     { return a.domain }
func (a *axisRange) SetDomain(dots int) { a.domain = dots }
func (a *axisRange) IsDescending() bool { return false }
func (a *axisRange) at(v float64) float64 {
	f := a.scale.fraction(v)
	if a.flip {
		f = 1 - f
	}
	return f * float64(a.domain)
}

// Translate bounds what it returns, so that no value outside of the axis overflows.
func (a *axisRange) Translate(v float64) int {
	return int(math.Round(min(max(a.at(v), -1e6), 1e6)))
}

func (a *axisRange) GetTicks(chart.Renderer, chart.Style, chart.ValueFormatter) []chart.Tick {
	return a.ticks
}

// escaping makes go-chart's SVG renderer, which writes text as it comes, safe:
// kernel names are full of angle brackets. It also measures text as the rest of this
// package does: go-chart loads a font for every single text.
type escaping struct {
	chart.Renderer
	size float64 // of the font in px
}

func (e *escaping) Text(body string, x, y int) { e.Renderer.Text(html.EscapeString(body), x, y) }

func (e *escaping) SetFontSize(size float64) {
	e.size = size
	e.Renderer.SetFontSize(size)
}

func (e *escaping) MeasureText(body string) chart.Box {
	return chart.Box{Right: int(math.Ceil(textWidth(body, e.size))), Bottom: int(e.size)}
}

// zoomed is a go-chart renderer with its enlargement and font.
type zoomed struct {
	provider chart.RendererProvider
	k        float64 // dots per px
	dpi      float64 // at which one point is one dot
	font     *truetype.Font
}

func newZoomed(f format, o Options) (zoomed, error) {
	font, err := freeSans()
	if err != nil {
		return zoomed{}, fmt.Errorf("reading the built-in font: %w", err)
	}
	if f == pngFormat {
		// The PNG renderer takes the 64 units of a truetype point for points of 1/72
		// inch, and draws all text an eighth too large at 72.
		return zoomed{chart.PNG, pixelRatio * o.enlarged, 64, font}, nil
	}
	if f == pdfFormat {
		return zoomed{func(int, int) (chart.Renderer, error) { return newPDFRenderer(o), nil }, 1, 72, font}, nil
	}
	svg := func(w, h int) (chart.Renderer, error) {
		r, err := chart.SVG(w, h)
		return &escaping{Renderer: r}, err
	}
	return zoomed{svg, 1, 72, font}, nil
}

func (z zoomed) pen(r chart.Renderer) pen { return zoomPen{chartPen{r, z.font}, z.k} }

// layer is something of ours that go-chart draws as a series: grid, bars, labels.
// at maps a place of the picture's two axes to px.
type layer struct {
	z    zoomed
	draw func(p pen, f frame)
}

// frame is the plot's box in px, with the places of values in it.
type frame struct {
	left, top, right, bottom float64
	across, up               func(v float64) float64
}

func (l layer) GetName() string           { return "" }
func (l layer) GetYAxis() chart.YAxisType { return chart.YAxisSecondary }
func (l layer) GetStyle() chart.Style     { return chart.Style{} }
func (l layer) Validate() error           { return nil }
func (l layer) Render(r chart.Renderer, box chart.Box, xr, yr chart.Range, _ chart.Style) {
	k := l.z.k
	f := frame{
		left: float64(box.Left) / k, right: float64(box.Right) / k, top: float64(box.Top) / k, bottom: float64(box.Bottom) / k,
		across: func(v float64) float64 { return (float64(box.Left) + xr.(*axisRange).at(v)) / k },
		up:     func(v float64) float64 { return (float64(box.Bottom) - yr.(*axisRange).at(v)) / k },
	}
	l.draw(l.z.pen(r), f)
}

// plotted is what a kind of chart puts between the axes, and the room it needs for
// labels at the right, in px.
type plotted struct {
	series func(z zoomed) []chart.Series
	right  float64
}

// nameRoom is the share of a picture's width that the names of lying bars may take.
const nameRoom = 0.42

// drawAxes draws a chart with two axes through go-chart.
func (s *sheet) drawAxes(f format, content plotted) ([]byte, error) {
	z, err := newZoomed(f, s.o)
	if err != nil {
		return nil, err
	}
	across, up, flip := s.x, s.y, false
	if s.chart.Horizontal {
		across, up, flip = s.y, s.x, true
	}
	right := margin + content.right
	left := margin + 0.0
	plotWidth := s.o.Width - 2*margin - right - 40
	plotHeight := max(s.o.Height-s.header.height-50, 20)
	xr := newRange(across, s.visibleTicks(across, max(plotWidth, 40), 0, false), false)
	upright := s.visibleTicks(up, plotHeight, nameRoom*s.o.Width, true)
	tree := treeOf(up, upright)
	if tree.room > 0 {
		left, upright = left+tree.room, nil
	}
	yr := newRange(up, upright, flip)
	k := z.k
	tick := chart.Style{Font: z.font, FontSize: tickSize * k, FontColor: toDrawing(s.theme.muted), StrokeColor: toDrawing(s.theme.line), StrokeWidth: k}
	c := chart.Chart{
		Width: int(s.o.Width * k), Height: int(s.o.Height * k), DPI: z.dpi, Font: z.font,
		Background: chart.Style{FillColor: toDrawing(s.theme.paper), StrokeColor: toDrawing(s.theme.paper),
			Padding: chart.Box{Left: int(left * k), Top: int(s.header.height * k), Right: int(right * k), Bottom: int(10 * k)}},
		Canvas: chart.Style{FillColor: toDrawing(s.theme.paper), StrokeColor: toDrawing(s.theme.paper)},
		XAxis: chart.XAxis{Name: fit(oneLine(s.horizontalTitle()), labelSize, plotWidth), Range: xr, Style: tick,
			NameStyle: chart.Style{Font: z.font, FontSize: labelSize * k, FontColor: toDrawing(s.theme.muted)}, GridMajorStyle: chart.Hidden(), GridMinorStyle: chart.Hidden()},
		YAxis:          chart.YAxis{Style: chart.Hidden(), Range: newRange(up, nil, flip), GridMajorStyle: chart.Hidden(), GridMinorStyle: chart.Hidden()},
		YAxisSecondary: chart.YAxis{Range: yr, Style: tick, GridMajorStyle: chart.Hidden(), GridMinorStyle: chart.Hidden(), Zero: chart.GridLine{Style: chart.Hidden()}},
		Series:         append([]chart.Series{s.grid(z, xr, yr), s.treeNames(z, tree)}, content.series(z)...),
	}
	var out bytes.Buffer
	if err := c.Render(z.provider, &out); err != nil {
		return nil, fmt.Errorf("go-chart: %w", err)
	}
	return undated(out.Bytes()), nil
}

// tree is the names of an upright axis that begin below each other; room is what they
// take at the left in px, 0 where the names are no tree.
type tree struct {
	ticks []Tick
	room  float64
}

func treeOf(scale Scale, ticks []Tick) tree {
	indented := func(name string) bool { return strings.HasPrefix(name, result.Indent) }
	if !slices.ContainsFunc(scale.Categories, indented) {
		return tree{}
	}
	t := tree{ticks: ticks}
	for _, tick := range ticks {
		t.room = max(t.room, textWidth(tick.Label, tickSize)+nameGap)
	}
	return t
}

// nameGap is between the widest name of a tree and the axis, in px.
const nameGap = 8

// treeNames writes what go-chart would write flush to the axis.
func (s *sheet) treeNames(z zoomed, t tree) chart.Series {
	return layer{z, func(p pen, f frame) {
		for _, tick := range t.ticks {
			p.text(f.left-t.room, f.up(tick.Value)+4, tick.Label, tickSize, 0, s.theme.muted)
		}
	}}
}

// grid draws hairlines at the ticks of numeric axes, and what stands above the plot.
func (s *sheet) grid(z zoomed, xr, yr *axisRange) chart.Series {
	return layer{z, func(p pen, f frame) {
		for _, t := range xr.ticks {
			if xr.scale.Categories == nil {
				p.line(f.across(t.Value), f.top, f.across(t.Value), f.bottom, 1, s.theme.line)
			}
		}
		for _, t := range yr.ticks {
			if yr.scale.Categories == nil {
				p.line(f.left, f.up(t.Value), f.right, f.up(t.Value), 1, s.theme.line)
			}
		}
		s.drawHeader(p)
		if s.isEmpty() {
			p.text((f.left+f.right)/2, (f.top+f.bottom)/2, noData, labelSize, 0.5, s.theme.muted)
		}
	}}
}

const noData = "no values to draw"
