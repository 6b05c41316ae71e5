package nsys

import (
	"context"
	"os"

	"profilemate/workbench/artifacts/nsys/parquet"
)

// parquetTable is a table as a Parquet file.
type parquetTable struct {
	path   string
	schema []want
	length int64
}

func openParquetTable(path string) (columnFile, error) {
	t := &parquetTable{path: path}
	in, f, err := t.open()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	for _, c := range f.Columns() {
		as := [...]kind{parquet.Int: whole, parquet.Float: real, parquet.Text: words, parquet.Bytes: blob}[c.Kind]
		t.schema = append(t.schema, want{c.Name, as})
	}
	t.length = f.Rows()
	return t, nil
}

func (t *parquetTable) open() (*os.File, *parquet.File, error) {
	in, err := os.Open(t.path)
	if err != nil {
		return nil, nil, err
	}
	info, err := in.Stat()
	if err == nil {
		f, failed := parquet.Open(in, info.Size())
		if failed == nil {
			return in, f, nil
		}
		err = failed
	}
	in.Close()
	return nil, nil, err
}

func (t *parquetTable) columns() []want { return t.schema }
func (t *parquetTable) rows() int64     { return t.length }
func (t *parquetTable) cut() bool       { return false } // the index is at the end: such a file does not open

func (t *parquetTable) chunks(ctx context.Context, wants []want, places []int, visit func(*chunk) error) error {
	in, f, err := t.open()
	if err != nil {
		return err
	}
	defer in.Close()
	c := &chunk{vectors: make([]vector, len(wants))}
	return f.Scan(ctx, places, func(b *parquet.Batch) error {
		c.rows = b.Len()
		for i, w := range wants {
			c.vectors[i] = t.vector(b, i, w, t.schema[places[i]].as)
		}
		return visit(c)
	})
}

// vector shows a column of a batch as it is wanted. One of another kind than stored
// has no value.
func (t *parquetTable) vector(b *parquet.Batch, column int, w want, stored kind) vector {
	v := vector{nulls: b.Nulls(column), ints: b.Ints(column), reals: b.Floats(column), bytes: func(row int) []byte { return b.Bytes(column, row) }}
	if w.as != stored && !(w.as >= words && stored >= words) {
		return vector{absent: true}
	}
	return v
}
