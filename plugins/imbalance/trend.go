package imbalance

import (
	"math"

	"profilemate/workbench/routing"
)

// trend compares the beginning of a series with its end.
type trend struct {
	window      int     // steps on either side; 0 when there is only one step
	first, last float64 // means of max/mean
	firstCV     float64
	lastCV      float64
	lastChance  float64 // mean of what chance gives the last steps
	tail        []point // the last steps
	lastError   float64 // standard error of last; NaN for one step
	errorOf     float64 // standard error of last minus first; NaN for windows of one step
	direction   string
}

// The directions of a trend.
const (
	rising  = "rising"
	falling = "falling"
	steady  = "no clear change"
	short   = "too few steps"
)

// trend looks at the steps that have tokens. It takes at most window of them on either
// side, and at most half of all, so that no step is on both.
func (s *series) trend(window int) trend {
	loaded := series{layer: s.layer}
	for _, p := range s.points {
		if p.Sum > 0 {
			loaded.points = append(loaded.points, p)
		}
	}
	all := len(loaded.points)
	n := min(window, all/2)
	head, tail := loaded.part(0, max(n, 1)), loaded.part(all-max(n, 1), all)
	t := trend{window: n, direction: short,
		first: routing.Mean(head.values(overMean)), firstCV: routing.Mean(head.values(cv)),
		last: routing.Mean(tail.values(overMean)), lastCV: routing.Mean(tail.values(cv)), lastChance: routing.Mean(tail.values(chanceOverMean))}
	t.tail, t.lastError = tail.points, math.Sqrt(meanVariance(tail.values(overMean)))
	t.errorOf = math.Sqrt(meanVariance(head.values(overMean)) + t.lastError*t.lastError)
	if n > 0 {
		t.direction = direction(t.last-t.first, t.errorOf)
	}
	return t
}

// part is the points [from, to), cut to what there is.
func (s *series) part(from, to int) *series {
	from = max(from, 0)
	return &series{layer: s.layer, points: s.points[from:max(from, min(to, len(s.points)))]}
}

func direction(change, err float64) string {
	switch {
	case math.IsNaN(change) || math.IsNaN(err):
		return short
	case change > 2*err:
		return rising
	case change < -2*err:
		return falling
	}
	return steady
}

// meanVariance is the variance of the mean of values, from their sample variance.
func meanVariance(values []float64) float64 {
	m, squares, n := routing.Mean(values), 0.0, 0.0
	for _, v := range values {
		if !math.IsNaN(v) {
			squares += (v - m) * (v - m)
			n++
		}
	}
	if n < 2 {
		return math.NaN()
	}
	return squares / (n - 1) / n
}
