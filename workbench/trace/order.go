package trace

import (
	"cmp"
	"math/bits"
	"slices"
)

// span is a row with its times, so that sorting does not jump in memory.
type span struct {
	start, end int64
	row        int32
}

// outerFirst compares spans as thread orders them. It is most of what sorting does,
// so it decides on the start alone where it can.
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

// order puts rows in the order that thread describes: O(n) where they are in it,
// and for many rows O(n) for every eleven bits in which their starts differ.
func order(rows []int32, start, end []int64) {
	const few = 1 << 10 // below, counting takes longer than comparing
	compare := func(a, b int32) int {
		return outerFirst(span{start[a], end[a], a}, span{start[b], end[b], b})
	}
	switch {
	case slices.IsSortedFunc(rows, compare):
	case len(rows) < few:
		compareRows(rows, start, end)
	default:
		countRows(rows, start)
		for i := 0; i < len(rows); {
			j := i + 1
			for j < len(rows) && start[rows[j]] == start[rows[i]] {
				j++
			}
			slices.SortFunc(rows[i:j], compare)
			i = j
		}
	}
}

func compareRows(rows []int32, start, end []int64) {
	spans := make([]span, len(rows))
	for i, row := range rows {
		spans[i] = span{start[row], end[row], row}
	}
	slices.SortFunc(spans, outerFirst)
	for i := range spans {
		rows[i] = spans[i].row
	}
}

// stamp is a row with its start, counted from the first.
type stamp struct {
	at  uint64
	row int32
}

const digit = 11 // bits that are sorted by at a time: 2,048 counters stay in the cache

// countRows sorts rows by start alone, by counting the values of each digit, the
// lowest first.
func countRows(rows []int32, start []int64) {
	first, last := start[rows[0]], start[rows[0]]
	for _, row := range rows {
		first, last = min(first, start[row]), max(last, start[row])
	}
	from, to := make([]stamp, len(rows)), make([]stamp, len(rows))
	for i, row := range rows {
		from[i] = stamp{uint64(start[row]) - uint64(first), row}
	}
	for shift := 0; shift < bits.Len64(uint64(last)-uint64(first)); shift += digit {
		var place [1 << digit]int
		for i := range from {
			place[from[i].at>>shift&(1<<digit-1)]++
		}
		sum := 0
		for d, n := range place {
			place[d], sum = sum, sum+n
		}
		for i := range from {
			d := from[i].at >> shift & (1<<digit - 1)
			to[place[d]] = from[i]
			place[d]++
		}
		from, to = to, from
	}
	for i := range from {
		rows[i] = from[i].row
	}
}
