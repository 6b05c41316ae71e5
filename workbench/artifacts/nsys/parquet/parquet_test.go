package parquet_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	library "github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"profilemate/workbench/artifacts/nsys/parquet"
	"profilemate/workbench/fault"
)

// row is a row of the table that the tests write: nil is a missing value.
type row [8]any

// rows makes n rows with values at the ends of their ranges, runs and texts that
// repeat, and texts that do not.
func rows(n int) []row {
	random := rand.New(rand.NewPCG(7, 7))
	list := make([]row, n)
	for i := range list {
		list[i] = row{int64(random.Uint64()), int32(random.Uint32()), random.Uint32(), random.Uint64(), i%3 == 0,
			random.NormFloat64(), fmt.Sprintf("kernel_%d", i/100%7), fmt.Sprintf("%x", random.Uint64N(1<<40))}
		for c := range list[i] {
			if c > 0 && random.IntN(4) == 0 {
				list[i][c] = nil
			}
		}
	}
	list[0][0], list[n-1][0] = int64(math.MinInt64), int64(math.MaxInt64)
	return list
}

// encode writes rows with the library, in groups of so many.
func encode(t testing.TB, list []row, group int64, options ...library.WriterProperty) []byte {
	t.Helper()
	types := []arrow.DataType{arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Uint32, arrow.PrimitiveTypes.Uint64,
		arrow.FixedWidthTypes.Boolean, arrow.PrimitiveTypes.Float64, arrow.BinaryTypes.String, arrow.BinaryTypes.Binary}
	columns := make([]arrow.Field, len(types))
	for i, typ := range types {
		columns[i] = arrow.Field{Name: fmt.Sprintf("c%d", i), Type: typ, Nullable: i > 0}
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(columns, nil))
	for _, r := range list {
		for i, v := range r {
			switch v := v.(type) {
			case nil:
				b.Field(i).AppendNull()
			case int64:
				b.Field(i).(*array.Int64Builder).Append(v)
			case int32:
				b.Field(i).(*array.Int32Builder).Append(v)
			case uint32:
				b.Field(i).(*array.Uint32Builder).Append(v)
			case uint64:
				b.Field(i).(*array.Uint64Builder).Append(v)
			case bool:
				b.Field(i).(*array.BooleanBuilder).Append(v)
			case float64:
				b.Field(i).(*array.Float64Builder).Append(v)
			case string:
				if i == 6 {
					b.Field(i).(*array.StringBuilder).Append(v)
				} else {
					b.Field(i).(*array.BinaryBuilder).Append([]byte(v))
				}
			}
		}
	}
	batch := b.NewRecordBatch()
	table := array.NewTableFromRecords(batch.Schema(), []arrow.RecordBatch{batch})
	var out bytes.Buffer
	if err := pqarrow.WriteTable(table, &out, group, library.NewWriterProperties(options...), pqarrow.DefaultWriterProps()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// stored is how a value comes back: integers as int64 of the same bits.
func stored(v any) any {
	switch v := v.(type) {
	case int32:
		return int64(v)
	case uint32:
		return int64(v)
	case uint64:
		return int64(v)
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	}
	return v
}

func read(f *parquet.File, places []int) ([][]any, error) {
	var out [][]any
	err := f.Scan(context.Background(), places, func(b *parquet.Batch) error {
		for i := range b.Len() {
			values := make([]any, len(places))
			for c, at := range places {
				switch {
				case b.Nulls(c) != nil && b.Nulls(c)[i]:
				case f.Columns()[at].Kind == parquet.Int:
					values[c] = b.Ints(c)[i]
				case f.Columns()[at].Kind == parquet.Float:
					values[c] = b.Floats(c)[i]
				default:
					values[c] = string(b.Bytes(c, i))
				}
			}
			out = append(out, values)
		}
		return nil
	})
	return out, err
}

// What the library writes, in any of its forms, comes back.
func TestReadsWhatTheLibraryWrites(t *testing.T) {
	t.Parallel()
	list := rows(40_000)
	for _, c := range []struct {
		name    string
		group   int64
		options []library.WriterProperty
	}{
		{"plain", 1 << 20, []library.WriterProperty{library.WithDictionaryDefault(false)}},
		{"dictionaries", 1 << 20, nil},
		{"many groups", 999, nil},
		{"small pages", 1 << 20, []library.WriterProperty{library.WithDataPageSize(1000)}},
		{"second version", 1 << 20, []library.WriterProperty{library.WithDataPageVersion(library.DataPageV2)}},
		{"snappy", 1 << 20, []library.WriterProperty{library.WithCompression(compress.Codecs.Snappy)}},
		{"gzip", 1 << 20, []library.WriterProperty{library.WithCompression(compress.Codecs.Gzip)}},
		{"zstd, second version", 7000, []library.WriterProperty{library.WithCompression(compress.Codecs.Zstd), library.WithDataPageVersion(library.DataPageV2)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			data := encode(t, list, c.group, c.options...)
			f, err := parquet.Open(bytes.NewReader(data), int64(len(data)))
			if err != nil {
				t.Fatal(err)
			}
			if f.Rows() != int64(len(list)) {
				t.Fatalf("%d rows", f.Rows())
			}
			places := []int{7, 0, 1, 2, 3, 4, 5, 6}
			got, err := read(f, places)
			if err != nil || len(got) != len(list) {
				t.Fatalf("%d rows, %v", len(got), err)
			}
			for i, r := range got {
				for c, at := range places {
					if want := stored(list[i][at]); r[c] != want {
						t.Fatalf("row %d, column %d is %v, want %v", i, at, r[c], want)
					}
				}
			}
		})
	}
}

// What is not read is said to be that, and what is cut off to be damaged.
func TestRefuses(t *testing.T) {
	t.Parallel()
	list := rows(100)
	for _, c := range []struct {
		name string
		data []byte
		kind fault.Kind
	}{
		{"empty", nil, fault.Corrupt},
		{"another file", []byte("PAR1 and no more of it"), fault.Corrupt},
		{"brotli", encode(t, list, 100, library.WithCompression(compress.Codecs.Brotli)), fault.Unsupported},
		{"deltas", encode(t, list, 100, library.WithDictionaryDefault(false), library.WithEncodingFor("c0", library.Encodings.DeltaBinaryPacked)), fault.Unsupported},
	} {
		f, err := parquet.Open(bytes.NewReader(c.data), int64(len(c.data)))
		if err == nil {
			_, err = read(f, []int{0})
		}
		if fault.KindOf(err) != c.kind {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	whole := encode(t, list, 100)
	for size := range whole {
		if _, err := parquet.Open(bytes.NewReader(whole[:size]), int64(size)); fault.KindOf(err) != fault.Corrupt {
			t.Fatalf("%d of %d bytes: %v", size, len(whole), err)
		}
	}
}

// FuzzRead changes bytes of a file: whatever happens, it is an error or rows.
func FuzzRead(f *testing.F) {
	list := rows(300)
	for _, data := range [][]byte{encode(f, list, 100), encode(f, list, 300, library.WithCompression(compress.Codecs.Snappy), library.WithDataPageVersion(library.DataPageV2))} {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := parquet.Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for i := range file.Columns() {
			n := int64(0)
			err := file.Scan(context.Background(), []int{i}, func(b *parquet.Batch) error {
				n += int64(b.Len())
				if n > 1<<20 {
					return context.Canceled
				}
				return nil
			})
			if err == nil && n != file.Rows() {
				t.Errorf("column %d: %d of %d rows and no error", i, n, file.Rows())
			}
		}
	})
}

func BenchmarkScan(b *testing.B) {
	data := encode(b, rows(200_000), 1<<20)
	f, err := parquet.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := f.Scan(context.Background(), []int{0, 1, 6}, func(*parquet.Batch) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(200_000*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mrows/s")
}
