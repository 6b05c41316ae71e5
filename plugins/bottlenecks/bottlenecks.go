// Package bottlenecks says what limits each kernel: by Nsight Compute's own rule,
// by the busiest memory unit, and by the side of the roofline's ridge.
package bottlenecks

import (
	"context"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/result"
)

// Params filter the kernels.
type Params struct {
	Kernel string `param:"kernel" doc:"only kernels whose name contains this text"`
}

// Analysis declares the bottlenecks of kernels.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "bottlenecks",
	Doc: `what limits each kernel: compute, memory, or neither

One row stands for all launches of a kernel name, grid and block; percentages are
weighted by time. The class is that of Nsight Compute's rule SOLBottleneck, from the
throughput of the busiest compute unit (sm_pct) and of the busiest memory unit
(memory_pct), each against its peak: at 80 % and more a unit is the limit; where both
are below 60 % the kernel waits (Latency Issue), or its grid does not fill the device
(Small Grid).

Memory is more than DRAM: unit names the busiest of DRAM, L2 and L1. The side of the
ridge is another question: whether, at the kernel's operations per byte of DRAM, the
DRAM bandwidth or the peak rate of its operations would limit a perfect kernel. A
kernel on the compute side can be held by L1: both are true, and the remedy is to
reuse registers and shared memory, not to save DRAM bytes.`,
	Version: 2,
	Roles: []analysis.Role{{
		Name: launch.RoleName, Kind: "ncu", Doc: "Nsight Compute profile with the section SpeedOfLight, which every set has but source",
		Tables: []analysis.Need{
			{Table: "launches", Columns: launch.Columns(columns()...)},
			{Table: "work", Optional: true, Doc: "the side of the ridge", Columns: []frames.Field{
				{Name: "launch", Kind: frames.Int64},
				{Name: "precision", Kind: frames.String},
				{Name: "path", Kind: frames.String},
				{Name: "ops", Kind: frames.Int64, Unit: "FLOP"},
				{Name: "peak", Kind: frames.Float64, Unit: "FLOP/s"},
			}},
		},
	}},
	Outputs: []analysis.Output{
		{Name: "bottlenecks", Kind: analysis.TableOutput, Doc: "a row a kernel: class, limit, busiest memory unit, side of the ridge",
			Key: []string{"class", "time", "unit", "memory_pct", "sm_pct", "side", "share"}},
		{Name: "classes", Kind: analysis.TableOutput, Doc: "a row a class: kernels, launches and GPU time"},
	},
	Whole: run,
})

func columns() []frames.Field {
	list := []frames.Field{
		{Name: "waves", Kind: frames.Float64},
		{Name: "dram_bytes", Kind: frames.Int64, Unit: "B"},
		{Name: "peak_dram", Kind: frames.Float64, Unit: "B/s"},
	}
	for _, name := range []string{"sm_pct", "memory_pct", "dram_pct", "l2_pct", "l1_pct"} {
		list = append(list, frames.Field{Name: name, Kind: frames.Float64, Unit: "%"})
	}
	return list
}

func run(ctx context.Context, in analysis.Inputs, params Params) (*result.Result, error) {
	p, err := launch.Load(ctx, in, launch.RoleName, params.Kernel, nil)
	if err != nil {
		return nil, err
	}
	work, err := in.Frame(launch.RoleName, "work")
	if err != nil {
		return nil, err
	}
	list, jobs := make([]kernel, len(p.Kernels)), jobsOf(work)
	for i, k := range p.Kernels {
		list[i] = measure(p, k, jobs)
	}
	r := &result.Result{}
	r.Add("bottlenecks", "What limits each kernel, by GPU time", kernelTable(p, list))
	r.Add("classes", "GPU time by class", classTable(p, list))
	p.Scope(r)
	report(r, list)
	result.SortFindings(r.Findings)
	return r, nil
}
