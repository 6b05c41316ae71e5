// Package roofline places profiled kernels under the ceilings of their device.
//
// The figures are those of Nsight Compute's own roofline: work over traffic gives
// the arithmetic intensity, work over time the achieved rate, and the roof at an
// intensity is the lower of the peak rate and intensity times bandwidth, with peaks
// at the clock during profiling.
package roofline

import (
	"context"
	"fmt"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
)

// Params filter the kernels and may replace the report's own ceilings.
type Params struct {
	Level      string  `param:"level" enum:"dram,l2,l1" doc:"memory level whose traffic gives the intensity"`
	Precision  string  `param:"precision" enum:"all,fp64,fp32,fp16,tensor" doc:"which operations to place"`
	Kernel     string  `param:"kernel" doc:"only kernels whose name contains this text"`
	MinShare   float64 `param:"min-share" unit:"%" min:"0" max:"100" doc:"leave out a precision with less than this part of a kernel's operations"`
	Bandwidth  float64 `param:"bandwidth" unit:"B/s" min:"0" doc:"bandwidth of the level, 0 for the report's own"`
	PeakFP64   float64 `param:"peak-fp64" unit:"FLOP/s" min:"0" doc:"peak of fp64, 0 for the report's own"`
	PeakFP32   float64 `param:"peak-fp32" unit:"FLOP/s" min:"0" doc:"peak of fp32, 0 for the report's own"`
	PeakFP16   float64 `param:"peak-fp16" unit:"FLOP/s" min:"0" doc:"peak of fp16, 0 for the report's own"`
	PeakTensor float64 `param:"peak-tensor" unit:"FLOP/s" min:"0" doc:"peak of floating-point tensor operations, 0 for the report's own"`
	PeakInt    float64 `param:"peak-int" unit:"OP/s" min:"0" doc:"peak of integer tensor operations, 0 for the report's own"`
}

// leastCeiling is the least ceiling that a reader may give, in B/s or FLOP/s: no GPU
// has less, and far less makes ratios overflow. greatestCeiling is the most.
const leastCeiling, greatestCeiling = 1e6, 1e24

// check refuses ceilings that no device has. 0 stands for the report's own.
func check(p Params) error {
	for _, c := range []struct {
		name, unit string
		value      float64
	}{
		{"bandwidth", "B/s", p.Bandwidth}, {"peak-fp64", "FLOP/s", p.PeakFP64}, {"peak-fp32", "FLOP/s", p.PeakFP32},
		{"peak-fp16", "FLOP/s", p.PeakFP16}, {"peak-tensor", "FLOP/s", p.PeakTensor}, {"peak-int", "OP/s", p.PeakInt},
	} {
		if c.value != 0 && (c.value < leastCeiling || c.value > greatestCeiling) {
			return fmt.Errorf("%s: %g is not between %g and %g %s; 0 takes the report's own", c.name, c.value, leastCeiling, greatestCeiling, c.unit)
		}
	}
	return nil
}

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
under the peak of its own instruction; integer ones are kept apart, in OP/s.

Nsight Compute's speed-of-light class stands beside it. Its memory throughput is
that of the busiest memory unit, caches and their pipes included, so a kernel can be
"memory" to ncu and on the compute side of the DRAM ridge: both are true.

Kernels without floating-point operations or without counted bytes have no place on
the chart; findings name them.`,
	Version: 1,
	Roles: []analysis.Role{{
		Name: role, Kind: "ncu", Doc: "Nsight Compute profile, best captured with --set roofline or --set full",
		Tables: []analysis.Need{
			{Table: "launches", Columns: launchFields()},
			{Table: "work", Columns: workFields()},
		},
	}},
	Outputs: []analysis.Output{
		{Name: "roofline", Kind: analysis.TableOutput, Doc: "a row a kernel and precision: intensity, rate, roof and distance to it"},
		{Name: "integer", Kind: analysis.TableOutput, Doc: "the same for integer tensor operations, in OP/s"},
		{Name: "kernels", Kind: analysis.TableOutput, Doc: "a row a kernel: time, bytes, bandwidth and ncu's class, with or without operations"},
		{Name: "roofline", Kind: analysis.ChartOutput, Doc: "rate over intensity, log-log, with the roofs"},
		{Name: "integer", Kind: analysis.ChartOutput, Doc: "the same for integer tensor operations"},
	},
	Defaults: Params{Level: "dram", Precision: "all", MinShare: 1},
	Check:    check,
	Whole:    run,
})

func launchFields() []frames.Field {
	return []frames.Field{
		{Name: "launch", Kind: frames.Int64},
		{Name: "kernel", Kind: frames.String},
		{Name: "function", Kind: frames.String},
		{Name: "workload", Kind: frames.String},
		{Name: "device_name", Kind: frames.String},
		{Name: "grid", Kind: frames.String},
		{Name: "block", Kind: frames.String},
		{Name: "threads", Kind: frames.Int64},
		{Name: "waves", Kind: frames.Float64},
		{Name: "time", Kind: frames.Int64, Unit: "ns"},
		{Name: "dram_bytes", Kind: frames.Int64, Unit: "B"},
		{Name: "l2_bytes", Kind: frames.Int64, Unit: "B"},
		{Name: "l1_bytes", Kind: frames.Int64, Unit: "B"},
		{Name: "flop_fp64", Kind: frames.Int64, Unit: "FLOP"},
		{Name: "flop_fp32", Kind: frames.Int64, Unit: "FLOP"},
		{Name: "flop_fp16", Kind: frames.Int64, Unit: "FLOP"},
		{Name: "flop_tensor", Kind: frames.Int64, Unit: "FLOP"},
		{Name: "clock_sm", Kind: frames.Float64, Unit: "Hz"},
		{Name: "peak_dram", Kind: frames.Float64, Unit: "B/s"},
		{Name: "peak_l2", Kind: frames.Float64, Unit: "B/s"},
		{Name: "peak_l1", Kind: frames.Float64, Unit: "B/s"},
		{Name: "sm_pct", Kind: frames.Float64, Unit: "%"},
		{Name: "memory_pct", Kind: frames.Float64, Unit: "%"},
		{Name: "dram_pct", Kind: frames.Float64, Unit: "%"},
	}
}

func workFields() []frames.Field {
	return []frames.Field{
		{Name: "launch", Kind: frames.Int64},
		{Name: "precision", Kind: frames.String},
		{Name: "path", Kind: frames.String},
		{Name: "tensor", Kind: frames.Bool},
		{Name: "integer", Kind: frames.Bool},
		{Name: "ops", Kind: frames.Int64, Unit: "FLOP"},
		{Name: "margin", Kind: frames.Float64, Unit: "FLOP"},
		{Name: "peak", Kind: frames.Float64, Unit: "FLOP/s"},
		{Name: "best_path", Kind: frames.String},
		{Name: "best_peak", Kind: frames.Float64, Unit: "FLOP/s"},
		{Name: "method", Kind: frames.String},
	}
}

func run(ctx context.Context, in analysis.Inputs, p Params) (*result.Result, error) {
	launches, err := in.Frame(role, "launches")
	if err != nil {
		return nil, err
	}
	work, err := in.Frame(role, "work")
	if err != nil {
		return nil, err
	}
	profile, err := collect(ctx, launches, work, p)
	if err != nil {
		return nil, err
	}
	floats, integers := profile.place(p)
	r := &result.Result{}
	r.Add("roofline", "Kernels under the "+levelName(p.Level)+" roof, by GPU time", pointTable("roofline", floats, "FLOP"))
	if len(integers) > 0 {
		r.Add("integer", "Integer tensor operations under the "+levelName(p.Level)+" roof", pointTable("integer", integers, "OP"))
	}
	r.Add("kernels", "Kernels by GPU time, with ncu's speed-of-light class", kernelTable(profile, p.Level))
	r.Charts = append(r.Charts, charts("roofline", floats, "FLOP", p.Level)...)
	r.Charts = append(r.Charts, charts("integer", integers, "OP", p.Level)...)
	report(r, profile, floats, integers, p)
	result.SortFindings(r.Findings)
	return r, nil
}

// levelName writes a level as people do.
func levelName(level string) string {
	switch level {
	case "l2":
		return "L2"
	case "l1":
		return "L1"
	}
	return "DRAM"
}
