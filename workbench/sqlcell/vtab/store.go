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
	c := s.frame.At(column)
	o := order{rows: make([]int32, 0, c.Len())}
	for row := range c.Len() {
		if !c.IsNull(row) {
			o.rows = append(o.rows, int32(row))
		}
	}
	slices.SortStableFunc(o.rows, func(a, b int32) int { return cmp.Compare(keyOf(c, a), keyOf(c, b)) })
	o.keys = make([]int64, len(o.rows))
	for i, row := range o.rows {
		o.keys[i] = keyOf(c, row)
	}
	s.orders[column] = o
	return o, nil
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
