// Package memoryusage follows the memory that programs allocate from CUDA.
package memoryusage

import (
	"context"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// Analysis declares the use of memory; its form, flags, help and cell derive from
// here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "memory-usage",
	Doc: `how much memory is allocated over time, its peak and what is never freed

Live memory is what was allocated less what was freed, matched by address within a process and kind of
memory (device, pinned, array, managed, static variables of modules). What was allocated before the capture
began counts as there from its begin. Each process and device is counted by itself. A release of an
address that no allocation is recorded for is told of and changes nothing; so does an address that is
allocated twice without a release between, where the later size counts.

What is left at the end need not be a leak: the capture may end before the program does, and drivers and
frameworks keep memory. PyTorch's caching allocator, and that of other frameworks, takes large segments
from CUDA and hands them out to tensors itself, so what tensors use does not show here: live memory is what
the framework holds. Allocations in steady state (the second half of the time from the first to the last GPU
work) are churn: each may wait for the GPU.`,
	Version: 2,
	Roles: []analysis.Role{{Name: role, Kind: "nsys", Doc: "an Nsight Systems export made with memory usage", Tables: append([]analysis.Need{
		{Table: "memory_usage", Doc: "capture with nsys profile --trace=cuda --cuda-memory-usage=true", Columns: []frames.Field{
			{Name: "time", Kind: frames.Int64, Unit: "ns"},
			{Name: "pid", Kind: frames.Int64},
			{Name: "device", Kind: frames.Int64},
			{Name: "operation", Kind: frames.String},
			{Name: "address", Kind: frames.Int64},
			{Name: "bytes", Kind: frames.Int64, Unit: "B"},
			{Name: "kind", Kind: frames.String},
			{Name: "name", Kind: frames.String},
			{Name: "pool_bytes", Kind: frames.Int64, Unit: "B"},
			{Name: "pool_used", Kind: frames.Int64, Unit: "B"},
		}},
		{Table: "gpus", Optional: true, Doc: "how much memory the devices have", Columns: []frames.Field{
			{Name: "device", Kind: frames.Int64},
			{Name: "memory", Kind: frames.Int64, Unit: "B"},
		}},
	}, workNeeds()...)}},
	Outputs: []analysis.Output{
		{Name: "memory", Kind: analysis.TableOutput, Doc: "one row per process, device and kind of memory"},
		{Name: "allocations", Kind: analysis.TableOutput, Doc: "the largest allocations, with how long they lived"},
		{Name: "live", Kind: analysis.ChartOutput, Doc: "live memory over time, by process, device and kind"},
	},
	Defaults: Params{Top: 50, Points: 1000},
	Whole:    run,
})

const role = "profile"

// Params are the choices of a reader.
type Params struct {
	Top    int `param:"top" min:"1" max:"10000" doc:"allocations in the table"`
	Points int `param:"points" min:"10" max:"10000" doc:"points of a line of the chart"`
}

// workNeeds are the tables that tell when the GPU works.
func workNeeds() []analysis.Need {
	var out []analysis.Need
	for _, table := range trace.WorkTables() {
		out = append(out, analysis.Need{Table: table, Optional: true, Doc: "when the GPU works, which allocations in steady state are told from", Columns: trace.OpFields()})
	}
	return out
}

func run(ctx context.Context, in analysis.Inputs, p Params) (*result.Result, error) {
	v, err := read(in, p)
	if err != nil {
		return nil, err
	}
	for _, pool := range v.pools {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		pool.follow(v.begin, v.steady)
	}
	r := &result.Result{}
	r.Add("memory", "Memory by process, device and kind", v.poolTable())
	r.Add("allocations", "Largest allocations", v.allocationTable())
	if c := v.liveChart(); len(c.Series) > 0 {
		r.Charts = []result.Chart{c}
	}
	v.findings(r)
	return r, nil
}
