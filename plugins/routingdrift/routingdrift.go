// Package routingdrift shows how the use of experts changes over the steps of a
// recording, beside what changes from step to step anyway.
package routingdrift

import (
	"context"
	"fmt"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// Analysis declares routing drift; its form, flags, help and cell derive from here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "routing-drift",
	Doc: `how the use of experts changes over time, beside its noise

The steps of each layer are cut into windows, and each window's distribution over experts is compared with
that of a reference: the first window, or the one before. Divergence is the Jensen-Shannon divergence in
bits (0 for the same distribution, 1 for no expert in common). Moved is half the sum of the differences: the
part of the tokens that go to other experts. Overlap is the Jaccard index of the hot sets, the busiest
experts of either window: 1 when they are the same, 0 when none is.

Two windows of one and the same routing differ too. Noise is the mean divergence of two random halves of
the two windows' steps (in six to eight blocks of neighboring steps each, 99 times, with a fixed seed), and
z how many deviations of these the window lies above it. A window has drifted when z is above 5. Windows of
fewer than six steps have no noise level and no verdict. What changes within a window counts as its noise:
in a recording that begins with a fast change, compare each window with the one before, or set a smaller
window.

Changes are steps at which the distribution before differs most from that after (by the G statistic over at
most 64 blocks of steps), more by at least 5 deviations than in the same blocks in random order, and then in
the parts on either side. A gradual drift shows as several changes.

Where the recording tells the tokens of prompts from generated ones, the two are compared in the same way; the
noise is that of random halves of the requests, in eight blocks.`,
	Version: 2,
	Roles: []analysis.Role{{Name: "routing", Kind: "moe", Doc: "recorded MoE routing", Tables: []analysis.Need{
		{Table: "steps", Doc: "tokens by step, layer and expert, without which nothing can be said over time; expert_counts_by_step.json", Columns: routing.StepColumns()},
		{Table: "tokens", Optional: true, Stream: true, Doc: "whether generated tokens use other experts than prompts; servers return them as routed experts", Columns: []frames.Field{
			{Name: "request", Kind: frames.Int64}, {Name: "phase", Kind: frames.String},
			{Name: "layer", Kind: frames.Int64}, {Name: "expert", Kind: frames.Int64}}},
	}}},
	Outputs: []analysis.Output{
		{Name: "layers", Kind: analysis.TableOutput, Doc: "one row per layer: its last window against the reference, its changes"},
		{Name: "windows", Kind: analysis.TableOutput, Doc: "one row per layer and window"},
		{Name: "changes", Kind: analysis.TableOutput, Doc: "one row per change, with the experts that gain and lose most"},
		{Name: "phases", Kind: analysis.TableOutput, Doc: "one row per layer: generated tokens against prompts, where both are known"},
		{Name: "divergence", Kind: analysis.ChartOutput, Doc: "divergence of each layer over the steps, with the noise"},
		{Name: "overlap", Kind: analysis.ChartOutput, Doc: "overlap of the hot sets over the steps"},
	},
	Defaults: Params{Reference: first, Seed: 1},
	Stream:   func(p Params) analysis.Fold { return newFold(p) },
})

// Params are what a caller can set.
type Params struct {
	Window    int    `param:"window" min:"0" max:"1000000" unit:"steps" doc:"steps of a window; 0: a tenth of all steps, at least six"`
	Reference string `param:"reference" enum:"first,previous" doc:"the window that each window is compared with"`
	Hot       int    `param:"hot" min:"0" max:"65536" doc:"experts of a hot set; 0: an eighth of all, at least one"`
	Seed      int    `param:"seed" min:"0" doc:"seed of the random halves behind the noise"`
}

// The references, as the parameter spells them.
const (
	first    = "first"
	previous = "previous"
)

// Finish implements analysis.Fold.
func (f *fold) Finish(ctx context.Context, in analysis.Inputs) (*result.Result, error) {
	p := f.params
	steps, err := in.Frame("routing", "steps")
	if err != nil {
		return nil, err
	}
	r := routing.RouterOf(in.Source("routing").Metadata, 0, routing.Seen(steps, "expert"))
	if p.Hot == 0 {
		p.Hot = max(r.Experts/8, 1)
		f.params.Hot = p.Hot
	}
	var layers []*layer
	for _, s := range routing.SeriesOf(steps, r.Experts) {
		l := newLayer(s, r.Experts, p)
		if err := l.measure(ctx, p); err != nil {
			return nil, fmt.Errorf("drift of layer %d: %w", s.Layer, err)
		}
		layers = append(layers, l)
	}
	res := &result.Result{}
	res.Add("layers", "Drift by layer", layersTable(layers))
	res.Add("windows", "Drift by layer and window", windowsTable(layers))
	res.Add("changes", "Changes of the routing", changesTable(layers))
	phases := f.comparePhases(r.Experts)
	if len(phases) > 0 {
		res.Add("phases", "Generated tokens against prompts", phasesTable(phases))
	}
	res.Charts = append(lineCharts("divergence", layers), lineCharts("overlap", layers)...)
	tell(res, layers, p)
	tellPhases(res, phases)
	result.SortFindings(res.Findings)
	return res, nil
}
