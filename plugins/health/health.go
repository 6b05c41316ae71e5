// Package health says whether a capture is fit for conclusions.
package health

import (
	"context"
	"slices"
	"time"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/gputrace"
	"profilemate/workbench/result"
)

// Analysis declares the checks of a capture; their form, flags, help and cell derive
// from here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "health",
	Doc: `whether a capture is fit for conclusions

Read this first. Each check has a verdict: a problem forbids some conclusions until the capture is made
again, a warning limits them, unknown means that the trace does not hold what the check needs, which is
never taken for ok.

GPU work asks whether anything ran and how long it lasted, from the first to the last kernel, copy, set or
whole graph; what came before and after is not judged. Steps are ranges that name a phase (see phases);
their times from start to start are compared with the median of the steps of about the same number of
tokens. A warm-up is the first steps whose removal makes the standard error of the mean least, if they are
clearly slower. First-time work is the loading of modules, the making of graphs and compilation within the
GPU's window, as far as calls and the profiler's own records show it. Profiler overhead is only what the
profiler records as such; what each traced call costs comes on top, so compare with a run without it.`,
	Version: 1,
	Roles:   []analysis.Role{{Name: role, Kind: "nsys", Doc: "an Nsight Systems export", Tables: needs()}},
	Outputs: []analysis.Output{
		{Name: "checks", Kind: analysis.TableOutput, Doc: "one row per check, the worst first"},
		{Name: "coverage", Kind: analysis.ChartOutput, Doc: "how many events of each kind the capture has over time"},
	},
	Defaults: Params{Short: 100 * time.Millisecond, Steps: 10, Bins: 100},
	Whole:    run,
})

const role = gputrace.RoleName

// Params are the choices of a reader.
type Params struct {
	Short time.Duration `param:"short" min:"0s" max:"24h" doc:"GPU windows shorter than this are called short"`
	Steps int           `param:"steps" min:"1" max:"1000000" doc:"fewest steps of a phase that averages are trusted of"`
	Bins  int           `param:"bins" min:"10" max:"500" doc:"parts of time in the chart"`
}

// needs are the tables that are looked at. None is required: that one is missing is
// what this analysis is there to say.
func needs() []analysis.Need {
	column := func(name string) frames.Field { return frames.Field{Name: name, Kind: frames.Int64} }
	text := func(name string) frames.Field { return frames.Field{Name: name, Kind: frames.String} }
	ns := func(name string) frames.Field { return frames.Field{Name: name, Kind: frames.Int64, Unit: "ns"} }
	list := slices.Concat(gputrace.Work(gputrace.Docs{Kernels: "GPU work; capture with --trace=cuda --cuda-graph-trace=node", Copies: "GPU work",
		Sets: "GPU work", Graphs: "CUDA graphs as wholes"}), []analysis.Need{
		gputrace.Calls("launches, hidden graph work and first-time work; capture with --trace=cuda"),
		gputrace.Ranges("steps; capture with --trace=cuda,nvtx"),
		{Table: "overhead", Doc: "what tracing cost", Columns: []frames.Field{ns("start"), ns("end"), text("type"), column("pid")}},
		{Table: "diagnostics", Doc: "what the profiler reported", Columns: []frames.Field{text("severity"), text("text")}},
		{Table: "cpu_samples", Doc: "what the host did; capture with --sample=process-tree", Columns: []frames.Field{ns("time")}},
	})
	for i := range list {
		list[i].Optional, list[i].Vital = true, false
	}
	return list
}

func run(ctx context.Context, in analysis.Inputs, p Params) (*result.Result, error) {
	e, err := read(in, p)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	checks := e.checks()
	slices.SortStableFunc(checks, func(a, b check) int { return int(b.verdict) - int(a.verdict) })
	r := &result.Result{}
	r.Add("checks", "Checks", checkTable(checks))
	if c, ok := e.coverage(p.Bins); ok {
		r.Charts = []result.Chart{c}
	}
	e.findings(r, checks)
	return r, nil
}
