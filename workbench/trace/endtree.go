package trace

import (
	"math"
	"slices"
)

// endTree finds the ranges around a time among ranges that may cross: a segment
// tree of the latest end over ranges in order of start.
type endTree struct {
	rows       []int32
	start, end []int64
	latest     []int64 // node i has the children 2i and 2i+1; the leaves begin at leaves
	leaves     int
}

func newEndTree(rows []int32, start, end []int64) *endTree {
	t := &endTree{rows: rows, start: start, end: end, leaves: 1}
	for t.leaves < len(rows) {
		t.leaves *= 2
	}
	t.latest = make([]int64, 2*t.leaves)
	for i := range t.latest {
		t.latest[i] = math.MinInt64
	}
	for i, row := range rows {
		t.latest[t.leaves+i] = end[row]
	}
	for i := t.leaves - 1; i > 0; i-- {
		t.latest[i] = max(t.latest[2*i], t.latest[2*i+1])
	}
	return t
}

// around appends the ranges that start no later than from and end no earlier than
// to, in O(k log n) for k of them.
func (t *endTree) around(from, to int64, list []int32) []int32 {
	before, _ := slices.BinarySearchFunc(t.rows, from, func(row int32, from int64) int {
		if t.start[row] <= from {
			return -1
		}
		return 1
	})
	return t.collect(1, 0, t.leaves, before, to, list)
}

// collect visits the node over the rows [first, first+width): its depth is the
// logarithm of the number of rows.
func (t *endTree) collect(node, first, width, before int, to int64, list []int32) []int32 {
	if first >= before || t.latest[node] < to {
		return list
	}
	if width == 1 {
		return append(list, t.rows[first])
	}
	half := width / 2
	list = t.collect(2*node, first, half, before, to, list)
	return t.collect(2*node+1, first+half, half, before, to, list)
}
