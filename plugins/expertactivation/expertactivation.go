// Package expertactivation shows which experts of a mixture-of-experts model are used
// how much: coverage, experts that get nothing, and experts that get far more than
// their part.
package expertactivation

import (
	"context"

	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// Analysis declares expert activation; its form, flags, help and cell derive from
// here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "expert-activation",
	Doc: `which experts are used, how much, and which not at all

A heat map of layers and experts, in units of the uniform share: 1 is what each expert would get of an
even split, 2 is twice that, 0 is a dead expert. Coverage is the part of the experts with at least one
token; it rises with the number of tokens, so that the tokens stand beside it, with the number of experts
that chance would leave out: E (1-k/E)^T of E experts for T tokens of top-k.

An expert is called hot when it gets at least the chosen multiple of the uniform share and more than four
standard deviations of chance above it, and dead when it gets nothing although chance would leave less than
0.01 experts out. Use says nothing of worth: an expert with few tokens may be one that the model needs.

Counts are the activations of the recording, or the sums over its steps where it has none.`,
	Version: 1,
	Roles: []analysis.Role{{Name: "routing", Kind: "moe", Doc: "recorded MoE routing", Tables: []analysis.Need{
		{Table: "activations", Optional: true, Doc: "tokens by layer and expert; without it the steps are added up", Columns: routing.LoadColumns()},
		{Table: "steps", Optional: true, Doc: "used where there are no activations", Columns: routing.StepColumns()},
	}}},
	Outputs: []analysis.Output{
		{Name: "layers", Kind: analysis.TableOutput, Doc: "one row per layer: tokens, coverage, dead and hot experts"},
		{Name: "experts", Kind: analysis.TableOutput, Doc: "one row per layer and expert"},
		{Name: "heat", Kind: analysis.ChartOutput, Doc: "heat map of layers and experts, in units of the uniform share"},
		{Name: "coverage", Kind: analysis.ChartOutput, Doc: "part of the experts with a token, by layer"},
	},
	Defaults: Params{Hot: 2},
	Whole:    run,
})

// Params are what a caller can set.
type Params struct {
	Hot  float64 `param:"hot" min:"1" doc:"multiple of the uniform share from which an expert is called hot"`
	TopK int     `param:"top-k" min:"0" max:"65535" doc:"experts each token chooses; 0: as the recording says"`
}

func run(_ context.Context, in analysis.Inputs, p Params) (*result.Result, error) {
	counts, err := in.Frame("routing", "activations")
	if err != nil {
		return nil, err
	}
	summed := counts == nil || counts.Len() == 0
	if summed {
		if counts, err = in.Frame("routing", "steps"); err != nil {
			return nil, err
		}
	}
	r := routing.RouterOf(in.Source("routing").Metadata, p.TopK, routing.Seen(counts, "expert"))
	if err := r.CheckTopK(p.TopK); err != nil {
		return nil, err
	}
	layers := measure(routing.Layers(counts, r.Experts), r, p.Hot)
	res := &result.Result{}
	res.Add("layers", "Use of experts by layer", layersTable(layers, r))
	res.Add("experts", "Use of each expert", expertsTable(layers))
	if len(layers) == 0 {
		res.Findings = append(res.Findings, result.Finding{Severity: result.Problem, Text: "The recording has no tokens by expert.",
			Remedy: "Record moe_expert_activations.csv or expert_counts_by_step.json."})
		return res, nil
	}
	res.Charts = charts(layers, r)
	tell(res, layers, r, p, summed)
	return res, nil
}
