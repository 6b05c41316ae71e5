// Package stalls says what the warps of a kernel wait for.
package stalls

import (
	"context"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/result"
)

// Params choose kernels, how many are drawn and which reasons are listed.
type Params struct {
	Kernel string  `param:"kernel" doc:"only kernels whose name contains this text"`
	Least  float64 `param:"least" unit:"%" min:"0" max:"100" doc:"leave out reasons with a smaller share of a kernel"`
	Top    int     `param:"top" min:"1" max:"100" doc:"kernels on the chart"`
}

// Analysis declares the stalls.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "stalls",
	Doc: `what the warps of each kernel wait for

Of the cycles that a warp spends between two of its instructions, the share of each
reason that it stalls for, the same shares that ncu's rule CPIStall names. The one
cycle in which it issues ("selected") is no stall and not ranked as one. ncu counts the
reasons in several passes, so their shares add up to 100 % only nearly. One row stands
for all launches of a kernel name, grid and block; cycles are weighted by instructions
issued, or by time where these were not counted.

The hardware counters average over all warps. Beside them stand the program-counter
samples, where the report has them: another measurement of the same thing, less exact
for short kernels, taken at those samples too in which the scheduler had another warp
to issue from. not_issued counts the samples in which it had none, the ones that cost
time.

A stall matters only while the scheduler has nothing else to issue: see idle, the part
of active cycles in which no warp was ready.`,
	Version: 1,
	Roles:   []analysis.Role{launch.Role("Nsight Compute profile with the section WarpStateStats, as --set full has it")},
	Outputs: []analysis.Output{
		{Name: "kernels", Kind: analysis.TableOutput, Doc: "a row a kernel: its first two reasons, cycles between instructions, and how often no warp is ready",
			Key: []string{"top", "top_share", "time", "waits_for", "share"}},
		{Name: "stalls", Kind: analysis.TableOutput, Doc: "a row a kernel and reason: cycles, share, samples",
			Key: []string{"reason", "cycle_share", "sample_share", "time", "waits_for"}},
		{Name: "stalls", Kind: analysis.ChartOutput, Doc: "shares of the reasons in the kernels with most time"},
	},
	Defaults: Params{Least: 1, Top: 15},
	Stream: func(p Params) analysis.Fold {
		return launch.NewFold(wanted, func(ctx context.Context, in analysis.Inputs, m *launch.Metrics) (*result.Result, error) {
			return run(ctx, in, m, p)
		})
	},
})

// The metrics of a reason are named RATIO+reason+RATIO_END, and in samples
// SAMPLED+reason, with NOT_ISSUED behind it for those without a warp to issue.
const (
	ratio     = "smsp__average_warps_issue_stalled_"
	ratioEnd  = "_per_issue_active.ratio"
	sampled   = "smsp__pcsamp_warps_issue_stalled_"
	notIssued = "_not_issued"
)

// The metrics beside those of the reasons.
const (
	issuedSum   = "smsp__inst_issued.sum"
	issueActive = "smsp__issue_active.avg.pct_of_peak_sustained_active"
	issueCycle  = "smsp__issue_active.avg.per_cycle_active"
	eligible    = "smsp__warps_eligible.avg.per_cycle_active"
	active      = "smsp__warps_active.avg.per_cycle_active"
	latency     = "smsp__average_warp_latency_per_inst_issued.ratio"
)

func wanted(metric string) bool {
	switch metric {
	case issuedSum, issueActive, issueCycle, eligible, active, latency:
		return true
	}
	return strings.HasPrefix(metric, ratio) && strings.HasSuffix(metric, ratioEnd) || strings.HasPrefix(metric, sampled)
}

func run(ctx context.Context, in analysis.Inputs, m *launch.Metrics, params Params) (*result.Result, error) {
	p, err := launch.Load(ctx, in, launch.RoleName, params.Kernel, m)
	if err != nil {
		return nil, err
	}
	reasons := reasonsOf(m.Names())
	list := make([]kernel, len(p.Kernels))
	for i, k := range p.Kernels {
		list[i] = measure(p, k, reasons)
	}
	r := &result.Result{}
	r.Add("kernels", "What kernels wait for, by GPU time", kernelTable(p, list))
	r.Add("stalls", "Stall reasons of each kernel", stallTable(p, list, params.Least))
	if c, ok := chart(list, params.Top); ok {
		r.Charts = append(r.Charts, c)
	}
	p.Scope(r)
	report(r, list)
	result.SortFindings(r.Findings)
	return r, nil
}

func number(name, unit, doc string) frames.Field {
	return frames.Field{Name: name, Kind: frames.Float64, Unit: unit, Doc: doc}
}
