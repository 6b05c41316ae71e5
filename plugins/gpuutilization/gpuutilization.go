// Package gpuutilization says how busy each GPU was and why it was not.
package gpuutilization

import (
	"context"
	"time"

	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/gputrace"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// Analysis declares the utilization of GPUs; its form, flags, help and cell derive
// from here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "gpu-utilization",
	Doc: `how busy each GPU was, and what it waited for

Busy is the time in which at least one kernel, copy, set or whole CUDA graph ran, overlapping work counted
once; idle is the rest of the window from the first to the last work. What came before and after is not in
the trace's power to judge and is left out. Each device is seen as its process numbers it. Where CUDA graphs
were launched whose work the trace does not show, the time in which that may have run is unknown, not idle.

The cause of a gap is told from the API call that launched the work at its end, by the first that fits:
inside a graph (the same graph launch ran before the gap), queued (the call had returned when the gap began,
so the GPU waited for something else: another stream, an event, another process), launch latency or copy
wait (the call was under way), synchronization (the launching thread was waiting for the GPU when the gap
began, so nothing was queued), copy wait (it was in a copy), host late (it had not launched yet). The time of
a gap is split into the host's waits and copies, its other CUDA calls, the time outside of CUDA, and the time
from the begin of the launching call to the begin of the work.`,
	Version: 2,
	Roles: []analysis.Role{{Name: role, Kind: "nsys", Doc: "an Nsight Systems export", Tables: append(
		gputrace.NamedWork(gputrace.Docs{Kernels: "capture with nsys profile --trace=cuda --cuda-graph-trace=node", Copies: "copies count as busy",
			Sets: "memory sets count as busy", Graphs: "whole graphs count as busy"}),
		gputrace.OptionalCalls("the causes of gaps, and whether graph work is hidden"),
		gputrace.Ranges("the ranges that late work belongs to; capture with --trace=cuda,nvtx"),
	)}},
	Outputs: []analysis.Output{
		{Name: "devices", Kind: analysis.TableOutput, Doc: "one row per process and device"},
		{Name: "causes", Kind: analysis.TableOutput, Doc: "idle time by cause"},
		{Name: "gaps", Kind: analysis.TableOutput, Doc: "the longest gaps"},
		{Name: "ranges", Kind: analysis.TableOutput, Doc: "time in gaps by the NVTX range that launched the work after them, where there are ranges"},
		{Name: "utilization", Kind: analysis.ChartOutput, Doc: "busy share over time"},
		{Name: "idle-causes", Kind: analysis.ChartOutput, Doc: "idle time by cause and device"},
	},
	Defaults: Params{Gap: 10 * time.Microsecond, Top: 20, Bins: 100},
	Whole:    run,
})

const role = gputrace.RoleName

// Params are the choices of a reader.
type Params struct {
	Gap  time.Duration `param:"gap" min:"0s" max:"1h" doc:"longest gap whose cause is not asked for"`
	Top  int           `param:"top" min:"1" max:"1000" doc:"gaps and ranges listed for each device"`
	Bins int           `param:"bins" min:"10" max:"1000" doc:"points of the chart over time"`
}

func run(ctx context.Context, in analysis.Inputs, p Params) (*result.Result, error) {
	v, err := read(in, p)
	if err != nil {
		return nil, err
	}
	for _, place := range v.timeline.Places() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		v.devices = append(v.devices, v.measure(place))
	}
	if err := v.findRanges(in); err != nil {
		return nil, err
	}
	r := &result.Result{}
	r.Add("devices", "Devices", v.deviceTable())
	r.Add("causes", "Idle time by cause", v.causeTable())
	r.Add("gaps", "Longest gaps", v.gapTable())
	if v.ranges != nil {
		r.Add("ranges", "Time in gaps by the range that launched what came next", v.rangeTable())
	}
	r.Charts = v.charts()
	v.findings(r)
	return r, nil
}

// view is a trace and what is found in it.
type view struct {
	params   Params
	timeline *trace.Timeline
	host     *trace.Host
	lookup   *trace.Lookup
	hidden   *trace.Hidden
	threads  map[threadID]*threadTimes
	ranges   *trace.Ranges // nil without NVTX
	devices  []device
}

type threadID struct{ pid, tid int64 }

// threadTimes is when one thread was in which calls.
type threadTimes struct{ waits, copies, calls trace.Set }

func read(in analysis.Inputs, p Params) (*view, error) {
	t, err := gputrace.Load(in)
	if err != nil {
		return nil, err
	}
	v := &view{params: p, timeline: t.Timeline, host: t.Host, lookup: t.Lookup, hidden: t.Hidden, threads: map[threadID]*threadTimes{}}
	for _, thread := range v.host.Threads() {
		v.threads[threadID{thread.Pid, thread.Tid}] = v.timesOf(thread)
	}
	return v, nil
}

func (v *view) timesOf(thread trace.Thread) *threadTimes {
	var waits, copies, calls []trace.Interval
	for _, row := range thread.Rows {
		call := trace.Interval{Start: v.host.Start[row], End: v.host.End[row]}
		calls = append(calls, call)
		switch role := v.host.Role(row); {
		case role == trace.BlockingCopy || role == trace.AsyncCopy:
			copies = append(copies, call)
		case role.Waits():
			waits = append(waits, call)
		}
	}
	return &threadTimes{trace.Union(waits), trace.Union(copies), trace.Union(calls)}
}
