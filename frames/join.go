package frames

import (
	"fmt"
	"math"
	"slices"
)

// Join returns every pair of a row of f and a row of right whose values in the
// named columns are equal: the columns of f, then those of right but for the named
// ones. The order is that of f, and of right among the matches of one row. Both
// frames need the columns in the same kind. A missing value or NaN equals nothing.
// A column of right whose name f has too gets "_right" added.
func (f *Frame) Join(right *Frame, on ...string) (*Frame, error) {
	return f.join(right, false, on)
}

// LeftJoin is Join, but a row of f without a match comes out once, with the columns
// of right missing.
func (f *Frame) LeftJoin(right *Frame, on ...string) (*Frame, error) {
	return f.join(right, true, on)
}

func (f *Frame) join(right *Frame, left bool, on []string) (*Frame, error) {
	fail := func(err error) (*Frame, error) {
		return nil, fmt.Errorf("joining %q with %q: %w", f.name, right.name, err)
	}
	found, err := f.matches(right, on)
	if err != nil {
		return fail(err)
	}
	rows, rightRows, err := found.pairs(left)
	if err != nil {
		return fail(err)
	}
	columns := slices.Clone(f.Take(rows).columns)
	for i := range right.columns {
		if slices.Contains(on, right.columns[i].Field.Name) {
			continue
		}
		c := right.columns[i].takeOrMissing(rightRows)
		if f.Has(c.Field.Name) {
			c.Field.Name += "_right"
		}
		columns = append(columns, c)
	}
	out, err := New(f.name, columns...)
	if err != nil {
		return fail(err)
	}
	return out, nil
}

// matches says which rows of the right side belong to each row of the left, as one
// chain of rows, in ascending order, for each id.
type matches struct {
	ids  []int32 // of each left row, -1: its key is missing
	head []int   // first right row of each id, -1: none
	next []int   // right row after each right row, -1: none
}

// matches numbers the keys of both frames together, so that equal keys get equal
// ids whatever dictionaries they came with.
func (f *Frame) matches(right *Frame, on []string) (matches, error) {
	if len(on) == 0 {
		return matches{}, fmt.Errorf("no column to join on")
	}
	a, err := f.Select(on...)
	if err != nil {
		return matches{}, err
	}
	b, err := right.Select(on...)
	if err != nil {
		return matches{}, err
	}
	if f.rows > math.MaxInt32-right.rows {
		return matches{}, fmt.Errorf("%d and %d rows are too many", f.rows, right.rows)
	}
	both, err := Concat("", a, b)
	if err != nil {
		return matches{}, err
	}
	ids, first := groupRows(both)
	for i := range ids {
		if slices.ContainsFunc(both.columns, func(c Column) bool { return c.missing(i) }) {
			ids[i] = -1
		}
	}
	return chain(ids[:f.rows], ids[f.rows:], len(first)), nil
}

func chain(left, right []int32, count int) matches {
	m := matches{ids: left, head: make([]int, count), next: make([]int, len(right))}
	for id := range m.head {
		m.head[id] = -1
	}
	for row, id := range slices.Backward(right) {
		if id >= 0 {
			m.next[row], m.head[id] = m.head[id], row
		}
	}
	return m
}

// pairs lists the matching rows. With unmatched, a left row without a match is
// paired with -1.
func (m matches) pairs(unmatched bool) (left, right []int, err error) {
	for row, id := range m.ids {
		at := -1
		if id >= 0 {
			at = m.head[id]
		}
		if at < 0 && unmatched {
			left, right = append(left, row), append(right, -1)
		}
		for ; at >= 0; at = m.next[at] {
			left, right = append(left, row), append(right, at)
		}
		if len(left) > math.MaxInt32 {
			return nil, nil, fmt.Errorf("more than %d pairs match", math.MaxInt32)
		}
	}
	return left, right, nil
}

// Concat returns the rows of all frames one after the other, under a name. All need
// the columns of the first, in any order and no others; units and docs are the
// first's. Without frames the result has no columns.
func Concat(name string, list ...*Frame) (*Frame, error) {
	if len(list) == 0 {
		return New(name)
	}
	b := NewBuilder(name, list[0].Schema())
	for i, f := range list {
		if f.Width() != list[0].Width() {
			return nil, fmt.Errorf("concatenating: frame %d, %q, has %d columns, the first has %d", i, f.name, f.Width(), list[0].Width())
		}
		if err := b.Append(f); err != nil {
			return nil, fmt.Errorf("concatenating: %w", err)
		}
	}
	return b.Frame(), nil
}
