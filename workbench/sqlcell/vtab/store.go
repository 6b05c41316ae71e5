package vtab

import (
	"cmp"
	"context"
	"slices"
	"sort"

	"profilemate/frames"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// store is a table held in memory for look-ups: some columns, and orders of the rows
// by columns.
type store struct {
	frame  *frames.Frame
	orders map[int]order // by place in the frame
	bytes  int64
}

// order is the rows of a store that have a value in a column, sorted by it.
type order struct {
	keys []int64 // ascending: the value, or the code of a text
	rows []int32
}

// rowBytes is what a value takes, and a place in an order.
const (
	valueBytes = 8
	placeBytes = 12
)

// hold returns the store of some columns, which it reads the first time.
func (t *table) hold(ctx context.Context, id string, columns []string) (*store, error) {
	if s := t.stores[id]; s != nil {
		return s, nil
	}
	schema, err := t.schema.Select(columns...)
	if err != nil {
		return nil, err
	}
	b := frames.NewBuilder(t.name, schema)
	s := &store{orders: map[int]order{}}
	err = t.source.Scan(ctx, columns, func(batch *frames.Batch) error {
		if err := t.charge(s, int64(batch.Len()*len(columns))*valueBytes); err != nil {
			return err
		}
		return b.Append(batch)
	})
	if err != nil {
		t.module.budget += s.bytes
		return nil, err
	}
	s.frame = b.Frame()
	t.stores[id] = s
	return s, nil
}

// charge takes bytes from what may be held.
func (t *table) charge(s *store, bytes int64) error {
	if bytes > t.module.budget {
		return fault.WithRemedy(fault.Errorf(fault.Unsupported, "looking up rows of %s takes more memory than the %s that a cell may use", t.name,
			result.Size(s.bytes+t.module.budget)), "join fewer rows: narrow %s in a WITH … AS MATERIALIZED (SELECT …) first", t.name)
	}
	t.module.budget -= bytes
	s.bytes += bytes
	return nil
}

// order returns the order by a column of whole numbers or texts.
func (t *table) order(s *store, column int) (order, error) {
	if o, ok := s.orders[column]; ok {
		return o, nil
	}
	if err := t.charge(s, int64(s.frame.Len())*placeBytes); err != nil {
		return order{}, err
	}
	o := sorted(s.frame.At(column))
	s.orders[column] = o
	return o, nil
}

// sorted returns the rows of a column that have a value, by it. Most columns that
// rows are looked up by are stored in order.
func sorted(c *frames.Column) order {
	type pair struct {
		key int64
		row int32
	}
	pairs := make([]pair, 0, c.Len())
	for row := range int32(c.Len()) {
		if !c.IsNull(int(row)) {
			pairs = append(pairs, pair{keyOf(c, row), row})
		}
	}
	byKey := func(a, b pair) int {
		if d := cmp.Compare(a.key, b.key); d != 0 {
			return d
		}
		return cmp.Compare(a.row, b.row)
	}
	if !slices.IsSortedFunc(pairs, byKey) {
		slices.SortFunc(pairs, byKey)
	}
	o := order{keys: make([]int64, len(pairs)), rows: make([]int32, len(pairs))}
	for i, p := range pairs {
		o.keys[i], o.rows[i] = p.key, p.row
	}
	return o
}

// distinct counts different values of a column, in a sample of its rows.
func (s *store) distinct(column int) int {
	const sample = 4096
	c, seen := s.frame.At(column), map[int64]bool{}
	step := max(c.Len()/sample, 1)
	for row := 0; row < c.Len(); row += step {
		if !c.IsNull(row) {
			seen[keyOf(c, int32(row))] = true
		}
	}
	return len(seen)
}

func keyOf(c *frames.Column, row int32) int64 {
	if c.Field.Kind == frames.String {
		return int64(c.Codes()[row])
	}
	return c.Ints()[row]
}

// between returns the rows with a key in [low, high].
func (o order) between(low, high int64) []int32 {
	from := sort.Search(len(o.keys), func(i int) bool { return o.keys[i] >= low })
	to := from + sort.Search(len(o.keys)-from, func(i int) bool { return o.keys[from+i] > high })
	return o.rows[from:to]
}
