package trace

import (
	"iter"
	"math"
	"slices"

	"profilemate/frames"
)

// Stats describe durations in ns.
type Stats struct {
	Count    int64
	Total    int64 // sum, exact
	Min, Max int64
	Mean     float64
	Median   float64 // mean of the middle two of an even number
	StdDev   float64 // of a sample (n-1), 0 for one value, as nsys has it
}

// Describe computes the statistics of durations, which it sorts. Without any, all
// are 0, which Count tells from real zeros. It takes O(n log n), and O(n) where they
// are sorted.
func Describe(durations []int64) Stats {
	if !slices.IsSorted(durations) {
		slices.Sort(durations)
	}
	total := int64(0)
	for _, d := range durations {
		total += d
	}
	return statsOf(int64(len(durations)), total, runs(durations))
}

// statsOf computes the statistics of values in ascending order, each with how often
// it occurs. Each value counts once, with a weight, so that the deviation does not
// depend on how the values were stored.
func statsOf(count, total int64, ascending iter.Seq2[int64, int64]) Stats {
	s := Stats{Count: count, Total: total}
	if count == 0 {
		return s
	}
	s.Mean = float64(total) / float64(count)
	squares, lower, upper, before := 0.0, int64(0), int64(0), int64(0)
	for v, times := range ascending {
		if before == 0 {
			s.Min = v
		}
		if before <= (count-1)/2 {
			lower = v
		}
		if before <= count/2 {
			upper = v
		}
		s.Max = v
		d := float64(v) - s.Mean
		squares += float64(times) * d * d
		before += times
	}
	s.Median = (float64(lower) + float64(upper)) / 2
	if count > 1 {
		s.StdDev = math.Sqrt(squares / float64(count-1))
	}
	return s
}

// runs yields each value of a sorted list and how often it occurs.
func runs[V uint32 | int64](sorted []V) iter.Seq2[int64, int64] {
	return func(yield func(v, times int64) bool) {
		for len(sorted) > 0 {
			n := 1
			for n < len(sorted) && sorted[n] == sorted[0] {
				n++
			}
			if !yield(int64(sorted[0]), int64(n)) {
				return
			}
			sorted = sorted[n:]
		}
	}
}

// Quantile returns the p-quantile, p from 0 to 1, of durations in ascending order in
// ns, interpolated as frames.QuantileOfInts does. It is NaN without any, so ask for
// the count first.
func Quantile(sorted []int64, p float64) float64 { return frames.QuantileOfInts(sorted, p) }
