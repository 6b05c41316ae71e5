package routing

import (
	"math"
	"slices"
)

// Spread says how evenly counts lie, experts without tokens included. All ratios are
// NaN when nothing was counted.
type Spread struct {
	Sum      int64
	Max      int64
	Hottest  int     // lowest index of the experts with the most
	Dead     int     // experts without a token
	OverMean float64 // max over mean, 1 to E
	CV       float64 // population deviation over the mean, 0 to sqrt(E-1)
	Gini     float64 // sum (2i-E-1) c_(i) / (E S), i from 1 in ascending order; 0 to (E-1)/E
	Entropy  float64 // -sum p ln p / ln E, 0 to 1; NaN for one expert
}

// SpreadOf measures counts. room is used for a sorted copy and grown where it is
// short; it may be nil.
func SpreadOf(counts, room []int64) Spread {
	s := Spread{OverMean: math.NaN(), CV: math.NaN(), Gini: math.NaN(), Entropy: math.NaN()}
	for e, n := range counts {
		s.Sum += n
		if n > s.Max {
			s.Max, s.Hottest = n, e
		}
		if n == 0 {
			s.Dead++
		}
	}
	if s.Sum == 0 {
		return s
	}
	e := float64(len(counts))
	mean := float64(s.Sum) / e
	s.OverMean = float64(s.Max) / mean
	squares, logs := 0.0, 0.0
	for _, n := range counts {
		d := float64(n) - mean
		squares += d * d
		if n > 0 {
			share := float64(n) / float64(s.Sum)
			logs -= share * math.Log(share)
		}
	}
	s.CV = math.Sqrt(squares/e) / mean
	if len(counts) > 1 {
		s.Entropy = logs / math.Log(e)
	}
	s.Gini = gini(append(room[:0], counts...), float64(s.Sum))
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

// Jain is Jain's fairness index S² / (E sum c²) = 1/(1+CV²), 1/E to 1.
func (s Spread) Jain() float64 { return 1 / (1 + s.CV*s.CV) }

// MaxVio is max over mean less 1, the violation of balance in the paper on
// auxiliary-loss-free balancing (arXiv 2408.15664).
func (s Spread) MaxVio() float64 { return s.OverMean - 1 }

// Balancedness is mean over max, above 0 and up to 1.
func (s Spread) Balancedness() float64 { return 1 / s.OverMean }

// HotShare is the share of all counts that the n largest have, 0 to 1; NaN when
// nothing was counted. room is as for SpreadOf.
func HotShare(counts, room []int64, n int) float64 {
	sorted := append(room[:0], counts...)
	slices.Sort(sorted)
	top, sum := 0.0, 0.0
	for i, c := range sorted {
		sum += float64(c)
		if i >= len(sorted)-n {
			top += float64(c)
		}
	}
	if sum == 0 {
		return math.NaN()
	}
	return top / sum
}
