// Package concurrency says what runs at the same time on each GPU.
package concurrency

import (
	"context"

	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/gputrace"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
	"profilemate/workbench/trace/names"
)

// Analysis declares the concurrency of GPU work; its form, flags, help and cell
// derive from here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "concurrency",
	Doc: `what runs at the same time on each GPU

How many kernels, copies, sets and whole CUDA graphs ran at once on each device, how many streams they came
from, and how much of the communication and of the copies was hidden behind computation. Communication are
kernels of that family by their name (NCCL, custom all-reduce, DeepEP and such); every other kernel computes.
A device counts for itself, as its process numbers it; times of several devices are never added up.

Where several devices of one trace ran the same communication kernels, the n-th of a name on each are taken
for one collective if they were under way together. Until the last of them has begun the others wait; what
follows is work. A trace of one rank cannot tell one from the other. Streams share a device, so kernels that
run at once may slow one another down: overlap is not gain by itself. A graph traced as a whole counts as
one computation, whatever ran inside.`,
	Version: 1,
	Roles: []analysis.Role{{Name: role, Kind: "nsys", Doc: "an Nsight Systems export", Tables: append(
		gputrace.NamedWork(gputrace.Docs{Kernels: "capture with nsys profile --trace=cuda --cuda-graph-trace=node", Copies: "copies beside computation",
			Sets: "memory sets", Graphs: "graphs traced as wholes"}),
		gputrace.OptionalCalls("whether graph work is hidden"),
	)}},
	Outputs: []analysis.Output{
		{Name: "devices", Kind: analysis.TableOutput, Doc: "one row per process and device"},
		{Name: "streams", Kind: analysis.TableOutput, Doc: "one row per stream"},
		{Name: "levels", Kind: analysis.TableOutput, Doc: "time by how much work ran at once"},
		{Name: "collectives", Kind: analysis.TableOutput, Doc: "waiting and work in communication kernels that several devices ran together"},
		{Name: "overlap", Kind: analysis.ChartOutput, Doc: "busy time by what ran beside what"},
		{Name: "level-time", Kind: analysis.ChartOutput, Doc: "time by how much work ran at once"},
	},
	Defaults: Params{Levels: 8},
	Whole:    run,
})

const role = gputrace.RoleName

// Params are the choices of a reader.
type Params struct {
	Levels int `param:"levels" min:"2" max:"128" doc:"most pieces of work at once that have a row of their own; more are added up"`
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
	v.match()
	r := &result.Result{}
	r.Add("devices", "Devices", v.deviceTable())
	r.Add("streams", "Streams", v.streamTable())
	r.Add("levels", "Time by work at once", v.levelTable())
	if len(v.collectives) > 0 {
		r.Add("collectives", "Waiting and work in collectives", v.collectiveTable())
	}
	if len(v.devices) > 0 {
		r.Charts = []result.Chart{v.overlapChart(), v.levelChart()}
	}
	v.findings(r)
	return r, nil
}

// view is a trace and what is found in it.
type view struct {
	params      Params
	timeline    *trace.Timeline
	odd         int64  // rows left out
	talks       []bool // by name of the timeline: communication
	hidden      *trace.Hidden
	devices     []device
	collectives []collective
	unmatched   int // names of communication kernels that devices share but that do not match
}

func read(in analysis.Inputs, p Params) (*view, error) {
	t, err := gputrace.Load(in)
	if err != nil {
		return nil, err
	}
	v := &view{params: p, timeline: t.Timeline, odd: t.Odd(), hidden: t.Hidden}
	v.talks = make([]bool, len(v.timeline.Names))
	for i, name := range v.timeline.Names {
		family, _ := names.Family(name)
		v.talks[i] = family == "communication"
	}
	return v, nil
}
