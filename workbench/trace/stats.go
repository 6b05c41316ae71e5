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
	if !slices.IsSorted(durations) {
		slices.Sort(durations)
	}
	total := int64(0)
	for _, d := range durations {
		total += d
	}
	d := describe(int64(len(durations)), total)
	runs(durations, d.add)
	return d.end()
}

// describer computes the statistics of values that it is given in ascending order,
// each with how often it occurs, when count and total are known. Each value counts
// once, with a weight, so that the deviation does not depend on how the values were
// stored.
type describer struct {
	Stats
	squares      float64
	lower, upper int64 // the middle two
	before       int64 // values so far
}

func describe(count, total int64) *describer {
	d := &describer{Stats: Stats{Count: count, Total: total}}
	if count > 0 {
		d.Mean = float64(total) / float64(count)
	}
	return d
}

func (d *describer) add(v, times int64) {
	if d.before == 0 {
		d.Min = v
	}
	if d.before <= (d.Count-1)/2 {
		d.lower = v
	}
	if d.before <= d.Count/2 {
		d.upper = v
	}
	d.Max = v
	off := float64(v) - d.Mean
	d.squares += float64(times) * off * off
	d.before += times
}

func (d *describer) end() Stats {
	d.Median = (float64(d.lower) + float64(d.upper)) / 2
	if d.Count > 1 {
		d.StdDev = math.Sqrt(d.squares / float64(d.Count-1))
	}
	return d.Stats
}

// runs visits each value of a sorted list and how often it occurs.
func runs[V uint32 | int64](sorted []V, visit func(v, times int64)) {
	for len(sorted) > 0 {
		n := 1
		for n < len(sorted) && sorted[n] == sorted[0] {
			n++
		}
		visit(int64(sorted[0]), int64(n))
		sorted = sorted[n:]
	}
}

// Quantile returns the p-quantile, p from 0 to 1, of durations in ascending order in
// ns, interpolated as frames.QuantileOfInts does. It is NaN without any, so ask for
// the count first.
func Quantile(sorted []int64, p float64) float64 { return frames.QuantileOfInts(sorted, p) }
