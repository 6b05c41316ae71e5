// Package gpumetrics sums up the hardware counters that a trace samples.
package gpumetrics

import (
	"context"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/gputrace"
	"profilemate/workbench/result"
)

// Analysis declares the sums of hardware counters; their form, flags, help and cell
// derive from here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "gpu-metrics",
	Doc: `hardware counters of each GPU, and busy against SM active

Mean and quantiles of each counter over all of its samples, on each GPU by nsys's own number; the names and
their units are nsys's. A sample stands for the time since the one before it. Busy is the time in which at
least one kernel, copy, set or whole graph of any traced process ran; a sample counts as busy when that is
at least half of the usual time between samples before it. SM active while busy tells kernels that fill the
GPU from those that run on a few multiprocessors: a GPU may be busy all the time with most of it asleep.

Counters are the GPU's, not the program's: other programs on it count too. Where CUDA graphs were launched
whose work the trace does not show, busy is not known; the counters see that work all the same.`,
	Version: 2,
	Roles: []analysis.Role{{Name: role, Kind: "nsys", Doc: "an Nsight Systems export with GPU metrics", Tables: slices.Concat([]analysis.Need{
		{Table: "gpu_metrics", Doc: "capture with nsys profile --gpu-metrics-devices=all (--gpu-metrics-device=all in older versions), which needs permission to read counters", Columns: []frames.Field{
			{Name: "time", Kind: frames.Int64, Unit: "ns"},
			{Name: "gpu_id", Kind: frames.Int64},
			{Name: "metric", Kind: frames.String},
			{Name: "metric_id", Kind: frames.Int64},
			{Name: "value", Kind: frames.Int64},
		}},
		{Table: "devices", Optional: true, Doc: "which device of a process a GPU is", Columns: []frames.Field{
			{Name: "pid", Kind: frames.Int64},
			{Name: "device", Kind: frames.Int64},
			{Name: "gpu_id", Kind: frames.Int64},
			{Name: "name", Kind: frames.String},
		}},
	}, gputrace.Work(gputrace.Docs{Kernels: "when the GPU was busy", Copies: "when the GPU was busy", Sets: "when the GPU was busy", Graphs: "when the GPU was busy"}),
		[]analysis.Need{gputrace.OptionalCalls("whether graph work is hidden")})}},
	Outputs: []analysis.Output{
		{Name: "gpus", Kind: analysis.TableOutput, Doc: "one row per GPU: busy against SM active"},
		{Name: "metrics", Kind: analysis.TableOutput, Doc: "one row per GPU and counter"},
		{Name: "over-time", Kind: analysis.ChartOutput, Doc: "the telling percentages over time, one chart per GPU"},
	},
	Defaults: Params{Bins: 200},
	Whole:    run,
})

const role = gputrace.RoleName

// Params are the choices of a reader.
type Params struct {
	Bins int `param:"bins" min:"1" max:"2000" doc:"points of the chart over time"`
}

func run(ctx context.Context, in analysis.Inputs, p Params) (*result.Result, error) {
	v, err := read(in, p)
	if err != nil {
		return nil, err
	}
	for _, g := range v.gpus {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		v.measure(g)
	}
	r := &result.Result{}
	r.Add("gpus", "GPUs", v.gpuTable())
	r.Add("metrics", "Counters", v.metricTable())
	r.Charts = v.charts()
	v.findings(r)
	return r, nil
}
