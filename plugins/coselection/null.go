package coselection

import (
	"math"
	"slices"
)

// null is the table of pairs that popularity alone gives: expected n_ij = x_i x_j for
// i != j, with every expert's total kept. It is the quasi-independence model of a
// square table with an empty diagonal (Goodman 1968; Bishop, Fienberg and Holland,
// Discrete Multivariate Analysis, chapter 5).
//
// With S the sum of all x, the totals say x_i (S - x_i) = r_i, a quadratic in x_i.
// That leaves one equation, sum x_i(S) = S, which bisection solves. At most one
// expert can have more than half of S; it takes the upper root.
type null struct {
	x   []float64
	hot int // the expert that is in every pair, -1 for none: then expected n_hot,j = r_j
	r   []int64
}

func newNull(totals []int64) null {
	n := null{r: totals, x: make([]float64, len(totals)), hot: -1}
	if len(totals) == 0 {
		return n
	}
	sum := int64(0)
	for _, r := range totals {
		sum += r
	}
	top := slices.Index(totals, slices.Max(totals))
	if totals[top] >= sum-totals[top] {
		n.hot = top
		return n
	}
	s, upper := n.solve(top)
	for i, r := range totals {
		n.x[i] = lowerRoot(s, float64(r))
	}
	if upper {
		n.x[top] = s - n.x[top]
	}
	return n
}

// solve returns S and whether the busiest expert takes the upper root.
func (n null) solve(top int) (s float64, upper bool) {
	low := 2 * math.Sqrt(float64(n.r[top])) // below this the busiest has no root
	upper = n.excess(low, top, false) < 0
	high := 2 * low
	// excess falls with S on the lower branch and rises on the upper one.
	for (n.excess(high, top, upper) > 0) != upper {
		high *= 2
	}
	for range 200 {
		mid := low + (high-low)/2
		if mid <= low || mid >= high {
			break
		}
		if (n.excess(mid, top, upper) > 0) == upper {
			high = mid
		} else {
			low = mid
		}
	}
	return low + (high-low)/2, upper
}

// excess is the sum of x_i(S) minus S.
func (n null) excess(s float64, top int, upper bool) float64 {
	sum := 0.0
	for i, r := range n.r {
		if i != top {
			sum += lowerRoot(s, float64(r))
		}
	}
	x := lowerRoot(s, float64(n.r[top]))
	if upper {
		return sum - x // since the upper root is s - x
	}
	return sum + x - s
}

// lowerRoot solves x (s - x) = r for the smaller x, in the form without cancellation.
func lowerRoot(s, r float64) float64 {
	return 2 * r / (s + math.Sqrt(max(s*s-4*r, 0)))
}

// expected returns the tokens that chance gives the pair, to a billionth of a token:
// the bisection is good for that, and what lies below differs between processors.
func (n null) expected(a, b int) float64 {
	switch {
	case a == b:
		return math.NaN()
	case n.hot == a:
		return float64(n.r[b])
	case n.hot == b:
		return float64(n.r[a])
	}
	return math.Round(n.x[a]*n.x[b]*1e9) / 1e9
}
