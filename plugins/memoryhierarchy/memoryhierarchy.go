// Package memoryhierarchy says what a kernel moves through L1, L2 and DRAM, how often
// the caches have it, and how well its accesses use what is moved.
package memoryhierarchy

import (
	"context"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/result"
)

// Params choose kernels and how many of them are drawn.
type Params struct {
	Kernel string `param:"kernel" doc:"only kernels whose name contains this text"`
	Top    int    `param:"top" min:"1" max:"100" doc:"kernels on the charts"`
}

// Analysis declares the memory hierarchy.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "memory-hierarchy",
	Doc: `bytes and hit rates of L1, L2 and DRAM, and coalescing

One row stands for all launches of a kernel name, grid and block: bytes are summed, hit
rates weighted by the sectors that were looked up. L1 bytes are the sectors of 32 B that
global, local, texture and surface accesses asked L1 for; L2 bytes cross between the SMs
and L2; DRAM bytes are read from and written to DRAM. Shared memory has a table of its
own.

Coalescing: a request is one instruction of a warp, and it touches as many sectors as
its addresses lie in. 32 threads that read neighboring 4-byte values need 4. used is how
many of the 32 B of a sector threads asked for; least is the sectors a request would take
if all were used. excess is stricter and comes from ncu's source counters: the part of
all sectors that another order of addresses within the same instruction would save. A
request in which threads read one value together uses few bytes and has no excess.`,
	Version: 1,
	Roles:   []analysis.Role{launch.Role("Nsight Compute profile with the memory sections and SourceCounters, as --set full has them", columns()...)},
	Outputs: []analysis.Output{
		{Name: "memory", Kind: analysis.TableOutput, Doc: "a row a kernel: bytes and rate of each level, hit rates, sectors in excess",
			Key: []string{"dram_bytes", "l2_hit", "l1_hit", "time", "dram_rate", "dram_pct"}},
		{Name: "access", Kind: analysis.TableOutput, Doc: "a row a kernel and kind of access: requests, sectors, bytes used, hit rate",
			Key: []string{"access", "sectors", "per_request", "least", "hit", "time"}},
		{Name: "shared", Kind: analysis.TableOutput, Doc: "a row a kernel and kind of access to shared memory: wavefronts and bank conflicts",
			Key: []string{"access", "wavefronts", "conflicts", "per_instruction", "time"}},
		{Name: "rates", Kind: analysis.ChartOutput, Doc: "bytes per second through each level"},
		{Name: "coalescing", Kind: analysis.ChartOutput, Doc: "sectors of a request, and the least it could take"},
	},
	Defaults: Params{Top: 12},
	Stream: func(p Params) analysis.Fold {
		return launch.NewFold(wanted, func(ctx context.Context, in analysis.Inputs, m *launch.Metrics) (*result.Result, error) {
			return run(ctx, in, m, p)
		})
	},
})

func columns() []frames.Field {
	return []frames.Field{
		{Name: "dram_read", Kind: frames.Int64, Unit: "B"},
		{Name: "dram_write", Kind: frames.Int64, Unit: "B"},
		{Name: "dram_bytes", Kind: frames.Int64, Unit: "B"},
		{Name: "dram_pct", Kind: frames.Float64, Unit: "%"},
		{Name: "l2_bytes", Kind: frames.Int64, Unit: "B"},
		{Name: "l1_hit", Kind: frames.Float64, Unit: "%"},
		{Name: "l2_hit", Kind: frames.Float64, Unit: "%"},
	}
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
	r.Add("memory", "Memory traffic of kernels, by GPU time", memoryTable(p, list))
	r.Add("access", "Accesses to global and local memory", accessTable(p, list))
	if f := sharedTable(p, list); f.Len() > 0 {
		r.Add("shared", "Accesses to shared memory", f)
	}
	for _, draw := range []func([]kernel, int) (result.Chart, bool){rateChart, coalescingChart} {
		if c, ok := draw(list, params.Top); ok {
			r.Charts = append(r.Charts, c)
		}
	}
	p.Scope(r)
	report(r, list)
	result.SortFindings(r.Findings)
	return r, nil
}
