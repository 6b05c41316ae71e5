// Package kernelheadroom says what the distance of each kernel from its roof, as Nsight
// Compute measured it, is worth in a run that Nsight Systems recorded.
package kernelheadroom

import (
	"context"
	"fmt"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/launch/roof"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// The roles: the profile of single kernels, and the run that they are part of.
const (
	profileRole = "ncu"
	runRole     = "nsys"
)

// Params choose kernels and the ceilings that the report may lack.
type Params struct {
	Kernel     string  `param:"kernel" doc:"only kernels whose name contains this text"`
	Level      string  `param:"level" enum:"dram,l2,l1" doc:"memory level whose bandwidth bounds a kernel"`
	Device     int     `param:"device" min:"-1" doc:"only kernels of the run on this GPU, -1 for all"`
	Top        int     `param:"top" min:"1" max:"100" doc:"kernels on the chart"`
	Bandwidth  float64 `param:"bandwidth" unit:"B/s" min:"0" doc:"bandwidth of the level, 0 for the report's own"`
	PeakFP64   float64 `param:"peak-fp64" unit:"FLOP/s" min:"0" doc:"peak of fp64, 0 for the report's own"`
	PeakFP32   float64 `param:"peak-fp32" unit:"FLOP/s" min:"0" doc:"peak of fp32, 0 for the report's own"`
	PeakFP16   float64 `param:"peak-fp16" unit:"FLOP/s" min:"0" doc:"peak of fp16, 0 for the report's own"`
	PeakTensor float64 `param:"peak-tensor" unit:"FLOP/s" min:"0" doc:"peak of floating-point tensor operations, 0 for the report's own"`
	PeakInt    float64 `param:"peak-int" unit:"OP/s" min:"0" doc:"peak of integer tensor operations, 0 for the report's own"`
}

func (p Params) options() roof.Options {
	return roof.Options{Level: p.Level, Kernel: p.Kernel,
		Given: roof.Ceilings{Bandwidth: p.Bandwidth, FP64: p.PeakFP64, FP32: p.PeakFP32, FP16: p.PeakFP16, Tensor: p.PeakTensor, Int: p.PeakInt}}
}

// Analysis declares the headroom of kernels.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "kernel-headroom",
	Doc: `what each kernel's distance from its roof is worth in a run

Nsight Compute tells how far a kernel is from the roof of its device, Nsight Systems how
much of a run it takes: worth is the kernel's time in the run times the part of it that
would go if it reached its roof. The roof is that of the analysis roofline, the nearest
of a kernel's ceilings: bytes over bandwidth, or operations over the peak of their
precision; a kernel without operations has its bytes only.

Kernels are matched by full name, grid and block, names without what differs between
demanglers. A shape of the run that was not profiled takes the mean of the profiled
shapes of its name, weighted by time, and is marked so. What only one of the two has is
listed with its time.

worth is an upper bound: no kernel is at its roof through and through, a part that runs
beside other work ends no run sooner, and the two tools measure under other conditions.
ncu locks clocks to their base and empties caches before each pass, unless told
otherwise (--clock-control none, --cache-control none); it is the part of the roof that
is carried over, not times. Where mean times of a launch differ much, mean_run and
mean_ncu show it.`,
	Version: 1,
	Roles: []analysis.Role{
		{Name: profileRole, Kind: "ncu", Doc: "Nsight Compute profile of the kernels, best with --set roofline or full", Tables: []analysis.Need{
			{Table: "launches", Columns: roof.LaunchFields()},
			{Table: "work", Columns: roof.WorkFields()},
		}},
		{Name: runRole, Kind: "nsys", Doc: "Nsight Systems export of the run", Tables: []analysis.Need{
			{Table: "kernels", Stream: true, Doc: "capture with nsys profile --trace=cuda --cuda-graph-trace=node", Columns: kernelFields()},
			{Table: "graph_launches", Optional: true, Doc: "whether graph work is hidden", Columns: []frames.Field{{Name: "start", Kind: frames.Int64, Unit: "ns"}}},
			{Table: "gpus", Optional: true, Doc: "whether both ran on one kind of GPU", Columns: []frames.Field{{Name: "device", Kind: frames.Int64}, {Name: "name", Kind: frames.String}}},
		}},
	},
	Outputs: []analysis.Output{
		{Name: "kernels", Kind: analysis.TableOutput, Doc: "a row a kernel and shape of the run that was profiled: time, part of the roof, and what the rest is worth"},
		{Name: "unmatched", Kind: analysis.TableOutput, Doc: "kernels that only one of the two has, with their share of its time"},
		{Name: "headroom", Kind: analysis.ChartOutput, Doc: "time of the kernels in the run: what the roof takes, and what could be saved at most"},
	},
	Defaults: Params{Level: "dram", Device: allDevices, Top: 12},
	Check:    func(p Params) error { return p.options().Given.Check() },
	Stream: func(p Params) analysis.Fold {
		return &fold{params: p, groups: map[shape]*group{}, devices: map[int64]bool{}}
	},
})

func kernelFields() []frames.Field {
	list := []frames.Field{{Name: "name", Kind: frames.String}, {Name: "start", Kind: frames.Int64, Unit: "ns"}, {Name: "end", Kind: frames.Int64, Unit: "ns"},
		{Name: "device", Kind: frames.Int64}, {Name: "graph_node_id", Kind: frames.Int64}}
	for _, name := range sides() {
		list = append(list, frames.Field{Name: name, Kind: frames.Int64})
	}
	return list
}

// Finish implements analysis.Fold.
func (f *fold) Finish(ctx context.Context, in analysis.Inputs) (*result.Result, error) {
	launches, err := in.Frame(profileRole, "launches")
	if err != nil {
		return nil, err
	}
	work, err := in.Frame(profileRole, "work")
	if err != nil {
		return nil, err
	}
	if err := f.checkDevice(); err != nil {
		return nil, err
	}
	profile, err := roof.Collect(ctx, launches, work, f.params.options())
	if err != nil {
		return nil, fmt.Errorf("the profile: %w", err)
	}
	run := f.run()
	m := match(profile, run, f.params.options())
	r := &result.Result{}
	r.Add("kernels", "What distance from the roof is worth in the run", pairTable(m))
	if m.unmatched() {
		r.Add("unmatched", "Kernels that only the run or only the profile has", unmatchedTable(m))
	}
	if c, ok := chart(m, f.params.Top); ok {
		r.Charts = append(r.Charts, c)
	}
	if err := f.report(r, in, m); err != nil {
		return nil, err
	}
	trace.WarnOdd(r, f.odd, "kernel")
	result.SortFindings(r.Findings)
	return r, nil
}
