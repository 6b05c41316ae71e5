package parquet

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math"

	"profilemate/workbench/fault"
)

const magic = "PAR1"

// Kind is what the values of a column are delivered as.
type Kind uint8

// The kinds. Unsigned integers of 64 bits keep their bits.
const (
	Int   Kind = iota // integers and truth values
	Float             // reals
	Text              // bytes that are declared as text
	Bytes             // other bytes
)

// Column is a column of a file.
type Column struct {
	Name     string
	Kind     Kind
	physical int64
	unsigned bool // 32 bits without a sign
	optional bool
}

// File is an open file. It is safe for concurrent scans.
type File struct {
	source  io.ReaderAt
	size    int64
	columns []Column
	rows    int64
	groups  []group
}

// group is a run of rows whose columns lie together.
type group struct {
	rows   int64
	chunks []chunk // by column
}

// chunk is where the pages of a column of a group lie.
type chunk struct {
	start, end int64
	codec      int64
	values     int64
}

// Physical types of Parquet.
const (
	boolean, int32s, int64s, int96s, float32s, float64s, byteArrays = 0, 1, 2, 3, 4, 5, 6
)

// Open reads the metadata at the end of a file of size bytes.
func Open(source io.ReaderAt, size int64) (*File, error) {
	const tail = 8
	end := make([]byte, tail)
	if size < tail+int64(len(magic)) {
		return nil, fault.Errorf(fault.Corrupt, "%d bytes are no Parquet file", size)
	}
	if _, err := source.ReadAt(end, size-tail); err != nil && !errors.Is(err, io.EOF) {
		return nil, fault.Errorf(fault.Denied, "reading the end of a Parquet file: %w", err)
	}
	length := int64(binary.LittleEndian.Uint32(end))
	if string(end[4:]) != magic || length > size-tail {
		return nil, fault.Errorf(fault.Corrupt, "the metadata at the end of a Parquet file are missing or damaged")
	}
	data := make([]byte, length)
	if _, err := source.ReadAt(data, size-tail-length); err != nil && !errors.Is(err, io.EOF) {
		return nil, fault.Errorf(fault.Denied, "reading the metadata of a Parquet file: %w", err)
	}
	d := decoder{data: data}
	metadata := d.structure(0)
	if d.err != nil {
		return nil, d.err
	}
	f := &File{source: source, size: size, rows: metadata.int(3)}
	if err := f.readSchema(metadata.list(2)); err != nil {
		return nil, err
	}
	return f, f.readGroups(metadata.list(4))
}

// Columns returns the columns in order. The file owns the slice.
func (f *File) Columns() []Column { return f.columns }

// Rows returns the number of rows that the metadata promise.
func (f *File) Rows() int64 { return f.rows }

// readSchema takes the elements of the schema: a root, and below it a column each.
func (f *File) readSchema(elements []any) error {
	if len(elements) < 1 {
		return fault.Errorf(fault.Corrupt, "a Parquet file without a schema")
	}
	for _, e := range elements[1:] {
		s, _ := e.(fields)
		c := Column{Name: s.text(4), physical: s.int(1), unsigned: s.int(6) == 13 && s.has(6), optional: s.int(3) == 1}
		if s.has(5) || s.int(3) > 1 || !s.has(1) {
			return fault.Errorf(fault.Unsupported, "column %q of a Parquet file is nested", c.Name)
		}
		switch c.physical {
		case boolean, int32s, int64s:
			c.Kind = Int
		case float32s, float64s:
			c.Kind = Float
		case byteArrays:
			c.Kind = Bytes
			if _, text := s.inner(10)[1]; text || s.has(6) && s.int(6) == 0 {
				c.Kind = Text
			}
		default:
			return fault.Errorf(fault.Unsupported, "column %q of a Parquet file has the physical type %d", c.Name, c.physical)
		}
		f.columns = append(f.columns, c)
	}
	return nil
}

func (f *File) readGroups(list []any) error {
	total := int64(0)
	for i, e := range list {
		s, _ := e.(fields)
		g := group{rows: s.int(3)}
		columns := s.list(1)
		if len(columns) != len(f.columns) || g.rows < 0 || g.rows > math.MaxInt64-total {
			return fault.Errorf(fault.Corrupt, "row group %d has %d columns and %d rows, the file has %d columns", i, len(columns), g.rows, len(f.columns))
		}
		total += g.rows
		for j, c := range columns {
			column, _ := c.(fields)
			m := column.inner(3)
			start := m.int(9)
			if at := m.int(11); m.has(11) && at > 0 {
				start = min(start, at)
			}
			length := m.int(7)
			if start < 4 || length < 0 || start > f.size-length || m.int(5) != g.rows {
				return fault.Errorf(fault.Corrupt, "column %q of row group %d lies outside the file or has %d values for %d rows", f.columns[j].Name, i, m.int(5), g.rows)
			}
			g.chunks = append(g.chunks, chunk{start: start, end: start + length, codec: m.int(4), values: m.int(5)})
		}
		f.groups = append(f.groups, g)
	}
	if total != f.rows {
		return fault.Errorf(fault.Corrupt, "the row groups have %d rows, the file promises %d", total, f.rows)
	}
	return nil
}

// batchRows is the most rows that are delivered at once.
const batchRows = 1 << 14

// Scan reads the columns at the given places and hands the rows to visit in order,
// in batches of at most 16,384. The batch is written over after the call. An error
// of visit ends the scan and is returned. Damage ends it too: the rows before it
// were delivered.
func (f *File) Scan(ctx context.Context, places []int, visit func(*Batch) error) error {
	b := &Batch{columns: make([]values, len(places))}
	for _, g := range f.groups {
		readers := make([]columnReader, len(places))
		for i, at := range places {
			readers[i] = columnReader{file: f, column: f.columns[at], chunk: g.chunks[at], at: g.chunks[at].start}
		}
		for left := g.rows; left > 0 && len(places) > 0; left -= int64(b.rows) {
			if err := ctx.Err(); err != nil {
				return err
			}
			b.rows = int(min(left, batchRows))
			for i := range readers {
				b.columns[i].reset()
				if err := readers[i].read(&b.columns[i], b.rows); err != nil {
					return fault.Errorf(fault.KindOf(err), "column %q: %w", readers[i].column.Name, err)
				}
			}
			if err := visit(b); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}
