package imbalance

import (
	"math"
	"slices"
)

// spread says how evenly counts lie, experts without tokens included.
type spread struct {
	sum     int64
	max     int64
	hottest int // lowest index of the experts with the most
	dead    int // experts without a token
	overMean,
	cv, // population deviation over the mean
	gini, // sum (2i-E-1) c_(i) / (E S), ascending
	entropy float64 // -sum p ln p / ln E
}

// spreadOf measures counts. All ratios are NaN when nothing was counted. sorted is
// room for a copy.
func spreadOf(counts, sorted []int64) spread {
	s := spread{overMean: math.NaN(), cv: math.NaN(), gini: math.NaN(), entropy: math.NaN()}
	for e, n := range counts {
		s.sum += n
		if n > s.max {
			s.max, s.hottest = n, e
		}
		if n == 0 {
			s.dead++
		}
	}
	if s.sum == 0 {
		return s
	}
	e := float64(len(counts))
	mean := float64(s.sum) / e
	s.overMean = float64(s.max) / mean
	squares, logs := 0.0, 0.0
	for _, n := range counts {
		d := float64(n) - mean
		squares += d * d
		if n > 0 {
			share := float64(n) / float64(s.sum)
			logs -= share * math.Log(share)
		}
	}
	s.cv = math.Sqrt(squares/e) / mean
	if len(counts) > 1 {
		s.entropy = logs / math.Log(e)
	}
	s.gini = gini(append(sorted[:0], counts...), float64(s.sum))
	return s
}

// gini sorts counts and returns their Gini coefficient.
func gini(counts []int64, sum float64) float64 {
	slices.Sort(counts)
	e, weighted := float64(len(counts)), 0.0
	for i, n := range counts {
		weighted += (2*float64(i+1) - e - 1) * float64(n)
	}
	return weighted / (e * sum)
}
