package routing

import (
	"cmp"
	"math"
	"slices"
)

// JensenShannon is the divergence of two distributions given by counts, in bits: 0 for
// equal ones, 1 for those that share no expert. Each side counts half, whatever its
// sum. It is NaN when either side has no count.
func JensenShannon(a, b []int64) float64 { return divergence(a, b, 0.5) }

// Pooled is the Jensen-Shannon divergence with each side weighted by its sum: times
// the sum of both and 2 ln 2 it is the G statistic of the two-row table.
func Pooled(a, b []int64) float64 { return divergence(a, b, math.NaN()) }

// divergence weighs a by w and b by 1-w; by their sums where w is NaN.
func divergence(a, b []int64, w float64) float64 {
	sumA, sumB := total(a), total(b)
	if sumA == 0 || sumB == 0 {
		return math.NaN()
	}
	if math.IsNaN(w) {
		w = sumA / (sumA + sumB)
	}
	d := 0.0
	for i := range a {
		p, q := float64(a[i])/sumA, float64(b[i])/sumB
		d += entropyTerm(w*p+(1-w)*q) - w*entropyTerm(p) - (1-w)*entropyTerm(q)
	}
	return max(d, 0) // rounding may leave a trace below
}

func entropyTerm(p float64) float64 {
	if p <= 0 {
		return 0
	}
	return -p * math.Log2(p)
}

func total(counts []int64) float64 {
	sum := 0.0
	for _, n := range counts {
		sum += float64(n)
	}
	return sum
}

// Busiest returns the n experts with the most counts, busiest first, the lower index
// of equals first; fewer where fewer have a count.
func Busiest(counts []int64, n int) []int {
	order := make([]int, 0, len(counts))
	for e, c := range counts {
		if c > 0 {
			order = append(order, e)
		}
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(counts[y], counts[x]) })
	return order[:min(n, len(order))]
}

// Jaccard is the size of the intersection of two sets over that of their union; NaN
// for two empty sets.
func Jaccard(a, b []int) float64 {
	both := 0
	for _, x := range a {
		if slices.Contains(b, x) {
			both++
		}
	}
	union := len(a) + len(b) - both
	if union == 0 {
		return math.NaN()
	}
	return float64(both) / float64(union)
}
