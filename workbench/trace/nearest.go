package trace

import (
	"cmp"
	"slices"
)

// nearer orders ranges that hold the same thing, the nearest first: the shortest,
// of those the last to start, and of those the later row.
func (r *Ranges) nearer(a, b int32) int {
	if c := cmp.Compare(r.End[a]-r.Start[a], r.End[b]-r.Start[b]); c != 0 {
		return c
	}
	return cmp.Or(cmp.Compare(r.Start[b], r.Start[a]), cmp.Compare(b, a))
}

// nearestTree finds the nearest of the ranges added so far that end no earlier
// than another: a Fenwick tree over all ends, the latest first. Each node holds
// row+1 of the nearest range among its ends, 0 for none.
type nearestTree struct {
	ranges *Ranges
	ends   []int64 // ascending, each once
	nodes  []int32
}

func newNearestTree(r *Ranges, rows []int32) *nearestTree {
	t := &nearestTree{ranges: r, ends: make([]int64, len(rows))}
	for i, row := range rows {
		t.ends[i] = r.End[row]
	}
	slices.Sort(t.ends)
	t.ends = slices.Compact(t.ends)
	t.nodes = make([]int32, len(t.ends)+1)
	return t
}

// place returns how many different ends are no earlier than that of row.
func (t *nearestTree) place(row int32) int {
	at, _ := slices.BinarySearch(t.ends, t.ranges.End[row])
	return len(t.ends) - at
}

// add adds row and returns the nearest range before it that ends no earlier, -1 for
// none.
func (t *nearestTree) add(row int32) int32 {
	best, place := int32(-1), t.place(row)
	for i := place; i > 0; i -= i & -i {
		if c := t.nodes[i] - 1; c >= 0 && (best < 0 || t.ranges.nearer(c, best) < 0) {
			best = c
		}
	}
	for i := place; i < len(t.nodes); i += i & -i {
		if c := t.nodes[i] - 1; c < 0 || t.ranges.nearer(row, c) < 0 {
			t.nodes[i] = row + 1
		}
	}
	return best
}
