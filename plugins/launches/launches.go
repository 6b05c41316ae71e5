// Package launches lists the launches of a profile, and sums them up by kernel as
// each quantity asks for.
package launches

import (
	"context"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/result"
)

// Params choose launches.
type Params struct {
	Kernel string  `param:"kernel" doc:"only kernels whose name contains this text"`
	Spread float64 `param:"spread" min:"1" max:"1000" doc:"slowest over fastest launch from which a finding says that launches of a kernel differ"`
}

// Analysis declares the launches and kernels of a profile.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "launches",
	Doc: `every launch, and the launches of each kernel rolled up

Profilers' tables list launches; what counts is the kernel. One row of kernels stands
for all launches of a kernel name, grid and block: times, bytes and operations are
summed, percentages weighted by time, and a rate is the sum of the bytes over the
sum of the times, not a mean of rates. A sum that any launch lacks is missing, not
smaller.

One launch does not stand for the others: caches are cold for the first, and inputs
differ. slowest, fastest and first stand beside the mean, and a finding names
kernels whose launches lie far apart.`,
	Version: 2,
	Roles: []analysis.Role{{
		Name: launch.RoleName, Kind: "ncu", Doc: "Nsight Compute profile of any set",
		Tables: []analysis.Need{{Table: "launches", Columns: launch.Columns(columns()...)}},
	}},
	Outputs: []analysis.Output{
		{Name: "kernels", Kind: analysis.TableOutput, Doc: "a row a kernel: launches, times, bytes, operations and percentages rolled up",
			Key: []string{"time", "class", "share", "launches", "mean", "traffic"}},
		{Name: "launches", Kind: analysis.TableOutput, Doc: "a row a launch, in the order of the profile",
			Key: []string{"function", "time", "class", "traffic", "grid"}},
	},
	Defaults: Params{Spread: 1.5},
	Whole:    run,
})

// percentages are the columns that are weighted by time.
func percentages() []frames.Field {
	var list []frames.Field
	for _, c := range [][2]string{{"sm_pct", "throughput of the busiest compute unit, of its peak"}, {"memory_pct", "throughput of the busiest memory unit, of its peak"},
		{"dram_pct", "throughput of DRAM, of its peak"}, {"tensor_pct", "tensor pipe busy"}, {"l2_hit", "L2 hit rate"}, {"l1_hit", "L1 hit rate"}, {"occupancy", "occupancy achieved"}} {
		list = append(list, frames.Field{Name: c[0], Kind: frames.Float64, Unit: "%", Doc: c[1]})
	}
	return list
}

// work are the columns of operations.
func work() []frames.Field {
	var list []frames.Field
	for _, name := range []string{"flop_fp64", "flop_fp32", "flop_fp16", "flop_tensor"} {
		list = append(list, frames.Field{Name: name, Kind: frames.Int64, Unit: "FLOP", Doc: "operations of this kind; missing where they were not counted"})
	}
	return list
}

func columns() []frames.Field {
	list := []frames.Field{
		{Name: "id", Kind: frames.Int64},
		{Name: "nvtx", Kind: frames.String},
		{Name: "stream", Kind: frames.Int64},
		{Name: "registers", Kind: frames.Int64},
		{Name: "waves", Kind: frames.Float64},
		{Name: "dram_bytes", Kind: frames.Int64, Unit: "B"},
	}
	return append(append(list, work()...), percentages()...)
}

func run(ctx context.Context, in analysis.Inputs, params Params) (*result.Result, error) {
	p, err := launch.Load(ctx, in, launch.RoleName, params.Kernel, nil)
	if err != nil {
		return nil, err
	}
	list := make([]kernel, len(p.Kernels))
	for i, k := range p.Kernels {
		list[i] = measure(p, k)
	}
	r := &result.Result{}
	r.Add("kernels", "Kernels by GPU time", kernelTable(p, list))
	r.Add("launches", "Launches in the order of the profile", launchTable(p))
	p.Scope(r)
	reportMissing(r, list)
	report(r, list, params.Spread)
	result.SortFindings(r.Findings)
	return r, nil
}
