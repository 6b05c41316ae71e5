package frames

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Sort returns the rows in the order of the named columns, the first name counting
// most; "-" before a name turns its order round. Equal rows keep their order.
// Missing values come last in either direction, and NaN just before them; strings
// are in byte order, false comes before true. A column whose own name begins with
// "-" is meant where the frame has one.
func (f *Frame) Sort(keys ...string) (*Frame, error) {
	rows, err := f.Order(keys...)
	if err != nil {
		return nil, err
	}
	return f.Take(rows), nil
}

// Order returns the rows in the order that Sort gives them, for taking a few of a
// large frame.
func (f *Frame) Order(keys ...string) ([]int, error) {
	if f.rows > math.MaxInt32 {
		return nil, fmt.Errorf("frame %q: sorting %d rows: at most %d can be sorted", f.name, f.rows, math.MaxInt32)
	}
	order := make([]int32, f.rows)
	for i := range order {
		order[i] = int32(i)
	}
	for _, key := range slices.Backward(keys) {
		c, descending, err := f.sortKey(key)
		if err != nil {
			return nil, err
		}
		order = sortRows(c, descending, order)
	}
	rows := make([]int, len(order))
	for i, row := range order {
		rows[i] = int(row)
	}
	return rows, nil
}

func (f *Frame) sortKey(key string) (c *Column, descending bool, err error) {
	if c := f.Column(key); c != nil {
		return c, false, nil
	}
	name, descending := strings.CutPrefix(key, "-")
	c, err = f.need(name)
	return c, descending, err
}

// sortRows orders rows by one column, keeping the order of equals, so that sorting
// by the last key first sorts by all of them.
func sortRows(c *Column, descending bool, rows []int32) []int32 {
	keys := c.sortKeys()
	ordered := make([]keyed, 0, len(rows))
	var nans, nulls []int32
	for _, row := range rows {
		switch {
		case c.IsNull(int(row)):
			nulls = append(nulls, row)
		case c.missing(int(row)):
			nans = append(nans, row)
		case descending:
			ordered = append(ordered, keyed{^keys(row), row})
		default:
			ordered = append(ordered, keyed{keys(row), row})
		}
	}
	out := rows[:0]
	for _, k := range radixSort(ordered) {
		out = append(out, k.row)
	}
	return append(append(out, nans...), nulls...)
}

// keyed is a row with its sort key.
type keyed struct {
	key uint64
	row int32
}

// sortKeys returns a function from rows to numbers in the order of the values.
func (c *Column) sortKeys() func(row int32) uint64 {
	switch c.Field.Kind {
	case Int64:
		return func(row int32) uint64 { return uint64(c.ints[row]) ^ 1<<63 }
	case Float64:
		return func(row int32) uint64 { return floatKey(c.floats[row]) }
	case Bool:
		return func(row int32) uint64 { return uint64(c.Int(int(row))) }
	}
	ranks := c.ranks()
	return func(row int32) uint64 { return uint64(ranks(c.codes[row])) }
}

// floatKey maps floats to integers of the same order; both zeros are one value.
func floatKey(v float64) uint64 {
	bits := math.Float64bits(v + 0) // -0 + 0 is +0
	if bits>>63 != 0 {
		return ^bits
	}
	return bits | 1<<63
}

// ranks returns a function from codes that occur in the column to the place of
// their text among all that occur.
func (c *Column) ranks() func(code int32) int32 {
	seen := newTable(int64(c.dict.Len()), len(c.codes))
	var used []int32
	for _, code := range c.codes {
		if seen.get(int64(code)) == 0 {
			seen.set(int64(code), 1)
			used = append(used, code)
		}
	}
	slices.SortFunc(used, func(a, b int32) int { return strings.Compare(c.dict.String(a), c.dict.String(b)) })
	for i, code := range used {
		seen.set(int64(code), int32(i))
	}
	return func(code int32) int32 { return seen.get(int64(code)) }
}

// radixSort sorts by key, least significant byte first, which keeps the order of
// equals. Bytes that all keys share are skipped, so small numbers cost few passes.
func radixSort(items []keyed) []keyed {
	var counts [8][256]int32
	for _, it := range items {
		for b := range counts {
			counts[b][byte(it.key>>(8*b))]++
		}
	}
	spare := make([]keyed, len(items))
	for b := range counts {
		if len(items) == 0 || counts[b][byte(items[0].key>>(8*b))] == int32(len(items)) {
			continue
		}
		next := int32(0)
		for v, n := range counts[b] {
			counts[b][v], next = next, next+n
		}
		for _, it := range items {
			v := byte(it.key >> (8 * b))
			spare[counts[b][v]] = it
			counts[b][v]++
		}
		items, spare = spare, items
	}
	return items
}
