package render

// box is a place of the picture that is taken, in px.
type box struct{ x0, y0, x1, y1 float64 }

func (b box) overlaps(o box) bool { return b.x0 < o.x1 && o.x0 < b.x1 && b.y0 < o.y1 && o.y0 < b.y1 }

func free(b box, taken []box) bool {
	for _, t := range taken {
		if b.overlaps(t) {
			return false
		}
	}
	return true
}

// nameLines writes the names of lines (roofs) at their right ends above them, or
// beside the start of one that ends at another's, and returns the places taken.
func (s *sheet) nameLines(p plotPen, f frame) []box {
	var taken []box
	for i, series := range s.chart.Series {
		if !s.isLine(series) || series.Name == "" {
			continue
		}
		text := fit(oneLine(ShortName(series.Name)), tickSize, 0.5*(f.right-f.left))
		w := textWidth(text, tickSize)
		for _, b := range s.linePlaces(f, i, w) {
			if free(b, taken) && b.x0 >= f.left && b.y0 >= f.top-tickSize && b.y1 <= f.bottom {
				taken = append(taken, b)
				p.text(b.x0, b.y1-3, text, tickSize, 0, s.theme.ink)
				break
			}
		}
	}
	return taken
}

// linePlaces lists where the name of line i may stand, best first.
func (s *sheet) linePlaces(f frame, i int, width float64) []box {
	var xs, ys []float64
	eachPoint(s.chart, s.chart.Series[i], func(_ int, x, y float64) {
		if s.x.contains(x) && s.y.contains(y) {
			xs, ys = append(xs, f.across(x)), append(ys, f.up(y))
		}
	})
	if len(xs) == 0 {
		return nil
	}
	const height = tickSize + 4
	at := func(x, base float64) box { return box{x, base - height, x + width, base} }
	last := len(xs) - 1
	end, start := ys[last], ys[0]
	places := []box{at(xs[last]-width-2, end-1), at(xs[last]-width-2, end+height+1)}
	if last > 0 && end != ys[last-1] {
		// A line that rises to its end has room below its start.
		mid := len(xs) / 2
		places = []box{at(xs[0]+14, start+height-2), at(xs[mid]+12, ys[mid]+height), at(xs[last]-width-2, end+height+1)}
	}
	return append(places, at(xs[0]+2, start-1))
}

// maxNamed is the most points that are named directly; more would hide each other.
const maxNamed = 24

// namePoints writes the labels of points beside them where there is room.
func (s *sheet) namePoints(p plotPen, f frame, taken []box) {
	type dot struct {
		x, y, r float64
		text    string
	}
	var dots []dot
	for _, series := range s.chart.Series {
		if s.isLine(series) || pointCount(series) > maxGlyphs {
			continue
		}
		eachPoint(s.chart, series, func(i int, x, y float64) {
			if i < len(series.Labels) && s.x.contains(x) && s.y.contains(y) {
				dots = append(dots, dot{f.across(x), f.up(y), float64(radius(series, i)), series.Labels[i]})
			}
		})
	}
	if len(dots) > maxNamed {
		return
	}
	for _, d := range dots {
		taken = append(taken, box{d.x - d.r, d.y - d.r, d.x + d.r, d.y + d.r})
	}
	for _, d := range dots {
		text := fit(oneLine(ShortName(d.text)), tickSize, 190)
		w, gap := textWidth(text, tickSize), d.r+3
		for _, b := range []box{
			{d.x + gap, d.y - 6, d.x + gap + w, d.y + 7}, {d.x - gap - w, d.y - 6, d.x - gap, d.y + 7},
			{d.x - w/2, d.y - gap - 13, d.x + w/2, d.y - gap}, {d.x - w/2, d.y + gap, d.x + w/2, d.y + gap + 13},
		} {
			if free(b, taken) && b.x0 >= f.left && b.x1 <= f.right && b.y0 >= f.top && b.y1 <= f.bottom {
				taken = append(taken, b)
				p.text(b.x0, b.y1-3, text, tickSize, 0, s.theme.ink)
				break
			}
		}
	}
}
