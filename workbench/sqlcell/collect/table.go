package collect

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"profilemate/frames"
)

// Table is what a statement gave. It is a vtab.Source. It may be scanned several
// times, also at once, until it is closed.
type Table struct {
	collector *Collector
	name      string
	schema    frames.Schema
}

// Name returns the table's name.
func (t *Table) Name() string { return t.name }

// Schema returns the columns.
func (t *Table) Schema() frames.Schema { return t.schema }

// Rows is how many there are.
func (t *Table) Rows() int64 { return t.collector.rows }

// Close gives back what the table holds.
func (t *Table) Close() { t.collector.Drop() }

// Rounded lists the columns in which whole numbers beyond 2^53 became floats, since
// floats stand among them.
func (t *Table) Rounded() []string {
	var names []string
	for i, c := range t.collector.columns {
		if c.rounded() {
			names = append(names, t.schema[i].Name)
		}
	}
	return names
}

// Scan delivers all rows in batches of the named columns.
func (t *Table) Scan(ctx context.Context, columns []string, emit func(*frames.Batch) error) error {
	if columns == nil {
		columns = t.schema.Names()
	}
	at := make([]int, len(columns))
	for i, name := range columns {
		if at[i] = t.schema.Index(name); at[i] < 0 {
			return fmt.Errorf("table %s has no column %q", t.name, name)
		}
	}
	for _, b := range t.collector.batches {
		if err := ctx.Err(); err != nil {
			return err
		}
		if b.rows == 0 {
			continue
		}
		f, err := t.read(b, at)
		if err != nil {
			return fmt.Errorf("reading rows of %s again: %w", t.name, err)
		}
		if err := emit(f); err != nil {
			return err
		}
	}
	return nil
}

// read returns columns of a batch in the kinds of the table.
func (t *Table) read(b batch, at []int) (*frames.Frame, error) {
	f, err := t.raw(b)
	if err != nil {
		return nil, err
	}
	columns := make([]frames.Column, len(at))
	for i, j := range at {
		columns[i] = t.convert(j, f.At(j), b.kinds[j])
	}
	return frames.New(t.name, columns...)
}

// raw returns a batch as it came.
func (t *Table) raw(b batch) (*frames.Frame, error) {
	if b.frame != nil {
		return b.frame, nil
	}
	return frames.ReadArrow(io.NewSectionReader(t.collector.file, b.offset, b.size), b.size)
}

// convert returns a column of a batch, which was of another kind perhaps, in the
// kind that it has in the table.
func (t *Table) convert(j int, c *frames.Column, was frames.Kind) frames.Column {
	field, nulls := t.schema[j], c.Nulls()
	switch field.Kind {
	case frames.Int64:
		return frames.IntColumn(field, c.Ints(), nulls)
	case frames.Bool:
		return frames.BoolColumn(field, mapped(c.Ints(), func(v int64) bool { return v != 0 }), nulls)
	case frames.Float64:
		if was == frames.Float64 {
			return frames.FloatColumn(field, c.Floats(), nulls)
		}
		return frames.FloatColumn(field, mapped(c.Ints(), func(v int64) float64 { return float64(v) }), nulls)
	}
	dict := t.collector.columns[j].dict
	switch was {
	case frames.Int64:
		return frames.CodeColumn(field, mapped(c.Ints(), func(v int64) int32 { return textCode(dict, strconv.FormatInt(v, 10)) }), dict, nulls)
	case frames.Float64:
		return frames.CodeColumn(field, mapped(c.Floats(), func(v float64) int32 { return textCode(dict, floatText(v)) }), dict, nulls)
	}
	return frames.CodeColumn(field, mapped(c.Ints(), func(v int64) int32 { return int32(v) }), dict, nulls)
}

// textCode returns the code of a number's text, which addNumbers has added. A
// missing number has none, and its code is ignored.
func textCode(dict *frames.Dictionary, text string) int32 {
	code, _ := dict.Lookup(text)
	return code
}

// addNumbers adds the numbers that came before the first text of a column to its
// dictionary, as texts.
func (t *Table) addNumbers() error {
	for _, b := range t.collector.batches {
		var at []int
		for j, was := range b.kinds {
			if t.schema[j].Kind == frames.String && (was == frames.Int64 || was == frames.Float64) {
				at = append(at, j)
			}
		}
		if at == nil {
			continue
		}
		f, err := t.raw(b)
		if err != nil {
			return err
		}
		for _, j := range at {
			for row := range f.Len() {
				if c := f.At(j); !c.IsNull(row) {
					t.collector.columns[j].code(c.Str(row))
				}
			}
		}
	}
	return nil
}

func mapped[A, B any](values []A, to func(A) B) []B {
	out := make([]B, len(values))
	for i, v := range values {
		out[i] = to(v)
	}
	return out
}

// WriteArrow writes the table as an Arrow IPC file, a batch at a time.
func (t *Table) WriteArrow(w io.Writer) error {
	columns := make([]frames.ArrowColumn, len(t.schema))
	for i, f := range t.schema {
		c := t.collector.columns[i]
		columns[i] = frames.ArrowColumn{Field: f}
		switch {
		case f.Kind == frames.String:
			columns[i].Dictionary = c.dict
		case c.low <= c.high:
			columns[i].Low, columns[i].High = c.low, c.high
		}
	}
	out, err := frames.NewArrowWriter(w, t.name, int(t.Rows()), columns)
	if err != nil {
		return err
	}
	err = t.Scan(context.Background(), nil, func(b *frames.Batch) error { return out.Write(b) })
	if err != nil {
		return err
	}
	return out.Close()
}
