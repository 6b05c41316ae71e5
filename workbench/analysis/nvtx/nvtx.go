// Package nvtx is what analyses of NVTX ranges share: the tables that they read, the
// attribution of GPU work to ranges, names without what differs from call to call,
// and what must be told of a trace before its numbers are used.
package nvtx

import (
	"regexp"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/trace"
	"profilemate/workbench/trace/names"
)

// RoleName is the name of the role that Role declares and Load reads.
const RoleName = "profile"

// Docs say what an analysis of ranges reads each table for.
type Docs struct{ Ranges, Calls, Kernels, Copies, Sets, Launches, Graphs string }

// Needs declares the tables that trace.Attribute reads, of which only the ranges must
// be there. Kernels or calls that damage hides would leave all ranges without GPU work.
func Needs(docs Docs) []analysis.Need {
	columns := trace.AttributionTables()
	needs := []analysis.Need{
		{Table: "nvtx", Doc: docs.Ranges},
		{Table: "api_calls", Doc: docs.Calls},
		{Table: "kernels", Doc: docs.Kernels},
		{Table: "copies", Doc: docs.Copies},
		{Table: "sets", Doc: docs.Sets},
		{Table: "graph_traces", Doc: docs.Graphs},
		{Table: "graph_launches", Doc: docs.Launches},
	}
	for i := range needs {
		n := &needs[i]
		n.Optional, n.Columns = n.Table != "nvtx", columns[n.Table]
		n.Vital = n.Table == "kernels" || n.Table == "api_calls"
	}
	return needs
}

// Role declares the trace of an analysis of ranges. Only the table nvtx is needed,
// and not even that one when optional; more needs follow, and one for a table that
// is declared here adds its columns.
func Role(optional bool, more ...analysis.Need) analysis.Role {
	needs := Needs(Docs{Ranges: "capture with nsys profile --trace=cuda,nvtx, of a program that marks its work with NVTX ranges",
		Calls:    "which range work was launched in; capture with --trace=cuda,nvtx",
		Kernels:  "GPU time of ranges; capture with --trace=cuda,nvtx --cuda-graph-trace=node",
		Copies:   "GPU time of memory copies in ranges",
		Sets:     "GPU time of memory sets in ranges",
		Launches: "whether graph work is hidden",
		Graphs:   "GPU time of CUDA graphs of a graph-level trace"})
	needs[0].Optional = optional
	needs[5], needs[6] = needs[6], needs[5] // the order that the documentation has had
	return analysis.Role{Name: RoleName, Kind: "nsys", Doc: "an Nsight Systems export", Tables: analysis.Extend(needs, more...)}
}

// Load ties the ranges of one process, or of all with trace.AllProcesses, to the
// work on GPUs. A process that the trace does not have is Missing.
func Load(in analysis.Inputs, process int) (*trace.Attribution, error) {
	a, err := trace.Attribute(func(table string) (*frames.Frame, error) { return in.Frame(RoleName, table) }, int64(process))
	if err != nil {
		return nil, err
	}
	return a, analysis.Selected("process", process, a.Processes)
}

// The ways in which ranges are told apart by name; see Naming.
const (
	Exact   = "exact"   // as they are
	Plain   = "plain"   // without what differs from call to call; see names.PlainName
	Numbers = "numbers" // plain, and with # for each number: layer_0.moe is layer_#.moe; steps of an engine keep their phase
)

var digits = regexp.MustCompile(`\d+`)

// Naming returns the function that gives ranges which count as one the same name.
func Naming(way string) func(string) string {
	switch way {
	case Exact:
		return func(name string) string { return name }
	case Numbers:
		return func(name string) string { return numberless(names.PlainName(name)) }
	}
	return names.PlainName
}

// numberless puts # for each number. A step that tells its phase only by its numbers
// keeps it: execute_context_0(0)_generation_8(8) is
// execute_context_#(#)_generation_#(#) [decode].
func numberless(name string) string {
	short := digits.ReplaceAllString(name, "#")
	if step, ok := trace.ParseStep(name); ok && step.Phase != trace.NoPhase {
		short += " [" + string(step.Phase) + "]"
	}
	return short
}

// Unnamed is how a range without a message is listed.
const Unnamed = "(no message)"
