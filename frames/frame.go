package frames

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// BatchRows is the most rows a reader puts in one batch.
const BatchRows = 1 << 16

// Frame is a named table in memory: columns of equal length. A Frame is never
// changed after it is made; operations return new frames that may share columns.
type Frame struct {
	name    string
	columns []Column
	rows    int
}

// Batch is a run of at most BatchRows rows of a table on its way from a reader to
// an analysis. It is a Frame whose columns the sender may reuse: it is valid only
// during the call it is passed to.
type Batch = Frame

// New makes a frame of the given columns. It fails when their lengths, or those of
// their marks of missing values, differ, a name repeats or a kind is invalid.
func New(name string, columns ...Column) (*Frame, error) {
	f := &Frame{name: name, columns: columns}
	if err := f.Schema().Validate(); err != nil {
		return nil, fmt.Errorf("frame %q: %w", name, err)
	}
	for i := range columns {
		n := columns[i].Len()
		if i > 0 && n != f.rows {
			return nil, fmt.Errorf("frame %q: column %q has %d rows, %q has %d", name,
				columns[i].Field.Name, n, columns[0].Field.Name, f.rows)
		}
		if nulls := columns[i].nulls; nulls != nil && len(nulls) != n {
			return nil, fmt.Errorf("frame %q: column %q has %d rows but marks %d as missing or not", name,
				columns[i].Field.Name, n, len(nulls))
		}
		f.rows = n
	}
	return f, nil
}

// Must returns f and panics on err: for frames whose columns the code itself made.
func Must(f *Frame, err error) *Frame {
	if err != nil {
		panic(err)
	}
	return f
}

// Empty makes a frame with the schema's columns and no rows.
func Empty(name string, schema Schema) *Frame { return NewBuilder(name, schema).Frame() }

// Name returns the table's name.
func (f *Frame) Name() string { return f.name }

// Named returns the same frame under another name.
func (f *Frame) Named(name string) *Frame {
	out := *f
	out.name = name
	return &out
}

// Len returns the number of rows.
func (f *Frame) Len() int { return f.rows }

// Width returns the number of columns.
func (f *Frame) Width() int { return len(f.columns) }

// Schema returns the fields of the columns in order. The caller owns the slice.
func (f *Frame) Schema() Schema {
	s := make(Schema, len(f.columns))
	for i := range f.columns {
		s[i] = f.columns[i].Field
	}
	return s
}

// At returns column i. It panics when i is out of range.
func (f *Frame) At(i int) *Column { return &f.columns[i] }

// Column returns the named column, or nil when there is none.
func (f *Frame) Column(name string) *Column {
	for i := range f.columns {
		if f.columns[i].Field.Name == name {
			return &f.columns[i]
		}
	}
	return nil
}

// Has reports whether the frame has the named column.
func (f *Frame) Has(name string) bool { return f.Column(name) != nil }

// Ints returns the values of the named Int64 column, nil when there is none of
// that name and kind. The frame owns the slice; a missing value is 0 in it.
func (f *Frame) Ints(name string) []int64 {
	if c := f.Column(name); c != nil {
		return c.ints
	}
	return nil
}

// Floats returns the values of the named Float64 column, nil when there is none
// of that name and kind. The frame owns the slice.
func (f *Frame) Floats(name string) []float64 {
	if c := f.Column(name); c != nil {
		return c.floats
	}
	return nil
}

// Strings returns the named column as text, nil when there is none. The caller
// owns the slice; a missing value is "".
func (f *Frame) Strings(name string) []string {
	c := f.Column(name)
	if c == nil {
		return nil
	}
	out := make([]string, f.rows)
	for i := range out {
		out[i] = c.Str(i)
	}
	return out
}

// Row returns the values of row i in column order, nil for a missing one.
func (f *Frame) Row(i int) []any {
	row := make([]any, len(f.columns))
	for j := range f.columns {
		row[j] = f.columns[j].Value(i)
	}
	return row
}

// Select returns the named columns in that order, or an error that lists what the
// frame has.
func (f *Frame) Select(names ...string) (*Frame, error) {
	out := &Frame{name: f.name, rows: f.rows, columns: make([]Column, 0, len(names))}
	for _, name := range names {
		c, err := f.need(name)
		if err != nil {
			return nil, err
		}
		out.columns = append(out.columns, *c)
	}
	return out, nil
}

// need returns the named column, or an error that lists what the frame has.
func (f *Frame) need(name string) (*Column, error) {
	if c := f.Column(name); c != nil {
		return c, nil
	}
	return nil, fmt.Errorf("frame %q: no column %q (there are: %s)", f.name, name, strings.Join(f.Schema().Names(), ", "))
}

// Rename returns the frame with column from called to. It fails when there is no
// such column or the new name is taken.
func (f *Frame) Rename(from, to string) (*Frame, error) {
	if _, err := f.need(from); err != nil {
		return nil, err
	}
	columns := slices.Clone(f.columns)
	columns[f.Schema().Index(from)].Field.Name = to
	return New(f.name, columns...)
}

// WithColumn returns the frame with c added, or replaced where the name is taken.
func (f *Frame) WithColumn(c Column) (*Frame, error) {
	columns := make([]Column, 0, len(f.columns)+1)
	replaced := false
	for i := range f.columns {
		if f.columns[i].Field.Name == c.Field.Name {
			columns, replaced = append(columns, c), true
			continue
		}
		columns = append(columns, f.columns[i])
	}
	if !replaced {
		columns = append(columns, c)
	}
	return New(f.name, columns...)
}

// Slice returns the rows [from, to), cut to what there is, sharing memory.
func (f *Frame) Slice(from, to int) *Frame {
	from = min(max(from, 0), f.rows)
	to = min(max(to, from), f.rows)
	out := &Frame{name: f.name, rows: to - from, columns: make([]Column, len(f.columns))}
	for i := range f.columns {
		out.columns[i] = f.columns[i].Slice(from, to)
	}
	return out
}

// Head returns the first n rows.
func (f *Frame) Head(n int) *Frame { return f.Slice(0, n) }

// Take returns the given rows in that order. It panics on a row out of range.
func (f *Frame) Take(rows []int) *Frame {
	out := &Frame{name: f.name, rows: len(rows), columns: make([]Column, len(f.columns))}
	for i := range f.columns {
		out.columns[i] = f.columns[i].Take(rows)
	}
	return out
}

// Batches yields the frame in runs of at most size rows, BatchRows when size is
// not positive. An empty frame yields nothing.
func (f *Frame) Batches(size int) iter.Seq[*Batch] {
	if size <= 0 {
		size = BatchRows
	}
	return func(yield func(*Batch) bool) {
		for at := 0; at < f.rows; at += size {
			if !yield(f.Slice(at, at+size)) {
				return
			}
		}
	}
}
