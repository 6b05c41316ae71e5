package trace

import (
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
	n := len(durations)
	if n == 0 {
		return Stats{}
	}
	if !slices.IsSorted(durations) {
		slices.Sort(durations)
	}
	s := Stats{Count: int64(n), Min: durations[0], Max: durations[n-1], Median: Quantile(durations, 0.5)}
	for _, d := range durations {
		s.Total += d
	}
	s.Mean = float64(s.Total) / float64(n)
	if n > 1 {
		squares := 0.0
		for _, v := range durations {
			d := float64(v) - s.Mean
			squares += d * d
		}
		s.StdDev = math.Sqrt(squares / float64(n-1))
	}
	return s
}

// Quantile returns the p-quantile, p from 0 to 1, of durations in ascending order in
// ns, interpolated as frames.QuantileOfInts does. It is NaN without any, so ask for
// the count first.
func Quantile(sorted []int64, p float64) float64 { return frames.QuantileOfInts(sorted, p) }

// RoundTenth rounds to one decimal as nsys stats prints averages, medians and
// deviations: halves away from zero.
func RoundTenth(v float64) float64 { return math.Round(v*10) / 10 }
