package trace

import (
	"iter"
	"slices"
)

// Level is a stretch of time during which a constant number of intervals run.
type Level struct {
	Interval
	Running int // how many intervals cover it
}

// Levels yields how many of the intervals from start[i] to end[i] run at each time
// from the first start to the last end: stretches in ascending order that follow one
// another without a gap, those with nothing running included, and neighbors differ
// in Running. Intervals that end at or before their start are left out. It takes
// O(n log n), O(n) where both columns are in order, and copies both.
func Levels(start, end []int64) iter.Seq[Level] {
	return func(yield func(Level) bool) {
		starts, ends := edges(start, end)
		var now Level
		begun := false
		for i, j := 0, 0; j < len(ends); {
			at := ends[j]
			if i < len(starts) {
				at = min(at, starts[i])
			}
			i, j = i+leading(starts[i:], at), j+leading(ends[j:], at)
			if i-j == now.Running {
				continue
			}
			if now.End = at; begun && !yield(now) {
				return
			}
			now, begun = Level{Interval{at, at}, i - j}, true
		}
	}
}

// leading counts the values at the head of an ascending list that are t.
func leading(list []int64, t int64) int {
	n := 0
	for n < len(list) && list[n] == t {
		n++
	}
	return n
}

// TimeAt returns how long exactly n of the intervals from start[i] to end[i] run,
// in ns, at index n, from the first start to the last end. It is nil where there is
// none.
func TimeAt(start, end []int64) []int64 {
	var out []int64
	for l := range Levels(start, end) {
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
