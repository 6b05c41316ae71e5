package nvtxtree

import (
	"cmp"
	"slices"
	"strings"

	"profilemate/workbench/analysis/nvtx"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// tree is what the result is drawn from.
type tree struct {
	params  Params
	a       *trace.Attribution
	rows    []int32 // by row of the ranges: its node, -1 for none
	nodes   []*node // a parent before its children
	roots   []int32
	shown   []int32 // nodes of the table, in its order
	host    int64   // of all outermost ranges, in ns
	busy    int64   // of all GPU work, in ns
	outside trace.Work

	recorded, counted int // different names in the trace, and how many of them count as different
}

// node is one path of names.
type node struct {
	parent int32 // -1 for an outermost range
	name   string
	depth  int
	below  []int32
	calls  int64
	host   int64 // ns
	self   int64 // ns
	span   int64 // projected time as nsys adds it up, in ns
	work   trace.Work
	own    trace.Work // launched by no range below
	hidden bool       // a graph's work within is not in the trace
}

func grow(a *trace.Attribution, p Params) *tree {
	t := &tree{params: p, a: a}
	t.rows = t.plant()
	t.project(t.rows)
	t.arrange(t.roots)
	for _, n := range t.nodes {
		t.arrange(n.below)
		if n.parent < 0 {
			t.host += n.host
		}
	}
	t.walk(t.roots)
	return t
}

// plant makes the nodes and returns that of each row of the ranges, -1 for none.
func (t *tree) plant() []int32 {
	r, n := t.a.Ranges, t.a.Nesting
	rows := make([]int32, r.Len())
	for i := range rows {
		rows[i] = -1
	}
	names := t.names()
	recorded, counted := map[int32]bool{}, map[int32]bool{}
	type step struct {
		parent int32
		name   int32
	}
	known := map[step]int32{}
	for _, row := range n.Ordered() {
		s := step{-1, names.of(r, row)}
		if r.Name != nil {
			recorded[r.Name[row]], counted[s.name] = true, true
		}
		if p := n.Parent[row]; p >= 0 {
			s.parent = rows[p]
		}
		at, ok := known[s]
		if !ok {
			at = t.sprout(s.parent, names.list[s.name])
			known[s] = at
		}
		rows[row] = at
		one := t.nodes[at]
		one.calls++
		one.host += r.End[row] - r.Start[row]
		one.self += n.Self[row]
	}
	t.recorded, t.counted = len(recorded), len(counted)
	return rows
}

func (t *tree) sprout(parent int32, name string) int32 {
	at := int32(len(t.nodes))
	n := &node{parent: parent, name: name}
	if parent < 0 {
		t.roots = append(t.roots, at)
	} else {
		p := t.nodes[parent]
		n.depth = p.depth + 1
		p.below = append(p.below, at)
	}
	t.nodes = append(t.nodes, n)
	return at
}

// naming numbers the names that count as different.
type naming struct {
	list  []string
	codes []int32 // by name of the Ranges
}

func (t *tree) names() naming {
	out := naming{list: []string{nvtx.Unnamed}, codes: make([]int32, len(t.a.Ranges.Names))}
	plain := nvtx.Naming(t.params.Names)
	numbers := map[string]int32{}
	for i, name := range t.a.Ranges.Names {
		short := plain(name)
		number, ok := numbers[short]
		if !ok {
			number = int32(len(out.list))
			numbers[short] = number
			out.list = append(out.list, short)
		}
		out.codes[i] = number
	}
	return out
}

func (n naming) of(r *trace.Ranges, row int32) int32 {
	if r.Name == nil || r.Name[row] < 0 {
		return 0
	}
	return n.codes[r.Name[row]]
}

// project adds up the GPU work of each path.
func (t *tree) project(rows []int32) {
	a, n := t.a, len(t.nodes)
	work := a.Gather(n, a.Enclosed(rows))
	own := a.Gather(n+2, func(i int, list []int32) []int32 {
		if row := a.Range[i]; row >= 0 {
			return append(list, rows[row], int32(n))
		}
		return append(list, int32(n), int32(n+1))
	})
	t.busy, t.outside = own[n].Busy, own[n+1]
	hidden := a.HiddenLaunches(rows, n)
	for i, one := range t.nodes {
		one.work, one.own = work[i], own[i]
		one.hidden = hidden != nil && hidden[i] > 0
	}
	for row, w := range a.Work(a.Ops) {
		if rows[row] >= 0 {
			t.nodes[rows[row]].span += w.Span()
		}
	}
}

// arrange sorts ranges beside each other.
func (t *tree) arrange(list []int32) {
	slices.SortFunc(list, func(i, j int32) int {
		a, b := t.nodes[i], t.nodes[j]
		gpu, host := cmp.Compare(b.work.Busy, a.work.Busy), cmp.Compare(b.host, a.host)
		if t.params.Sort == byHost {
			gpu, host = host, gpu
		}
		return cmp.Or(gpu, host, strings.Compare(a.name, b.name))
	})
}

// walk lists the nodes of the table.
func (t *tree) walk(list []int32) {
	for _, i := range list {
		n := t.nodes[i]
		if n.depth >= t.params.Depth || !t.matters(n) {
			continue
		}
		t.shown = append(t.shown, i)
		t.walk(n.below)
	}
}

func (t *tree) matters(n *node) bool {
	return t.params.Least == 0 || n.hidden || result.Share(n.host, t.host) >= t.params.Least || result.Share(n.work.Busy, t.busy) >= t.params.Least
}

// knows reports whether the trace tells the GPU time of a path.
func (t *tree) knows(n *node) bool { return t.a.HasWork() && !n.hidden }

// path returns the names from the outermost range to the node.
func (t *tree) path(n *node) string {
	if n.parent < 0 {
		return n.name
	}
	return t.path(t.nodes[n.parent]) + separator + n.name
}

const separator = " > "
