package cudagraphs

import (
	"cmp"
	"slices"

	"profilemate/workbench/trace"
)

// replay is the work of one launch of a graph.
type replay struct {
	pid, correlation int64
	gpu              int32 // of its first operation, index in GPUs
	lane             int32 // the device counted last
	several          bool  // it runs on several devices
	call             int32 // row of the launch, -1 where it was before the capture
	graph            int32
	kernels, others  int64 // others are copies and sets
	rows             []int32
	whole            wholeID // where it is seen as a whole
	start, end       int64
	sum, busy        int64
	until            int64 // end of what counts as busy so far
}

func (r *replay) nodes() int64 { return r.kernels + r.others }

// seenWhole reports whether nothing is known of the nodes.
func (r *replay) seenWhole() bool { return r.nodes() == 0 }

// graph is what all replays of one graph have in common.
type graph struct {
	replays    []int
	incomplete int64 // replays with fewer nodes than others
	time       int64 // durations of all work in ns
	span, busy trace.Stats
	launch     trace.Stats // host time in the call
	delay      trace.Stats // begin of the call to the first start
	typical    *replay     // one with the most nodes
}

// gatherReplays joins the work of each launch. Work of one launch has one
// correlation id; what is looked at is in order of time, so that busy can be added
// up.
func (s *summary) gatherReplays() {
	ops := s.a.Ops
	var rows []int32
	for i := range ops.Len() {
		if s.a.FromGraph(i) {
			rows = append(rows, int32(i))
		}
	}
	slices.SortStableFunc(rows, func(a, b int32) int {
		return cmp.Or(cmp.Compare(ops.Pid[a], ops.Pid[b]), cmp.Compare(ops.Correlation[a], ops.Correlation[b]),
			cmp.Compare(s.a.GPU[a], s.a.GPU[b]), cmp.Compare(ops.Start[a], ops.Start[b]))
	})
	for at, i := range rows {
		last := len(s.replays) - 1
		if last < 0 || s.replays[last].pid != ops.Pid[i] || s.replays[last].correlation != ops.Correlation[i] {
			s.replays = append(s.replays, replay{pid: ops.Pid[i], correlation: ops.Correlation[i], gpu: s.a.GPU[i], lane: s.a.GPU[i],
				call: s.a.Call[i], rows: rows[at:at], start: ops.Start[i], end: ops.End[i], until: ops.Start[i]})
			last++
		}
		r := &s.replays[last]
		r.rows = r.rows[:len(r.rows)+1] // rows of one launch stand together
		s.addTo(r, int(i))
	}
}

// addTo adds one operation to its replay: those of a device follow one another, in
// order of start.
func (s *summary) addTo(r *replay, i int) {
	start, end := s.a.Ops.Start[i], s.a.Ops.End[i]
	switch {
	case i >= s.a.Ops.Len()-s.a.Wholes:
		r.whole = s.wholes[i-s.a.Ops.Len()+s.a.Wholes]
	case i < s.a.Kernels:
		r.kernels++
	default:
		r.others++
	}
	if gpu := s.a.GPU[i]; gpu != r.lane {
		r.several = true
		r.lane, r.until = gpu, start
	}
	r.start, r.end = min(r.start, start), max(r.end, end)
	r.sum += end - start
	if end > r.until {
		r.busy += end - max(start, r.until)
		r.until = end
	}
}

// gatherGraphs tells graphs apart by their nodes: replays that share one are of the
// same graph. A whole is told by its numbers.
func (s *summary) gatherGraphs() {
	sets := newGraphSets()
	for i := range s.replays {
		r := &s.replays[i]
		r.graph = -1
		if r.seenWhole() {
			r.graph = sets.whole(r.pid, r.whole)
			continue
		}
		for _, row := range r.rows {
			r.graph = sets.join(r.graph, sets.node(r.pid, s.a.Nodes[row]))
		}
	}
	byRoot := map[int32]*graph{}
	for i := range s.replays {
		r := &s.replays[i]
		root := sets.root(r.graph)
		g := byRoot[root]
		if g == nil {
			g = &graph{}
			byRoot[root] = g
			s.graphs = append(s.graphs, g)
		}
		g.replays = append(g.replays, i)
		g.time += r.sum
		if g.typical == nil || r.nodes() > g.typical.nodes() {
			g.typical = r
		}
	}
	for _, g := range s.graphs {
		s.describe(g)
	}
	slices.SortStableFunc(s.graphs, func(a, b *graph) int { return cmp.Compare(b.time, a.time) })
}

// describe computes the statistics of a graph's replays; incomplete ones are left
// out of them.
func (s *summary) describe(g *graph) {
	var spans, busy, calls, delays []int64
	for _, i := range g.replays {
		r := &s.replays[i]
		if r.nodes() < g.typical.nodes() {
			g.incomplete++
			continue
		}
		spans, busy = append(spans, r.end-r.start), append(busy, r.busy)
		if r.call >= 0 {
			calls = append(calls, s.a.Calls.End[r.call]-s.a.Calls.Start[r.call])
			delays = append(delays, max(0, r.start-s.a.Calls.Start[r.call]))
		}
	}
	g.span, g.busy = trace.Describe(spans), trace.Describe(busy)
	g.launch, g.delay = trace.Describe(calls), trace.Describe(delays)
}

// graphSets is a union-find over graphs: nodes begin as graphs of their own.
type graphSets struct {
	parent []int32
	nodes  map[nodeKey]int32
	wholes map[wholeKey]int32
}

type nodeKey struct{ pid, node int64 }

type wholeKey struct {
	pid int64
	id  wholeID
}

func newGraphSets() *graphSets {
	return &graphSets{nodes: map[nodeKey]int32{}, wholes: map[wholeKey]int32{}}
}

func (g *graphSets) add() int32 {
	g.parent = append(g.parent, int32(len(g.parent)))
	return int32(len(g.parent) - 1)
}

func (g *graphSets) node(pid, node int64) int32 {
	key := nodeKey{pid, node}
	number, ok := g.nodes[key]
	if !ok {
		number = g.add()
		g.nodes[key] = number
	}
	return number
}

func (g *graphSets) whole(pid int64, id wholeID) int32 {
	key := wholeKey{pid, id}
	number, ok := g.wholes[key]
	if !ok {
		number = g.add()
		g.wholes[key] = number
	}
	return number
}

func (g *graphSets) root(i int32) int32 {
	for g.parent[i] != i {
		g.parent[i] = g.parent[g.parent[i]]
		i = g.parent[i]
	}
	return i
}

// join makes one graph of two, -1 for none yet, and returns it. The number that is
// lower stays, so that the result does not depend on the order of joins.
func (g *graphSets) join(a, b int32) int32 {
	if a < 0 {
		return g.root(b)
	}
	a, b = g.root(a), g.root(b)
	low, high := min(a, b), max(a, b)
	g.parent[high] = low
	return low
}
