// Package nvtx is what analyses of NVTX ranges share: the tables that they read, the
// attribution of GPU work to ranges, names without what differs from call to call,
// and what must be told of a trace before its numbers are used.
package nvtx

import (
	"regexp"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/trace"
)

// RoleName is the name of the role that Role declares and Load reads.
const RoleName = "profile"

// Role declares the trace of an analysis of ranges. Only the table nvtx is needed,
// and not even that one when optional; more needs follow, and one for a table that
// is declared here adds its columns.
func Role(optional bool, more ...analysis.Need) analysis.Role {
	columns := trace.AttributionTables()
	need := func(table, doc string) analysis.Need {
		n := analysis.Need{Table: table, Columns: columns[table], Optional: table != "nvtx" || optional, Doc: doc}
		for _, m := range more {
			if m.Table == table {
				n.Columns = append(n.Columns, m.Columns...)
			}
		}
		return n
	}
	role := analysis.Role{Name: RoleName, Kind: "nsys", Doc: "an Nsight Systems export", Tables: []analysis.Need{
		need("nvtx", "capture with nsys profile --trace=cuda,nvtx, of a program that marks its work with NVTX ranges"),
		need("api_calls", "which range work was launched in; capture with --trace=cuda,nvtx"),
		need("kernels", "GPU time of ranges; capture with --trace=cuda,nvtx --cuda-graph-trace=node"),
		need("copies", "GPU time of memory copies in ranges"),
		need("sets", "GPU time of memory sets in ranges"),
		need("graph_launches", "whether graph work is hidden"),
		need("graph_traces", "GPU time of CUDA graphs of a graph-level trace"),
	}}
	for _, m := range more {
		if columns[m.Table] == nil {
			role.Tables = append(role.Tables, m)
		}
	}
	return role
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
	Plain   = "plain"   // without what differs from call to call; see trace.PlainName
	Numbers = "numbers" // plain, and with # for each number: layer_0.moe is layer_#.moe; steps of an engine keep their phase
)

var digits = regexp.MustCompile(`\d+`)

// Naming returns the function that gives ranges which count as one the same name.
func Naming(way string) func(string) string {
	switch way {
	case Exact:
		return func(name string) string { return name }
	case Numbers:
		return func(name string) string { return numberless(trace.PlainName(name)) }
	}
	return trace.PlainName
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
