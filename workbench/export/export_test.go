package export_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/ipc"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	"github.com/google/go-cmp/cmp"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/nsys/parquet"
	"profilemate/workbench/export"
	"profilemate/workbench/fault"
)

// made is an artifact of one table, delivered in batches that each have dictionaries
// of their own.
type made struct {
	artifacts.Artifact
	schema  frames.Schema
	batches []*frames.Frame
}

func (made) Info() artifacts.Info { return artifacts.Info{} }

func (m made) Tables() []artifacts.TableInfo {
	return []artifacts.TableInfo{{Name: "made", Schema: m.schema, Rows: -1}}
}

func (m made) Scan(_ context.Context, r artifacts.Request, emit artifacts.Emit) error {
	for _, b := range m.batches {
		wanted, err := b.Select(r.Columns...)
		if err == nil {
			err = emit(0, wanted)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// odd has what goes wrong first: numbers beyond 2^53, missing values, quotes, line
// ends, an empty text, a column without any value, and names in two dictionaries.
func odd() made {
	schema := frames.Schema{{Name: "time", Kind: frames.Int64, Unit: "ns"}, {Name: "rate", Kind: frames.Float64, Unit: "B/s"},
		{Name: "late", Kind: frames.Bool}, {Name: `the "name"`, Kind: frames.String}, {Name: "never", Kind: frames.String}}
	one, two := frames.NewBuilder("made", schema), frames.NewBuilder("made", schema)
	one.Row(int64(math.MaxInt64), 0.1, true, "void k<float, 2>(char *)", nil)
	one.Row(nil, nil, nil, nil, nil)
	one.Row(int64(-9007199254740993), 1e300, false, "two\nlines, \"said\"", nil)
	two.Row(3, -2.5, true, "", nil)
	two.Row(4, 1.0, false, "void k<float, 2>(char *)", nil)
	return made{schema: schema, batches: []*frames.Frame{one.Frame(), two.Frame(), frames.Empty("made", schema)}}
}

func exported(t *testing.T, a artifacts.Artifact, table string, form export.Form, o export.Options) []byte {
	t.Helper()
	var out bytes.Buffer
	if _, err := export.Table(t.Context(), a, table, form, &out, o); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestCSV(t *testing.T) {
	t.Parallel()
	const want = "time,rate,late,\"the \"\"name\"\"\",never\n" +
		"9223372036854775807,0.1,true,\"void k<float, 2>(char *)\",\n" +
		",,,,\n" +
		"-9007199254740993,1e+300,false,\"two\nlines, \"\"said\"\"\",\n" +
		"3,-2.5,true,\"\",\n" +
		"4,1,false,\"void k<float, 2>(char *)\",\n"
	if diff := cmp.Diff(want, string(exported(t, odd(), "made", export.CSV, export.Options{}))); diff != "" {
		t.Error(diff)
	}
	withUnits := string(exported(t, odd(), "made", export.CSV, export.Options{UnitsRow: func(c string) string { return c[:1] + "," }}))
	if records, err := csv.NewReader(strings.NewReader(withUnits)).ReadAll(); err != nil || !slices.Equal(records[1], []string{"t,", "r,", "l,", "t,", "n,"}) {
		t.Errorf("units row %v, %v", records[1], err)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	const first = `{"time":9223372036854775807,"rate":0.1,"late":true,"the \"name\"":"void k<float, 2>(char *)","never":null}`
	const second = `{"time":null,"rate":null,"late":null,"the \"name\"":null,"never":null}`
	text := string(exported(t, odd(), "made", export.JSON, export.Options{}))
	if !strings.HasPrefix(text, "[\n"+first+",\n"+second+",\n") || !strings.HasSuffix(text, "}\n]\n") {
		t.Errorf("got %s", text)
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var rows []map[string]any
	if err := decoder.Decode(&rows); err != nil || len(rows) != 5 || rows[2]["time"] != json.Number("-9007199254740993") || rows[3][`the "name"`] != "" {
		t.Errorf("%v, %v", rows, err)
	}
	lines := strings.Split(string(exported(t, odd(), "made", export.Lines, export.Options{})), "\n")
	if len(lines) != 6 || lines[0] != first || lines[5] != "" {
		t.Errorf("lines %q", lines)
	}
}

// A table without rows is a file without rows in every form.
func TestNoRows(t *testing.T) {
	t.Parallel()
	empty := made{schema: odd().schema}
	for form, want := range map[export.Form]string{export.CSV: "time,rate,late,\"the \"\"name\"\"\",never\n", export.JSON: "[]\n", export.Lines: ""} {
		if got := string(exported(t, empty, "made", form, export.Options{})); got != want {
			t.Errorf("%s: %q", form, got)
		}
	}
	if rows := readArrow(t, exported(t, empty, "made", export.Arrow, export.Options{})); len(rows) != 0 {
		t.Errorf("arrow: %v", rows)
	}
	if rows := readParquet(t, exported(t, empty, "made", export.Parquet, export.Options{})); len(rows) != 0 {
		t.Errorf("parquet: %v", rows)
	}
}

// wanted are the rows of an artifact as text, null for what is missing.
func wanted(m made) []string {
	var rows []string
	for _, b := range m.batches {
		for i := range b.Len() {
			rows = append(rows, fmt.Sprint(b.Row(i)))
		}
	}
	return rows
}

// Arrow's own library reads what was written, with units as metadata.
func TestArrow(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(wanted(odd()), readArrow(t, exported(t, odd(), "made", export.Arrow, export.Options{}))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func readArrow(t *testing.T, data []byte) []string {
	t.Helper()
	in, err := ipc.NewFileReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if unit, _ := in.Schema().Field(0).Metadata.GetValue("unit"); unit != "ns" {
		t.Errorf("the unit of %s is %q", in.Schema().Field(0).Name, unit)
	}
	var rows []string
	for i := range in.NumRecords() {
		batch, err := in.RecordBatch(i)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, rowsOf(t, batch.Columns(), int(batch.NumRows()))...)
	}
	return rows
}

func rowsOf(t *testing.T, columns []arrow.Array, n int) []string {
	t.Helper()
	rows := make([]string, n)
	for i := range rows {
		values := make([]any, len(columns))
		for j, c := range columns {
			if !c.IsNull(i) {
				values[j] = valueOf(t, c, i)
			}
		}
		rows[i] = fmt.Sprint(values)
	}
	return rows
}

func valueOf(t *testing.T, c arrow.Array, i int) any {
	t.Helper()
	switch c := c.(type) {
	case *array.Int64:
		return c.Value(i)
	case *array.Float64:
		return c.Value(i)
	case *array.Boolean:
		return c.Value(i)
	case *array.String:
		return c.Value(i)
	case *array.Dictionary:
		return c.Dictionary().(*array.String).Value(c.GetValueIndex(i))
	}
	t.Fatalf("a column of %T", c)
	return nil
}

// Arrow's Parquet library reads what was written.
func TestParquet(t *testing.T) {
	t.Parallel()
	data := exported(t, odd(), "made", export.Parquet, export.Options{})
	if diff := cmp.Diff(wanted(odd()), readParquet(t, data)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func readParquet(t *testing.T, data []byte) []string {
	t.Helper()
	in, err := file.NewParquetReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	if unit := in.MetaData().KeyValueMetadata().FindValue("unit:time"); unit == nil || *unit != "ns" {
		t.Errorf("the unit of time is %v", unit)
	}
	reader, err := pqarrow.NewFileReader(in, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	table, err := reader.ReadTable(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	batches := array.NewTableReader(table, 0)
	for batches.Next() {
		batch := batches.RecordBatch()
		rows = append(rows, rowsOf(t, batch.Columns(), int(batch.NumRows()))...)
	}
	return rows
}

// many has more rows than a row group, with values that all differ, names that repeat,
// and every seventh value missing.
func many(rows int) made {
	m := made{schema: frames.Schema{{Name: "time", Kind: frames.Int64, Unit: "ns"}, {Name: "name", Kind: frames.String}, {Name: "even", Kind: frames.Bool}}}
	for from := 0; from < rows; from += frames.BatchRows {
		b := frames.NewBuilder("made", m.schema)
		for i := from; i < min(rows, from+frames.BatchRows); i++ {
			if i%7 == 3 {
				b.Row(nil, nil, nil)
				continue
			}
			b.Row(int64(i)<<40, "kernel "+strconv.Itoa(i%1000+i/200_000), i%2 == 0)
		}
		m.batches = append(m.batches, b.Frame())
	}
	return m
}

// Row groups follow one another, each with a dictionary of its own: for Arrow's
// library and for our own reader.
func TestParquetGroups(t *testing.T) {
	t.Parallel()
	const rows = 300_001
	m := many(rows)
	data := exported(t, m, "made", export.Parquet, export.Options{})
	want := wanted(m)
	if got := readParquet(t, data); !slices.Equal(want, got) {
		t.Errorf("%d rows by the library, want %d, the first differs at %d", len(got), rows, firstDifference(want, got))
	}
	own, err := parquet.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil || own.Rows() != rows {
		t.Fatalf("our own reader: %v", err)
	}
	var got []string
	err = own.Scan(t.Context(), []int{0, 1}, func(b *parquet.Batch) error {
		missing := b.Nulls(0)
		for i := range b.Len() {
			if missing != nil && missing[i] {
				got = append(got, "[<nil> <nil> <nil>]")
				continue
			}
			row := len(got)
			got = append(got, fmt.Sprint([]any{b.Ints(0)[i], string(b.Bytes(1, i)), row%2 == 0}))
		}
		return nil
	})
	if err != nil || !slices.Equal(want, got) {
		t.Errorf("%d rows by our own reader, the first differs at %d: %v", len(got), firstDifference(want, got), err)
	}
}

// Codes of every width come back, and values before, between and after missing ones,
// in numbers that do and do not fill the last byte.
func TestPacking(t *testing.T) {
	t.Parallel()
	schema := frames.Schema{{Name: "time", Kind: frames.Int64, Unit: "ns"}, {Name: "name", Kind: frames.String}, {Name: "even", Kind: frames.Bool}}
	missing := map[string]func(i, n int) bool{
		"none": func(int, int) bool { return false }, "all": func(int, int) bool { return true }, "first": func(i, _ int) bool { return i == 0 },
		"last": func(i, n int) bool { return i == n-1 }, "odd": func(i, _ int) bool { return i%2 == 1 }, "most": func(i, _ int) bool { return i%9 != 4 },
	}
	for _, names := range []int{1, 2, 3, 4, 5, 8, 9, 255, 256, 257, 4097} {
		for which, isMissing := range missing {
			for _, n := range []int{1, 7, 8, 9, names + 1} {
				b := frames.NewBuilder("made", schema)
				for i := range n {
					if isMissing(i, n) {
						b.Row(nil, nil, nil)
					} else {
						b.Row(int64(i-3), "kernel "+strconv.Itoa(i%names), i%3 == 0)
					}
				}
				m := made{schema: schema, batches: []*frames.Frame{b.Frame()}}
				got, want := readParquet(t, exported(t, m, "made", export.Parquet, export.Options{})), wanted(m)
				if !slices.Equal(want, got) {
					t.Errorf("%d rows of %d names, %s missing: %d rows, the first differs at %d", n, names, which, len(got), firstDifference(want, got))
				}
			}
		}
	}
}

func firstDifference(a, b []string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// full fails to write after so many bytes.
type full struct{ left int }

var errFull = errors.New("no space left")

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// What cannot be done is said: no such table, no such form, no room.
func TestRefusals(t *testing.T) {
	t.Parallel()
	if _, err := export.Table(t.Context(), odd(), "other", export.CSV, &full{}, export.Options{}); fault.KindOf(err) != fault.NotFound {
		t.Errorf("no such table: %v", err)
	}
	if _, err := export.ParseForm("xlsx"); fault.KindOf(err) != fault.Misuse {
		t.Errorf("no such form: %v", err)
	}
	if f, err := export.ParseForm("Parquet"); f != export.Parquet || err != nil {
		t.Errorf("%s, %v", f, err)
	}
	bare := made{}
	if _, err := export.Table(t.Context(), bare, "made", export.JSON, &full{}, export.Options{}); fault.KindOf(err) != fault.Missing {
		t.Errorf("a table without columns: %v", err)
	}
	for _, form := range export.Forms() {
		if _, err := export.Table(t.Context(), many(200_000), "made", form, &full{left: 100}, export.Options{}); !errors.Is(err, errFull) {
			t.Errorf("%s on a full disk: %v", form, err)
		}
	}
}

// BenchmarkTable writes 600,001 rows of three columns.
func BenchmarkTable(b *testing.B) {
	m := many(600_001)
	for _, form := range export.Forms() {
		b.Run(string(form), func(b *testing.B) {
			b.ReportAllocs()
			var out bytes.Buffer
			rows := int64(0)
			for b.Loop() {
				out.Reset()
				n, err := export.Table(context.Background(), m, "made", form, &out, export.Options{})
				if err != nil {
					b.Fatal(err)
				}
				rows += n
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rows), "ns/row")
			b.ReportMetric(float64(out.Len())*float64(b.N)/float64(rows), "B/row")
		})
	}
}
