// Package synchronization says where the host waits for the GPU and what the GPU
// does meanwhile.
package synchronization

import (
	"context"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/gputrace"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// Analysis declares the calls that block; its form, flags, help and cell derive from
// here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "synchronization",
	Doc: `where the host waits for the GPU, and what the GPU does meanwhile

One row per thread and function whose calls hold the host until the GPU has done work: the synchronization of
a device, context, stream or event, a copy without Async in its name, and an Async copy of pageable memory,
which the driver stages through a buffer of its own. Calls that allocate or free memory outside of a stream's
order are listed too, since they may wait; a call inside another of these is not counted again.

The time of the calls is split by what the GPU did: busy where at least one device of the process ran a kernel,
copy, set or whole graph, idle where none did, unknown where CUDA graphs may have run whose work the trace does
not show, and where it has no work of the process at all. Which device or stream a call waited for is not in its row. idle_after is how long the GPU then had
no work after waits during which it had been busy, until its next work or the next such call: the price of
waiting with nothing queued. A wait in which the GPU is busy costs nothing by itself.`,
	Version: 1,
	Roles: []analysis.Role{{Name: role, Kind: "nsys", Doc: "an Nsight Systems export", Tables: slices.Concat(
		[]analysis.Need{gputrace.Calls("capture with nsys profile --trace=cuda")},
		gputrace.Work(gputrace.Docs{Kernels: "what the GPU did; capture with --cuda-graph-trace=node", Copies: "which copies are of pageable memory",
			Sets: "memory sets count as busy", Graphs: "whole graphs count as busy"},
			analysis.Need{Table: "copies", Columns: []frames.Field{
				{Name: "kind", Kind: frames.String}, {Name: "source_kind", Kind: frames.String}, {Name: "target_kind", Kind: frames.String}}}),
		[]analysis.Need{
			{Table: "synchronizations", Optional: true, Doc: "waits as the driver sees them", Columns: []frames.Field{
				{Name: "start", Kind: frames.Int64, Unit: "ns"},
				{Name: "end", Kind: frames.Int64, Unit: "ns"},
				{Name: "pid", Kind: frames.Int64},
				{Name: "stream", Kind: frames.Int64},
				{Name: "type", Kind: frames.String},
			}},
			gputrace.Ranges("the ranges that wait; capture with --trace=cuda,nvtx"),
		},
	)}},
	Outputs: []analysis.Output{
		{Name: "calls", Kind: analysis.TableOutput, Doc: "one row per thread and function that blocks",
			Key: []string{"call", "time", "gpu_idle", "count", "kind", "thread"}},
		{Name: "ranges", Kind: analysis.TableOutput, Doc: "the same by the innermost NVTX range around the call, where there are ranges",
			Key: []string{"range", "time", "gpu_idle", "count"}},
		{Name: "driver", Kind: analysis.TableOutput, Doc: "waits as the driver sees them, by type and stream, where the trace has them"},
		{Name: "blocked-time", Kind: analysis.ChartOutput, Doc: "time in blocking calls by what the GPU did"},
	},
	Defaults: Params{Top: 15},
	Whole:    run,
})

const role = gputrace.RoleName

// Params are the choices of a reader.
type Params struct {
	Top int `param:"top" min:"1" max:"200" doc:"rows of the chart and of the table of ranges"`
}

func run(ctx context.Context, in analysis.Inputs, p Params) (*result.Result, error) {
	v, err := read(in, p)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	v.findWaits()
	r := &result.Result{}
	calls := v.byCall()
	r.Add("calls", "Calls that block", callTable(calls))
	if err := v.addRanges(in, r); err != nil {
		return nil, err
	}
	if err := v.addDriver(in, r); err != nil {
		return nil, err
	}
	if len(calls) > 0 {
		r.Charts = []result.Chart{v.chart(calls)}
	}
	v.findings(r, calls)
	return r, nil
}

// view is a trace and what is found in it.
type view struct {
	params   Params
	timeline *trace.Timeline
	host     *trace.Host
	lookup   *trace.Lookup
	hidden   *trace.Hidden
	busy     map[int64]trace.Set // of all devices of a process
	pageable []bool              // by call: an Async copy of pageable memory
	waits    []wait              // by process, in order of start
}

func read(in analysis.Inputs, p Params) (*view, error) {
	t, err := gputrace.Load(in)
	if err != nil {
		return nil, err
	}
	v := &view{params: p, timeline: t.Timeline, host: t.Host, lookup: t.Lookup, hidden: t.Hidden, busy: map[int64]trace.Set{}}
	for _, place := range v.timeline.Places() {
		v.busy[place.Pid] = v.busy[place.Pid].Plus(v.timeline.Busy(place.Rows))
	}
	v.findPageable(t.Tables.Copies)
	return v, nil
}

// findPageable marks the calls whose copy has pageable memory on the host's side.
func (v *view) findPageable(copies *frames.Frame) {
	v.pageable = make([]bool, v.host.Len())
	if copies == nil || !copies.Has("pid") || !copies.Has("correlation_id") {
		return
	}
	pids, correlations := copies.Ints("pid"), copies.Ints("correlation_id")
	source, target := copies.Column("source_kind"), copies.Column("target_kind")
	for i := range copies.Len() {
		if source != nil && source.Str(i) == "pageable" || target != nil && target.Str(i) == "pageable" {
			if call := v.lookup.Find(pids[i], correlations[i]); call >= 0 && v.host.Role(call) == trace.AsyncCopy {
				v.pageable[call] = true
			}
		}
	}
}
