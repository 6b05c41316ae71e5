// Package expertplacement tries placements of experts on GPUs: what each would have
// done for the load, learned on one part of a recording and tested on the rest.
package expertplacement

import (
	"context"
	"math"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// Analysis declares expert placement; its form, flags, help and cell derive from here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "expert-placement",
	Doc: `what other placements of the experts on GPUs would gain

Linear places experts in the order of their indexes. Packed has the same number of experts on each GPU, but
packs them by load, heaviest first, each onto the lightest GPU that has room. Global and hierarchical are
EPLB as DeepSeek published it (deepseek-ai/EPLB), with replicas: experts with the most load per replica get
another one, and an expert's load goes to its replicas in equal parts; hierarchical first packs groups of
experts onto nodes and replicates within them.

Each layer's placement is learned from the first part of its steps and tested on the others, as a server
does it; "learned" beside "tested" says how much does not last. With the parameter window it is learned again
from each window of steps and tested on the next, and moves add up over all rounds. The figures are those of every step, only
then aggregated: max/mean is the sum over steps of the busiest GPU's load over the sum of the mean loads,
balancedness its inverse. Beside linear stands what as many tokens would give that choose at random: that part
comes anew with every step, and only replicas lower it. Gain is the part of the experts' time that the placement saves against linear, as
far as the busiest GPU sets it. Moves are the experts that GPUs must fetch coming from linear, and with the
size of an expert, or its shape and precision, the bytes that migrate; a replica on a GPU that has the
expert already is useless and named. Attention, communication and the time of a move are not in these numbers.

Fan-out is how many GPUs the experts of one token lie on, layer by layer: what a dispatch must reach. Each
replica takes an equal part of its expert's tokens. From recorded tokens it is exact, or of an even sample of
16,384 of them at most. From pairs of experts it is exact for top-2; for larger k it lies between bounds: g
experts of a token on one GPU are g(g-1)/2 pairs and save g-1 GPUs. It is of the whole recording, not of
the test. Balance and fan-out pull apart: what spreads load spreads tokens.

The table log2phy is the map that a server needs: the slots of each expert, in the order of its replicas.

A recording of physical experts, slots that a placement has filled already, is refused.

Without counts by step the activations are learned from and tested on: that flatters every placement.`,
	Version: 5,
	Roles: []analysis.Role{{Name: "routing", Kind: "moe", Doc: "recorded MoE routing", Tables: []analysis.Need{
		{Table: "steps", Optional: true, Doc: "a test on other steps than those learned from", Columns: routing.StepColumns()},
		{Table: "activations", Optional: true, Doc: "used where there are no steps", Columns: routing.LoadColumns()},
		{Table: "coselection", Optional: true, Doc: "fan-out, exact for top-2 and between bounds otherwise", Columns: routing.PairColumns()},
		{Table: "tokens", Optional: true, Stream: true, Doc: "exact fan-out; servers return them as routed experts", Columns: []frames.Field{
			{Name: "request", Kind: frames.Int64}, {Name: "position", Kind: frames.Int64},
			{Name: "layer", Kind: frames.Int64}, {Name: "expert", Kind: frames.Int64}}},
	}}},
	Outputs: []analysis.Output{
		{Name: "strategies", Kind: analysis.TableOutput, Doc: "one row per strategy: balance learned and tested, gain, moves, useless replicas"},
		{Name: "layers", Kind: analysis.TableOutput, Doc: "one row per layer and strategy"},
		{Name: "placements", Kind: analysis.TableOutput, Doc: "one row per layer, strategy and GPU: its experts and its load in the test"},
		{Name: "log2phy", Kind: analysis.TableOutput, Doc: "one row per layer, strategy and expert: the slots and GPUs of its replicas"},
		{Name: "max-over-mean", Kind: analysis.ChartOutput, Doc: "tested max/mean of each strategy, by layer"},
	},
	Defaults: Params{GPUs: 8, Nodes: 1, Groups: 1, Train: 50, Precision: "bf16"},
	Check: func(p Params) error {
		_, err := p.weights().Bytes()
		return err
	},
	Stream: func(p Params) analysis.Fold { return &fold{p, newSample()} },
})

// Params are what a caller can set.
type Params struct {
	GPUs     int     `param:"gpus" min:"1" max:"4096" unit:"GPUs" doc:"GPUs that hold the experts"`
	Nodes    int     `param:"nodes" min:"1" max:"4096" doc:"nodes that the GPUs are on; above 1 hierarchical placement is tried"`
	Groups   int     `param:"groups" min:"1" max:"65536" doc:"groups of experts that a node should hold whole, as in group-limited routing"`
	Replicas int     `param:"replicas" min:"0" max:"65536" doc:"physical experts of a layer in all, EPLB's num_replicas; 0: as many slots as divide evenly, and one more on each GPU"`
	Train    float64 `param:"train" min:"1" max:"99" unit:"%" doc:"first part of the steps, which placements are learned from"`
	Window   int     `param:"window" min:"0" max:"1000000" unit:"steps" doc:"steps that each placement is learned from, then tested on as many next ones and replaced, as a server rebalances; 0: one placement, by train"`
	Size     int     `param:"expert-size" min:"0" max:"100000000000" unit:"B" doc:"weights of one expert of one layer, for the bytes that moves cost; 0: by hidden and intermediate"`

	Hidden       int    `param:"hidden" min:"0" max:"1048576" doc:"width of the model, for the weights of an expert"`
	Intermediate int    `param:"intermediate" min:"0" max:"1048576" doc:"width of an expert, for its weights"`
	Precision    string `param:"precision" enum:"fp32,bf16,fp8,fp4" doc:"number format of the weights, where hidden and intermediate give the size"`
}

func (p Params) weights() routing.Weights {
	return routing.Weights{Size: p.Size, Hidden: p.Hidden, Intermediate: p.Intermediate, Precision: p.Precision}
}

// Finish implements analysis.Fold.
func (f *fold) Finish(ctx context.Context, in analysis.Inputs) (*result.Result, error) {
	p := f.params
	size, err := p.weights().Bytes()
	if err != nil {
		return nil, err
	}
	list, whole, err := series(in)
	if err != nil {
		return nil, err
	}
	res := &result.Result{}
	if ok, why := routing.ModelOf(in.Source("routing").Metadata).Allows(routing.Placing); !ok {
		res.Findings = append(res.Findings, result.Finding{Severity: result.Problem, Text: why.Text, Remedy: why.Remedy})
		return res, nil
	}
	if len(list) == 0 {
		res.Findings = append(res.Findings, result.Finding{Severity: result.Problem, Text: "The recording has no tokens by expert.",
			Remedy: "Record expert_counts_by_step.json or moe_expert_activations.csv."})
		return res, nil
	}
	experts := len(list[0].Steps[0].Counts)
	if p.Replicas == 0 {
		p.Replicas = (experts+p.GPUs-1)/p.GPUs*p.GPUs + p.GPUs
	}
	pairs, err := in.Frame("routing", "coselection")
	if err != nil {
		return nil, err
	}
	metadata := in.Source("routing").Metadata
	router := routing.RouterOf(metadata, 0, experts)
	seen := witnessOf(f.tokens, pairs, metadata, router)
	luck, err := chance(ctx, list, router, whole, p)
	if err != nil {
		return nil, err
	}
	var refused []error
	var trials []*trial
	for _, s := range strategies(experts, p) {
		t, err := try(ctx, s, list, seen, p)
		switch {
		case ctx.Err() != nil:
			return nil, err
		case err != nil:
			refused = append(refused, err)
		default:
			trials = append(trials, t)
		}
	}
	res.Add("strategies", "Balance by strategy", strategiesTable(trials, size))
	res.Add("layers", "Balance by layer and strategy", layersTable(trials))
	res.Add("placements", "Experts by GPU", placementsTable(trials))
	res.Add("log2phy", "Slots of each expert", slotsTable(trials))
	res.Charts = append(res.Charts, levels(trials))
	tell(res, trials, refused, whole, luck, p, size)
	tellFanOut(res, trials, seen, metadata)
	result.SortFindings(res.Findings)
	return res, nil
}

// series are the layers' steps that have a token; whole says that they are the
// activations as one step, since the recording has no counts by step.
func series(in analysis.Inputs) (list []routing.Series, whole bool, err error) {
	steps, err := in.Frame("routing", "steps")
	if err != nil {
		return nil, false, err
	}
	metadata := in.Source("routing").Metadata
	if steps != nil && steps.Len() > 0 {
		r := routing.RouterOf(metadata, 0, routing.Seen(steps, "expert"))
		for _, s := range routing.SeriesOf(steps, r.Experts) {
			if len(s.Steps) > 0 {
				list = append(list, s)
			}
		}
		return list, false, nil
	}
	counts, err := in.Frame("routing", "activations")
	if err != nil {
		return nil, false, err
	}
	r := routing.RouterOf(metadata, 0, routing.Seen(counts, "expert"))
	for _, l := range routing.Layers(counts, r.Experts) {
		if l.Sum() > 0 {
			list = append(list, routing.Series{Layer: l.Index, Steps: []routing.Step{{Layer: l}}})
		}
	}
	return list, true, nil
}

// round is the steps that a placement is learned from, and those it is tested on.
type round struct{ learn, test []routing.Step }

// divide returns the rounds of a layer: with a window one for each window but the last,
// tested on the next; otherwise one, of the first part. A single step is both learned
// from and tested on.
func divide(s routing.Series, p Params) []round {
	n := len(s.Steps)
	if n == 1 {
		return []round{{s.Steps, s.Steps}}
	}
	if p.Window > 0 && p.Window < n {
		var list []round
		for at := 0; at+p.Window < n; at += p.Window {
			list = append(list, round{s.Steps[at : at+p.Window], s.Steps[at+p.Window : min(at+2*p.Window, n)]})
		}
		return list
	}
	at := min(max(int(math.Round(p.Train/100*float64(n))), 1), n-1)
	return []round{{s.Steps[:at], s.Steps[at:]}}
}
