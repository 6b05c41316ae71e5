// Package layeraffinity shows how the expert that a token chose in one layer tells the
// one it chooses in the next, and what of it stays on one GPU.
package layeraffinity

import (
	"context"
	"fmt"

	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// Analysis declares layer affinity; its form, flags, help and cell derive from here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "layer-affinity",
	Doc: `how the expert of one layer tells that of the next

For each pair of layers a heat map of transitions: P(next expert given expert) by default, n_ij / n_i with
n_ij tokens that chose i in the layer and j in the next, and n_i tokens that chose i. Of first choices a row adds up to 1, of all
pairs of a token's k choices to k. "Times chance" is P(j given i) over P(j), 1 where
the layers are independent. A finding names the strongest transition that independent layers give with a
probability below 0.01 over all transitions, by Poisson's distribution.

Information is the mutual information of the two choices in bits; independent layers show
(E-1)²/(2 N ln 2) bits of it by chance, for N transitions between E experts that are used, and (E-k)² in place
of (E-1)² where all pairs are counted. Guessed is the part of the choices whose token goes on to the most
likely expert given theirs, as one of its next choices, beside the most popular one alone.

With experts in the order of their indexes on a number of GPUs, a transition stays on its GPU when both
experts lie on the same one; independent layers of the same popularity give the level beside it. Expert
placement can raise it, as ExFlow does (arXiv 2401.08383).

Two checks: the next experts of one pair of layers must be the experts of the next pair, number by number;
and the transitions must be one for each token (first choices only) or k² (all pairs), by the activations.`,
	Version: 4,
	Roles: []analysis.Role{{Name: "routing", Kind: "moe", Doc: "recorded MoE routing", Tables: []analysis.Need{
		{Table: "affinity", Doc: "tokens by pair of experts in neighboring layers, without which there is nothing to show; a tracker writes them as layer_affinity.csv", Columns: routing.TransitionColumns()},
		{Table: "activations", Optional: true, Doc: "the check of what is counted", Columns: routing.LoadColumns()},
	}}},
	Outputs: []analysis.Output{
		{Name: "layers", Kind: analysis.TableOutput, Doc: "one row per pair of layers: how much the one tells of the other, what stays on its GPU, the checks"},
		{Name: "transitions", Kind: analysis.TableOutput, Doc: "the transitions that stand out most in each pair of layers"},
		{Name: "same-gpu", Kind: analysis.ChartOutput, Doc: "transitions that stay on their GPU, beside independent layers"},
		{Name: "layer", Kind: analysis.ChartOutput, Doc: "heat map of each pair of layers"},
	},
	Defaults: Params{Layer: -1, Measure: conditional, GPUs: 8, Top: 10, MinExpected: 5, Experts: 64},
	Whole:    run,
})

// Params are what a caller can set.
type Params struct {
	Layer       int     `param:"layer" min:"-1" doc:"first layer of the pair to show; -1 for all"`
	Measure     string  `param:"measure" enum:"conditional,times-chance,count" doc:"what the heat map shows; conditional is P(column given row)"`
	GPUs        int     `param:"gpus" min:"1" max:"65536" unit:"GPUs" doc:"GPUs that the experts lie on, in the order of their indexes"`
	Top         int     `param:"top" min:"1" max:"10000" doc:"transitions listed per pair of layers"`
	MinExpected float64 `param:"min-expected" min:"0" unit:"tokens" doc:"a transition that independent layers give fewer tokens is ranked last"`
	Experts     int     `param:"experts" min:"2" max:"256" doc:"most experts in a heat map, the busiest ones"`
	TopK        int     `param:"top-k" min:"0" max:"65535" doc:"experts each token chooses; 0: as the recording says"`
}

// The measures of a transition, as the parameter spells them.
const (
	conditional = "conditional"
	timesChance = "times-chance"
	counted     = "count"
)

func run(ctx context.Context, in analysis.Inputs, p Params) (*result.Result, error) {
	affinity, err := in.Frame("routing", "affinity")
	if err != nil {
		return nil, err
	}
	loads, err := in.Frame("routing", "activations")
	if err != nil {
		return nil, err
	}
	seen := max(routing.Seen(affinity, "expert", "next_expert"), routing.Seen(loads, "expert"))
	r := routing.RouterOf(in.Source("routing").Metadata, p.TopK, seen)
	if err := r.CheckTopK(p.TopK); err != nil {
		return nil, err
	}
	all := gather(affinity, r.Experts)
	check(all, routing.Layers(loads, r.Experts), r)
	res := &result.Result{}
	shown := all
	if p.Layer >= 0 {
		if err := analysis.Selected("layer", p.Layer, layersOf(all)); err != nil {
			return nil, err
		}
		shown = only(all, int64(p.Layer))
	}
	for _, c := range shown {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("affinity of layer %d: %w", c.layer, err)
		}
		c.place(routing.LinearRanks(r.Experts, p.GPUs), p.GPUs)
	}
	res.Add("layers", "Affinity by pair of layers", layersTable(shown))
	res.Add("transitions", "Transitions that stand out", transitionsTable(shown, p))
	if len(shown) == 0 {
		tellNothing(res)
		return res, nil
	}
	res.Charts = append(res.Charts, sameGPU(shown, p))
	for _, c := range shown {
		res.Charts = append(res.Charts, heatMap(c, p))
	}
	tell(res, shown, r, p)
	return res, nil
}
