// Package steps says how evenly an engine's iterations run: jitter, outliers and
// their causes, warm-up and drift.
package steps

import (
	"context"
	"fmt"
	"strconv"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/nvtx"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// Analysis declares the iterations; its form, flags, help and cell derive from here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "steps",
	Doc: `how evenly iterations run, which are slow, and why

A step is an NVTX range as in the analysis phases, or one whose name the pattern matches. Its time runs from
its start to the start of the next step on its thread; the last step has none and is left out. Steps of
different phases and threads are never mixed. Prompts differ in length, so a step is held to the median of
those of its phase and thread with as many tokens, within a power of two, if there are 3 of them.

Warm-up is the first steps that slow a run down: those whose removal makes the standard error of the mean
least (MSER, with values beyond 5 robust deviations counted as that far), of at least 10 steps and less than
half of them, if their median is 5 % and 3 robust deviations above that of the others. All other figures are
of the steady steps behind it. Robust deviation and jitter are 1.4826 times the median distance from what is
expected. An outlier takes longer than expected by 5 of them and by the factor of the parameter. A level
shift is the change point of Pettitt's rank test (error below 1 %) where the medians on both sides differ by
5 %. Drift compares the last quarter of the steady steps with the first one.

The cause of a slow step is what grew by at least half of its excess over what steady steps of its size do:
the GPU's work, else the time in one CUDA function on its thread, else the host in the range or after it, in
no one CUDA function. Where nothing did, none is given.`,
	Version: 1,
	Roles:   []analysis.Role{{Name: role, Kind: "nsys", Doc: "an Nsight Systems export with NVTX ranges", Tables: needs()}},
	Outputs: []analysis.Output{
		{Name: "series", Kind: analysis.TableOutput, Doc: "one row per phase and thread"},
		{Name: "slow", Kind: analysis.TableOutput, Doc: "outliers and steps of the warm-up, the largest excess first, where there are any"},
		{Name: "steps", Kind: analysis.TableOutput, Doc: "one row per step"},
		{Name: "step-time", Kind: analysis.ChartOutput, Doc: "time of each step, one chart per phase and thread"},
		{Name: "distribution", Kind: analysis.ChartOutput, Doc: "part of the steady steps that take at most a time"},
	},
	Defaults: Params{Phase: everyPhase, Outlier: 1.2, Process: trace.AllProcesses},
	Check:    check,
	Whole:    run,
})

const (
	role       = nvtx.RoleName
	everyPhase = "all"
	mostNamed  = 8 // ranges that an error lists
)

// Params are the choices of a reader.
type Params struct {
	Phase   string  `param:"phase" enum:"all,prefill,decode,mixed" doc:"steps to show"`
	Pattern string  `param:"pattern" doc:"regular expression for the names of ranges that are iterations; empty: those of the analysis phases"`
	Outlier float64 `param:"outlier" min:"1" max:"1000" doc:"least time of an outlier, as a multiple of what is expected"`
	Process int     `param:"process" min:"-1" doc:"number of the process to show; -1 shows all, each by itself"`
}

// check says whether the pattern can be read.
func check(p Params) error {
	if err := trace.CheckStepPattern(p.Pattern); err != nil {
		return fmt.Errorf("pattern: %q: %w", p.Pattern, err)
	}
	return nil
}

// needs are the tables of an attribution, and the names of calls for the causes.
func needs() []analysis.Need {
	needs := nvtx.Needs(nvtx.Docs{Ranges: "capture with nsys profile --trace=cuda,nvtx", Calls: "causes of slow steps, and their GPU time",
		Kernels: "GPU time of the steps", Copies: "GPU time of the steps, the copies in it", Sets: "GPU time of the steps, the sets in it",
		Graphs: "GPU time of CUDA graphs in a graph-level trace", Launches: "whether graph work is hidden"})
	return analysis.Extend(needs, analysis.Need{Table: "api_calls", Columns: []frames.Field{{Name: "name", Kind: frames.String}}})
}

func run(ctx context.Context, in analysis.Inputs, p Params) (*result.Result, error) {
	a, err := trace.Attribute(func(name string) (*frames.Frame, error) { return in.Frame(role, name) }, int64(p.Process))
	if err != nil {
		return nil, err
	}
	if err := analysis.Selected("process", p.Process, a.Processes); err != nil {
		return nil, err
	}
	found, err := trace.StepsOf(a.Ranges, a.Nesting, trace.StepPatterns{Any: p.Pattern})
	if err != nil {
		return nil, err
	}
	if err := selected(a, found, p); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	calls, err := in.Frame(role, "api_calls")
	if err != nil {
		return nil, err
	}
	v := survey(a, found, p)
	v.explain(calls)
	r := &result.Result{}
	r.Add("series", "Iterations", v.seriesTable())
	if slow := v.slow(); len(slow) > 0 {
		r.Add("slow", "Slow steps by excess", v.slowTable(slow))
	}
	r.Add("steps", "Steps", v.stepTable())
	r.Charts = v.charts()
	v.findings(r)
	return r, nil
}

// selected is the error of a pattern or a phase that no range has. A trace without
// steps of its own, or without ranges, is told of by the findings.
func selected(a *trace.Attribution, found *trace.Steps, p Params) error {
	if len(found.List) == 0 {
		if p.Pattern == "" || a.Ranges.Len() == 0 {
			return nil
		}
		return analysis.NothingSelected("range whose name matches", strconv.Quote(p.Pattern), a.Repeated(mostNamed))
	}
	counts := map[trace.Phase]int64{}
	for i := range found.List {
		counts[found.List[i].Phase]++
	}
	if p.Phase == everyPhase || counts[trace.Phase(p.Phase)] > 0 {
		return nil
	}
	var have []string
	for _, phase := range phaseOrder() {
		if n := counts[phase]; n > 0 {
			have = append(have, fmt.Sprintf("%s (%s)", name(phase), result.Grouped(n)))
		}
	}
	return analysis.NothingSelected("step of the phase", p.Phase, have)
}
