package coselection

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// pair is one pair of experts with its measures; NaN where one cannot be had.
type pair struct {
	a, b     int
	count    int64
	expected float64 // tokens that chance gives it
	times    float64 // count over expected
	z        float64 // count less expected, over the root of expected
	measures
	chance measures // those that the expected tokens would have
}

// measures are those that have the activations in them.
type measures struct{ lift, bGivenA, aGivenB, jaccard, npmi float64 }

// measure works out a pair. A pair without a token has lift 0, and no NPMI.
func (r *pairing) measure(c pairCount) pair {
	n := float64(c.count)
	p := pair{a: c.a, b: c.b, count: c.count, expected: r.null.expected(c.a, c.b)}
	p.times = ratio(n, p.expected)
	p.z = ratio(n-p.expected, math.Sqrt(p.expected))
	p.measures, p.chance = r.measures(c.a, c.b, n), r.measures(c.a, c.b, p.expected)
	return p
}

// measures are those of a pair with n tokens.
func (r *pairing) measures(a, b int, n float64) measures {
	na, nb, t := math.NaN(), math.NaN(), math.NaN()
	if r.loads != nil {
		na, nb = float64(r.loads[a]), float64(r.loads[b])
	}
	if r.topK > 0 {
		t = float64(r.loadSum) / float64(r.topK)
	}
	m := measures{lift: ratio(t*n, na*nb), bGivenA: ratio(n, na), aGivenB: ratio(n, nb), jaccard: ratio(n, na+nb-n), npmi: math.NaN()}
	if n > 0 && n < t {
		m.npmi = -math.Log(m.lift) / math.Log(n/t)
	}
	return m
}

// ratio is a over b, NaN where b is not above 0.
func ratio(a, b float64) float64 {
	if !(b > 0) {
		return math.NaN()
	}
	return a / b
}

// value returns the named measure; conditional is P(b|a).
func (p pair) value(measure string) float64 {
	switch measure {
	case counts:
		return float64(p.count)
	case lift:
		return p.lift
	case conditional:
		return p.bGivenA
	case jaccard:
		return p.jaccard
	case npmi:
		return p.npmi
	}
	return p.times
}

// rank is what pairs are sorted by: the measure, for conditional the stronger of its
// two directions.
func (p pair) rank(measure string) float64 {
	if measure == conditional {
		return max(p.bGivenA, p.aGivenB)
	}
	return p.value(measure)
}

// measured returns the pairs with a token, in the order of their experts.
func (r *pairing) measured() []pair {
	list := make([]pair, len(r.pairs))
	for i, c := range r.pairs {
		list[i] = r.measure(c)
	}
	return list
}

// strongestFirst returns at most n pairs, the highest measure first. Pairs that chance
// gives fewer than least tokens come last: their ratios are noise.
func strongestFirst(list []pair, measure string, least float64, n int) []pair {
	order := make([]ranked, len(list))
	for i, p := range list {
		order[i] = ranked{at: i, noise: p.expected < least, rank: p.rank(measure), count: p.count}
	}
	slices.SortFunc(order, compareRanked)
	top := make([]pair, min(n, len(order)))
	for i := range top {
		top[i] = list[order[i].at]
	}
	return top
}

// ranked is what the order of a pair depends on.
type ranked struct {
	at    int
	noise bool
	rank  float64
	count int64
}

func compareRanked(x, y ranked) int {
	if x.noise != y.noise {
		if y.noise {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(y.rank, x.rank), cmp.Compare(y.count, x.count), cmp.Compare(x.at, y.at))
}

// alarms is how often chance may name a strongest pair in a layer without structure.
const alarms = 0.01

// strongest returns the pair with the most times chance, of those that chance gives at
// least so many tokens, if it is beyond what chance gives the luckiest of all pairs:
// counts are taken as Poisson's, and the probability times the number of pairs must be
// below 1 %.
func strongest(list []pair, least float64, pairs int) (best pair, ok bool) {
	for _, p := range list {
		if p.expected < least || ok && p.times <= best.times || p.times <= 1 {
			continue
		}
		if (distuv.Poisson{Lambda: p.expected}).Survival(float64(p.count)-1)*float64(pairs) < alarms {
			best, ok = p, true
		}
	}
	return best, ok
}

// structure is the share of all pairs that would have to change partners to reach
// chance: half the sum of |count - expected| over the sum of counts. 0 is chance.
func (r *pairing) structure(list []pair) float64 {
	distance, covered := 0.0, 0.0
	for _, p := range list {
		distance += math.Abs(float64(p.count) - p.expected)
		covered += p.expected
	}
	total := float64(r.pairSum)
	return ratio(distance+max(total-covered, 0), 2*total)
}

// liftLevel is the lift of a layer whose experts are alike and choose partners at
// random: 2 P T E / ((E-1) A²) with P pairs and A activations, which is
// (k-1)E / (k(E-1)) when all pairs are counted.
func (r *pairing) liftLevel() float64 {
	if r.topK == 0 {
		return math.NaN()
	}
	e, a := float64(len(r.together)), float64(r.loadSum)
	return ratio(2*float64(r.pairSum)*e/float64(r.topK), (e-1)*a)
}
