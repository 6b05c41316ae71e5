// Package coselection shows which experts of a mixture-of-experts layer are chosen
// together more often than chance would have it.
package coselection

import (
	"context"
	"fmt"
	"slices"

	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// Analysis declares co-selection; its form, flags, help and cell derive from here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "co-selection",
	Doc: `which experts are chosen together, layer by layer

For each layer a heat map of all pairs of experts, the pairs that stand out, and a check of the counts.

The count n_ij is the number of tokens whose top-k contains both i and j. "Times chance" divides it by
what popularity alone would give: the table of pairs that has the same total for every expert and no
further structure (quasi-independence: expected n_ij = x_i x_j with an empty diagonal). For top-2 this is
exactly what independent tokens would do, for larger k within about 3 % of it. 1 means chance.

Lift is T n_ij / (n_i n_j) for T tokens, with n_i from the activations. Its level without structure is
not 1: a token chooses an expert once, so that even with experts alike it is (k-1)E / (k(E-1)) for E
experts, 0.53 for top-2 of 16. The layers table states that level beside the pairs.

P(b|a) is n_ij / n_a, Jaccard is n_ij / (n_i + n_j - n_ij), NPMI is ln(lift) / -ln(n_ij / T).

Each of them stands beside what it would be for the expected tokens, the same popularity without structure,
and z is the count less that in deviations of chance. A strongest pair is named only where chance would give
the luckiest of all pairs as much in less than 1 % of layers.

Heat maps are in the order of the Fiedler vector of the normalized Laplacian of times chance: experts that are
chosen together lie beside each other. They fall into as many clusters as its eigenvalues have below their
widest gap, that behind the first left out, where this gap is wider than half of what lies behind it and than
the noise of the counts; one cluster means that they do not fall apart. A cluster on one GPU saves its tokens
a second one.

The check: over unordered pairs the counts must add up to T k(k-1)/2. A tracker that pairs only
neighbors in rank leaves T(k-1); for top-2 the two are the same.`,
	Version: 5,
	Roles: []analysis.Role{{Name: "routing", Kind: "moe", Doc: "recorded MoE routing", Tables: []analysis.Need{
		{Table: "coselection", Doc: "tokens by pair of experts, without which there is nothing to show; a tracker writes them as moe_expert_coselection.csv", Columns: routing.PairColumns()},
		{Table: "activations", Optional: true, Doc: "lift, P(b|a), Jaccard and NPMI, and the check of the counts", Columns: routing.LoadColumns()},
	}}},
	Outputs: []analysis.Output{
		{Name: "layers", Kind: analysis.TableOutput, Doc: "one row per layer: tokens, the check of the counts, how much structure there is"},
		{Name: "pairs", Kind: analysis.TableOutput, Doc: "the pairs that stand out most in each layer"},
		{Name: "clusters", Kind: analysis.TableOutput, Doc: "the clusters of each layer whose experts fall apart"},
		{Name: "layer", Kind: analysis.ChartOutput, Doc: "heat map of each layer"},
	},
	Defaults: Params{Layer: -1, Measure: timesChance, Top: 10, MinExpected: 5, Experts: 64, Order: byCluster},
	Whole:    run,
})

// Params are what a caller can set.
type Params struct {
	Layer       int     `param:"layer" min:"-1" doc:"layer to show; -1 for all"`
	Measure     string  `param:"measure" enum:"times-chance,count,lift,conditional,jaccard,npmi" doc:"what the heat map shows and the pairs are ranked by; conditional is P(column given row)"`
	Top         int     `param:"top" min:"1" max:"10000" doc:"pairs listed per layer"`
	MinExpected float64 `param:"min-expected" min:"0" unit:"tokens" doc:"a pair that chance gives fewer tokens is ranked last and not called strong"`
	Experts     int     `param:"experts" min:"2" max:"256" doc:"most experts in a heat map, the busiest ones"`
	Order       string  `param:"order" enum:"cluster,index" doc:"order of the experts in the heat map: those chosen together beside each other, or by index"`
	TopK        int     `param:"top-k" min:"0" max:"65535" doc:"experts each token chooses; 0: as the recording says"`
}

// byCluster is the order of the heat map that shows clusters.
const byCluster = "cluster"

// The measures of a pair, as the parameter spells them.
const (
	timesChance = "times-chance"
	counts      = "count"
	lift        = "lift"
	conditional = "conditional"
	jaccard     = "jaccard"
	npmi        = "npmi"
)

func run(ctx context.Context, in analysis.Inputs, p Params) (*result.Result, error) {
	pairs, err := in.Frame("routing", "coselection")
	if err != nil {
		return nil, err
	}
	loads, err := in.Frame("routing", "activations")
	if err != nil {
		return nil, err
	}
	metadata := in.Source("routing").Metadata
	r := routing.RouterOf(metadata, p.TopK, max(routing.Seen(pairs, "expert_a", "expert_b"), routing.Seen(loads, "expert")))
	layers := gather(pairs, loads, r, routing.ModelOf(metadata).Pairs)
	if err := selected(layers, p); err != nil {
		return nil, err
	}
	rep := newReport(p)
	rep.guessed = r.Guessed != ""
	shown := slices.DeleteFunc(slices.Clone(layers), func(r *pairing) bool { return p.Layer >= 0 && int64(p.Layer) != r.layer })
	found, err := clusterAll(ctx, shown, p.MinExpected)
	if err != nil {
		return nil, fmt.Errorf("clustering experts: %w", err)
	}
	for i, l := range shown {
		rep.add(l, found[i])
	}
	return rep.finish(shown, loads != nil), nil
}

// selected says which choice of the reader the recording cannot meet.
func selected(layers []*pairing, p Params) error {
	numbers := make([]int64, len(layers))
	for i, l := range layers {
		numbers[i] = l.layer
		if experts := len(l.together); p.TopK > experts {
			return analysis.Contradicted("top-k", "a token cannot choose %d of %d experts", p.TopK, experts)
		}
	}
	return analysis.Selected("layer", p.Layer, numbers)
}
