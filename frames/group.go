package frames

import (
	"fmt"
	"math"
)

// Grouping is a frame whose rows are sorted into groups of equal keys. It comes
// from GroupBy, and holds an error until Aggregate when GroupBy failed.
type Grouping struct {
	frame *Frame
	keys  []string
	ids   []int32 // group of each row
	first []int   // first row of each group
	err   error
}

// GroupBy groups the rows by the values of the named columns, in the order in
// which the groups first appear. Keys are compared by value, column by column;
// missing keys are equal to one another, and so are NaNs. Without columns all rows
// are one group, which exists even when there are no rows.
func (f *Frame) GroupBy(columns ...string) *Grouping {
	g := &Grouping{frame: f, keys: columns}
	keys, err := f.Select(columns...)
	switch {
	case err != nil:
		g.err = fmt.Errorf("grouping: %w", err)
		return g
	case f.rows > math.MaxInt32:
		g.err = fmt.Errorf("frame %q: grouping %d rows: at most %d can be grouped", f.name, f.rows, math.MaxInt32)
		return g
	}
	g.ids, g.first = groupRows(keys)
	return g
}

// Len returns the number of groups, 0 when GroupBy failed.
func (g *Grouping) Len() int {
	if len(g.keys) == 0 && g.err == nil {
		return 1
	}
	return len(g.first)
}

// Aggregate returns a frame with one row for each group: its keys, then one column
// for each Agg. It fails on an unknown column, an Op that the column's kind has
// not, an integer sum beyond int64, and names that collide.
func (g *Grouping) Aggregate(list ...Agg) (*Frame, error) {
	if g.err != nil {
		return nil, g.err
	}
	out := make([]Column, 0, len(g.keys)+len(list))
	for _, key := range g.keys {
		out = append(out, g.frame.Column(key).Take(g.first))
	}
	gathered := map[string]*samples{}
	for _, a := range list {
		c, err := g.column(a, gathered)
		if err != nil {
			return nil, fmt.Errorf("frame %q: %s: %w", g.frame.name, a.name(), err)
		}
		out = append(out, c)
	}
	return New(g.frame.name, out...)
}

// Distinct returns the first row of each combination of values in the named
// columns, or in all columns when none is named. Values compare as in GroupBy.
func (f *Frame) Distinct(columns ...string) (*Frame, error) {
	if len(columns) == 0 {
		columns = f.Schema().Names()
	}
	g := f.GroupBy(columns...)
	if g.err != nil {
		return nil, g.err
	}
	return f.Take(g.first), nil
}
