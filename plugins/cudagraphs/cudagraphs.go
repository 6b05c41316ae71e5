// Package cudagraphs says how much of the GPU's work CUDA graphs launch, and how the
// replays of each graph run.
package cudagraphs

import (
	"context"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// Analysis declares the coverage; its form, flags, help and cell derive from here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "cuda-graphs",
	Doc: `how much of the GPU's work CUDA graphs launch

A kernel, copy or set is from a graph when the trace names its graph node; how often it repeats says
nothing, since an eager loop repeats too. Coverage is the part of the kernels, of the launch calls (a graph
launch is one, as is the launch of an eager kernel) and of the GPU time (durations of kernels, copies and
sets added up) that graphs have, per device as each process numbers it.

A replay is the work of one launch: what has its correlation id. Graphs are told apart by their nodes:
replays that share a node are of the same graph, and one with fewer nodes than the graph has elsewhere is
incomplete. The span of a replay goes from its first start to its last end; busy is the part of it during
which at least one node runs. Launch time is the host's time in the call, launch to start the time from the
begin of that call until the first node starts.

A trace at the level of graphs (--cuda-graph-trace=graph, the default of nsys) holds replays as wholes or,
up to nsys 2023.4, not at all. The former have a span and no nodes; the latter are counted as launches whose
kernels the trace does not show, and the coverage is unknown then, not low. Tracing nodes slows graphs down:
take their times from a trace at the level of graphs, and what happens within from one of nodes.`,
	Version: 2,
	Roles:   []analysis.Role{{Name: role, Kind: "nsys", Doc: "an Nsight Systems export", Tables: needs()}},
	Outputs: []analysis.Output{
		{Name: "coverage", Kind: analysis.TableOutput, Doc: "one row per device of a process"},
		{Name: "graphs", Kind: analysis.TableOutput, Doc: "one row per graph, the longest GPU time first"},
		{Name: "eager", Kind: analysis.TableOutput, Doc: "kernels that no graph launched, by name"},
		{Name: "coverage", Kind: analysis.ChartOutput, Doc: "part of kernels, launch calls and GPU time that graphs have"},
		{Name: "replays", Kind: analysis.ChartOutput, Doc: "time of each replay on the GPU over the run"},
		{Name: "graph-times", Kind: analysis.ChartOutput, Doc: "host time of a launch beside the GPU time of a replay"},
	},
	Defaults: Params{Top: 20, Process: trace.AllProcesses},
	Whole:    run,
})

const role = "profile"

// Params are the choices of a reader.
type Params struct {
	Top     int `param:"top" min:"1" max:"10000" doc:"eager kernels listed"`
	Process int `param:"process" min:"-1" doc:"number of the process to show; -1 shows all, each by itself"`
}

func needs() []analysis.Need {
	columns := func(more ...string) []frames.Field {
		fields := []frames.Field{{Name: "start", Kind: frames.Int64, Unit: "ns"}, {Name: "end", Kind: frames.Int64, Unit: "ns"},
			{Name: "pid", Kind: frames.Int64}, {Name: "correlation_id", Kind: frames.Int64}}
		for _, name := range more {
			fields = append(fields, frames.Field{Name: name, Kind: frames.Int64})
		}
		return fields
	}
	work := columns("device", "graph_node_id")
	return []analysis.Need{
		{Table: "kernels", Optional: true, Vital: true, Doc: "what graphs launch; capture with nsys profile --trace=cuda --cuda-graph-trace=node",
			Columns: append(work[:len(work):len(work)], frames.Field{Name: "name", Kind: frames.String})},
		{Table: "copies", Optional: true, Doc: "copies in graphs", Columns: work},
		{Table: "sets", Optional: true, Doc: "sets in graphs", Columns: work},
		{Table: "graph_launches", Optional: true, Doc: "host time of launches, and whether graph work is hidden", Columns: columns("tid", "result")},
		{Table: "graph_traces", Optional: true, Doc: "replays as wholes in a graph-level trace", Columns: columns("device", "graph_id", "graph_exec_id")},
	}
}

func run(ctx context.Context, in analysis.Inputs, p Params) (*result.Result, error) {
	s := &summary{params: p, mode: in.Source(role).Metadata["graph_trace_mode"]}
	var err error
	if s.launches, err = loadLaunches(in); err != nil {
		return nil, err
	}
	s.a, err = trace.Attribute(func(name string) (*frames.Frame, error) {
		switch name {
		case "nvtx":
			return nil, nil
		case "api_calls", "graph_launches":
			return s.launches.frame, nil
		}
		return in.Frame(role, name)
	}, int64(p.Process))
	if err != nil {
		return nil, err
	}
	if err := s.readWholes(in); err != nil {
		return nil, err
	}
	s.gather()
	if len(s.devices) == 0 {
		if err := analysis.Selected("process", p.Process, s.a.Processes); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r := &result.Result{}
	r.Add("coverage", "Coverage by CUDA graphs", s.coverageTable())
	if len(s.graphs) > 0 {
		r.Add("graphs", "Graphs by GPU time", s.graphTable())
	}
	if len(s.eager) > 0 {
		r.Add("eager", "Eager kernels by GPU time", s.eagerTable())
	}
	r.Charts = s.charts()
	s.findings(r)
	return r, nil
}
