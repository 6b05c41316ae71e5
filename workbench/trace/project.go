package trace

import "slices"

// Projection says which NVTX ranges each piece of GPU work belongs to.
type Projection struct {
	Call  []int32 // of each piece of work: the row of its API call, -1 when there is none
	Range []int32 // of each piece of work: the row of the shortest range around its call, -1 for none

	nesting *Nesting
	around  map[int32][]int32 // by call: all ranges around it, shortest first, on threads where ranges cross
}

// Project finds the ranges of GPU work as nsys does: the work belongs to its API
// call by process and correlation id, and the call to every range of its thread that
// starts no later and ends no earlier, both ends inclusive. When the work ran does
// not matter. Which ranges count is the nesting's choice; nsys projects with
// NestOptions.StartEnd. A call of no length where one range ends as the next begins
// belongs to the one that begins, unless ranges of the thread cross.
//
// It takes O((calls + ranges) log n + work), and no sorting where the tables are in
// order of time.
func Project(ops *Ops, calls *Lookup, n *Nesting) *Projection {
	p := &Projection{Call: make([]int32, ops.Len()), Range: make([]int32, ops.Len()), nesting: n}
	inner := make([]int32, calls.calls.Len()) // by call: the innermost range
	for i := range inner {
		inner[i] = unused
	}
	for i, correlation := range ops.Correlation {
		call := calls.Find(ops.Pid[i], correlation)
		if p.Call[i] = call; call >= 0 {
			inner[call] = -1
		}
	}
	p.sweep(calls.calls, inner)
	for i, call := range p.Call {
		p.Range[i] = -1
		if call >= 0 {
			p.Range[i] = inner[call]
		}
	}
	return p
}

// unused marks the calls that no work came of.
const unused = -2

// sweep finds the innermost range of every call that is used.
func (p *Projection) sweep(c *Calls, inner []int32) {
	n := p.nesting
	threads := newNumbering()
	group := make([]int32, c.Len())
	for row := range group {
		group[row] = -1
		if inner[row] != unused {
			group[row] = threads.of(threadKey{c.Pid[row], c.Tid[row], -1})
		}
	}
	stacks := n.byThread()
	for g, rows := range buckets(group, len(threads.keys)) {
		order(rows, c.Start, c.End)
		for _, t := range stacks[threads.keys[g]] {
			if t.crosses || n.options.ByDomain {
				p.search(t, c, rows, inner)
			} else {
				n.climb(t, c, rows, inner)
			}
		}
	}
}

// byThread lists the stacks of ranges of each thread: one, or one a domain.
func (n *Nesting) byThread() map[threadKey][]thread {
	out := make(map[threadKey][]thread, len(n.threads))
	for _, t := range n.threads {
		key := t.key
		key.domain = -1
		out[key] = append(out[key], t)
	}
	return out
}

// climb walks the calls of one thread and its ranges, which do not cross, side by
// side.
func (n *Nesting) climb(t thread, c *Calls, calls, inner []int32) {
	start, end := n.ranges.Start, n.ranges.End
	next, top := 0, int32(-1)
	for _, call := range calls {
		for next < len(t.rows) && start[t.rows[next]] <= c.Start[call] {
			top = t.rows[next]
			next++
		}
		for top >= 0 && end[top] < c.Start[call] {
			top = n.Parent[top]
		}
		around := top
		for around >= 0 && end[around] < c.End[call] {
			around = n.Parent[around]
		}
		inner[call] = around
	}
}

// search lists all ranges around each call of a thread whose ranges cross.
func (p *Projection) search(t thread, c *Calls, calls, inner []int32) {
	if p.around == nil {
		p.around = map[int32][]int32{}
	}
	r := p.nesting.ranges
	tree := newEndTree(t.rows, r.Start, r.End)
	for _, call := range calls {
		list := tree.around(c.Start[call], c.End[call], p.around[call])
		if len(list) == 0 {
			continue
		}
		slices.SortFunc(list, r.nearer)
		p.around[call], inner[call] = list, list[0]
	}
}

// Enclosing appends to list every range that work i belongs to, the shortest
// first, and returns it.
func (p *Projection) Enclosing(i int, list []int32) []int32 {
	return p.enclosing(p.Call[i], p.Range[i], list)
}

func (p *Projection) enclosing(call, inner int32, list []int32) []int32 {
	if around, ok := p.around[call]; ok {
		return append(list, around...)
	}
	for ; inner >= 0; inner = p.nesting.Parent[inner] {
		list = append(list, inner)
	}
	return list
}
