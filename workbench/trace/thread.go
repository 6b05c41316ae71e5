package trace

import (
	"cmp"
	"slices"
)

// threadKey says where a stack of ranges stands. The domain is -1 where all
// domains share one.
type threadKey struct {
	pid, tid int64
	domain   int32
}

// thread holds the rows of one thread in order: by start, of those that start
// together the longer first, and of equal ones the earlier row.
type thread struct {
	key     threadKey
	rows    []int32
	crosses bool // some ranges overlap without one holding the other
}

// numbering gives keys numbers from 0 in order of first use.
type numbering struct {
	numbers map[threadKey]int32
	keys    []threadKey
	last    int32 // of the key asked for before: rows of a thread stand together
}

func newNumbering() *numbering { return &numbering{numbers: map[threadKey]int32{}, last: -1} }

func (n *numbering) of(key threadKey) int32 {
	if n.last >= 0 && n.keys[n.last] == key {
		return n.last
	}
	number, ok := n.numbers[key]
	if !ok {
		number = int32(len(n.keys))
		n.numbers[key] = number
		n.keys = append(n.keys, key)
	}
	n.last = number
	return number
}

// find returns the number of a key, -1 when it has none.
func (n *numbering) find(key threadKey) int32 {
	if n.last >= 0 && n.keys[n.last] == key {
		return n.last
	}
	number, ok := n.numbers[key]
	if !ok {
		return -1
	}
	n.last = number
	return number
}

// buckets lists the rows of each group in ascending order. Rows of group -1 are in
// none.
func buckets(group []int32, groups int) [][]int32 {
	count := make([]int, groups+1)
	for _, g := range group {
		count[g+1]++
	}
	out := make([][]int32, groups)
	all := make([]int32, len(group)-count[0])
	for g := range out {
		out[g], all = all[:0:count[g+1]], all[count[g+1]:]
	}
	for row, g := range group {
		if g >= 0 {
			out[g] = append(out[g], int32(row))
		}
	}
	return out
}

// span is a row with its times, so that sorting does not jump in memory.
type span struct {
	start, end int64
	row        int32
}

// outerFirst compares spans as thread orders them. It is all that sorting does, so
// it decides on the start alone where it can.
func outerFirst(a, b span) int {
	switch {
	case a.start != b.start:
		if a.start < b.start {
			return -1
		}
		return 1
	case a.end != b.end:
		return cmp.Compare(b.end, a.end)
	}
	return cmp.Compare(a.row, b.row)
}

// order puts rows in the order that thread describes: O(n) where they are in it.
func order(rows []int32, start, end []int64) {
	if slices.IsSortedFunc(rows, func(a, b int32) int {
		return outerFirst(span{start[a], end[a], a}, span{start[b], end[b], b})
	}) {
		return
	}
	spans := make([]span, len(rows))
	for i, row := range rows {
		spans[i] = span{start[row], end[row], row}
	}
	slices.SortFunc(spans, outerFirst)
	for i := range spans {
		rows[i] = spans[i].row
	}
}
