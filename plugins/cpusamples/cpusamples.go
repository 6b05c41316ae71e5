// Package cpusamples says what threads were doing when they were sampled, and in
// the gaps of the GPU above all.
package cpusamples

import (
	"context"
	"slices"
	"time"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/gputrace"
	"profilemate/workbench/result"
)

// Analysis declares the sums of CPU samples; their form, flags, help and cell derive
// from here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "cpu-samples",
	Doc: `what the host was doing, and what it did while the GPU had nothing to do

Each sample is the function at the top of a thread's call chain; functions without symbols stand under
their library. Samples are taken while a thread runs, so that a thread which waits has few or none: shares
are of samples, not of time. A difference below a few samples is chance.

A gap is a time without work between the first and the last work of a device, as its process numbers it,
longer than the parameter gap. The samples in it are those of the thread that launched the work at its end,
or of all threads of the process where that is not recorded. A gap without a sample does not mean that the
host did nothing: it waited, or the gap is shorter than the time between samples. Time in which hidden graph
work may have run is no gap.`,
	Version: 1,
	Roles: []analysis.Role{{Name: role, Kind: "nsys", Doc: "an Nsight Systems export with CPU samples", Tables: slices.Concat([]analysis.Need{
		{Table: "cpu_samples", Doc: "capture with nsys profile --sample=process-tree (-s process-tree)", Columns: []frames.Field{
			{Name: "time", Kind: frames.Int64, Unit: "ns"},
			{Name: "pid", Kind: frames.Int64},
			{Name: "tid", Kind: frames.Int64},
			{Name: "symbol", Kind: frames.String},
			{Name: "module", Kind: frames.String},
		}},
		{Table: "threads", Optional: true, Doc: "names of threads", Columns: []frames.Field{
			{Name: "pid", Kind: frames.Int64},
			{Name: "tid", Kind: frames.Int64},
			{Name: "name", Kind: frames.String},
		}},
	}, gputrace.Work(gputrace.Docs{Kernels: "the gaps of the GPU; capture with --trace=cuda", Copies: "the gaps of the GPU", Sets: "the gaps of the GPU", Graphs: "the gaps of the GPU"}),
		[]analysis.Need{gputrace.OptionalCalls("which thread launched what came after a gap")})}},
	Outputs: []analysis.Output{
		{Name: "symbols", Kind: analysis.TableOutput, Doc: "functions with the most samples, by thread"},
		{Name: "threads", Kind: analysis.TableOutput, Doc: "one row per thread that was sampled"},
		{Name: "gaps", Kind: analysis.TableOutput, Doc: "the longest gaps of each device with what the host did, where there is GPU work"},
		{Name: "gap-symbols", Kind: analysis.TableOutput, Doc: "functions with the most samples in gaps, by process, where there is GPU work"},
		{Name: "top-symbols", Kind: analysis.ChartOutput, Doc: "the functions with the most samples"},
	},
	Defaults: Params{Top: 20, Gap: 100 * time.Microsecond},
	Whole:    run,
})

const role = gputrace.RoleName

// Params are the choices of a reader.
type Params struct {
	Top int           `param:"top" min:"1" max:"1000" doc:"functions of each thread, bars and gaps shown"`
	Gap time.Duration `param:"gap" min:"0s" max:"1h" doc:"gaps of the GPU longer than this are looked at"`
}

func run(ctx context.Context, in analysis.Inputs, p Params) (*result.Result, error) {
	v, err := read(in, p)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	v.findGaps()
	r := &result.Result{}
	r.Add("symbols", "Functions by thread", v.symbolTable())
	r.Add("threads", "Threads", v.threadTable())
	if v.timeline.Len() > 0 {
		r.Add("gaps", "Longest gaps of the GPU and what the host did", v.gapTable())
		r.Add("gap-symbols", "Functions in gaps of the GPU", v.gapSymbolTable())
	}
	if len(v.threads) > 0 {
		r.Charts = []result.Chart{v.chart()}
	}
	v.findings(r)
	return r, nil
}
