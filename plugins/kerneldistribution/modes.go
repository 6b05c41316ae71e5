package kerneldistribution

import "math"

// What it takes to call durations two groups and not one.
const (
	fewest     = 20   // instances, to say anything at all
	minority   = 0.05 // of the instances in the smaller group
	apart      = 1.5  // ratio of the centers
	separation = 4    // of Ashman's D; a uniform distribution cut in half has 3.5, a normal one 2.7
)

// modes are the two groups that durations fall into.
type modes struct {
	fast, slow   float64 // centers: geometric means in ns
	instances    int64   // in the slow group
	slowTime     int64   // ns
	slowFraction float64 // of the instances
}

// excess is what the slow group took beyond the fast center, in ns.
func (m *modes) excess() int64 {
	return max(0, m.slowTime-int64(math.Round(m.fast*float64(m.instances))))
}

// moments are the sums from which mean and variance of logarithms follow.
type moments struct{ n, sum, squares float64 }

func (m *moments) add(x, n float64) {
	m.n += n
	m.sum += n * x
	m.squares += n * x * x
}

func (m moments) minus(o moments) moments {
	return moments{m.n - o.n, m.sum - o.sum, m.squares - o.squares}
}

func (m moments) mean() float64 { return m.sum / m.n }

func (m moments) variance() float64 {
	return max(0, m.squares/m.n-m.mean()*m.mean())
}

// findModes splits durations in ascending order in two, nil where they are one
// group. It is Otsu's method on logarithms, then Ashman, Bird and Zepf's D (1994).
func findModes(sorted []int64) *modes {
	if len(sorted) < fewest {
		return nil
	}
	// Logarithms relative to the shortest lose no digits in their squares.
	shortest := float64(max(1, sorted[0]))
	log := func(d int64) float64 { return math.Log(float64(max(1, d)) / shortest) }
	all := moments{}
	eachValue(sorted, func(d int64, n, _ int) { all.add(log(d), float64(n)) })
	best, cut, left := 0.0, 0, moments{}
	low := moments{}
	eachValue(sorted, func(d int64, n, end int) {
		low.add(log(d), float64(n))
		high := all.minus(low)
		if min(low.n, high.n) < minority*all.n || high.n == 0 {
			return
		}
		gap := high.mean() - low.mean()
		if between := low.n * high.n * gap * gap; between > best {
			best, cut, left = between, end, low
		}
	})
	if cut == 0 {
		return nil
	}
	return judge(sorted, cut, left, all.minus(left), shortest)
}

// judge returns the groups of a split when they are truly two.
func judge(sorted []int64, cut int, low, high moments, shortest float64) *modes {
	gap := high.mean() - low.mean()
	if gap < math.Log(apart) || math.Sqrt2*gap < separation*math.Sqrt(low.variance()+high.variance()) {
		return nil
	}
	m := &modes{fast: shortest * math.Exp(low.mean()), slow: shortest * math.Exp(high.mean()),
		instances: int64(len(sorted) - cut), slowFraction: high.n / (low.n + high.n)}
	for _, d := range sorted[cut:] {
		m.slowTime += d
	}
	return m
}

// eachValue calls fn for each different value, with how often it stands there and
// the place after its last.
func eachValue(sorted []int64, fn func(d int64, n, end int)) {
	for i := 0; i < len(sorted); {
		end := i + 1
		for end < len(sorted) && sorted[end] == sorted[i] {
			end++
		}
		fn(sorted[i], end-i, end)
		i = end
	}
}
