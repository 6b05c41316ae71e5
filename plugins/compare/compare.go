// Package compare sets two profiles side by side: what a step took before and after, and
// which kernels the difference comes from.
package compare

import (
	"context"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/nvtx"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// Analysis declares the comparison; its form, flags, help and cell derive from here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "compare",
	Doc: `two profiles side by side, and where the time of a step went

The steps of one phase are set beside each other: those of the phase asked for, or of the one that takes
most of the baseline's time. The waterfall leads from the mean step of the baseline to that of the current
profile: kernels by family, copies and sets, and the rest, during which no work of the step ran (the host was
slower than the GPU, or waited). A part is GPU time of work that a step launched, added up; work side by side
counts twice, so that the rest may fall below zero. Without steps on both sides the whole captures are
compared, from the first to the last work.

Kernels are matched by name, grid and block; then by name, where one shape of it is left on each side; then
by shape, family, calls and time, which finds renamed ones. The interval of a change is one of 95 %, and a
verdict needs a change beyond the parameter threshold and beyond noise, of all kernels together (Holm). What was
measured once on a side has no noise that is known, so that it is "cannot tell" beyond the threshold. One
profile a side shows the noise within it and not what differs from run to run: profilemate check compares
several.`,
	Version: 3,
	Roles:   []analysis.Role{role(baseline, "an earlier Nsight Systems export"), role(current, "the export to judge")},
	Outputs: []analysis.Output{
		{Name: "phases", Kind: analysis.TableOutput, Doc: "one row per phase and time: of a step, of a token and of the GPU"},
		{Name: "work", Kind: analysis.TableOutput, Doc: "one row per phase and figure that is no time: the GPU's busy share, launches"},
		{Name: "waterfall", Kind: analysis.TableOutput, Doc: "where the difference of a step comes from"},
		{Name: "kernels", Kind: analysis.TableOutput, Doc: "one row per kernel name and shape, by effect on a step"},
		{Name: "waterfall", Kind: analysis.ChartOutput, Doc: "what each part adds to a step or takes from it"},
		{Name: "step", Kind: analysis.ChartOutput, Doc: "what a step is made of, before and after"},
		{Name: "steps", Kind: analysis.ChartOutput, Doc: "time of each step, aligned by their order"},
	},
	Defaults: Params{Phase: "longest", Threshold: 5},
	Whole:    run,
})

const (
	baseline = "baseline"
	current  = "current"
)

// Params are the choices of a reader.
type Params struct {
	Phase     string  `param:"phase" enum:"longest,prefill,decode,mixed" doc:"steps to compare; longest: the phase that takes most of the baseline's time"`
	Threshold float64 `param:"threshold" min:"0" max:"1000" unit:"%" doc:"change that is let pass"`
}

func role(name, doc string) analysis.Role {
	r := nvtx.Role(true, analysis.Need{Table: "kernels", Columns: trace.Columns("grid_x grid_y grid_z block_x block_y block_z", frames.Field{Name: "name", Kind: frames.String})})
	r.Name, r.Doc = name, doc
	return r
}

func run(ctx context.Context, in analysis.Inputs, p Params) (*result.Result, error) {
	before, err := load(in, baseline)
	if err != nil {
		return nil, err
	}
	after, err := load(in, current)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := comparison{params: p, before: before, after: after}
	if c.phase, err = c.choose(); err != nil {
		return nil, err
	}
	for _, s := range []*side{before, after} {
		if err := s.measure(c.phase, c.whole); err != nil {
			return nil, err
		}
	}
	c.judge()
	r := &result.Result{}
	r.Add("phases", "Times of phases before and after", c.phaseTable())
	r.Add("work", "Work of phases before and after", c.workTable())
	r.Add("waterfall", "Where the time went: "+c.unit(), c.waterfallTable())
	r.Add("kernels", "Kernels before and after, by effect on "+c.unit(), c.kernelTable())
	r.Charts = c.charts()
	c.findings(r, in)
	return r, nil
}
