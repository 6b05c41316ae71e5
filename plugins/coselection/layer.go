package coselection

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/routing"
)

// pairing is one layer: how often each expert and each pair was chosen.
type pairing struct {
	layer    int64
	topK     int         // 0: unknown
	declared string      // which pairs the recording says it has
	loads    []int64     // activations by expert; nil when there are none for this layer
	pairs    []pairCount // of pairs with a token, by a, then b; each pair once
	together []int64     // pair counts that each expert takes part in
	pairSum  int64       // over unordered pairs
	loadSum  int64
	null     null
}

// pairCount is how many tokens chose both experts; a is below b.
type pairCount struct {
	a, b  int
	count int64
}

// gather sorts the rows into layers, in ascending order. All layers have the router's
// number of experts, which is at least those seen; declared says which pairs the
// recording has, as routing.Model does.
func gather(pairs, loads *frames.Frame, r routing.Router, declared string) []*pairing {
	byLayer := map[int64]*pairing{}
	at := func(layer int64) *pairing {
		if byLayer[layer] == nil {
			byLayer[layer] = &pairing{layer: layer, topK: r.TopK, declared: declared, together: make([]int64, r.Experts)}
		}
		return byLayer[layer]
	}
	layers, a, b, n := pairs.Ints("layer"), pairs.Ints("expert_a"), pairs.Ints("expert_b"), pairs.Ints("count")
	for i := range layers {
		at(layers[i]).addPair(int(a[i]), int(b[i]), n[i])
	}
	if loads != nil {
		layers, e, n := loads.Ints("layer"), loads.Ints("expert"), loads.Ints("count")
		for i := range layers {
			at(layers[i]).addLoad(int(e[i]), n[i])
		}
	}
	list := make([]*pairing, 0, len(byLayer))
	for _, layer := range slices.Sorted(maps.Keys(byLayer)) {
		l := byLayer[layer]
		l.mergePairs()
		l.null = newNull(l.together)
		list = append(list, l)
	}
	return list
}

func (r *pairing) addPair(a, b int, n int64) {
	if a == b || a < 0 || b < 0 || n <= 0 {
		return
	}
	r.pairs = append(r.pairs, pairCount{min(a, b), max(a, b), n})
	r.together[a] += n
	r.together[b] += n
	r.pairSum += n
}

// mergePairs sorts the pairs and adds up those that came more than once.
func (r *pairing) mergePairs() {
	slices.SortFunc(r.pairs, func(x, y pairCount) int { return cmp.Or(cmp.Compare(x.a, y.a), cmp.Compare(x.b, y.b)) })
	merged := r.pairs[:0]
	for _, p := range r.pairs {
		if last := len(merged) - 1; last >= 0 && merged[last].a == p.a && merged[last].b == p.b {
			merged[last].count += p.count
			continue
		}
		merged = append(merged, p)
	}
	r.pairs = merged
}

func (r *pairing) addLoad(expert int, n int64) {
	if expert < 0 {
		return
	}
	if r.loads == nil {
		r.loads = make([]int64, len(r.together))
	}
	r.loads[expert] += n
	r.loadSum += n
}

// partnered is how many experts have a partner.
func (r *pairing) partnered() int {
	n := 0
	for _, together := range r.together {
		if together > 0 {
			n++
		}
	}
	return n
}

// counted says which pairs the source has.
func (r *pairing) counted() string {
	switch r.identity() {
	case holds:
		return "all pairs"
	case adjacent:
		return "neighbors in rank only"
	case violated:
		return "not those of the activations"
	}
	return "not checked"
}

// tokens returns T = activations / k, and whether both are known and divide.
func (r *pairing) tokens() (int64, bool) {
	if r.topK == 0 || r.loadSum == 0 {
		return 0, false
	}
	return r.loadSum / int64(r.topK), r.loadSum%int64(r.topK) == 0
}

// dead returns the experts without a token, in order; nil where loads are unknown.
func (r *pairing) dead() []int {
	var list []int
	for e, n := range r.loads {
		if n == 0 {
			list = append(list, e)
		}
	}
	return list
}

// fewTokens reports whether chance alone would leave an expert without a token.
func (r *pairing) fewTokens() bool {
	t, _ := r.tokens()
	return routing.Router{Experts: len(r.together), TopK: r.topK}.DeadByChance(t) >= 1
}

// The verdicts on the identity.
const (
	holds     = "holds"
	adjacent  = routing.AdjacentPairs
	violated  = "violated"
	unchecked = "not checked"
)

// implied returns T k(k-1)/2, the sum that all pairs of all tokens make, and whether
// it is known.
func (r *pairing) implied() (int64, bool) {
	_, ok := r.tokens()
	partners := int64(r.topK - 1)
	if !ok || partners > 0 && r.loadSum > math.MaxInt64/partners {
		return 0, false
	}
	return r.loadSum * partners / 2, true
}

// identity compares the sum over pairs with what the activations imply. For top-2 the
// two kinds of tracker are the same and the verdict is that it holds. Where nothing can
// be compared, a recording that says itself that it is biased is believed.
func (r *pairing) identity() string {
	t, whole := r.tokens()
	implied, _ := r.implied()
	switch {
	case (r.topK == 0 || r.loadSum == 0) && r.declared == adjacent && r.topK != 2:
		return adjacent
	case r.topK == 0 || r.loadSum == 0:
		return unchecked
	case !whole:
		return violated
	case r.pairSum == implied && r.evenLoads():
		return holds
	case r.pairSum == t*int64(r.topK-1) && r.topK > 2:
		return adjacent
	}
	return violated
}

// evenLoads reports whether each expert has k-1 partners for each of its tokens.
func (r *pairing) evenLoads() bool {
	for e, n := range r.loads {
		if r.together[e] != n*int64(r.topK-1) {
			return false
		}
	}
	return true
}
