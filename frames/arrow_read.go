package frames

import (
	"fmt"
	"io"
	"strconv"
	"sync"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
)

// ReadArrow reads a whole Arrow IPC file of size bytes. See OpenArrow.
func ReadArrow(r io.ReaderAt, size int64) (*Frame, error) {
	a, err := OpenArrow(r, size)
	if err != nil {
		return nil, err
	}
	return a.Frame()
}

// ArrowFile is an open Arrow IPC file, read batch by batch. All its frames share
// the dictionaries of the String columns. It is safe for concurrent use.
type ArrowFile struct {
	name   string
	schema Schema
	file   *ipc.FileReader
	layout *arrowLayout
	starts []int // row at which each batch starts, and the number of rows

	mu    sync.Mutex // guards dicts
	dicts []arrowDict
}

// arrowDict is the dictionary of a column, and the code in it of each entry of the
// file's: one code for an entry that stands there twice, -1 for a missing one.
type arrowDict struct {
	dict  *Dictionary
	codes []int32
}

// OpenArrow opens an Arrow IPC file of size bytes, written by WriteArrow or by
// another program: columns of booleans, integers, floats and strings, the strings
// as dictionaries or plain. Every integer column becomes Int64; a uint64 beyond
// int64 is an error when its batch is read. r must stay open while the file is in
// use. A damaged file is an error, here or when the damaged batch is read.
func OpenArrow(r io.ReaderAt, size int64) (a *ArrowFile, err error) {
	defer recoverArrow(&err, "reading an Arrow file: it is damaged")
	layout, err := checkArrow(r, size)
	if err != nil {
		return nil, fmt.Errorf("reading an Arrow file: %w", err)
	}
	file, err := ipc.NewFileReader(io.NewSectionReader(r, 0, size), ipc.WithBodySizeLimit(size),
		ipc.WithAllocator(boundedAllocator{limit: 64*size + 1<<26}))
	if err != nil {
		return nil, fmt.Errorf("reading an Arrow file: %w", err)
	}
	a = &ArrowFile{file: file, layout: layout}
	metadata := file.Schema().Metadata()
	a.name, _ = metadata.GetValue(arrowName)
	if a.schema, err = arrowSchema(file.Schema()); err != nil {
		return nil, fmt.Errorf("reading Arrow file %q: %w", a.name, err)
	}
	a.dicts = make([]arrowDict, len(a.schema))
	rows, _ := metadata.GetValue(arrowRows)
	if a.starts, err = a.findRows(rows); err != nil {
		return nil, fmt.Errorf("reading Arrow file %q: %w", a.name, err)
	}
	return a, nil
}

// Name returns the name of the frame that was written, empty for a file of another
// program.
func (a *ArrowFile) Name() string { return a.name }

// Schema returns the columns. The caller owns the slice.
func (a *ArrowFile) Schema() Schema { return append(Schema{}, a.schema...) }

// Len returns the number of rows.
func (a *ArrowFile) Len() int { return a.starts[len(a.starts)-1] }

// Frame reads all rows.
func (a *ArrowFile) Frame() (*Frame, error) { return a.Rows(0, a.Len()) }

// Rows reads the rows [from, to), cut to what there is. Only the batches that hold
// them are read.
func (a *ArrowFile) Rows(from, to int) (f *Frame, err error) {
	defer recoverArrow(&err, "reading Arrow file %q: it is damaged", a.name)
	from = min(max(from, 0), a.Len())
	to = min(max(to, from), a.Len())
	b := NewBuilder(a.name, a.schema)
	if cells := int64(to-from) * int64(len(a.schema)); cells <= a.layout.maxCells() {
		b.reserve(to - from) // only what the file can hold, whatever it claims
	}
	for i := range a.starts[:len(a.starts)-1] {
		start, end := a.starts[i], a.starts[i+1]
		if end <= from || start >= to {
			continue
		}
		batch, err := a.batch(i)
		if err != nil {
			return nil, fmt.Errorf("reading Arrow file %q: batch %d: %w", a.name, i, err)
		}
		part := batch.Slice(from-start, to-start)
		if part.rows == to-from {
			return part, nil
		}
		if err := b.Append(part); err != nil {
			return nil, err
		}
	}
	return b.Frame(), nil
}

// record reads one record batch as the library gives it.
func (a *ArrowFile) record(i int) (arrow.RecordBatch, error) {
	if err := a.layout.checkMessage(a.layout.batches[i]); err != nil {
		return nil, err
	}
	record, err := a.file.RecordBatchAt(i)
	if err != nil {
		return nil, err
	}
	if n := record.NumRows(); n < 0 || n > a.layout.maxCells() {
		return nil, fmt.Errorf("it claims %d rows", n)
	}
	return record, nil
}

// findRows finds out how many rows each batch holds. Arrow's footer does not say, but
// the metadata that WriteArrow leaves does, since all its batches but the last are
// full; batch checks that it is true. Other files are read through.
func (a *ArrowFile) findRows(rows string) ([]int, error) {
	batches := len(a.layout.batches)
	if total, err := strconv.Atoi(rows); err == nil && total >= 0 && (total+BatchRows-1)/BatchRows == batches {
		starts := make([]int, batches+1)
		for i := range starts {
			starts[i] = min(i*BatchRows, total)
		}
		return starts, nil
	}
	starts := make([]int, batches+1)
	for i := range batches {
		record, err := a.record(i)
		if err != nil {
			return nil, fmt.Errorf("batch %d: %w", i, err)
		}
		starts[i+1] = starts[i] + int(record.NumRows())
	}
	return starts, nil
}

func arrowSchema(in *arrow.Schema) (Schema, error) {
	out := make(Schema, in.NumFields())
	for i, f := range in.Fields() {
		kind := arrowKind(f.Type)
		if kind == Invalid {
			return nil, fmt.Errorf("column %q: the type %s is not supported", f.Name, f.Type)
		}
		out[i] = Field{Name: f.Name, Kind: kind}
		out[i].Unit, _ = f.Metadata.GetValue(arrowUnit)
		out[i].Doc, _ = f.Metadata.GetValue(arrowDoc)
	}
	return out, out.Validate()
}

func arrowKind(t arrow.DataType) Kind {
	switch t.ID() {
	case arrow.BOOL:
		return Bool
	case arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64, arrow.UINT8, arrow.UINT16, arrow.UINT32, arrow.UINT64:
		return Int64
	case arrow.FLOAT32, arrow.FLOAT64:
		return Float64
	case arrow.STRING, arrow.LARGE_STRING, arrow.BINARY, arrow.LARGE_BINARY:
		return String
	case arrow.DICTIONARY:
		if d := t.(*arrow.DictionaryType); arrowKind(d.ValueType) == String && d.ValueType.ID() != arrow.DICTIONARY {
			return String
		}
	}
	return Invalid
}

// batch reads one record batch.
func (a *ArrowFile) batch(i int) (*Frame, error) {
	record, err := a.record(i)
	if err != nil {
		return nil, err
	}
	n := a.starts[i+1] - a.starts[i]
	if record.NumRows() != int64(n) {
		return nil, fmt.Errorf("it has %d rows, not %d", record.NumRows(), n)
	}
	columns := make([]Column, len(a.schema))
	for j, field := range a.schema {
		values := record.Column(j)
		if values.Len() != n {
			return nil, fmt.Errorf("column %q has %d rows, not %d", field.Name, values.Len(), n)
		}
		if columns[j], err = a.column(j, values); err != nil {
			return nil, fmt.Errorf("column %q: %w", field.Name, err)
		}
	}
	return New(a.name, columns...)
}

func (a *ArrowFile) column(j int, values arrow.Array) (Column, error) {
	field, nulls := a.schema[j], arrowNulls(values)
	switch field.Kind {
	case Bool:
		bools := make([]bool, values.Len())
		for i := range bools {
			bools[i] = values.(*array.Boolean).Value(i)
		}
		return BoolColumn(field, bools, nulls), nil
	case Int64:
		ints, err := arrowInts(values, nulls)
		return IntColumn(field, ints, nulls), err
	case Float64:
		return FloatColumn(field, arrowFloats(values), nulls), nil
	}
	if d, ok := values.(*array.Dictionary); ok {
		return a.codes(j, d, nulls)
	}
	return a.texts(j, values, nulls)
}
