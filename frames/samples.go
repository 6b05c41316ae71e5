package frames

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// samples holds a column's values group by group, as floats: those of integers
// relative to the first of their group, so that neither timestamps nor small
// differences between them lose digits.
type samples struct {
	values []float64
	ends   []int // of each group's run in values
	base   []int64
	sorted bool
}

func (g *Grouping) gather(c *Column) *samples {
	counts := g.counts(c)
	s := &samples{ends: make([]int, len(counts)), base: make([]int64, len(counts))}
	next, total := make([]int, len(counts)), 0
	for i, n := range counts {
		next[i] = total
		total += int(n)
		s.ends[i] = total
	}
	starts := slices.Clone(next)
	s.values = make([]float64, total)
	for i, id := range g.ids {
		if c.IsNull(i) {
			continue
		}
		at := next[id]
		next[id]++
		if c.Field.Kind == Float64 {
			s.values[at] = c.floats[i]
			continue
		}
		if at == starts[id] {
			s.base[id] = c.ints[i]
		}
		s.values[at] = difference(c.ints[i], s.base[id])
	}
	return s
}

// difference is a-b, exact below 2^53 and never wrapped.
func difference(a, b int64) float64 {
	if d := a - b; (d < 0) == (a < b) {
		return float64(d)
	}
	return float64(a) - float64(b)
}

// column computes a statistic that needs all values of a group at once.
func (s *samples) column(a Agg, c *Column) (Column, error) {
	p := a.P
	if a.Op == Median {
		p = 0.5
	}
	if a.Op == Quantile && !(p >= 0 && p <= 1) {
		return Column{}, fmt.Errorf("the quantile %v does not lie between 0 and 1", p)
	}
	if a.Op != StdDev && !s.sorted {
		s.sort()
	}
	out, nulls := make([]float64, len(s.ends)), make([]bool, len(s.ends))
	start := 0
	for i, end := range s.ends {
		run := s.values[start:end]
		start = end
		switch {
		case len(run) == 0:
			nulls[i] = true
		case a.Op == StdDev:
			out[i] = StdDevOf(run)
		default:
			out[i] = float64(s.base[i]) + QuantileOf(run, p)
		}
	}
	if !slices.Contains(nulls, true) {
		nulls = nil
	}
	return FloatColumn(a.field(c), out, nulls), nil
}

func (s *samples) sort() {
	start := 0
	for _, end := range s.ends {
		slices.Sort(s.values[start:end])
		start = end
	}
	s.sorted = true
}

// QuantileOf returns the p-quantile of values in ascending order: with n values it
// stands at place (n-1)p counted from 0, interpolated linearly between its
// neighbors. That is type 7 of Hyndman and Fan (1996), the default of NumPy and
// pandas; for p = 0.5 it averages the middle two. It is NaN without values, with a
// NaN among them (which sorts first), and for p outside [0, 1].
func QuantileOf(sorted []float64, p float64) float64 {
	n := len(sorted)
	if n == 0 || math.IsNaN(sorted[0]) || !(p >= 0 && p <= 1) {
		return math.NaN()
	}
	place := p * float64(n-1)
	i := int(place)
	part := place - float64(i)
	if part == 0 || sorted[i] == sorted[i+1] {
		return sorted[i]
	}
	return sorted[i] + part*(sorted[i+1]-sorted[i])
}

// QuantileOfInts is QuantileOf for integers in ascending order. Differences are
// taken between integers, so only the answer itself is rounded to a float.
func QuantileOfInts(sorted []int64, p float64) float64 {
	n := len(sorted)
	if n == 0 || !(p >= 0 && p <= 1) {
		return math.NaN()
	}
	place := p * float64(n-1)
	i := int(place)
	part := place - float64(i)
	if part == 0 {
		return float64(sorted[i])
	}
	return float64(sorted[i]) + part*difference(sorted[i+1], sorted[i])
}

// StdDevOf returns the sample standard deviation (divisor n-1) of values: 0 for
// one value, as nsys stats has it, and NaN for none.
func StdDevOf(values []float64) float64 {
	switch len(values) {
	case 0:
		return math.NaN()
	case 1:
		if math.IsNaN(values[0]) {
			return values[0]
		}
		return 0
	}
	return stat.StdDev(values, nil)
}
