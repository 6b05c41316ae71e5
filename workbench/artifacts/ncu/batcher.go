package ncu

import (
	"profilemate/frames"
)

// batcher collects rows of the wanted columns and emits them in batches. The
// dictionaries of string columns live as long as the scan.
type batcher struct {
	name    string
	columns []batchColumn
	at      []int // position among columns of each column of the table, -1 for one not wanted
	rows    int
	emit    func(*frames.Batch) error
}

type batchColumn struct {
	field  frames.Field
	ints   []int64
	floats []float64
	bools  []bool
	codes  []int32
	dict   *frames.Dictionary
	nulls  []bool
}

func newBatcher(name string, schema frames.Schema, wanted []string, emit func(*frames.Batch) error) *batcher {
	b := &batcher{name: name, at: make([]int, len(schema)), emit: emit}
	for i := range b.at {
		b.at[i] = -1
	}
	for i, column := range wanted {
		at := schema.Index(column)
		b.at[at] = i
		b.columns = append(b.columns, batchColumn{field: schema[at], dict: frames.NewDictionary()})
	}
	return b
}

// set sets a column of the current row; value is called only if it is wanted.
func (b *batcher) set(i int, value func() any) {
	if at := b.at[i]; at >= 0 {
		b.columns[at].add(value())
	}
}

// setCode sets a string column to a code of a dictionary that is always the same
// for this column.
func (b *batcher) setCode(i int, dict *frames.Dictionary, code int32) {
	if at := b.at[i]; at >= 0 {
		c := &b.columns[at]
		c.dict, c.codes, c.nulls = dict, append(c.codes, code), append(c.nulls, false)
	}
}

// setInt and setFloat are set for columns of their kind, without a detour over any:
// the metrics table has thousands of rows a launch.
func (b *batcher) setInt(i int, v int64) {
	if at := b.at[i]; at >= 0 {
		c := &b.columns[at]
		c.ints, c.nulls = append(c.ints, v), append(c.nulls, false)
	}
}

func (b *batcher) setFloat(i int, v float64) {
	if at := b.at[i]; at >= 0 {
		c := &b.columns[at]
		c.floats, c.nulls = append(c.floats, v), append(c.nulls, false)
	}
}

// row adds a whole row.
func (b *batcher) row(values ...any) error {
	for i, v := range values {
		if at := b.at[i]; at >= 0 {
			b.columns[at].add(v)
		}
	}
	return b.endRow()
}

func (b *batcher) endRow() error {
	b.rows++
	if b.rows < frames.BatchRows {
		return nil
	}
	return b.flush()
}

func (b *batcher) flush() error {
	if b.rows == 0 {
		return nil
	}
	columns := make([]frames.Column, len(b.columns))
	for i := range b.columns {
		columns[i] = b.columns[i].column()
	}
	batch, err := frames.New(b.name, columns...)
	if err != nil {
		return err
	}
	b.rows = 0
	if err := b.emit(batch); err != nil {
		return err
	}
	for i := range b.columns {
		b.columns[i].reset()
	}
	return nil
}

// add appends a value of the column's kind, or nil. Another kind becomes missing.
func (c *batchColumn) add(v any) {
	var ok bool
	switch c.field.Kind {
	case frames.Int64:
		var n int64
		n, ok = v.(int64)
		c.ints = append(c.ints, n)
	case frames.Float64:
		var f float64
		f, ok = v.(float64)
		c.floats = append(c.floats, f)
	case frames.Bool:
		var t bool
		t, ok = v.(bool)
		c.bools = append(c.bools, t)
	case frames.String:
		var s string
		var code int32
		if s, ok = v.(string); ok {
			code = c.dict.Code(s)
		}
		c.codes = append(c.codes, code)
	}
	c.nulls = append(c.nulls, !ok)
}

func (c *batchColumn) column() frames.Column {
	switch c.field.Kind {
	case frames.Int64:
		return frames.IntColumn(c.field, c.ints, c.nulls)
	case frames.Float64:
		return frames.FloatColumn(c.field, c.floats, c.nulls)
	case frames.Bool:
		return frames.BoolColumn(c.field, c.bools, c.nulls)
	}
	return frames.CodeColumn(c.field, c.codes, c.dict, c.nulls)
}

func (c *batchColumn) reset() {
	c.ints, c.floats, c.bools, c.codes, c.nulls = c.ints[:0], c.floats[:0], c.bools[:0], c.codes[:0], c.nulls[:0]
}
