package trace

// NestOptions say which ranges stand in one tree.
type NestOptions struct {
	// StartEnd lets start/end ranges that one thread opened and closed take part,
	// as the projections of nsys do. They can cross others. Without it only push/pop
	// ranges nest.
	StartEnd bool
	// ByDomain gives each NVTX domain a tree of its own, as the program has pushed
	// them. Without it ranges of one thread nest by time alone, as in nsys.
	ByDomain bool
}

// Nesting is the tree of ranges on each thread. Its columns have a row for each row
// of the Ranges; one that takes no part (a mark, a range of the other style, one
// that another thread closed, one that ends before it starts) has no parent and
// depth -1, and its times are 0.
type Nesting struct {
	Parent   []int32 // row of the shortest range that holds this one, -1 for an outermost one
	Depth    []int32 // 0 for an outermost range
	Children []int32 // number of ranges directly below
	Child    []int64 // time under at least one child, in ns
	Self     []int64 // time under none, in ns; with Child it adds up to the duration

	ranges  *Ranges
	threads []thread
	options NestOptions
}

// Nest computes the tree of ranges on each thread, in O(n log n), and O(n) where
// the ranges of each thread are in order of time.
//
// A range lies below another that starts no later and ends no earlier (both ends
// inclusive); its parent is the shortest such range, as in nsys. Ranges that cross
// are not below each other. Of two with the same start and end the later row lies
// below the earlier (nsys makes each the parent of the other, and shows neither).
// Where one range ends as the next begins, a third of no length at that moment lies
// below the one that begins, unless ranges of the thread cross.
func Nest(r *Ranges, o NestOptions) *Nesting {
	n := &Nesting{Parent: make([]int32, r.Len()), Depth: make([]int32, r.Len()), Children: make([]int32, r.Len()),
		Child: make([]int64, r.Len()), Self: make([]int64, r.Len()), ranges: r, options: o}
	stacks := newNumbering()
	group := make([]int32, r.Len())
	for i := range group {
		group[i], n.Parent[i], n.Depth[i] = -1, -1, -1
		if r.usable(i) && (o.StartEnd || r.Style[i] == PushPop) {
			group[i] = stacks.of(n.key(r, i))
		}
	}
	for g, rows := range buckets(group, len(stacks.keys)) {
		order(rows, r.Start, r.End)
		t := thread{key: stacks.keys[g], rows: rows}
		if t.crosses = !n.stack(rows); t.crosses {
			n.search(rows)
		}
		n.measure(rows)
		n.threads = append(n.threads, t)
	}
	return n
}

func (n *Nesting) key(r *Ranges, i int) threadKey {
	key := threadKey{r.Pid[i], r.Tid[i], -1}
	if n.options.ByDomain && r.Domain != nil {
		key.domain = r.Domain[i]
	}
	return key
}

// stack finds the parents of ranges that do not cross. It gives up, and says false,
// at the first that do.
func (n *Nesting) stack(rows []int32) bool {
	start, end := n.ranges.Start, n.ranges.End
	top := int32(-1)
	for _, row := range rows {
		for top >= 0 && (end[top] < start[row] || end[top] == start[row] && end[row] > start[row]) {
			top = n.Parent[top]
		}
		if top >= 0 && end[top] < end[row] {
			return false
		}
		n.Parent[row] = top
		top = row
	}
	return true
}

// search finds the parents of ranges that may cross: of the ranges that start no
// later, which stand before, the nearest that ends no earlier.
func (n *Nesting) search(rows []int32) {
	tree := newNearestTree(n.ranges, rows)
	for _, row := range rows {
		n.Parent[row] = tree.add(row)
	}
}

// measure fills the other columns; a parent stands before its children.
func (n *Nesting) measure(rows []int32) {
	start, end := n.ranges.Start, n.ranges.End
	until := n.Self // until when the children so far cover the range
	for _, row := range rows {
		until[row] = start[row]
		n.Depth[row] = 0
		p := n.Parent[row]
		if p < 0 {
			continue
		}
		n.Depth[row] = n.Depth[p] + 1
		n.Children[p]++
		if end[row] > until[p] {
			n.Child[p] += end[row] - max(start[row], until[p])
			until[p] = end[row]
		}
	}
	for _, row := range rows {
		n.Self[row] = end[row] - start[row] - n.Child[row]
	}
}

// Ordered returns the rows of the ranges that take part: thread by thread, and on
// each by start with a parent before its children. The caller owns the slice.
func (n *Nesting) Ordered() []int32 {
	var out []int32
	for _, t := range n.threads {
		out = append(out, t.rows...)
	}
	return out
}
