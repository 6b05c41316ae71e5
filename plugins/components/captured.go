package components

import (
	"profilemate/frames"
	"profilemate/workbench/trace"
)

// longestClone is how often a node can be cloned from one that is a clone: the
// executable graph from the graph, and the graph from what was captured. More is a
// damaged table, which may even go in a circle.
const longestClone = 8

// capturedRanges returns, for each op of a graph, the innermost range that was open
// on the thread that captured its node, -1 for none. It is nil without nodes. The
// node that a replay names is a clone of one that was captured.
func (m *model) capturedRanges(nodes *frames.Frame) []int32 {
	if m.a.Nodes == nil || nodes == nil {
		return nil
	}
	for _, column := range []string{"start", "end", "pid", "tid", "node_id"} {
		if nodes.Ints(column) == nil {
			return nil // without rows, or an export that does not say who made a node
		}
	}
	made := newCreations(nodes, m.a.Nesting)
	out := make([]int32, m.a.Ops.Len())
	for i := range out {
		out[i] = -1
		if i < len(m.a.Nodes) && m.a.Nodes[i] != 0 {
			out[i] = made.find(nodeID{m.a.Ops.Pid[i], m.a.Nodes[i]}, m.at)
		}
	}
	return out
}

type nodeID struct{ pid, node int64 }

// creations are the nodes of graphs as they were made.
type creations struct {
	rows     map[nodeID]int32
	ranges   []int32 // by row: the innermost range around the creation, -1 for none
	pid      []int64
	original *frames.Column // nil where the export does not say it
}

func newCreations(nodes *frames.Frame, n *trace.Nesting) *creations {
	c := &creations{rows: map[nodeID]int32{}, pid: nodes.Ints("pid"), original: nodes.Column("original_node_id")}
	for i, id := range nodes.Ints("node_id") {
		c.rows[nodeID{c.pid[i], id}] = int32(i)
	}
	// A creation is projected as if it was a call that launched one piece of work.
	number := make([]int64, nodes.Len())
	for i := range number {
		number[i] = int64(i) + 1
	}
	calls := &trace.Calls{Start: nodes.Ints("start"), End: nodes.Ints("end"), Pid: c.pid, Tid: nodes.Ints("tid"), Correlation: number}
	c.ranges = trace.Project(&trace.Ops{Start: calls.Start, End: calls.End, Pid: calls.Pid, Correlation: number}, trace.NewLookup(calls), n).Range
	return c
}

// find returns the range with a component around the node that a node is a clone of,
// or around the last clone of that in such a range; -1 where there is none.
func (c *creations) find(id nodeID, at []place) int32 {
	found := int32(-1)
	for range longestClone {
		row, ok := c.rows[id]
		if !ok {
			break
		}
		if around := c.ranges[row]; around >= 0 && at[around].component != noComponent {
			found = around
		}
		if c.original == nil || c.original.IsNull(int(row)) {
			break
		}
		id.node = c.original.Int(int(row))
	}
	return found
}
