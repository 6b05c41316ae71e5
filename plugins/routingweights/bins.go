package routingweights

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// histogram is the distribution of one layer's weights.
type histogram struct {
	layer int64
	bins  []bin // by low, then high
	total int64
}

type bin struct {
	low, high float64
	count     int64
}

// binsOf sorts the weights of all layers into the same bins, from 0 to 1 or to the
// largest weight. A weight on an edge belongs to the bin above, the largest to the
// last.
func binsOf(layers []*layer, n int) []histogram {
	highest := 1.0
	for _, l := range layers {
		if len(l.weights) > 0 {
			highest = max(highest, l.weights[len(l.weights)-1])
		}
	}
	list := make([]histogram, len(layers))
	for i, l := range layers {
		h := histogram{layer: l.index, bins: make([]bin, n), total: int64(len(l.weights))}
		for j := range h.bins {
			h.bins[j].low, h.bins[j].high = highest*float64(j)/float64(n), highest*float64(j+1)/float64(n)
		}
		for _, w := range l.weights {
			h.bins[min(int(w/highest*float64(n)), n-1)].count++
		}
		list[i] = h
	}
	return list
}

// runBins shows a recording that has a histogram of its own.
func runBins(in analysis.Inputs) (*result.Result, error) {
	f, err := in.Frame("routing", "weight_bins")
	if err != nil {
		return nil, err
	}
	res := &result.Result{}
	if f == nil || f.Len() == 0 {
		res.Findings = append(res.Findings, result.Finding{Severity: result.Problem, Text: "The recording has no routing weights.",
			Remedy: "Record router logits, or the weights of a sample of tokens (moe_routing_weights_hist.csv)."})
		return res, nil
	}
	byLayer := map[int64][]bin{}
	low, high := f.Column("bin_min"), f.Column("bin_max")
	for i, l := range f.Ints("layer") {
		byLayer[l] = append(byLayer[l], bin{low.Float(i), high.Float(i), f.Ints("count")[i]})
	}
	var list []histogram
	for _, l := range slices.Sorted(maps.Keys(byLayer)) {
		h := histogram{layer: l, bins: byLayer[l]}
		slices.SortStableFunc(h.bins, func(a, b bin) int { return cmp.Or(cmp.Compare(a.low, b.low), cmp.Compare(a.high, b.high)) })
		for _, b := range h.bins {
			h.total += b.count
		}
		list = append(list, h)
	}
	res.Add("distribution", "Distribution of the weights", binsTable(list))
	res.Charts = distribution(list)
	res.Warn("Record the weights themselves, token by token.", "The recording has a histogram of weights: there is no top-1 share, no entropy and nothing by expert.")
	return res, nil
}

func binsTable(list []histogram) *frames.Frame {
	b := frames.NewBuilder("distribution", frames.Schema{
		routing.LayerColumn(),
		{Name: "bin_min", Kind: frames.Float64, Doc: "lower edge, part of the bin"},
		{Name: "bin_max", Kind: frames.Float64, Doc: "upper edge, part of the next bin"},
		{Name: "count", Kind: frames.Int64, Doc: "weights in the bin"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the layer's weights"},
	})
	for _, h := range list {
		for _, x := range h.bins {
			b.Row(h.layer, x.low, x.high, x.count, routing.Value(h.share(x)))
		}
	}
	return b.Frame()
}

// share is a bin's part of the weights in percent; NaN where there are none.
func (h *histogram) share(b bin) float64 {
	if h.total == 0 {
		return math.NaN()
	}
	return 100 * float64(b.count) / float64(h.total)
}

// distribution draws the histograms of all layers, where these have the same bins.
func distribution(list []histogram) []result.Chart {
	if len(list) == 0 {
		return nil
	}
	same := func(a, b bin) bool { return a.low == b.low && a.high == b.high }
	names, values := make([]string, len(list)), make([][]result.Number, len(list))
	for i, h := range list {
		if !slices.EqualFunc(h.bins, list[0].bins, same) {
			return nil
		}
		names[i] = routing.LayerMark(h.layer)
		for _, b := range h.bins {
			values[i] = append(values[i], result.Number(h.share(b)))
		}
	}
	edges := make([]string, len(list[0].bins))
	for j, b := range list[0].bins {
		edges[j] = strconv.FormatFloat(b.low, 'g', 3, 64)
	}
	return []result.Chart{{Name: "distribution", Title: "Distribution of the weights", Kind: result.HeatMap,
		X: result.Axis{Label: "weight, lower edge", Categories: edges}, Y: result.Axis{Label: "layer", Categories: names},
		Heat: &result.Heat{Values: values, Label: "of the layer's weights", Unit: "%"}}}
}
