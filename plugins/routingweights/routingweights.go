// Package routingweights shows how a mixture-of-experts router weighs the experts that
// it chose: evenly, or with one that counts and others that hardly do.
package routingweights

import (
	"context"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// Analysis declares routing weights; its form, flags, help and cell derive from here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "routing-weights",
	Doc: `how decidedly the router weighs the experts of a token

The distribution of the weights of each layer, and for each sampled token: the top-1 share, the largest
weight over the sum of the token's weights (1/k when all are alike, near 1 when the others hardly count),
and the entropy of its weights over ln k (1 when all are alike, 0 when one has all). Effective experts is
exp(entropy): how many equal experts would be as undecided. A near tie is a token whose second weight is at
least nine tenths of its first: a small change of the input turns their order.

Weights that add up to 1 for every token were normalized over the chosen experts; otherwise their sum says
what part of the router's probability the chosen experts had.

Rows of one token stand together, since the index of a token repeats over batches. Tokens with another
number of experts than top-k, or with a weight that is missing, infinite or below 0, count in the
distribution only. A recording with a histogram instead of weights gives the distribution alone.`,
	Version: 2,
	Roles: []analysis.Role{{Name: "routing", Kind: "moe", Doc: "recorded MoE routing", Tables: []analysis.Need{
		{Table: "weights", Optional: true, Doc: "sampled weights; a tracker writes them as moe_routing_weights_hist.csv", Columns: []frames.Field{
			{Name: "layer", Kind: frames.Int64}, {Name: "token", Kind: frames.Int64},
			{Name: "expert", Kind: frames.Int64}, {Name: "weight", Kind: frames.Float64}}},
		{Table: "weight_bins", Optional: true, Doc: "a histogram of weights, shown where there are no weights", Columns: []frames.Field{
			{Name: "layer", Kind: frames.Int64}, {Name: "bin_min", Kind: frames.Float64},
			{Name: "bin_max", Kind: frames.Float64}, {Name: "count", Kind: frames.Int64}}},
	}}},
	Outputs: []analysis.Output{
		{Name: "layers", Kind: analysis.TableOutput, Doc: "one row per layer: weights, top-1 share, entropy"},
		{Name: "experts", Kind: analysis.TableOutput, Doc: "one row per layer and expert: its mean weight, and how often it is the first"},
		{Name: "distribution", Kind: analysis.TableOutput, Doc: "one row per layer and bin"},
		{Name: "top-1", Kind: analysis.ChartOutput, Doc: "mean top-1 share by layer, beside that of equal weights"},
		{Name: "distribution", Kind: analysis.ChartOutput, Doc: "heat map of layers and weights"},
	},
	Defaults: Params{Bins: 20},
	Whole:    run,
})

// Params are what a caller can set.
type Params struct {
	Bins int `param:"bins" min:"1" max:"1000" doc:"bins of the distribution, from 0 to 1 or to the largest weight"`
	TopK int `param:"top-k" min:"0" max:"65535" doc:"experts each token chooses; 0: as the recording says"`
}

func run(ctx context.Context, in analysis.Inputs, p Params) (*result.Result, error) {
	weights, err := in.Frame("routing", "weights")
	if err != nil {
		return nil, err
	}
	if weights == nil || weights.Len() == 0 {
		return runBins(in)
	}
	r := routing.RouterOf(in.Source("routing").Metadata, p.TopK, routing.Seen(weights, "expert"))
	if err := r.CheckTopK(p.TopK); err != nil {
		return nil, err
	}
	layers, err := gather(ctx, weights, r)
	if err != nil {
		return nil, err
	}
	bins := binsOf(layers, p.Bins)
	res := &result.Result{}
	res.Add("layers", "Weights by layer", layersTable(layers))
	res.Add("experts", "Weights by expert", expertsTable(layers))
	res.Add("distribution", "Distribution of the weights", binsTable(bins))
	res.Charts = topShares(layers, r)
	res.Charts = append(res.Charts, distribution(bins)...)
	tell(res, layers, r)
	return res, nil
}
