package vtab

import (
	"math"
	"strings"

	"zombiezen.com/go/sqlite"

	"profilemate/frames"
)

// cursor reads a table once or, within a join, again and again: the second time from
// memory.
type cursor struct {
	table   *table
	plan    *plan
	index   string // name of plan
	scanned bool   // it has streamed the table before
	filters []filter

	stream *stream       // nil: from memory
	batch  *frames.Batch // nil at the end
	rows   []int32       // of the batch that are visited, in order; nil: all
	at     int           // place in rows, or in the batch
	row    int           // of the batch
	before int64         // rows in earlier batches
}

// Filter starts a reading.
func (c *cursor) Filter(id sqlite.IndexID, values []sqlite.Value) error {
	if err := c.begin(id, values); err != nil {
		return c.table.module.fail(err)
	}
	return nil
}

func (c *cursor) begin(id sqlite.IndexID, values []sqlite.Value) error {
	c.end()
	if c.plan == nil || c.index != id.String {
		// SQLite's text, which it may free after the call.
		p, err := c.table.planOf(strings.Clone(id.String))
		if err != nil {
			return err
		}
		c.plan, c.index, c.scanned = p, strings.Clone(id.String), false
	}
	c.filters = c.filters[:0]
	for i, t := range c.plan.Terms {
		f, all, none := newFilter(c.plan.at[t.Column], c.table.schema[t.Column].Kind, t.Op, values[i])
		if none {
			return nil // the batch stays nil: no row
		}
		if !all {
			c.filters = append(c.filters, f)
		}
	}
	if c.again() {
		return c.fromMemory(values)
	}
	c.stream = start(c.table.module.ctx, c.table.source, c.plan.names)
	if err := c.nextBatch(); err != nil {
		return err
	}
	return c.advance()
}

// maxStreams is how often a table is streamed for one plan by cursors of their own,
// as a subquery that depends on the row outside has them, before it is held.
const maxStreams = 3

// again reports whether the table is better held than streamed: rows are looked up
// by equality, or they have been read before.
func (c *cursor) again() bool {
	if c.plan.Held && c.plan.Terms[0].Op == sqlite.IndexConstraintEq || c.scanned || c.plan.streams == maxStreams {
		return true
	}
	c.scanned = true
	c.plan.streams++
	return false
}

// fromMemory visits rows of the table as it is held, only those that the plan's key
// leaves.
func (c *cursor) fromMemory(values []sqlite.Value) error {
	if err := c.hold(); err != nil {
		return err
	}
	f := c.plan.store.frame
	if f.Len() == 0 {
		return nil
	}
	c.batch, c.rows, c.at, c.before = f, nil, -1, 0
	if c.plan.Held {
		if err := c.look(values[c.plan.key]); err != nil {
			return err
		}
	}
	for i := range c.filters {
		c.filters[i].enter(c.batch)
	}
	return c.advance()
}

// hold reads the plan's columns into memory the first time, and chooses the key.
func (c *cursor) hold() error {
	p := c.plan
	if p.store == nil {
		s, err := c.table.hold(c.table.module.ctx, strings.Join(p.names, "\x00"), p.names)
		if err != nil {
			return err
		}
		p.store = s
	}
	if p.key < 0 {
		p.key = p.bestKey()
	}
	return nil
}

// bestKey is the key with the most different values: a process id tells few rows
// apart, a correlation id many.
func (p *plan) bestKey() int {
	best, most := 0, -1
	for i := range p.Keys {
		if n := p.store.distinct(p.at[p.Terms[i].Column]); n > most {
			best, most = i, n
		}
	}
	return best
}

// look finds the rows of the plan's key.
func (c *cursor) look(v sqlite.Value) error {
	t := c.plan.Terms[c.plan.key]
	kind := c.table.schema[t.Column].Kind
	f, all, _ := newFilter(c.plan.at[t.Column], kind, t.Op, v)
	if all {
		return nil
	}
	o, err := c.table.order(c.plan.store, f.column)
	if err != nil {
		return err
	}
	if kind == frames.String {
		f.enter(c.batch)
		f.low, f.high = int64(f.code), int64(f.code)
		if f.text == "" { // codes outside the dictionary read as "" too
			f.low, f.high = math.MinInt64, math.MaxInt64
		}
	}
	c.rows = o.between(f.low, f.high)
	if c.rows == nil {
		c.rows = []int32{}
	}
	return nil
}

// nextBatch waits for the next batch of the stream; the batch is nil at the end.
func (c *cursor) nextBatch() error {
	if c.batch != nil {
		c.before += int64(c.batch.Len())
	}
	b, err := c.stream.next(c.table.module.ctx)
	if err != nil {
		return err
	}
	c.batch, c.at = b, -1
	if b != nil {
		for i := range c.filters {
			c.filters[i].enter(b)
		}
	}
	return nil
}

// Next goes to the next row.
func (c *cursor) Next() error {
	if err := c.advance(); err != nil {
		return c.table.module.fail(err)
	}
	return nil
}

// advance goes to the next row that the filters let through.
func (c *cursor) advance() error {
	for c.batch != nil {
		if c.advanceInBatch() {
			return nil
		}
		if c.stream == nil {
			c.batch = nil
			return nil
		}
		if err := c.nextBatch(); err != nil {
			return err
		}
	}
	return nil
}

func (c *cursor) advanceInBatch() bool {
	n := c.batch.Len()
	if c.rows != nil {
		n = len(c.rows)
	}
	for c.at++; c.at < n; c.at++ {
		c.row = c.at
		if c.rows != nil {
			c.row = int(c.rows[c.at])
		}
		if c.lets() {
			return true
		}
	}
	return false
}

func (c *cursor) lets() bool {
	for i := range c.filters {
		if !c.filters[i].lets(c.batch, c.row) {
			return false
		}
	}
	return true
}

// EOF reports whether all rows have been visited.
func (c *cursor) EOF() bool { return c.batch == nil }

// Column returns a value of the row.
func (c *cursor) Column(i int, _ bool) (sqlite.Value, error) {
	at := c.plan.at[i]
	if at < 0 {
		return sqlite.Value{}, nil
	}
	column := c.batch.At(at)
	if column.IsNull(c.row) {
		return sqlite.Value{}, nil
	}
	switch column.Field.Kind {
	case frames.Int64:
		return sqlite.IntegerValue(column.Ints()[c.row]), nil
	case frames.Float64:
		return sqlite.FloatValue(column.Floats()[c.row]), nil // NaN becomes NULL
	case frames.Bool:
		return sqlite.IntegerValue(column.Int(c.row)), nil
	}
	return sqlite.TextValue(column.Str(c.row)), nil
}

// RowID numbers the rows from 1 as the table has them.
func (c *cursor) RowID() (int64, error) { return c.before + int64(c.row) + 1, nil }

// Close ends the reading.
func (c *cursor) Close() error {
	c.end()
	return nil
}

func (c *cursor) end() {
	if c.stream != nil {
		c.stream.close(c.table.module.ctx)
	}
	c.stream, c.batch, c.rows, c.before = nil, nil, nil, 0
}
