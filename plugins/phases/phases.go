// Package phases tells apart what an inference engine does: it times prefill, decode
// and mixed steps.
package phases

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/nvtx"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// Analysis declares the phases; its form, flags, help and cell derive from here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "phases",
	Doc: `how long prefill, decode and mixed steps take

A step is an NVTX range named as vLLM names it, execute_context_8(4096)_generation_0(0) (requests, and
tokens in brackets) or execute_new_1_cached_7, or one that says prefill, decode or mixed in plain words;
the parameters of that name take regular expressions for other programs, and then only what they match
counts. Of steps within each other one counts: the outer one, or the one with the numbers.

Three times stand side by side. The step time runs from the start of a step to the start of the next one
of its thread, whichever phase that has: what a client waits for, pauses included, not known for the last
step. The range time is what the host spends inside; launches are asynchronous, so that it is no GPU time.
GPU busy is the time during which at least one kernel, copy or set ran that was launched within the range
(by correlation id, whenever it ran); GPU sum adds them up, so that work side by side counts twice. Several
GPUs of a process are added up. GPU active is the part of the step time during which the GPU runs anything:
where the host runs ahead, a step waits for work of the ones before.

Requests count once in each step. Time per token is the step time over the tokens of all steps that have
one; with a batch of n, each client waits n times as long for its own token. Threads and processes (ranks)
have rows of their own and are never added up.`,
	Version: 3,
	Roles:   []analysis.Role{{Name: role, Kind: "nsys", Doc: "an Nsight Systems export with NVTX ranges", Tables: needs()}},
	Outputs: []analysis.Output{
		{Name: "phases", Kind: analysis.TableOutput, Doc: "one row per phase, and per thread where several have steps"},
		{Name: "steps", Kind: analysis.TableOutput, Doc: "one row per step"},
		{Name: "step-times", Kind: analysis.ChartOutput, Doc: "time of each step over the run"},
		{Name: "phase-times", Kind: analysis.ChartOutput, Doc: "median step, range and GPU time of each phase"},
	},
	Defaults: Params{Process: trace.AllProcesses},
	Check:    check,
	Whole:    run,
})

const (
	role      = nvtx.RoleName
	mostNamed = 8 // ranges that an error lists
)

// Params are the choices of a reader.
type Params struct {
	Prefill string `param:"prefill" doc:"regular expression for the names of prefill ranges; all three empty: the names above"`
	Decode  string `param:"decode" doc:"regular expression for the names of decode ranges"`
	Mixed   string `param:"mixed" doc:"regular expression for the names of ranges that do both"`
	Process int    `param:"process" min:"-1" doc:"number of the process to show; -1 shows all, each by itself"`
}

// patterns returns those given, quoted.
func (p Params) patterns() []string {
	var out []string
	for _, pattern := range []string{p.Prefill, p.Decode, p.Mixed} {
		if pattern != "" {
			out = append(out, strconv.Quote(pattern))
		}
	}
	return out
}

// check says which pattern cannot be read.
func check(p Params) error {
	for _, one := range []struct{ name, pattern string }{{"prefill", p.Prefill}, {"decode", p.Decode}, {"mixed", p.Mixed}} {
		if err := trace.CheckStepPattern(one.pattern); err != nil {
			return fmt.Errorf("%s: %q: %w", one.name, one.pattern, err)
		}
	}
	return nil
}

func needs() []analysis.Need {
	return nvtx.Needs(nvtx.Docs{Ranges: "capture with nsys profile --trace=cuda,nvtx", Calls: "which step GPU work belongs to",
		Kernels: "GPU time of the steps", Copies: "GPU time of the steps, the copies in it", Sets: "GPU time of the steps, the sets in it",
		Graphs: "GPU time of CUDA graphs in a graph-level trace", Launches: "whether graph work is hidden"})
}

func run(ctx context.Context, in analysis.Inputs, p Params) (*result.Result, error) {
	t, err := trace.Attribute(func(name string) (*frames.Frame, error) { return in.Frame(role, name) }, int64(p.Process))
	if err != nil {
		return nil, err
	}
	if err := analysis.Selected("process", p.Process, t.Processes); err != nil {
		return nil, err
	}
	steps, err := trace.StepsOf(t.Ranges, t.Nesting, trace.StepPatterns{Prefill: p.Prefill, Decode: p.Decode, Mixed: p.Mixed})
	if err != nil {
		return nil, err
	}
	if patterns := p.patterns(); len(steps.List) == 0 && len(patterns) > 0 && t.Ranges.Len() > 0 {
		return nil, analysis.NothingSelected("range whose name matches", strings.Join(patterns, " or "), t.Repeated(mostNamed))
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m := measure(t, steps)
	r := &result.Result{}
	r.Add("phases", "Phases", m.phaseTable())
	r.Add("steps", "Steps", m.stepTable())
	if len(steps.List) > 0 {
		r.Charts = m.charts()
	}
	m.findings(r)
	return r, nil
}
