package render

import (
	"cmp"
	"slices"
)

// box is a place of the picture, in px.
type box struct{ x0, y0, x1, y1 float64 }

func (b box) overlaps(o box) bool { return b.x0 < o.x1 && o.x0 < b.x1 && b.y0 < o.y1 && o.y0 < b.y1 }

// placed keeps what is taken in a plot, so that labels do not cover dots, lines or
// each other.
type placed struct {
	frame frame
	taken []box
	lines []box
}

func (p *placed) free(b box, overLines bool) bool {
	if b.x0 < p.frame.left || b.x1 > p.frame.right || b.y0 < p.frame.top-labelHeight || b.y1 > p.frame.bottom {
		return false
	}
	for _, t := range p.taken {
		if b.overlaps(t) {
			return false
		}
	}
	for _, t := range p.lines {
		if !overLines && b.overlaps(t) {
			return false
		}
	}
	return true
}

// put takes the first free of the candidates; lines are crossed only if nothing
// else is left.
func (p *placed) put(candidates []box) (box, bool) {
	for _, overLines := range []bool{false, true} {
		for _, b := range candidates {
			if p.free(b, overLines) {
				p.taken = append(p.taken, b)
				return b, true
			}
		}
	}
	return box{}, false
}

// labelHeight is the height of a label's box in px; its text stands 3 px above the
// lower edge.
const labelHeight = tickSize + 3

// dot is a drawn point in px.
type dot struct {
	x, y, r float64
	text    string
}

// maxNamed is the most points that are named directly; more would hide each other.
const maxNamed = 24

// drawNames writes the names of lines (roofs) and points beside them.
func (s *sheet) drawNames(p pen, f frame) {
	at := &placed{frame: f}
	dots := s.dots(f)
	for _, d := range dots {
		at.taken = append(at.taken, box{d.x - d.r, d.y - d.r, d.x + d.r, d.y + d.r})
	}
	for i, series := range s.chart.Series {
		if s.isLine(series) {
			at.lines = append(at.lines, along(s.linePoints(f, i))...)
		}
	}
	if len(dots) == 0 || len(dots) > maxNamed {
		s.nameLines(p, at)
		return
	}
	slices.SortStableFunc(dots, func(a, b dot) int { return cmp.Compare(b.r, a.r) })
	s.nameDot(p, at, dots[0]) // what matters most
	s.nameLines(p, at)
	for _, d := range dots[1:] {
		s.nameDot(p, at, d)
	}
}

// nameDot writes the name of a dot beside it, shorter where it has no place otherwise.
func (s *sheet) nameDot(p pen, at *placed, d dot) {
	for _, room := range []float64{220, 150, 100} {
		text := fit(oneLine(ShortName(d.text)), tickSize, room)
		if text == "" {
			return
		}
		if b, ok := at.put(around(d, textWidth(text, tickSize), at.frame)); ok {
			p.text(b.x0, b.y1-3, text, tickSize, 0, s.theme.ink)
			return
		}
	}
}

// around lists where the name of a dot may stand, best first. Above and below, it is
// moved into the frame.
func around(d dot, w float64, f frame) []box {
	gap := d.r + 3
	at := func(x, y float64) box { return box{x, y - labelHeight/2, x + w, y + labelHeight/2} }
	middle := max(min(d.x-w/2, f.right-w-2), f.left+2)
	return []box{
		at(d.x+gap, d.y), at(d.x-gap-w, d.y), at(middle, d.y-gap-labelHeight/2), at(middle, d.y+gap+labelHeight/2),
		at(d.x+gap-2, d.y+gap+2), at(d.x-gap-w+2, d.y+gap+2), at(d.x+gap-2, d.y-gap-2), at(d.x-gap-w+2, d.y-gap-2),
	}
}

// dots returns the points of the series that are drawn one by one.
func (s *sheet) dots(f frame) []dot {
	var out []dot
	for _, series := range s.chart.Series {
		if s.isLine(series) || pointCount(series) > maxGlyphs {
			continue
		}
		eachPoint(s.chart, series, func(i int, x, y float64) {
			if !s.x.contains(x) || !s.y.contains(y) {
				return
			}
			d := dot{x: f.across(x), y: f.up(y), r: float64(radius(series, i))}
			if i < len(series.Labels) {
				d.text = series.Labels[i]
			}
			out = append(out, d)
		})
	}
	return out
}

// nameLines writes the names of lines along them.
func (s *sheet) nameLines(p pen, at *placed) {
	for i, series := range s.chart.Series {
		points := s.linePoints(at.frame, i)
		if !s.isLine(series) || series.Name == "" || len(points) == 0 {
			continue
		}
		text := fit(oneLine(ShortName(series.Name)), tickSize, 0.7*(at.frame.right-at.frame.left))
		if b, ok := at.put(beside(points, textWidth(text, tickSize))); ok {
			p.text(b.x0, b.y1-3, text, tickSize, 0, s.theme.ink)
		}
	}
}

// beside lists where the name of a line may stand, best first: above or below the
// end of one that ends flat, else below its rise.
func beside(points []dot, w float64) []box {
	last := len(points) - 1
	first, end := points[0], points[last]
	at := func(x, base float64) box { return box{x, base - labelHeight, x + w, base} }
	if last > 0 && end.y != points[last-1].y {
		mid := points[len(points)/2]
		return []box{at(first.x+14, first.y+labelHeight-2), at(first.x+2, first.y-16), at(mid.x+12, mid.y+labelHeight), at(end.x-w-2, end.y+labelHeight+1)}
	}
	out := []box{at(end.x-w-2, end.y-1), at(end.x-w-2, end.y+labelHeight+1)}
	if last > 0 {
		bend := points[last-1]
		out = append(out, at(bend.x+6, bend.y-1), at(bend.x+14, bend.y+labelHeight+1))
	}
	return append(out, at(first.x+2, first.y-1))
}

// linePoints returns the points of series i that lie in the plot.
func (s *sheet) linePoints(f frame, i int) []dot {
	var out []dot
	eachPoint(s.chart, s.chart.Series[i], func(_ int, x, y float64) {
		if s.x.contains(x) && s.y.contains(y) && len(out) < maxMarks {
			out = append(out, dot{x: f.across(x), y: f.up(y)})
		}
	})
	return out
}

// along covers a line with small boxes.
func along(points []dot) []box {
	const step = 6
	var out []box
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		n := int(max(abs(b.x-a.x), abs(b.y-a.y))/step) + 1
		for k := range n + 1 {
			t := float64(k) / float64(n)
			x, y := a.x+(b.x-a.x)*t, a.y+(b.y-a.y)*t
			out = append(out, box{x - 0.8, y - 0.8, x + 0.8, y + 0.8})
		}
	}
	return out
}

func abs(v float64) float64 { return max(v, -v) }
