package trace

import "slices"

// Level is a stretch of time during which a constant number of intervals run.
type Level struct {
	Interval
	Running int // how many intervals cover it
}

// Levels returns how many of the intervals from start[i] to end[i] run at each
// time from the first start to the last end: stretches in ascending order that
// follow one another without a gap, those with nothing running included, and
// neighbors differ in Running. Intervals that end at or before their start are left
// out. It takes O(n log n), and O(n) more where both columns are in order.
func Levels(start, end []int64) []Level {
	starts, ends := edges(start, end)
	var out []Level
	for i, j := 0, 0; j < len(ends); {
		at := ends[j]
		if i < len(starts) {
			at = min(at, starts[i])
		}
		for i < len(starts) && starts[i] == at {
			i++
		}
		for j < len(ends) && ends[j] == at {
			j++
		}
		if last := len(out) - 1; last >= 0 {
			out[last].End = at
		}
		running := i - j // what has started and not ended
		if j < len(ends) && (len(out) == 0 || out[len(out)-1].Running != running) {
			out = append(out, Level{Interval{at, at}, running})
		}
	}
	return out
}

// TimeAt returns how long exactly n intervals run, in ns, at index n, for the time
// from the first start to the last end. It is nil where there is none.
func TimeAt(levels []Level) []int64 {
	var out []int64
	for _, l := range levels {
		for len(out) <= l.Running {
			out = append(out, 0)
		}
		out[l.Running] += l.Duration()
	}
	return out
}

// edges returns the starts and the ends of the intervals that are not empty, each
// in ascending order.
func edges(start, end []int64) (starts, ends []int64) {
	starts, ends = make([]int64, 0, len(start)), make([]int64, 0, len(start))
	for i, s := range start {
		if end[i] > s {
			starts, ends = append(starts, s), append(ends, end[i])
		}
	}
	for _, list := range [][]int64{starts, ends} {
		if !slices.IsSorted(list) {
			slices.Sort(list)
		}
	}
	return starts, ends
}
