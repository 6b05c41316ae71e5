package frames_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"profilemate/frames"
)

func arrowBytes(tb testing.TB, f *frames.Frame) []byte {
	tb.Helper()
	var out bytes.Buffer
	if err := f.WriteArrow(&out); err != nil {
		tb.Fatal(err)
	}
	return out.Bytes()
}

func readArrow(data []byte) (*frames.Frame, error) {
	return frames.ReadArrow(bytes.NewReader(data), int64(len(data)))
}

func TestArrowRoundTripIsExact(t *testing.T) {
	t.Parallel()
	list := []*frames.Frame{frames.Empty("empty", mixed(seeded(1), 0).Schema()), frames.Must(frames.New("no columns"))}
	for seed := range uint64(12) {
		list = append(list, mixed(seeded(seed), int(seed*seed)*11))
	}
	list = append(list, mixed(seeded(99), frames.BatchRows+7), mixed(seeded(98), 2*frames.BatchRows).Slice(5, frames.BatchRows+5))
	for _, f := range list {
		got, err := readArrow(arrowBytes(t, f))
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, f)
	}
}

// TestArrowPages reads every kind of window, across batches, against Slice.
func TestArrowPages(t *testing.T) {
	t.Parallel()
	n := 2*frames.BatchRows + 100
	f := mixed(seeded(4), n)
	data := arrowBytes(t, f)
	counter := &countingReader{data: bytes.NewReader(data)}
	a, err := frames.OpenArrow(counter, int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	if a.Len() != n || a.Name() != "mixed" || fmt.Sprint(a.Schema()) != fmt.Sprint(f.Schema()) {
		t.Fatalf("opened as %q, %d rows, %v", a.Name(), a.Len(), a.Schema())
	}
	opened := counter.bytes
	if _, err := a.Rows(frames.BatchRows+5, frames.BatchRows+25); err != nil {
		t.Fatal(err)
	}
	if read := counter.bytes - opened; read > int64(len(data))/2 {
		t.Errorf("a page of 20 rows read %d of %d bytes", read, len(data))
	}
	for _, w := range [][2]int{{0, 0}, {0, 10}, {frames.BatchRows - 3, frames.BatchRows + 3}, {10, n - 10}, {n - 5, n + 5}, {n, n + 1}, {-4, 2}, {9, 3}} {
		got, err := a.Rows(w[0], w[1])
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, f.Slice(w[0], w[1]))
	}
}

type countingReader struct {
	data  *bytes.Reader
	bytes int64
}

func (c *countingReader) ReadAt(p []byte, at int64) (int, error) {
	c.bytes += int64(len(p))
	return c.data.ReadAt(p, at)
}

// TestArrowTypes reads the file as another program would: narrow integers, signed
// codes, a dictionary of what occurs, units and docs as metadata.
func TestArrowTypes(t *testing.T) {
	t.Parallel()
	wide := func(v int64) frames.Column {
		return frames.IntColumn(frames.Field{Name: fmt.Sprint("i", v), Unit: "ns", Doc: "doc"}, []int64{v, 0}, []bool{false, true})
	}
	dict := frames.NewDictionary()
	for i := range 40_000 {
		dict.Code(fmt.Sprint("unused ", i))
	}
	few := frames.CodeColumn(frames.Field{Name: "few"}, []int32{39_999, 7}, dict, nil)
	f := frames.Must(frames.New("t", wide(127), wide(128), wide(-32769), wide(1<<31), few,
		frames.StringColumn(frames.Field{Name: "odd"}, []string{"bad\xff", ""}, nil)))
	in, err := ipc.NewFileReader(bytes.NewReader(arrowBytes(t, f)))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"int8", "int16", "int32", "int64", "dictionary<values=utf8, indices=int16, ordered=false>",
		"dictionary<values=binary, indices=int16, ordered=false>"}
	for i, field := range in.Schema().Fields() {
		if field.Type.String() != want[i] {
			t.Errorf("column %s is %s, want %s", field.Name, field.Type, want[i])
		}
	}
	unit, _ := in.Schema().Field(0).Metadata.GetValue("unit")
	doc, _ := in.Schema().Field(0).Metadata.GetValue("doc")
	if unit != "ns" || doc != "doc" {
		t.Errorf("metadata is unit %q, doc %q", unit, doc)
	}
	record, err := in.RecordBatchAt(0)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(record.Column(4).(*array.Dictionary).Dictionary()); got != `["unused 39999" "unused 7"]` {
		t.Errorf("the dictionary holds %s", got)
	}
}

func TestArrowManyNames(t *testing.T) {
	t.Parallel()
	names := make([]string, 70_000)
	for i := range names {
		names[i] = fmt.Sprint("kernel ", i)
	}
	f := frames.Must(frames.New("names", frames.StringColumn(frames.Field{Name: "n"}, names, nil)))
	data := arrowBytes(t, f)
	got, err := readArrow(data)
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, f)
	if len(data) > 3_000_000 { // 1.3 MB of text, 0.3 MB of codes, 0.3 MB of offsets: once each
		t.Errorf("the file has %d bytes: the dictionary stands in it more than once", len(data))
	}
}

// foreign writes a file as another program would: types that WriteArrow never
// writes, batches of odd sizes, compressed.
func foreign(t *testing.T, opts ...ipc.Option) []byte {
	t.Helper()
	schema := arrow.NewSchema([]arrow.Field{
		{Name: "u", Type: arrow.PrimitiveTypes.Uint64, Nullable: true}, {Name: "f", Type: arrow.PrimitiveTypes.Float32},
		{Name: "s", Type: arrow.BinaryTypes.LargeString, Nullable: true},
		{Name: "d", Type: &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Uint8, ValueType: arrow.BinaryTypes.String}},
	}, nil)
	var out bytes.Buffer
	w, err := ipc.NewFileWriter(&out, append(opts, ipc.WithSchema(schema))...)
	if err != nil {
		t.Fatal(err)
	}
	for _, rows := range []int{3, 0, 2} {
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		for i := range rows {
			b.Field(0).(*array.Uint64Builder).Append(math.MaxInt64 - uint64(i))
			b.Field(1).(*array.Float32Builder).Append(float32(i) / 2)
			b.Field(2).(*array.LargeStringBuilder).AppendNull()
			if err := b.Field(3).(*array.BinaryDictionaryBuilder).AppendString("x"); err != nil {
				t.Fatal(err)
			}
		}
		if rows == 0 { // one dictionary per file: that of the other batches
			continue
		}
		if err := w.Write(b.NewRecordBatch()); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestArrowOfOtherPrograms(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]ipc.Option{"plain": nil, "lz4": {ipc.WithLZ4()}, "zstd": {ipc.WithZstd()}} {
		f, err := readArrow(foreign(t, opts...))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if f.Len() != 5 || rowText(f, 4) != "9223372036854775806 | 0.5 | - | x" {
			t.Errorf("%s: %d rows, the last %q", name, f.Len(), rowText(f, f.Len()-1))
		}
	}
}

func TestArrowRefuses(t *testing.T) {
	t.Parallel()
	write := func(field arrow.Field, fill func(b array.Builder)) []byte {
		schema := arrow.NewSchema([]arrow.Field{field}, nil)
		b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
		fill(b.Field(0))
		var out bytes.Buffer
		w, err := ipc.NewFileWriter(&out, ipc.WithSchema(schema))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Write(b.NewRecordBatch()), w.Close()); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	beyond := write(arrow.Field{Name: "u", Type: arrow.PrimitiveTypes.Uint64},
		func(b array.Builder) { b.(*array.Uint64Builder).Append(1 << 63) })
	list := write(arrow.Field{Name: "l", Type: arrow.ListOf(arrow.PrimitiveTypes.Int8)},
		func(b array.Builder) { b.(*array.ListBuilder).Append(true) })
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"beyond int64": {beyond, `column "u": row 0: 9223372036854775808 is beyond int64`},
		"a list":       {list, `column 0 is nested, which is not supported`},
		"not Arrow":    {[]byte("name,time\ngemm,1\nsoftmax,2\n"), "reading an Arrow file"},
		"empty":        {nil, "reading an Arrow file"},
	} {
		if _, err := readArrow(c.data); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", name, err, c.want)
		}
	}
}

// TestArrowDamage flips and cuts every part of a file: an error or some frame, never
// a panic.
func TestArrowDamage(t *testing.T) {
	t.Parallel()
	good := arrowBytes(t, mixed(seeded(6), 40))
	for at := range good {
		for _, mask := range []byte{0xff, 0x80, 0x01} {
			bad := bytes.Clone(good)
			bad[at] ^= mask
			readArrow(bad)
		}
		if _, err := readArrow(good[:at]); err == nil {
			t.Fatalf("the first %d of %d bytes were read", at, len(good))
		}
	}
}

func TestWriteArrowReportsErrors(t *testing.T) {
	t.Parallel()
	if err := kernels().WriteArrow(failingWriter{}); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
}

// FuzzReadArrow reads anything without a panic, and what it could read it writes
// and reads again as the same frame.
func FuzzReadArrow(f *testing.F) {
	f.Add(arrowBytes(f, mixed(seeded(1), 20)))
	f.Add(arrowBytes(f, kernels()))
	f.Add(arrowBytes(f, frames.Empty("e", kernels().Schema())))
	f.Add([]byte("ARROW1\x00\x00ARROW1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		frame, err := readArrow(data)
		if err != nil || frame.Len() > 1<<20 {
			return
		}
		back, err := readArrow(arrowBytes(t, frame))
		if err != nil {
			t.Fatal(err)
		}
		same(t, back, frame)
	})
}
