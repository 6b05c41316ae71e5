package routingweights

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/routing"
)

// layer is the sampled weights of one layer.
type layer struct {
	index   int64
	weights []float64 // that are there, in ascending order after gather
	odd     int       // rows whose weight is missing, infinite or below 0
	skipped int       // tokens that are left out of what follows
	tokens  []token
	experts map[int64]*expert
}

// token is what one token's weights say.
type token struct {
	sum      float64
	top      float64 // largest share
	entropy  float64 // of the shares, in nats
	nearTie  bool
	choices  int
	shareOff float64 // |sum - 1|
}

// expert is how one expert is weighed in the tokens that chose it.
type expert struct {
	rows, first int
	sum         float64
}

// reader goes through the rows token by token.
type reader struct {
	topK    int // 0: unknown
	layers  map[int64]*layer
	layer   int64
	token   int64
	experts []int64
	weights []float64
	broken  bool
}

// gather reads the weights of all layers, in ascending order. A row of a token without
// an index belongs to no token.
func gather(ctx context.Context, f *frames.Frame, r routing.Router) ([]*layer, error) {
	rd := &reader{topK: r.TopK, layers: map[int64]*layer{}}
	layers, experts := f.Ints("layer"), f.Ints("expert")
	weight, token := f.Column("weight"), f.Column("token")
	for i := range layers {
		if i%(1<<16) == 0 && ctx.Err() != nil {
			return nil, fmt.Errorf("routing weights, row %d: %w", i, ctx.Err())
		}
		w := math.NaN()
		if weight != nil {
			w = weight.Float(i)
		}
		rd.count(layers[i], experts[i], w)
		if token != nil && !token.IsNull(i) {
			rd.add(layers[i], token.Int(i), experts[i], w)
		} else {
			rd.end()
		}
	}
	rd.end()
	list := make([]*layer, 0, len(rd.layers))
	for _, l := range slices.Sorted(maps.Keys(rd.layers)) {
		slices.Sort(rd.layers[l].weights)
		list = append(list, rd.layers[l])
	}
	return list, nil
}

func (rd *reader) at(index int64) *layer {
	if rd.layers[index] == nil {
		rd.layers[index] = &layer{index: index, experts: map[int64]*expert{}}
	}
	return rd.layers[index]
}

func usable(w float64) bool { return w >= 0 && !math.IsInf(w, 0) }

// count adds a row to the distribution.
func (rd *reader) count(index, e int64, w float64) {
	l := rd.at(index)
	if !usable(w) {
		l.odd++
		return
	}
	l.weights = append(l.weights, w)
	if l.experts[e] == nil {
		l.experts[e] = &expert{}
	}
	l.experts[e].rows++
	l.experts[e].sum += w
}

// add takes a row of a token. A token ends where the layer or its index changes, where
// an expert comes again, and where it has all its experts.
func (rd *reader) add(index, token, e int64, w float64) {
	full := rd.topK > 0 && len(rd.experts) == rd.topK
	if full || index != rd.layer || token != rd.token || slices.Contains(rd.experts, e) {
		rd.end()
	}
	rd.layer, rd.token = index, token
	rd.experts, rd.weights = append(rd.experts, e), append(rd.weights, w)
	rd.broken = rd.broken || !usable(w)
}

// end closes the token at hand.
func (rd *reader) end() {
	if len(rd.experts) == 0 {
		return
	}
	l, sum := rd.at(rd.layer), 0.0
	for _, w := range rd.weights {
		sum += w
	}
	if rd.broken || !(sum > 0) || rd.topK > 0 && len(rd.experts) != rd.topK {
		l.skipped++
	} else {
		l.take(rd.experts, rd.weights, sum)
	}
	rd.experts, rd.weights, rd.broken = rd.experts[:0], rd.weights[:0], false
}

// tie is the part of the first weight from which the second makes a near tie.
const tie = 0.9

func (l *layer) take(experts []int64, weights []float64, sum float64) {
	t := token{sum: sum, choices: len(weights), shareOff: math.Abs(sum - 1)}
	top := 0
	for i, w := range weights {
		if p := w / sum; p > 0 {
			t.entropy -= p * math.Log(p)
		}
		if w > weights[top] {
			top = i
		}
	}
	for i, w := range weights {
		t.nearTie = t.nearTie || i != top && w >= tie*weights[top]
	}
	t.top = weights[top] / sum
	l.experts[experts[top]].first++
	l.tokens = append(l.tokens, t)
}

// average is the mean of a figure of the tokens; NaN without any.
func (l *layer) average(of func(token) float64) float64 {
	sum := 0.0
	for _, t := range l.tokens {
		sum += of(t)
	}
	return sum / float64(len(l.tokens))
}

func top(t token) float64       { return t.top }
func effective(t token) float64 { return math.Exp(t.entropy) }
func sum(t token) float64       { return t.sum }

// normalizedEntropy is the entropy over ln k; NaN for a token of one expert.
func normalizedEntropy(t token) float64 {
	if t.choices < 2 {
		return math.NaN()
	}
	return t.entropy / math.Log(float64(t.choices))
}

func nearTie(t token) float64 {
	if t.nearTie {
		return 1
	}
	return 0
}

// quantile is the smallest weight that at least a part q of the weights do not exceed;
// NaN without any.
func (l *layer) quantile(q float64) float64 {
	if len(l.weights) == 0 {
		return math.NaN()
	}
	at := int(math.Ceil(q*float64(len(l.weights)))) - 1
	return l.weights[max(at, 0)]
}

// slack is how far the sum of rounded weights may be from 1.
const slack = 0.005

// normalized reports whether the weights of every token add up to 1.
func (l *layer) normalized() bool {
	return len(l.tokens) > 0 && !slices.ContainsFunc(l.tokens, func(t token) bool { return t.shareOff > slack })
}

// sortedExperts are the experts with a row, in order.
func (l *layer) sortedExperts() []int64 {
	return slices.SortedFunc(maps.Keys(l.experts), cmp.Compare[int64])
}
