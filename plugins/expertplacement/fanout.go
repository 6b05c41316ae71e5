package expertplacement

import (
	"math"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/routing"
)

// span is a mean fan-out: what it is known to lie between. NaN: not known.
type span struct{ low, high float64 }

func unknownSpan() span { return span{math.NaN(), math.NaN()} }

// exact reports whether the fan-out is one number.
func (s span) exact() bool { return s.high-s.low < 1e-9 }

// witness is what the fan-out of a placement is worked out from: tokens, or the pairs of
// experts that tokens choose.
type witness struct {
	source string // in words; "" nothing is known
	tokens map[int64][][]int
	topK   int
	pairs  map[int64][]together
}

// together is how many tokens chose both experts.
type together struct {
	a, b  int
	count float64
}

// witnessOf takes the tokens where there are any, else the pairs where all of them were
// counted.
func witnessOf(s *sample, pairs *frames.Frame, metadata map[string]string, r routing.Router) witness {
	if len(s.kept) > 0 {
		return witness{source: s.source(), tokens: s.layers()}
	}
	// With top-2 neighbors in rank are all pairs.
	whole := routing.ModelOf(metadata).Pairs == routing.AllPairs || r.TopK == 2
	if pairs == nil || pairs.Len() == 0 || r.TopK < 2 || !whole {
		return witness{}
	}
	w := witness{source: "pairs of experts", topK: r.TopK, pairs: map[int64][]together{}}
	layer, a, b, n := pairs.Ints("layer"), pairs.Ints("expert_a"), pairs.Ints("expert_b"), pairs.Ints("count")
	for i := range layer {
		if x, y := int(a[i]), int(b[i]); x >= 0 && y >= 0 && x < r.Experts && y < r.Experts {
			w.pairs[layer[i]] = append(w.pairs[layer[i]], together{x, y, float64(n[i])})
		}
	}
	return w
}

// fanOut returns the mean fan-out of a layer's tokens, and how many they are.
func (w witness) fanOut(layer int64, p routing.Placement) (span, float64) {
	reach := routing.NewReach(p)
	if w.tokens != nil {
		return w.ofTokens(layer, reach)
	}
	met, all := 0.0, 0.0
	for _, pair := range w.pairs[layer] {
		met += pair.count * reach.Together(pair.a, pair.b)
		all += pair.count
	}
	if all == 0 {
		return unknownSpan(), 0
	}
	tokens := all / float64(w.topK*(w.topK-1)/2)
	low, high := reach.Bounds(w.topK, met/tokens)
	return span{low, high}, tokens
}

// ofTokens adds in ascending order, since a map gives tokens in any order.
func (w witness) ofTokens(layer int64, reach *routing.Reach) (span, float64) {
	list := w.tokens[layer]
	if len(list) == 0 {
		return unknownSpan(), 0
	}
	each := make([]float64, len(list))
	for i, experts := range list {
		slices.Sort(experts)
		each[i] = reach.Token(experts)
	}
	slices.Sort(each)
	sum := 0.0
	for _, v := range each {
		sum += v
	}
	mean := math.Round(1e9*sum/float64(len(list))) / 1e9
	return span{mean, mean}, float64(len(list))
}

// spans is a mean of fan-outs over layers, weighted by tokens.
type spans struct{ low, high, tokens float64 }

func (s spans) plus(one span, tokens float64) spans {
	if tokens == 0 {
		return s
	}
	return spans{s.low + tokens*one.low, s.high + tokens*one.high, s.tokens + tokens}
}

func (s spans) mean() span {
	if s.tokens == 0 {
		return unknownSpan()
	}
	return span{s.low / s.tokens, s.high / s.tokens}
}
