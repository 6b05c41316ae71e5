// Package gputrace is what analyses of GPU work over time share: the tables that they
// read, and the trace put together from them.
package gputrace

import (
	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/trace"
)

// RoleName is the name of the role that Load reads.
const RoleName = "profile"

// Docs say what an analysis reads each table of GPU work for.
type Docs struct{ Kernels, Copies, Sets, Graphs string }

// Work declares the tables of GPU work: kernels, copies, sets and graphs traced as
// wholes. None of them must be there, but kernels that damage hides are not none. The columns of a need in more are added to
// those of its table.
func Work(docs Docs, more ...analysis.Need) []analysis.Need {
	node := trace.OpFields(frames.Field{Name: "graph_node_id", Kind: frames.Int64})
	return analysis.Extend([]analysis.Need{
		{Table: "kernels", Optional: true, Vital: true, Doc: docs.Kernels, Columns: node},
		{Table: "copies", Optional: true, Doc: docs.Copies, Columns: node},
		{Table: "sets", Optional: true, Doc: docs.Sets, Columns: node},
		{Table: "graph_traces", Optional: true, Doc: docs.Graphs, Columns: trace.OpFields()},
	}, more...)
}

// NamedWork declares the tables of Work with the columns that Timeline.NameOf makes
// names of.
func NamedWork(docs Docs) []analysis.Need {
	return Work(docs,
		analysis.Need{Table: "kernels", Columns: []frames.Field{{Name: "name", Kind: frames.String}}},
		analysis.Need{Table: "copies", Columns: []frames.Field{{Name: "kind", Kind: frames.String}}},
		analysis.Need{Table: "graph_traces", Columns: []frames.Field{{Name: "graph_id", Kind: frames.Int64}}})
}

// Calls declares the table of CUDA calls, which must be there.
func Calls(doc string) analysis.Need {
	return analysis.Need{Table: "api_calls", Doc: doc, Columns: trace.HostFields()}
}

// OptionalCalls declares the table of CUDA calls for an analysis that does without.
func OptionalCalls(doc string) analysis.Need {
	n := Calls(doc)
	n.Optional = true
	return n
}

// Ranges declares the table of NVTX ranges, which need not be there.
func Ranges(doc string) analysis.Need {
	return analysis.Need{Table: "nvtx", Optional: true, Doc: doc, Columns: trace.AttributionTables()["nvtx"]}
}

// Trace is the GPU work and the CUDA calls of a capture.
type Trace struct {
	Tables   trace.Tables
	Timeline *trace.Timeline
	Host     *trace.Host
	Lookup   *trace.Lookup // of the calls
	Hidden   *trace.Hidden
}

// Load reads the tables that Work and Calls declare, those that are there.
func Load(in analysis.Inputs) (*Trace, error) {
	t := &Trace{}
	var err error
	if t.Tables, err = trace.ReadTables(func(table string) (*frames.Frame, error) { return in.Frame(RoleName, table) }); err != nil {
		return nil, err
	}
	if t.Timeline, err = trace.TimelineOf(t.Tables); err != nil {
		return nil, err
	}
	calls, err := in.Frame(RoleName, "api_calls")
	if err != nil {
		return nil, err
	}
	if t.Host, err = trace.HostOf(calls); err != nil {
		return nil, err
	}
	t.Lookup = trace.NewLookup(&t.Host.Calls)
	t.Hidden = trace.HiddenGraphs(t.Host, t.Lookup, t.Timeline)
	return t, nil
}

// Odd returns the rows that were left out: their times cannot be.
func (t *Trace) Odd() int64 { return t.Timeline.Odd + t.Host.Odd }
