package moe

import (
	"fmt"
	"maps"
	"math"
	"math/bits"
	"slices"
)

// pairSums holds, layer by layer, what the co-selection identity compares: with T
// tokens that each choose k experts, the activations add up to T k and the counts of
// unordered pairs to T k (k-1)/2. A tracker that counts neighbors in rank only
// leaves T (k-1).
type pairSums struct {
	layers             []int64
	activations, pairs []uint64
}

// pairs returns the sums of the layers that have both tables.
func (f *facts) pairs() pairSums {
	var p pairSums
	if f.activations == nil || f.coselection == nil {
		return p
	}
	chosen, together := layerSums(f.activations.counts), layerSums(f.coselection.counts)
	for _, l := range slices.Sorted(maps.Keys(together)) {
		if chosen[l] > 0 {
			p.layers = append(p.layers, l)
			p.activations, p.pairs = append(p.activations, chosen[l]), append(p.pairs, together[l])
		}
	}
	return p
}

// complete reports whether layer i holds all pairs: 2 pairs = activations (k-1).
func (p pairSums) complete(i int, k uint64) bool {
	return sameProduct(2, p.pairs[i], k-1, p.activations[i])
}

// adjacent reports whether layer i holds neighbors in rank only: k pairs =
// activations (k-1).
func (p pairSums) adjacent(i int, k uint64) bool {
	return sameProduct(k, p.pairs[i], k-1, p.activations[i])
}

// sameProduct compares a·b with c·d in 128 bits.
func sameProduct(a, b, c, d uint64) bool {
	h1, l1 := bits.Mul64(a, b)
	h2, l2 := bits.Mul64(c, d)
	return h1 == h2 && l1 == l2
}

// all reports whether there are layers and test holds for each.
func (p pairSums) all(test func(i int, k uint64) bool, k uint64) bool {
	for i := range p.layers {
		if !test(i, k) {
			return false
		}
	}
	return len(p.layers) > 0
}

// topK solves the identity for k. The two trackers cannot be confused: pairs over
// activations is (k-1)/2, so 1/2, 1, 3/2 and on, when complete, and (k-1)/k, so 1/2,
// 2/3, 3/4 and on, for neighbors. 0 when neither fits all layers.
func (p pairSums) topK() int64 {
	if len(p.layers) == 0 || p.pairs[0] == 0 {
		return 0
	}
	ratio := float64(p.pairs[0]) / float64(p.activations[0])
	for _, guess := range []float64{1 + 2*ratio, 1 / (1 - ratio)} {
		k := math.Round(guess)
		if !(k >= 2 && k < maxID) {
			continue
		}
		if p.all(p.complete, uint64(k)) || p.all(p.adjacent, uint64(k)) {
			return int64(k)
		}
	}
	return 0
}

// The values of the metadata key coselection_complete.
const (
	completeYes      = "yes"
	completeAdjacent = "adjacent pairs only"
	completeNo       = "no"
	completeUnknown  = "unknown"
)

// checkPairs says whether the co-selection holds all pairs.
func (f *facts) checkPairs() {
	if f.coselection == nil {
		return
	}
	p, k := f.pairs(), uint64(f.topK)
	switch {
	case len(p.layers) == 0:
		f.set("coselection_complete", completeUnknown, "no activations to check the pairs against")
	case k == 0:
		f.set("coselection_complete", completeUnknown, "top_k is not known")
	case k == 1:
		f.set("coselection_complete", completeNo, "tokens choose one expert, yet pairs are counted")
		f.warn("", "The tokens choose one expert each (top-1), yet there are co-selection counts.")
	case p.all(p.complete, k):
		f.set("coselection_complete", completeYes, "pairs = tokens k (k-1)/2 in every layer")
	case p.all(p.adjacent, k):
		f.set("coselection_complete", completeAdjacent, "pairs = tokens (k-1) in every layer")
		f.warn("Count all pairs of each token's experts, or record the routed experts themselves.",
			"The co-selection counts only experts that are neighbors in rank, %d of the %d pairs of a top-%d token: pairs far apart in rank are missing.",
			k-1, k*(k-1)/2, k)
	default:
		f.set("coselection_complete", completeNo, "pairs differ from tokens k (k-1)/2")
		f.violation(p, k)
	}
}

func (f *facts) violation(p pairSums, k uint64) {
	for i, l := range p.layers {
		if p.complete(i, k) {
			continue
		}
		f.warn("Use activations and co-selection of one recording, without padded tokens.",
			"In layer %d the pairs add up to %d, but %d activations of top-%d tokens make %s pairs: the two files do not count the same tokens.",
			l, p.pairs[i], p.activations[i], k, fmt.Sprintf("%.0f", float64(p.activations[i])*float64(k-1)/2))
		return
	}
}

// deviations returns the population and the sample deviation of the counts.
func (m moments) deviations() (population, sample float64) {
	squares := max(m.squares-m.sum*m.sum/m.n, 0)
	return math.Sqrt(squares / m.n), math.Sqrt(squares / (m.n - 1))
}

// near allows for the three decimals that the tracker writes.
func near(a, b float64) bool { return math.Abs(a-b) <= 0.00051 }
