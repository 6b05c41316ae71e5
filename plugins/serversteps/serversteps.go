// Package serversteps shows how long the steps of a server took by its own log, and how
// balanced it said its experts were.
package serversteps

import (
	"context"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
)

// Analysis declares the steps of a server log; its form, flags, help and cell derive from here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "server-steps",
	Doc: `time and tokens of a server's steps, as it logged them

vLLM logs each iteration with --enable-logging-iteration-details: requests and tokens of prompts (context) and
of generation, and the time it took. A step is prefill where it works on prompts alone, decode where it
generates alone, mixed where it does both, idle without a token. Time per token is the time of the steps over
their tokens; in a decode step each request gets one token (without speculation), so that the step time is
what a reader of the answer waits for the next one. Tokens per second are those of the steps' own time: time
between steps is not logged.

Engines are data parallel ranks with step numbers of their own: their rates add up, their times do not.

Balancedness is the mean over the maximum of the ranks' tokens, 1 at best. Where the line gives mean and
maximum, it is worked out from them beside what was logged. vLLM's figure was taken over layers instead of
ranks until August 2026, its mean and maximum with it: work it out again from counts of experts.`,
	Version: 2,
	Roles: []analysis.Role{{Name: role, Kind: "moe", Doc: "the log of a server", Tables: []analysis.Need{
		{Table: "iterations", Optional: true, Doc: "vLLM with --enable-logging-iteration-details", Columns: []frames.Field{
			{Name: "engine", Kind: frames.Int64}, {Name: "step", Kind: frames.Int64}, {Name: "phase", Kind: frames.String},
			{Name: "context_tokens", Kind: frames.Int64}, {Name: "generation_tokens", Kind: frames.Int64},
			{Name: "time", Kind: frames.Int64, Unit: "ns"}}},
		{Table: "balancedness", Optional: true, Doc: "an expert load balancer that logs", Columns: []frames.Field{
			{Name: "engine", Kind: frames.Int64}, {Name: "server", Kind: frames.String}, {Name: "model", Kind: frames.String},
			{Name: "mean_tokens", Kind: frames.Float64}, {Name: "max_tokens", Kind: frames.Float64},
			{Name: "balancedness", Kind: frames.Float64}}},
	}}},
	Outputs: []analysis.Output{
		{Name: "phases", Kind: analysis.TableOutput, Doc: "one row per engine and phase: steps, tokens, times, rates"},
		{Name: "balance", Kind: analysis.TableOutput, Doc: "one row per engine, server and model: balancedness as logged and from the line's mean and maximum, where it is logged"},
		{Name: "step-time", Kind: analysis.ChartOutput, Doc: "time of the steps in the order of the log, by phase"},
		{Name: "rate", Kind: analysis.ChartOutput, Doc: "tokens per second in the order of the log"},
		{Name: "balance", Kind: analysis.ChartOutput, Doc: "balancedness in the order of the log"},
	},
	Defaults: Params{Points: 500},
	Whole:    run,
})

const role = "log"

// Params are the choices of a reader.
type Params struct {
	Points int `param:"points" min:"10" max:"5000" doc:"most points of a line; more steps are averaged in runs"`
}

func run(ctx context.Context, in analysis.Inputs, p Params) (*result.Result, error) {
	iterations, err := in.Frame(role, "iterations")
	if err != nil {
		return nil, err
	}
	balances, err := in.Frame(role, "balancedness")
	if err != nil {
		return nil, err
	}
	r := &result.Result{}
	timed, balanced := iterations != nil && iterations.Len() > 0, balances != nil && balances.Len() > 0
	switch {
	case timed:
		if err := addSteps(ctx, r, iterations, p.Points); err != nil {
			return nil, err
		}
	case balanced:
		r.Warn("With vLLM, log them with --enable-logging-iteration-details.", "The log has no iterations, so that the time of steps is not known.")
	default:
		r.Findings = append(r.Findings, result.Finding{Severity: result.Problem, Text: "There is neither an iteration nor a balancedness of a server's log.",
			Remedy: "Open the log of vLLM, started with --enable-logging-iteration-details, or of an expert load balancer that logs."})
	}
	if balanced {
		addBalance(r, balances, p.Points)
	}
	return r, nil
}
