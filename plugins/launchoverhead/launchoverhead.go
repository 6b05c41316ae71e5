// Package launchoverhead says what launching work costs the host, and whether the
// GPU waits for it.
package launchoverhead

import (
	"context"

	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/gputrace"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// Analysis declares the overhead of launches; its form, flags, help and cell derive
// from here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "launch-overhead",
	Doc: `what launches cost the host, and whether the GPU waits for them

Each launch of a kernel, and of a CUDA graph once for all its nodes, has three times: its API call on the
host, the queue (from the return of the call to the begin of the work) and the work on the GPU. Work that
begins before its call returns was not queued and counts with 0; nsys stats cuda_kern_exec_sum leaves such
launches out of its averages instead, and counts the call of a graph launch again for each node.

A launch is host-bound where the device had run dry before the launching call returned: what the host does
then sets the pace, and idle_before is what the GPU waited. It is GPU-bound where the device was still busy
with earlier work when the call returned, or had work of other streams until this began: there the queue
hides what launches cost. The first work of a device is neither, nor is work whose call is not recorded or
before which hidden graph work may have run. A kernel is tiny where it runs shorter than the call that
launches it. Copies and memory sets keep a device busy, but are not listed.`,
	Version: 2,
	Roles: []analysis.Role{{Name: role, Kind: "nsys", Doc: "an Nsight Systems export", Tables: append(
		[]analysis.Need{gputrace.Calls("capture with nsys profile --trace=cuda")},
		gputrace.NamedWork(gputrace.Docs{Kernels: "capture with nsys profile --trace=cuda --cuda-graph-trace=node", Copies: "whether a device is busy with copies",
			Sets: "whether a device is busy with memory sets", Graphs: "graphs traced as wholes"})...,
	)}},
	Outputs: []analysis.Output{
		{Name: "devices", Kind: analysis.TableOutput, Doc: "one row per process and device",
			Key: []string{"device", "host_bound", "gpu_bound", "launches", "call_median", "queue_median"}},
		{Name: "kernels", Kind: analysis.TableOutput, Doc: "one row per kernel name or graph of a device, the longest wait of the GPU first",
			Key: []string{"kernel", "host_bound", "gpu_bound", "launches", "call_median", "queue_median"}},
		{Name: "launch-times", Kind: analysis.ChartOutput, Doc: "mean call, queue and GPU time of a launch"},
		{Name: "queue-time", Kind: analysis.ChartOutput, Doc: "mean queue time over the course of the trace"},
	},
	Defaults: Params{Top: 15, Bins: 100},
	Whole:    run,
})

const role = gputrace.RoleName

// Params are the choices of a reader.
type Params struct {
	Top  int `param:"top" min:"1" max:"200" doc:"kernels in the chart"`
	Bins int `param:"bins" min:"10" max:"1000" doc:"points of the chart over time"`
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
		if d := v.measure(place); len(d.launches) > 0 {
			d.total = v.totalOf(&d)
			v.devices = append(v.devices, d)
		}
	}
	v.group()
	r := &result.Result{}
	r.Add("devices", "Devices", v.deviceTable())
	r.Add("kernels", "Launches by kernel", v.kernelTable())
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
	devices  []device
	groups   []*group
}

func read(in analysis.Inputs, p Params) (*view, error) {
	t, err := gputrace.Load(in)
	if err != nil {
		return nil, err
	}
	return &view{params: p, timeline: t.Timeline, host: t.Host, lookup: t.Lookup, hidden: t.Hidden}, nil
}
