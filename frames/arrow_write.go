package frames

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// Keys of the metadata in an Arrow file: of the file, and of a field.
const (
	arrowName = "profilemate.name"
	arrowRows = "profilemate.rows"
	arrowUnit = "unit"
	arrowDoc  = "doc"
)

// WriteArrow writes the frame as an Arrow IPC file ("Feather version 2"), in record
// batches of BatchRows, for ReadArrow, pandas, polars and DuckDB. Integers are as
// wide as the values need, strings are a dictionary with int16 or int32 codes that
// holds only what occurs, units and docs stand in the fields' metadata. Strings that
// are not UTF-8 are written as binary.
func (f *Frame) WriteArrow(w io.Writer) (err error) {
	defer recoverArrow(&err, "writing frame %q as Arrow", f.name)
	columns := make([]arrowColumn, len(f.columns))
	for i := range f.columns {
		columns[i] = arrowColumnOf(&f.columns[i])
	}
	out, err := newArrowFile(w, f.name, f.rows, columns)
	if err != nil {
		return fmt.Errorf("writing frame %q as Arrow: %w", f.name, err)
	}
	for from := 0; from < f.rows; from += BatchRows {
		if err := out.write(from, min(from+BatchRows, f.rows)); err != nil {
			return fmt.Errorf("writing frame %q as Arrow: row %d: %w", f.name, from, err)
		}
	}
	if err := out.file.Close(); err != nil {
		return fmt.Errorf("writing frame %q as Arrow: %w", f.name, err)
	}
	return nil
}

// arrowFile is an Arrow IPC file that is being written.
type arrowFile struct {
	columns []arrowColumn
	schema  *arrow.Schema
	file    *ipc.FileWriter
}

func newArrowFile(w io.Writer, name string, rows int, columns []arrowColumn) (*arrowFile, error) {
	fields := make([]arrow.Field, len(columns))
	for i, c := range columns {
		f := c.column.Field
		fields[i] = arrow.Field{Name: f.Name, Type: c.kind, Nullable: true, Metadata: arrowMetadata(f)}
	}
	metadata := arrow.NewMetadata([]string{arrowName, arrowRows}, []string{name, strconv.Itoa(rows)})
	a := &arrowFile{columns: columns, schema: arrow.NewSchema(fields, &metadata)}
	var err error
	a.file, err = ipc.NewFileWriter(w, ipc.WithSchema(a.schema))
	return a, err
}

// write writes the rows [from, to) of the columns as a record batch.
func (a *arrowFile) write(from, to int) error {
	arrays := make([]arrow.Array, len(a.columns))
	for i := range a.columns {
		arrays[i] = a.columns[i].array(from, to)
	}
	return a.file.Write(array.NewRecordBatch(a.schema, arrays, int64(to-from)))
}

func arrowMetadata(f Field) arrow.Metadata {
	var keys, values []string
	if f.Unit != "" {
		keys, values = append(keys, arrowUnit), append(values, f.Unit)
	}
	if f.Doc != "" {
		keys, values = append(keys, arrowDoc), append(values, f.Doc)
	}
	return arrow.NewMetadata(keys, values)
}

// recoverArrow turns a panic of the Arrow library into an error.
func recoverArrow(err *error, format string, args ...any) {
	if p := recover(); p != nil {
		*err = fmt.Errorf(format+": %v", append(args, p)...)
	}
}

// arrowColumn is a column on its way into a file: its type there, its dictionary,
// and its values cut to the width of the type.
type arrowColumn struct {
	column *Column
	kind   arrow.DataType
	dict   arrow.Array
	codes  *table // the dictionary's codes in the file + 1
}

func arrowColumnOf(c *Column) arrowColumn {
	switch c.Field.Kind {
	case Bool:
		return arrowColumn{column: c, kind: arrow.FixedWidthTypes.Boolean}
	case Float64:
		return arrowColumn{column: c, kind: arrow.PrimitiveTypes.Float64}
	case Int64:
		return arrowColumn{column: c, kind: narrowest(c.bounds())}
	}
	return arrowStrings(c)
}

func narrowest(low, high int64) arrow.DataType {
	switch {
	case low >= math.MinInt8 && high <= math.MaxInt8:
		return arrow.PrimitiveTypes.Int8
	case low >= math.MinInt16 && high <= math.MaxInt16:
		return arrow.PrimitiveTypes.Int16
	case low >= math.MinInt32 && high <= math.MaxInt32:
		return arrow.PrimitiveTypes.Int32
	}
	return arrow.PrimitiveTypes.Int64
}

// arrowStrings numbers the texts that occur in the order of first use, so that a
// file does not depend on what else the dictionary held. Codes are signed since
// pyarrow before version 23 refuses others.
func arrowStrings(c *Column) arrowColumn {
	out := arrowColumn{column: c, codes: newTable(int64(c.dict.Len()), len(c.codes))}
	var used []string
	size, valid := 0, true
	for i, code := range c.codes {
		if c.IsNull(i) || out.codes.get(int64(code)) != 0 {
			continue
		}
		text := c.dict.String(code)
		used = append(used, text)
		out.codes.set(int64(code), int32(len(used)))
		size += len(text)
		valid = valid && utf8.ValidString(text)
	}
	codes := arrow.DataType(arrow.PrimitiveTypes.Int16)
	if len(used) > math.MaxInt16 {
		codes = arrow.PrimitiveTypes.Int32
	}
	values := textType(size, valid)
	out.kind = &arrow.DictionaryType{IndexType: codes, ValueType: values}
	b := array.NewBuilder(memory.DefaultAllocator, values)
	for _, text := range used {
		switch b := b.(type) {
		case *array.StringBuilder:
			b.Append(text)
		case *array.LargeStringBuilder:
			b.Append(text)
		case *array.BinaryBuilder: // large binary too
			b.Append([]byte(text))
		}
	}
	out.dict = b.NewArray()
	return out
}

func textType(size int, valid bool) arrow.DataType {
	large := size > math.MaxInt32
	switch {
	case valid && large:
		return arrow.BinaryTypes.LargeString
	case valid:
		return arrow.BinaryTypes.String
	case large:
		return arrow.BinaryTypes.LargeBinary
	}
	return arrow.BinaryTypes.Binary
}

// array returns the rows [from, to).
func (a arrowColumn) array(from, to int) arrow.Array {
	c := a.column.Slice(from, to)
	valid, nulls := validity(c.nulls)
	if c.Field.Kind == Bool {
		bits := make([]byte, bitutil.BytesForBits(int64(to-from)))
		for i, v := range c.bools {
			if v {
				bitutil.SetBit(bits, i)
			}
		}
		return arrowArray(a.kind, to-from, valid, memory.NewBufferBytes(bits), nulls)
	}
	if c.Field.Kind == Float64 {
		return arrowArray(a.kind, to-from, valid, memory.NewBufferBytes(arrow.Float64Traits.CastToBytes(c.floats)), nulls)
	}
	kind := a.kind
	values := func(i int) int64 { return c.ints[i] }
	if a.dict != nil {
		kind = a.kind.(*arrow.DictionaryType).IndexType
		values = func(i int) int64 { return max(int64(a.codes.get(int64(c.codes[i])))-1, 0) }
	}
	ints := arrowArray(kind, to-from, valid, intBuffer(kind, c.Len(), values, c.nulls), nulls)
	if a.dict == nil {
		return ints
	}
	return array.NewDictionaryArray(a.kind, ints, a.dict)
}

func arrowArray(kind arrow.DataType, n int, valid, values *memory.Buffer, nulls int) arrow.Array {
	return array.MakeFromData(array.NewData(kind, n, []*memory.Buffer{valid, values}, nil, nulls, 0))
}

// validity returns Arrow's bitmap of the values that are there, nil for all.
func validity(missing []bool) (*memory.Buffer, int) {
	nulls := 0
	for _, m := range missing {
		if m {
			nulls++
		}
	}
	if nulls == 0 {
		return nil, 0
	}
	bits := make([]byte, bitutil.BytesForBits(int64(len(missing))))
	for i, m := range missing {
		if !m {
			bitutil.SetBit(bits, i)
		}
	}
	return memory.NewBufferBytes(bits), nulls
}

// intBuffer narrows n values to the width of kind, which holds all but the missing
// ones; those become 0.
func intBuffer(kind arrow.DataType, n int, value func(i int) int64, missing []bool) *memory.Buffer {
	if missing != nil {
		all := value
		value = func(i int) int64 {
			if missing[i] {
				return 0
			}
			return all(i)
		}
	}
	switch kind.ID() {
	case arrow.INT8:
		return memory.NewBufferBytes(arrow.Int8Traits.CastToBytes(narrow[int8](n, value)))
	case arrow.INT16:
		return memory.NewBufferBytes(arrow.Int16Traits.CastToBytes(narrow[int16](n, value)))
	case arrow.INT32:
		return memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(narrow[int32](n, value)))
	}
	return memory.NewBufferBytes(arrow.Int64Traits.CastToBytes(narrow[int64](n, value)))
}

func narrow[T int8 | int16 | int32 | int64](n int, value func(i int) int64) []T {
	out := make([]T, n)
	for i := range out {
		out[i] = T(value(i))
	}
	return out
}
