package render

import (
	"image"
	"image/color"
	"math"
	"strconv"

	"github.com/wcharczuk/go-chart/v2"
	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"profilemate/workbench/result"
)

// plotHeat adds the cells of a heat map, row 0 at the top, and the color scale.
func (s *sheet) plotHeat(p *plot.Plot) (float64, func(plotPen, frame)) {
	colors := s.heatColors()
	p.Add(cells{s, colors})
	room := textWidth(colors.title, tickSize) - barWidth
	for _, t := range colors.scale.Ticks {
		room = max(room, textWidth(t.Label, tickSize)+6)
	}
	return 18 + barWidth + room, func(pen plotPen, f frame) {
		s.drawColorScale(pen, f, colors)
		s.markCells(f)
	}
}

// HeatScale is the color bar of a heat map: the values at its ends, which are the
// least and the largest where they differ, and its colors, from the low end to the
// high one in even steps, or even ratios where Log is set.
type HeatScale struct {
	Min, Max float64
	Log      bool
	Colors   []string // "#RRGGBB"
}

// HeatScaleOf returns a heat map's color bar with so many colors, at least 2.
func HeatScaleOf(c result.Chart, colors int) HeatScale {
	h := newSheet(c, Options{}).heatColors()
	out := HeatScale{Min: h.bar.Min, Max: h.bar.Max, Log: h.bar.Log, Colors: make([]string, max(colors, 2))}
	for i := range out.Colors {
		out.Colors[i] = hexText(h.at(h.bar.value(float64(i) / float64(len(out.Colors)-1))))
	}
	return out
}

// heatColors says which color a value of a heat map has.
type heatColors struct {
	scale     Scale // from one end of the colors to the other
	bar       Scale // from the least value to the largest: colors that no value has are not shown
	title     string
	diverging bool
	middle    float64
	absent    color.RGBA
	grey      bool
}

func (s *sheet) heatExtent() extent {
	e := noExtent()
	if s.chart.Heat == nil {
		return e
	}
	for _, row := range s.chart.Heat.Values {
		for _, v := range row {
			if drawable(float64(v), s.chart.Heat.Log) {
				e.add(float64(v))
			}
		}
	}
	return e
}

func (s *sheet) heatColors() heatColors {
	heat := s.chart.Heat
	if heat == nil {
		heat = &result.Heat{}
	}
	e := s.heatExtent()
	seen := e
	h := heatColors{diverging: heat.Diverging, middle: heat.Middle, absent: s.theme.absent, grey: s.theme.palette.grey}
	if heat.Diverging && !e.empty() {
		e = twoSided(e, heat.Middle, heat.Log)
	}
	h.scale = numeric(result.Axis{Label: heat.Label, Unit: heat.Unit, Log: heat.Log}, e, false)
	if !e.empty() && e.max > e.min {
		// The colors end at the data, not at the next tick.
		h.scale.Min, h.scale.Max = e.min, e.max
		h.scale.Ticks = inside(h.scale)
	}
	h.bar = h.scale
	if seen.max > seen.min {
		h.bar.Min, h.bar.Max = seen.min, seen.max
		h.bar.Ticks = inside(h.bar)
	}
	if heat.Diverging && h.bar.contains(heat.Middle) {
		h.bar.Ticks = withMiddle(h.bar, heat)
	}
	h.title = fit(oneLine(h.scale.Title), tickSize, 110)
	return h
}

// twoSided widens e so that its middle is in the middle: by difference, or by ratio
// on a logarithmic scale.
func twoSided(e extent, middle float64, log bool) extent {
	if log {
		if middle <= 0 {
			return e
		}
		reach := max(e.max/middle, middle/e.min)
		return extent{middle / reach, middle * reach}
	}
	reach := max(e.max-middle, middle-e.min)
	return extent{middle - reach, middle + reach}
}

// withMiddle adds the neutral value to the ticks and drops those whose labels would
// run into its own.
func withMiddle(s Scale, heat *result.Heat) []Tick {
	const near = 0.06 // of the bar
	out := []Tick{{heat.Middle, short(heat.Middle, heat.Unit)}}
	for _, t := range s.Ticks {
		switch {
		case t.Value == heat.Middle:
			out[0].Label = t.Label
		case math.Abs(s.fraction(t.Value)-s.fraction(heat.Middle)) >= near:
			out = append(out, t)
		}
	}
	return out
}

func inside(s Scale) []Tick {
	var out []Tick
	for _, t := range s.Ticks {
		if s.contains(t.Value) {
			out = append(out, t)
		}
	}
	return out
}

// at returns the color of a value; a missing one has the paper's shade.
func (h heatColors) at(v float64) color.RGBA {
	if !drawable(v, h.scale.Log) {
		return h.absent
	}
	f := min(max(h.scale.fraction(v), 0), 1)
	switch {
	case h.grey && h.diverging: // no two hues: the distance from the middle alone
		return blend(hex("#F2F2F2"), hex("#303030"), math.Abs(2*f-1))
	case h.grey:
		return blend(hex("#F2F2F2"), hex("#1A1A1A"), f)
	case h.diverging:
		return divergingColor(f)
	}
	c := chart.Viridis(f, 0, 1)
	return color.RGBA{c.R, c.G, c.B, 255}
}

// divergingColor runs from blue over a neutral grey to vermillion; the ends are
// equally dark, and the two hues are told apart with any color vision.
func divergingColor(f float64) color.RGBA {
	neutral := hex("#F2F2F2")
	if f < 0.5 {
		return blend(hex("#0A4F8A"), neutral, 2*f)
	}
	return blend(neutral, hex("#B34700"), 2*f-1)
}

// cells is the matrix of a heat map.
type cells struct {
	s      *sheet
	colors heatColors
}

// maxCells is the most cells drawn as shapes, each with its value where there is
// room; more are one image.
const maxCells = 400

func (h cells) Plot(c draw.Canvas, p *plot.Plot) {
	rows, cols := heatSize(h.s.chart)
	if rows == 0 || cols == 0 {
		return
	}
	if rows*cols > maxCells {
		c.DrawImage(c.Rectangle, h.image(rows, cols, c.Size()))
		return
	}
	w, t := c.Size().X/vg.Length(cols), c.Size().Y/vg.Length(rows)
	for y, row := range h.s.chart.Heat.Values {
		for x, v := range row {
			min := vg.Point{X: c.Min.X + vg.Length(x)*w, Y: c.Max.Y - vg.Length(y+1)*t}
			fill := h.colors.at(float64(v))
			c.SetColor(fill)
			// Edges are not aligned to dots: a hair of overlap keeps the paper from shining
			// through the seams.
			c.Fill(vg.Rectangle{Min: min, Max: vg.Point{X: min.X + w + 0.4, Y: min.Y + t}}.Path())
			h.value(c, min, w, t, float64(v), fill)
		}
	}
}

// value writes a cell's value into it where it fits.
func (h cells) value(c draw.Canvas, at vg.Point, w, t vg.Length, v float64, fill color.RGBA) {
	if t < tickSize+3 || !drawable(v, false) {
		return
	}
	text := short(v, "")
	if width := textWidth(text, tickSize-1); vg.Length(width)+4 < w {
		style := plotText(tickSize-1, inkOn(fill))
		style.XAlign = draw.XCenter
		c.FillText(style, vg.Point{X: at.X + w/2, Y: at.Y + t/2 + 0.5 - tickSize/2 + 2}, text)
	}
}

// image draws the cells as an image in which each is a whole number of dots, about
// two per px, so that viewers that smooth images keep the edges.
func (h cells) image(rows, cols int, size vg.Point) image.Image {
	kx := max(int(math.Round(float64(size.X)*pixelRatio/float64(cols))), 1)
	ky := max(int(math.Round(float64(size.Y)*pixelRatio/float64(rows))), 1)
	img := image.NewRGBA(image.Rect(0, 0, cols*kx, rows*ky))
	for y, row := range h.s.chart.Heat.Values {
		for x := range cols {
			v := math.NaN()
			if x < len(row) {
				v = float64(row[x])
			}
			fill := h.colors.at(v)
			for dy := range ky {
				for dx := range kx {
					img.SetRGBA(x*kx+dx, y*ky+dy, fill)
				}
			}
		}
	}
	return img
}

// barWidth is the width of the color scale in px.
const barWidth = 14

func (s *sheet) drawColorScale(p plotPen, f frame, h heatColors) {
	x := f.right + 18
	const steps = 64
	height := f.bottom - f.top
	bar := h.bar
	for i := range steps {
		y := f.bottom - height*float64(i)/steps
		p.rect(x, y-height/steps-0.4, x+barWidth, y, h.at(bar.value((float64(i)+0.5)/steps)))
	}
	p.text(x, f.top-8, h.title, tickSize, 0, s.theme.muted)
	for _, t := range bar.Ticks {
		y := f.bottom - bar.fraction(t.Value)*height
		from, width := x+barWidth, 1.0
		if h.diverging && t.Value == h.middle {
			from, width = x, 1.5 // across the bar: this is the neutral value
		}
		p.line(from, y, x+barWidth+3, y, width, s.theme.muted)
		p.text(x+barWidth+6, y+4, t.Label, tickSize, 0, s.theme.muted)
	}
}

// value is the inverse of fraction.
func (s Scale) value(f float64) float64 {
	if !s.Log {
		return s.Min + f*(s.Max-s.Min)
	}
	lo, hi := math.Log10(s.Min), math.Log10(s.Max)
	return math.Pow(10, lo+f*(hi-lo))
}

// markCells gives the cells of a small heat map their values as tooltips.
func (s *sheet) markCells(f frame) {
	rows, cols := heatSize(s.chart)
	if rows*cols > maxMarks || rows*cols == 0 {
		return
	}
	w, t := (f.right-f.left)/float64(cols), (f.bottom-f.top)/float64(rows)
	for y, row := range s.chart.Heat.Values {
		for x, v := range row {
			text := missing
			if drawable(float64(v), false) {
				text = strconv.FormatFloat(float64(v), 'g', 6, 64)
			}
			at := s.y.Categories[y] + ", " + s.x.Categories[x] + "\n" + labeled(s.chart.Heat.Label, text)
			s.mark(f.left+float64(x)*w, f.top+float64(y)*t, f.left+float64(x+1)*w, f.top+float64(y+1)*t, at)
		}
	}
}

const missing = "—"
