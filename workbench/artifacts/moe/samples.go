package moe

import (
	"fmt"
	"math"

	"profilemate/frames"
)

// imbalance is the sink of moe_load_imbalance.csv.
type imbalance struct {
	*frames.Builder
	layers     []int64
	deviations []float64
	dead       int64 // rows in which an expert got no token
}

func newImbalance() *imbalance {
	return &imbalance{Builder: frames.NewBuilder("imbalance", frames.Schema{layerField(),
		{Name: "time", Kind: frames.Int64, Unit: "ns", Doc: "since the tracker began"},
		floatField("std_dev", "", "standard deviation of the experts' tokens, as the tracker computed it"),
		floatField("max_min_ratio", "", "tokens of the busiest expert over those of the least busy; missing where one got none"),
		{Name: "dead_expert", Kind: frames.Bool, Doc: "an expert got no token (the file says inf)"}})}
}

func (m *imbalance) add(r *row) error {
	l, at := r.layer(), r.float(secondsCol)
	spread, ratio := r.float(deviationCol), r.float(maxMinRatioCol)
	if r.err != nil {
		return r.err
	}
	ns := math.Round(at * 1e9)
	if !(math.Abs(ns) < math.MaxInt64) {
		return fmt.Errorf("its time is no number of seconds")
	}
	if spread < 0 || ratio < 0 || math.IsInf(spread, 0) {
		return fmt.Errorf("a spread cannot be negative or infinite")
	}
	dead := math.IsInf(ratio, 1)
	if dead {
		m.dead++
		ratio = math.NaN()
	}
	m.Row(l, int64(ns), missing(spread), missing(ratio), dead)
	m.layers, m.deviations = append(m.layers, l), append(m.deviations, spread)
	return nil
}

func (m *imbalance) finish(n *notes) *frames.Frame {
	if m.dead > 0 {
		n.info("in %d of %d rows an expert got no token; the ratio of the most to the least is missing there.", m.dead, m.Len())
	}
	return m.Frame()
}

// missing turns NaN into no value.
func missing(v float64) any {
	if math.IsNaN(v) {
		return nil
	}
	return v
}

// weights is the sink of moe_routing_weights_hist.csv as the tracker writes it:
// samples, one row per token and chosen expert.
type weights struct {
	*frames.Builder
	last key
	run  int64           // rows of the token so far
	seen map[int64]bool  // experts of the token so far
	runs map[int64]int64 // tokens by their number of rows
}

func newWeights() *weights {
	return &weights{Builder: frames.NewBuilder("weights", frames.Schema{layerField(),
		intField("token", "index within its batch; repeats over batches"), expertField("expert"),
		floatField("weight", "", "router weight of the expert for the token")}),
		seen: map[int64]bool{}, runs: map[int64]int64{}}
}

func (w *weights) add(r *row) error {
	l, e, v := r.layer(), r.id(expertCol, 0), r.float(weightCol)
	token := any(nil)
	at := key{layer: l, a: -1}
	if r.layout.has(tokenCol) {
		at.a = r.integer(tokenCol, 0)
		token = at.a
	}
	if r.err != nil {
		return r.err
	}
	if math.IsInf(v, 0) {
		return fmt.Errorf("a weight cannot be infinite")
	}
	w.Row(l, token, e, missing(v))
	w.count(at, e)
	return nil
}

// count follows how many rows in a run belong to one token: that many experts it
// chose. A token ends where its index changes or an expert comes again.
func (w *weights) count(at key, expert int64) {
	if w.run > 0 && (at != w.last || w.seen[expert]) {
		w.endToken()
	}
	w.last, w.seen[expert] = at, true
	w.run++
}

func (w *weights) endToken() {
	w.runs[w.run]++
	w.run = 0
	clear(w.seen)
}

// topK returns the number of experts per sampled token, 0 when tokens differ or the
// file does not say which rows belong to one token.
func (w *weights) topK() int64 {
	if len(w.runs) != 1 || w.last.a < 0 {
		return 0
	}
	for k := range w.runs {
		return k
	}
	return 0
}

func (w *weights) finish(*notes) *frames.Frame {
	if w.run > 0 {
		w.endToken()
	}
	return w.Frame()
}

// weightBins is the sink of weights that come as a true histogram.
type weightBins struct{ *frames.Builder }

func newWeightBins() *weightBins {
	return &weightBins{frames.NewBuilder("weight_bins", frames.Schema{layerField(),
		floatField("bin_min", "", "lower edge of the bin"), floatField("bin_max", "", "upper edge of the bin"),
		intField("count", "weights in the bin")})}
}

func (w *weightBins) add(r *row) error {
	l, low, high, n := r.layer(), r.float(binMinCol), r.float(binMaxCol), r.integer(countCol, 0)
	if r.err != nil {
		return r.err
	}
	if !(low <= high) || math.IsInf(low, 0) || math.IsInf(high, 0) {
		return fmt.Errorf("its bin does not run from a number to a higher one")
	}
	w.Row(l, low, high, n)
	return nil
}

func (w *weightBins) finish(*notes) *frames.Frame { return w.Frame() }
