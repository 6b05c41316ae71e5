// Package loadimbalance shows how evenly the tokens of a mixture-of-experts layer lie
// on its experts and on the GPUs that hold them, beside what chance alone would give.
package loadimbalance

import (
	"context"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// Analysis declares load imbalance; its form, flags, help and cell derive from here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "load-imbalance",
	Doc: `how unevenly experts and GPUs are loaded, beside what chance would give

Six figures of each layer's counts, experts without tokens included: max/mean (1 to E), the coefficient of
variation CV (population deviation over mean), Gini, the entropy over ln E, Jain's index 1/(1+CV²), and the
share of the hottest experts. Each stands beside its null: the mean of the figure when as many tokens each
choose k of E experts at random, by a simulation with a fixed seed, with the excess over it and z, the
excess in deviations of chance. Few tokens are uneven by chance alone: compare with the null, not with
balance. A step of one token always has max/mean E/k.

p is the probability that chance is at least as uneven: by the chi-square of choices without replacement,
or by the simulated max/mean where experts have less than one token on average. A layer is called uneven
when p times the number of layers is below 0.01. With very many tokens even a small excess is certain, so
that the excess says whether it matters. Tokens of one text are not independent, which chance takes them
to be.

With ep set, experts lie on that many ranks in the order of their indexes, and the figures are those of
ranks, in every step and only then aggregated: the sum over steps of the busiest rank's load over the sum
of the mean loads. Counts that are averaged over time first hide that the busiest rank changes. Balancedness
is the inverse over all layers, as vLLM logs it since August 2026 (before, the logged figure was wrong).
Without counts by step the ranks are those of the activations as one step.`,
	Version: 1,
	Roles: []analysis.Role{{Name: "routing", Kind: "moe", Doc: "recorded MoE routing", Tables: []analysis.Need{
		{Table: "activations", Optional: true, Doc: "tokens by layer and expert; without it the steps are added up", Columns: routing.LoadColumns()},
		{Table: "steps", Optional: true, Doc: "ranks step by step; without it their imbalance is hidden by the sum over time", Columns: routing.StepColumns()},
	}}},
	Outputs: []analysis.Output{
		{Name: "layers", Kind: analysis.TableOutput, Doc: "one row per layer: max/mean against chance, significance, verdict"},
		{Name: "figures", Kind: analysis.TableOutput, Doc: "one row per layer and figure, each beside its null"},
		{Name: "rank-layers", Kind: analysis.TableOutput, Doc: "with ep: one row per layer, figures of ranks"},
		{Name: "ranks", Kind: analysis.TableOutput, Doc: "with ep: one row per layer and rank"},
		{Name: "max-over-mean", Kind: analysis.ChartOutput, Doc: "max/mean of each layer beside chance"},
		{Name: "ranks", Kind: analysis.ChartOutput, Doc: "with ep: heat map of layers and ranks"},
	},
	Defaults: Params{HotPart: 10, Seed: 1},
	Whole:    run,
})

// Params are what a caller can set.
type Params struct {
	EP      int     `param:"ep" min:"0" max:"65536" unit:"GPUs" doc:"ranks that the experts of a layer are spread over; 0: no figures of ranks"`
	HotPart float64 `param:"hot-part" min:"0" max:"100" unit:"%" doc:"part of the experts whose share of the tokens is the hot share, at least one expert"`
	TopK    int     `param:"top-k" min:"0" max:"65535" doc:"experts each token chooses; 0: as the recording says"`
	Seed    int     `param:"seed" min:"0" doc:"seed of the simulation behind the null"`
}

func run(ctx context.Context, in analysis.Inputs, p Params) (*result.Result, error) {
	counts, err := in.Frame("routing", "activations")
	if err != nil {
		return nil, err
	}
	steps, err := in.Frame("routing", "steps")
	if err != nil {
		return nil, err
	}
	seen := max(routing.Seen(counts, "expert"), routing.Seen(steps, "expert"))
	r := routing.RouterOf(in.Source("routing").Metadata, p.TopK, seen)
	if err := r.CheckTopK(p.TopK); err != nil {
		return nil, err
	}
	summed := counts == nil || counts.Len() == 0
	if summed {
		counts = steps
	}
	layers, err := measure(ctx, routing.Layers(counts, r.Experts), r, p)
	if err != nil {
		return nil, err
	}
	res := &result.Result{}
	res.Add("layers", "Imbalance by layer", layersTable(layers))
	res.Add("figures", "Figures beside their null", figuresTable(layers))
	if len(layers) == 0 {
		res.Findings = append(res.Findings, result.Finding{Severity: result.Problem, Text: "The recording has no tokens by expert.",
			Remedy: "Record moe_expert_activations.csv or expert_counts_by_step.json."})
		return res, nil
	}
	res.Charts = append(res.Charts, levels(layers))
	tell(res, layers, r, p, summed)
	if p.EP > 0 {
		err = addRanks(ctx, res, series(steps, layers, r), r, p)
	}
	result.SortFindings(res.Findings)
	return res, err
}

// series are the steps of each layer, or its counts as one step where the recording
// has no steps.
func series(steps *frames.Frame, layers []layer, r routing.Router) []routing.Series {
	if steps != nil && steps.Len() > 0 {
		return routing.SeriesOf(steps, r.Experts)
	}
	list := make([]routing.Series, len(layers))
	for i, l := range layers {
		list[i].Layer = l.Index
		if l.Spread.Sum > 0 {
			list[i].Steps = []routing.Step{{Layer: l.Layer}}
		}
	}
	return list
}
