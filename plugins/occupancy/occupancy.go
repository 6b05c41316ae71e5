// Package occupancy says how many warps a kernel keeps on the GPU, what limits them
// and how evenly its grid fills the device.
package occupancy

import (
	"context"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/result"
)

// Params choose kernels and how many of them are drawn.
type Params struct {
	Kernel string `param:"kernel" doc:"only kernels whose name contains this text"`
	Top    int    `param:"top" min:"1" max:"100" doc:"kernels on the chart"`
}

// Analysis declares the occupancy of kernels.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "occupancy",
	Doc: `warps on the GPU: what limits them, waves and tail

One row stands for all launches of a kernel name, grid and block. Theoretical
occupancy is the warps that an SM can hold of this kernel, in % of the warps that it
can hold at all; achieved occupancy is the mean while the SM was active, weighted by
time over launches. The limiter is the resource of which fewest blocks fit: registers,
shared memory, warps, the block slots of an SM, or barriers.

A wave is as many blocks as fit on the whole device. The last one is seldom full.
If all blocks take equally long, each wave takes as long as the others: tail_time is
the part of the run that the last, partial wave takes (ncu's own estimate, the most
that a grid without a partial wave could save), tail_loss the part of the device-time
that is left empty during it.

What it takes to gain a step is worked out with NVIDIA's occupancy rules, and only
where these rules give the very limits that the report holds. More occupancy helps a
kernel that waits for memory or for its own results; one that is busy gains nothing.`,
	Version: 1,
	Roles:   []analysis.Role{launch.Role("Nsight Compute profile with the sections Occupancy and LaunchStats, as --set basic and full have them", columns()...)},
	Outputs: []analysis.Output{
		{Name: "occupancy", Kind: analysis.TableOutput, Doc: "a row a kernel: occupancy, limiter, waves, tail, and what would gain a step",
			Key: []string{"achieved", "theoretical", "limiter", "time", "waves", "share"}},
		{Name: "limits", Kind: analysis.TableOutput, Doc: "a row a kernel: blocks of an SM that each resource allows",
			Key: []string{"registers", "shared_memory", "warps", "blocks", "time"}},
		{Name: "occupancy", Kind: analysis.ChartOutput, Doc: "theoretical and achieved occupancy of the kernels with most time"},
	},
	Defaults: Params{Top: 15},
	Stream: func(p Params) analysis.Fold {
		return launch.NewFold(wanted, func(ctx context.Context, in analysis.Inputs, m *launch.Metrics) (*result.Result, error) {
			return run(ctx, in, m, p)
		})
	},
})

func columns() []frames.Field {
	list := []frames.Field{
		{Name: "grid_x", Kind: frames.Int64},
		{Name: "grid_y", Kind: frames.Int64},
		{Name: "grid_z", Kind: frames.Int64},
		{Name: "block_x", Kind: frames.Int64},
		{Name: "block_y", Kind: frames.Int64},
		{Name: "block_z", Kind: frames.Int64},
		{Name: "registers", Kind: frames.Int64},
		{Name: "shared_driver", Kind: frames.Int64, Unit: "B"},
		{Name: "waves", Kind: frames.Float64},
		{Name: "occupancy_theoretical", Kind: frames.Float64, Unit: "%"},
		{Name: "occupancy", Kind: frames.Float64, Unit: "%"},
	}
	for _, l := range limits() {
		list = append(list, frames.Field{Name: l.column, Kind: frames.Int64, Unit: "block"})
	}
	return list
}

// The metrics beside the table of launches.
const (
	smCount         = "launch__sm_count"
	smAttribute     = "device__attribute_multiprocessor_count"
	sharedAllocated = "launch__shared_mem_per_block_allocated"
	sharedConfig    = "launch__shared_mem_config_size"
	sharedMost      = "device__attribute_max_shared_memory_per_multiprocessor"
	registerFile    = "device__attribute_max_registers_per_multiprocessor"
	warpSlots       = "device__attribute_max_warps_per_multiprocessor"
	blockSlots      = "device__attribute_max_blocks_per_multiprocessor"
	mostThreads     = "device__attribute_max_threads_per_block"
)

func wanted(metric string) bool {
	return slices.Contains([]string{smCount, smAttribute, sharedAllocated, sharedConfig, sharedMost, registerFile, warpSlots, blockSlots, mostThreads}, metric)
}

func run(ctx context.Context, in analysis.Inputs, m *launch.Metrics, params Params) (*result.Result, error) {
	p, err := launch.Load(ctx, in, launch.RoleName, params.Kernel, m)
	if err != nil {
		return nil, err
	}
	list := make([]kernel, len(p.Kernels))
	for i, k := range p.Kernels {
		list[i] = measure(p, k)
	}
	r := &result.Result{}
	r.Add("occupancy", "Occupancy of kernels, by GPU time", occupancyTable(p, list))
	r.Add("limits", "Blocks of an SM that each resource allows", limitsTable(p, list))
	if c, ok := chart(list, params.Top); ok {
		r.Charts = append(r.Charts, c)
	}
	p.Scope(r)
	report(r, list)
	result.SortFindings(r.Findings)
	return r, nil
}
