package render

import "profilemate/workbench/result"

// run is a part of a line without a gap.
type run struct{ x, y []float64 }

func (r *run) add(x, y float64) { r.x, r.y = append(r.x, x), append(r.y, y) }

// decimate cuts a series into runs and keeps at most two points of each pixel
// column: the lowest and the highest, in their order, so that no peak is lost. A
// series of no more than two points per column is kept as it is. show says which
// points can be drawn, fraction where an x lies between the axis' ends, columns how
// many pixel columns there are.
func decimate(s result.Series, columns int, show func(x, y float64) bool, fraction func(float64) float64) []run {
	n := pointCount(s)
	if n <= 2*columns {
		return split(s, show)
	}
	column := func(i int) int { return i * columns / n }
	if sorted(s) {
		column = func(i int) int { return int(fraction(pointX(s, i)) * float64(columns)) }
	}
	var runs []run
	var current run
	for at := 0; at < n; {
		end := at + 1
		for end < n && column(end) == column(at) {
			end++
		}
		low, high := extremes(s, at, end, show)
		at = end
		if low < 0 {
			if len(current.x) > 0 {
				runs, current = append(runs, current), run{}
			}
			continue
		}
		current.add(pointX(s, min(low, high)), float64(s.Y[min(low, high)]))
		if low != high {
			current.add(pointX(s, max(low, high)), float64(s.Y[max(low, high)]))
		}
	}
	if len(current.x) > 0 {
		runs = append(runs, current)
	}
	return runs
}

// extremes returns the positions of the lowest and highest point to show within
// [from, to), or -1 for none.
func extremes(s result.Series, from, to int, show func(x, y float64) bool) (low, high int) {
	low, high = -1, -1
	for i := from; i < to; i++ {
		if !show(pointX(s, i), float64(s.Y[i])) {
			continue
		}
		if low < 0 || s.Y[i] < s.Y[low] {
			low = i
		}
		if high < 0 || s.Y[i] > s.Y[high] {
			high = i
		}
	}
	return low, high
}

func split(s result.Series, show func(x, y float64) bool) []run {
	var runs []run
	var current run
	for i := range pointCount(s) {
		if x, y := pointX(s, i), float64(s.Y[i]); show(x, y) {
			current.add(x, y)
			continue
		}
		if len(current.x) > 0 {
			runs, current = append(runs, current), run{}
		}
	}
	if len(current.x) > 0 {
		runs = append(runs, current)
	}
	return runs
}

// sorted reports whether X never falls; a missing X makes it false.
func sorted(s result.Series) bool {
	for i := 1; i < pointCount(s); i++ {
		if !(pointX(s, i) >= pointX(s, i-1)) {
			return false
		}
	}
	return true
}
