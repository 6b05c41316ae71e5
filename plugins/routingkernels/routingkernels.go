// Package routingkernels joins recorded routing with a trace of the same steps: what
// tokens, distinct experts and imbalance cost in the time of the MoE kernels.
package routingkernels

import (
	"context"
	"fmt"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/nvtx"
	"profilemate/workbench/result"
	"profilemate/workbench/routing"
	"profilemate/workbench/trace"
)

// Analysis declares the join; its form, flags, help and cell derive from here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "routing-kernels",
	Doc: `what imbalance and distinct experts cost in MoE kernel time

The time of the MoE kernels of each step is regressed on three things that the recorded routing knows of the
same step: tokens, distinct experts (summed over layers: each one's weights are read) and max/mean (sum over
layers of the busiest expert's tokens over the sum of the means). Least squares, with standard errors, t and
p of each coefficient, R², and the variance inflation VIF, which says how far a predictor follows from the
others: beyond 10 their coefficients cannot be told apart. A predictor that does not vary, or that others
determine, is left out and named.

A kernel is of the experts when the innermost NVTX range around its launch that has a component is moe; where
no range has one, as in replays of CUDA graphs, when its own name says so.

Steps are aligned by what both sides declare. The trace's steps are the NVTX ranges of the analysis phases,
or those that the pattern matches, in order; the routing's are numbered. Where the ranges tell their tokens
(vLLM's execute_context_1(512)_generation_8(8)), the routing must have the same tokens in the same steps: of
all offsets just one may fit. Otherwise both must have equally many steps, or the parameter offset says which
step of the trace is the first recorded one. What cannot be aligned is refused: a regression of steps that
are not the same is noise that looks like a result.

With the size of an expert the weights that the steps read are told, distinct experts times size: the bytes
of a roofline, measured instead of taken from a uniform router, and the bandwidth they need at least.`,
	Version: 2,
	Roles: []analysis.Role{
		{Name: routingRole, Kind: "moe", Doc: "recorded MoE routing of the traced steps", Tables: []analysis.Need{
			{Table: "steps", Doc: "tokens of each expert by step; a tracker writes them as expert_counts_by_step.json", Columns: routing.StepColumns()}}},
		nvtx.Role(false, analysis.Need{Table: "kernels", Columns: []frames.Field{{Name: "name", Kind: frames.String}}}),
	},
	Outputs: []analysis.Output{
		{Name: "coefficients", Kind: analysis.TableOutput, Doc: "one row per predictor: what one more of it costs"},
		{Name: "fit", Kind: analysis.TableOutput, Doc: "one row: steps, R², what is left unexplained"},
		{Name: "steps", Kind: analysis.TableOutput, Doc: "one row per aligned step: routing, MoE time, fit, bytes of weights"},
		{Name: "sides", Kind: analysis.TableOutput, Doc: "the steps of both sides, where they cannot be aligned"},
		{Name: "fitted", Kind: analysis.ChartOutput, Doc: "MoE time against what the regression says"},
		{Name: "predictor", Kind: analysis.ChartOutput, Doc: "MoE time against each predictor"},
	},
	Defaults: Params{Offset: -1, Phase: everyPhase, Process: trace.AllProcesses, Precision: "bf16"},
	Check:    check,
	Whole:    run,
})

const (
	routingRole = "routing"
	everyPhase  = "all"
)

// Params are the choices of a reader.
type Params struct {
	Offset       int    `param:"offset" min:"-1" doc:"step of the trace, from 0, that is the first one recorded; -1: by the numbers of tokens"`
	Phase        string `param:"phase" enum:"all,prefill,decode,mixed" doc:"steps that the regression is over, after all have been aligned"`
	Pattern      string `param:"pattern" doc:"regular expression for the names of ranges that are steps; empty: those of the analysis phases"`
	TopK         int    `param:"top-k" min:"0" max:"65535" doc:"experts each token chooses; 0: as the recording says"`
	Process      int    `param:"process" min:"-1" doc:"process whose steps are aligned; -1: the only one that has any"`
	Size         int    `param:"expert-size" min:"0" max:"100000000000" unit:"B" doc:"weights of one expert of one layer; 0: by hidden and intermediate"`
	Hidden       int    `param:"hidden" min:"0" max:"1048576" doc:"width of the model, for the weights of an expert"`
	Intermediate int    `param:"intermediate" min:"0" max:"1048576" doc:"width of an expert, for its weights"`
	Precision    string `param:"precision" enum:"fp32,bf16,fp8,fp4" doc:"number format of the weights, where hidden and intermediate give the size"`
}

func (p Params) weights() routing.Weights {
	return routing.Weights{Size: p.Size, Hidden: p.Hidden, Intermediate: p.Intermediate, Precision: p.Precision}
}

// check says whether the pattern can be read and the size of an expert is one.
func check(p Params) error {
	if err := trace.CheckStepPattern(p.Pattern); err != nil {
		return fmt.Errorf("pattern: %q: %w", p.Pattern, err)
	}
	_, err := p.weights().Bytes()
	return err
}

func run(ctx context.Context, in analysis.Inputs, p Params) (*result.Result, error) {
	counts, err := in.Frame(routingRole, "steps")
	if err != nil {
		return nil, err
	}
	router := routing.RouterOf(in.Source(routingRole).Metadata, p.TopK, routing.Seen(counts, "expert"))
	if err := router.CheckTopK(p.TopK); err != nil {
		return nil, err
	}
	a, err := nvtx.Load(in, p.Process)
	if err != nil {
		return nil, err
	}
	found, err := trace.StepsOf(a.Ranges, a.Nesting, trace.StepPatterns{Any: p.Pattern})
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	traced, recorded := timed(a, found), record(counts, router)
	res := &result.Result{}
	pairs, how, refusal := align(traced, recorded, len(found.Lanes), p)
	if means := routing.ModelOf(in.Source(routingRole).Metadata).Steps; means != "" && means != "step" {
		refusal = refuse("Record the tokens of each expert step by step (expert_counts_by_step.json) in the run that is traced.", "A step of this recording is a %s, not a step of the engine: requests run side by side, so that no traced step is one of these.", means)
	}
	if refusal != nil {
		res.Add("sides", "The steps of both sides", sidesTable(traced, recorded))
		res.Findings = append(res.Findings, *refusal)
		trace.WarnOdd(res, a.Odd, "row")
		return res, nil
	}
	return regress(res, pairs, how, router, p)
}

// regress fits the aligned steps and tells what came of it.
func regress(res *result.Result, pairs []pair, how alignment, router routing.Router, p Params) (*result.Result, error) {
	size, err := p.weights().Bytes()
	if err != nil {
		return nil, err
	}
	used, hidden := chosen(pairs, p.Phase)
	f := fit(used)
	if f != nil {
		res.Add("coefficients", "What the MoE time goes with", coefficientsTable(f))
		res.Add("fit", "The regression", fitTable(f, how))
	}
	res.Add("steps", "Steps of both sides", stepsTable(used, f, size))
	res.Charts = charts(used, f)
	tell(res, used, hidden, f, how, p)
	tellBytes(res, used, router, size)
	result.SortFindings(res.Findings)
	return res, nil
}
