// Package imbalance shows how evenly a mixture-of-experts router spreads tokens over
// experts, step by step, beside what chance alone would give.
package imbalance

import (
	"context"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// Analysis declares imbalance over time; its form, flags, help and cell derive from
// here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "imbalance-over-time",
	Doc: `how unevenly experts are loaded, step by step, against chance

For each step and layer: max/mean, the load of the busiest expert over the mean load of all experts,
those without tokens included (1 is balance; with experts spread over GPUs the busiest one sets the
time), and CV, the population standard deviation over the mean. Gini and the entropy over ln E are beside
them in the steps table.

Even a router without preference does not reach 1: of few tokens some expert gets more by luck. "Chance"
is the expected value when each token chooses k of E experts at random, from a simulation with a fixed
seed (128 to 4,000 trials; their normal limit where experts get 2,048 tokens or more; beyond 64 tokens
it is interpolated between four simulated numbers of tokens per doubling), good to about 0.5 %. A step of one token always has max/mean E/k, which is chance and neither
balance nor imbalance.

The layers table compares the first and the last steps (the window). A change is called rising or falling
when it is more than twice its standard error; the steps of a window are taken as independent for that.
Of many layers some seem to change by chance: the findings name one whose change has a probability below
0.01 over all layers, by Student's t, or all of them where more layers change than chance would have. A
layer is called most uneven where its last steps are beyond chance with the same certainty.`,
	Version: 3,
	Roles: []analysis.Role{{Name: "routing", Kind: "moe", Doc: "recorded MoE routing", Tables: []analysis.Need{
		{Table: "steps", Optional: true, Doc: "max/mean, CV and their chance level; without it only the tracker's own spread is shown", Columns: routing.StepColumns()},
		{Table: "imbalance", Optional: true, Doc: "the tracker's own spread, shown when there are no counts by step", Columns: []frames.Field{
			{Name: "layer", Kind: frames.Int64}, {Name: "time", Kind: frames.Int64, Unit: "ns"},
			{Name: "std_dev", Kind: frames.Float64}, {Name: "max_min_ratio", Kind: frames.Float64}, {Name: "dead_expert", Kind: frames.Bool}}},
	}}},
	Outputs: []analysis.Output{
		{Name: "layers", Kind: analysis.TableOutput, Doc: "one row per layer: first and last steps, excess over chance, trend"},
		{Name: "steps", Kind: analysis.TableOutput, Doc: "one row per step and layer"},
		{Name: "tracker", Kind: analysis.TableOutput, Doc: "the tracker's own spread, when there are no counts by step"},
		{Name: "max-over-mean", Kind: analysis.ChartOutput, Doc: "max/mean of each layer over the steps, with chance"},
		{Name: "cv", Kind: analysis.ChartOutput, Doc: "CV of each layer over the steps, with chance"},
		{Name: "tracker", Kind: analysis.ChartOutput, Doc: "the tracker's standard deviation over time"},
	},
	Defaults: Params{Window: 10, Seed: 1},
	Whole:    run,
})

// Params are what a caller can set.
type Params struct {
	Window int `param:"window" min:"1" max:"1000000" unit:"steps" doc:"steps at the beginning and at the end that are compared"`
	TopK   int `param:"top-k" min:"0" max:"65535" doc:"experts each token chooses; 0: as the recording says"`
	Seed   int `param:"seed" min:"0" doc:"seed of the simulation behind the chance level"`
}

func run(ctx context.Context, in analysis.Inputs, p Params) (*result.Result, error) {
	steps, err := in.Frame("routing", "steps")
	if err != nil {
		return nil, err
	}
	if steps == nil || steps.Len() == 0 {
		return runTracker(in, p)
	}
	m := routing.RouterOf(in.Source("routing").Metadata, p.TopK, routing.Seen(steps, "expert"))
	if err := m.CheckTopK(p.TopK); err != nil {
		return nil, err
	}
	layers, err := gather(ctx, steps, m, routing.NewChance(m, uint64(p.Seed)))
	if err != nil {
		return nil, err
	}
	res := &result.Result{}
	trends := make([]trend, len(layers))
	for i, l := range layers {
		trends[i] = l.trend(p.Window)
	}
	res.Add("layers", "Imbalance by layer", layersTable(layers, trends))
	res.Add("steps", "Imbalance by step and layer", stepsTable(layers))
	res.Charts = append(lineCharts("max-over-mean", layers), lineCharts("cv", layers)...)
	tell(res, m, layers, trends, p)
	return res, nil
}
