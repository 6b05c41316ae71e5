// Package roofline places profiled kernels under the ceilings of their device.
//
// The figures are those of Nsight Compute's own roofline: work over traffic gives
// the arithmetic intensity, work over time the achieved rate, and the roof at an
// intensity is the lower of the peak rate and intensity times bandwidth, with peaks
// at the clock during profiling.
package roofline

import (
	"context"

	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/launch/roof"
	"profilemate/workbench/result"
)

// Params filter the kernels and may replace the report's own ceilings.
type Params struct {
	Level      string  `param:"level" enum:"dram,l2,l1" doc:"memory level whose traffic gives the intensity"`
	Precision  string  `param:"precision" enum:"all,fp64,fp32,fp16,tensor" doc:"which operations to place"`
	Kernel     string  `param:"kernel" doc:"only kernels whose name contains this text"`
	Range      string  `param:"range" doc:"only launches in an NVTX range whose name contains this text"`
	MinShare   float64 `param:"min-share" unit:"%" min:"0" max:"100" doc:"leave out a precision with less than this part of a kernel's operations"`
	Bandwidth  float64 `param:"bandwidth" unit:"B/s" min:"0" doc:"bandwidth of the level, 0 for the report's own"`
	PeakFP64   float64 `param:"peak-fp64" unit:"FLOP/s" min:"0" doc:"peak of fp64, 0 for the report's own"`
	PeakFP32   float64 `param:"peak-fp32" unit:"FLOP/s" min:"0" doc:"peak of fp32, 0 for the report's own"`
	PeakFP16   float64 `param:"peak-fp16" unit:"FLOP/s" min:"0" doc:"peak of fp16, 0 for the report's own"`
	PeakTensor float64 `param:"peak-tensor" unit:"FLOP/s" min:"0" doc:"peak of floating-point tensor operations, 0 for the report's own"`
	PeakInt    float64 `param:"peak-int" unit:"OP/s" min:"0" doc:"peak of integer tensor operations, 0 for the report's own"`
}

// options are the parameters as the computation takes them.
func (p Params) options() roof.Options {
	return roof.Options{Level: p.Level, Precision: p.Precision, Kernel: p.Kernel, Range: p.Range, MinShare: p.MinShare,
		Given: roof.Ceilings{Bandwidth: p.Bandwidth, FP64: p.PeakFP64, FP32: p.PeakFP32, FP16: p.PeakFP16, Tensor: p.PeakTensor, Int: p.PeakInt}}
}

// check refuses ceilings that no device has. 0 stands for the report's own.
func check(p Params) error { return p.options().Given.Check() }

const role = "profile"

// Analysis declares the roofline.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "roofline",
	Doc: `kernels under the compute and memory ceilings of their device

One row stands for all launches of a kernel name, grid and block, once for every
precision it computes in: operations, bytes and time are summed, percentages and
peaks weighted by time. A kernel left of the ridge is on the memory side, where
bandwidth caps its rate; right of it, on the compute side, the peak rate does.

The roof comes from the report: peaks at the clock during profiling, which lie
below a data sheet's. Tensor operations are exact counters where ncu has them, each
under the peak of its own instruction; integer ones are kept apart, in OP/s. Ceilings
that a report lacks are those of the device's data sheet, from compute capability 7.0
on; those of a device that is not known are asked for.

Nsight Compute's speed-of-light class stands beside it. Its memory throughput is
that of the busiest memory unit, caches and their pipes included, so a kernel can be
"memory" to ncu and on the compute side of the DRAM ridge: both are true.

Kernels without floating-point operations or without counted bytes have no place on
the chart; findings name them.`,
	Version: 2,
	Roles: []analysis.Role{{
		Name: role, Kind: "ncu", Doc: "Nsight Compute profile, best captured with --set roofline or --set full",
		Tables: []analysis.Need{
			{Table: "launches", Columns: roof.LaunchFields()},
			{Table: "work", Columns: roof.WorkFields()},
		},
	}},
	Outputs: []analysis.Output{
		{Name: "roofline", Kind: analysis.TableOutput, Doc: "a row a kernel and precision: intensity, rate, roof and distance to it",
			Key: []string{"of_roof", "time", "precision", "intensity", "side", "share"}},
		{Name: "integer", Kind: analysis.TableOutput, Doc: "the same for integer tensor operations, in OP/s",
			Key: []string{"of_roof", "time", "precision", "intensity", "side", "share"}},
		{Name: "kernels", Kind: analysis.TableOutput, Doc: "a row a kernel: time, bytes, bandwidth and ncu's class, with or without operations",
			Key: []string{"time", "class", "of_bandwidth", "share", "memory_pct", "sm_pct"}},
		{Name: "roofline", Kind: analysis.ChartOutput, Doc: "rate over intensity, log-log, with the roofs"},
		{Name: "integer", Kind: analysis.ChartOutput, Doc: "the same for integer tensor operations"},
	},
	Defaults: Params{Level: "dram", Precision: "all", MinShare: 1},
	Check:    check,
	Whole:    run,
})

func run(ctx context.Context, in analysis.Inputs, p Params) (*result.Result, error) {
	launches, err := in.Frame(role, "launches")
	if err != nil {
		return nil, err
	}
	work, err := in.Frame(role, "work")
	if err != nil {
		return nil, err
	}
	profile, err := roof.Collect(ctx, launches, work, p.options())
	if err != nil {
		return nil, err
	}
	floats, integers := profile.Place(p.options())
	r := &result.Result{}
	r.Add("roofline", "Kernels under the "+roof.LevelName(p.Level)+" roof, by GPU time", pointTable("roofline", floats, "FLOP"))
	if len(integers) > 0 {
		r.Add("integer", "Integer tensor operations under the "+roof.LevelName(p.Level)+" roof", pointTable("integer", integers, "OP"))
	}
	r.Add("kernels", "Kernels by GPU time, with ncu's speed-of-light class", kernelTable(profile, p.Level))
	r.Charts = append(r.Charts, charts("roofline", floats, "FLOP", p.Level)...)
	r.Charts = append(r.Charts, charts("integer", integers, "OP", p.Level)...)
	report(r, profile, floats, integers, p)
	result.SortFindings(r.Findings)
	return r, nil
}
