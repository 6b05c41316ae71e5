package render

import (
	"math"
	"strconv"

	"profilemate/workbench/result"
)

// Tick is one marked place of an axis.
type Tick struct {
	Value float64 // in the axis' unit, unscaled
	Label string  // scaled to the axis' prefix
}

// Scale is an axis as it is drawn. It follows from the specification alone and not
// from the size of the picture.
//
// A linear axis from the data is widened outwards to its ticks, which stand at
// multiples of 1, 2 or 5 times a power of ten, six steps at most; the X axis of a
// line chart ends at its data. The value axis of bars starts at 0. A logarithmic
// axis is widened to 1, 2 or 5 times a power of ten. A Min or Max of the
// specification is kept as it is. A categorical axis of n categories runs from -0.5
// to n-0.5, one unit for each.
type Scale struct {
	Min, Max   float64 // in the axis' unit; Min < Max
	Log        bool    // base 10; Min > 0
	Ticks      []Tick
	Title      string   // the label with the unit that the ticks are in
	Categories []string // of a categorical axis; nil for a numeric one
}

// largest is beyond every number that can be drawn without overflow on the way.
const largest = 1e290

// drawable reports whether v can stand on an axis.
func drawable(v float64, log bool) bool {
	return !math.IsNaN(v) && math.Abs(v) < largest && (!log || v > 1/largest)
}

// Domain returns the ends of both axes. The X axis of a bar chart is its
// categories, whichever way the bars lie. A pie chart has no axes: all are 0.
func Domain(c result.Chart) (x, y [2]float64) {
	if c.Kind == result.Pie {
		return x, y
	}
	sx, sy := Scales(c)
	return [2]float64{sx.Min, sx.Max}, [2]float64{sy.Min, sy.Max}
}

// Scales returns both axes of a chart as they are drawn.
func Scales(c result.Chart) (x, y Scale) {
	switch c.Kind {
	case result.HeatMap:
		rows, cols := heatSize(c)
		return categorical(c.X, cols), categorical(c.Y, rows)
	case result.Bar:
		return categorical(c.X, categoryCount(c)), numeric(c.Y, barExtent(c), true)
	}
	xs, ys := pointExtents(c)
	if len(c.X.Categories) > 0 {
		return categorical(c.X, places(c.X, xs)), numeric(c.Y, ys, true)
	}
	return numeric(c.X, xs, c.Kind != result.Line), numeric(c.Y, ys, true)
}

// mostPlaces bounds how far points may lie beyond the named categories: further out
// they are taken for a mistake, and not drawn.
const mostPlaces = 10_000

// places counts the categories that a chart of points needs.
func places(a result.Axis, e extent) int {
	n := len(a.Categories)
	if e.max >= float64(n) && e.max < mostPlaces {
		n = int(e.max) + 1
	}
	return n
}

func categorical(a result.Axis, n int) Scale {
	s := Scale{Min: -0.5, Max: float64(max(n, 1)) - 0.5, Title: axisTitle(a.Label, a.Unit, false), Categories: make([]string, max(n, 0))}
	for i := range s.Categories {
		s.Categories[i] = strconv.Itoa(i)
		if i < len(a.Categories) {
			s.Categories[i] = a.Categories[i]
		}
		s.Ticks = append(s.Ticks, Tick{float64(i), s.Categories[i]})
	}
	return s
}

func numeric(a result.Axis, e extent, widen bool) Scale {
	if a.Log {
		return logarithmic(a, e)
	}
	lo, hi := e.spread()
	step := niceStep(hi - lo)
	if widen {
		lo, hi = math.Floor(lo/step+1e-9)*step, math.Ceil(hi/step-1e-9)*step
	}
	lo, hi = bounded(a, lo, hi)
	step = niceStep(hi - lo)
	s := Scale{Min: lo, Max: hi}
	factor, unit := ScaleUnit(a.Unit, max(math.Abs(lo), math.Abs(hi)))
	suffix := ""
	if unit == "" && max(math.Abs(lo), math.Abs(hi)) >= 1e5 {
		factor, suffix = ScaleUnit("B", max(math.Abs(lo), math.Abs(hi)))
		suffix = suffix[:len(suffix)-1]
	}
	s.Title = axisTitle(a.Label, unit, false)
	first := math.Ceil(lo/step - 1e-9)
	for i := 0; i <= 12; i++ {
		v := (first + float64(i)) * step
		if v > hi+step*1e-9 {
			break
		}
		s.Ticks = append(s.Ticks, Tick{v, tickLabel(v*factor, step*factor, suffix)})
	}
	return s
}

func tickLabel(v, step float64, suffix string) string {
	if size := math.Abs(v); size >= 1e9 || step < 1e-6 {
		return strconv.FormatFloat(v, 'g', 4, 64) + suffix
	}
	decimals := max(-int(math.Floor(math.Log10(step)+1e-9)), 0)
	text := fixed(v, decimals, thinSpace)
	if v == 0 {
		return "0"
	}
	return text + suffix
}

func logarithmic(a result.Axis, e extent) Scale {
	if e.empty() {
		e = extent{1, 10}
	}
	if e.max <= e.min*(1+1e-10) {
		// A lone value gets half a decade on both sides.
		e = extent{e.min / math.Sqrt(10), e.max * math.Sqrt(10)}
	}
	lo, hi := stepBelow(e.min), stepAbove(e.max)
	lo, hi = bounded(a, lo, hi)
	s := Scale{Min: lo, Max: hi, Log: true, Title: axisTitle(a.Label, a.Unit, true)}
	if _, time := seconds(a.Unit); time {
		s.Title = axisTitle(a.Label, "", true)
	}
	from, to := int(math.Floor(math.Log10(lo)+1e-9)), int(math.Ceil(math.Log10(hi)-1e-9))
	every := max((to-from+6)/7, 1)
	marks := []float64{1}
	if to-from <= 2 {
		marks = []float64{1, 2, 5}
	}
	for decade := from; decade <= to; decade += every {
		for _, m := range marks {
			if v := m * math.Pow10(decade); v >= lo*(1-1e-9) && v <= hi*(1+1e-9) {
				s.Ticks = append(s.Ticks, Tick{v, logLabel(v, a.Unit)})
			}
		}
	}
	return s
}

// logLabel writes a tick of a logarithmic axis with its own prefix, since decades
// span several; time is written with its unit, since it has no prefix of its own.
func logLabel(v float64, unit string) string {
	if _, time := seconds(unit); time {
		return short(v, unit)
	}
	if v < 1e-3 || v >= 1e18 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	for _, p := range siPrefixes() {
		if v >= p.power*(1-1e-9) {
			return significant(v/p.power) + p.name
		}
	}
	return significant(v)
}

// axisTitle joins label, unit and the mark of a logarithmic axis.
func axisTitle(label, unit string, log bool) string {
	note := unit
	if log {
		note = "log"
		if unit != "" {
			note = unit + ", log"
		}
	}
	switch {
	case note == "":
		return label
	case label == "":
		return note
	}
	return label + " [" + note + "]"
}

// fraction places v between Min (0) and Max (1); it may lie outside of both.
func (s Scale) fraction(v float64) float64 {
	if !s.Log {
		return (v - s.Min) / (s.Max - s.Min)
	}
	if v <= 0 {
		return 0
	}
	lo, hi := math.Log10(s.Min), math.Log10(s.Max)
	return (math.Log10(v) - lo) / (hi - lo)
}

// contains reports whether v lies on the axis.
func (s Scale) contains(v float64) bool {
	if !drawable(v, s.Log) {
		return false
	}
	f := s.fraction(v)
	return f >= -1e-9 && f <= 1+1e-9
}

// niceStep is the least of 1, 2 and 5 times a power of ten that makes at most six
// steps of the span.
func niceStep(span float64) float64 {
	raw := span / 6
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5} {
		if raw <= m*power*(1+1e-9) {
			return m * power
		}
	}
	return 10 * power
}

func stepBelow(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)+1e-9))
	for _, m := range []float64{5, 2, 1} {
		if m*power <= v*(1+1e-9) {
			return m * power
		}
	}
	return power
}

func stepAbove(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)+1e-9))
	for _, m := range []float64{1, 2, 5, 10} {
		if m*power > v*(1+1e-9) {
			return m * power
		}
	}
	return 20 * power
}

// bounded puts the ends that the specification asks for in place of those from the
// data, as far as they leave an axis.
func bounded(a result.Axis, lo, hi float64) (float64, float64) {
	from, to := lo, hi
	if a.Min != nil && drawable(*a.Min, a.Log) {
		from = *a.Min
	}
	if a.Max != nil && drawable(*a.Max, a.Log) {
		to = *a.Max
	}
	if to-from <= max(math.Abs(from), math.Abs(to))*1e-10 || to-from < 1/largest {
		return lo, hi
	}
	return from, to
}
