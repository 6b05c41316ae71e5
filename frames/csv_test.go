package frames_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"profilemate/frames"
)

func TestCSVRoundTripIsExact(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		f := mixed(seeded(seed), int(seed)*5)
		for _, o := range []frames.CSVOptions{{}, {Comma: ';'}, {Comma: '\t', Units: true}, {Comma: '→'}} {
			var text bytes.Buffer
			if err := f.WriteCSV(&text, o); err != nil {
				t.Fatal(err)
			}
			o.Schema = f.Schema()
			got, err := frames.ReadCSV(iotest.HalfReader(&text), "mixed", o)
			if err != nil {
				t.Fatal(err)
			}
			same(t, got, f)
		}
	}
}

// TestCSVIsReadByOthers lets encoding/csv read what WriteCSV wrote. It cannot tell
// a missing field from an empty one and turns "\r\n" into "\n".
func TestCSVIsReadByOthers(t *testing.T) {
	t.Parallel()
	f := mixed(seeded(3), 200)
	var text bytes.Buffer
	if err := f.WriteCSV(&text, frames.CSVOptions{}); err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(&text).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != f.Len()+1 {
		t.Fatalf("%d records, want %d", len(records), f.Len()+1)
	}
	for i, record := range records[1:] {
		for j, cell := range record {
			if want := strings.ReplaceAll(f.At(j).Str(i), "\r\n", "\n"); cell != want {
				t.Fatalf("row %d, column %d: %q, want %q", i, j, cell, want)
			}
		}
	}
}

func TestReadCSVInfersKinds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]frames.Kind{
		"1\n-2\n":                  frames.Int64,
		"9223372036854775807\n":    frames.Int64,
		"9223372036854775808\n":    frames.String,
		"1\n2.5\n":                 frames.Float64,
		"1e3\n":                    frames.Float64,
		"NaN\n-Inf\n":              frames.Float64,
		"-0\n":                     frames.Float64,
		"true\nfalse\n":            frames.Bool,
		"true\n1\n":                frames.String,
		"007\n":                    frames.String,
		"+5\n":                     frames.String,
		"1_000\n":                  frames.String,
		"0x1p4\n":                  frames.String,
		"infinity\n":               frames.String,
		"1,5\n":                    frames.String,
		"-\n":                      frames.String,
		"1.5\nn/a\n":               frames.String,
		"\"\"\n":                   frames.String,
		"":                         frames.String,
		"\n\n":                     frames.String,
		"12345678901234567890.0\n": frames.Float64,
	} {
		f, err := frames.ReadCSV(strings.NewReader("v;w\n"+withEmptySecond(text)), "t", frames.CSVOptions{Comma: ';'})
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := f.At(0).Field.Kind; got != want {
			t.Errorf("%q is read as %s, want %s", text, got, want)
		}
	}
}

func withEmptySecond(lines string) string { return strings.ReplaceAll(lines, "\n", ";\n") }

func TestReadCSVForms(t *testing.T) {
	t.Parallel()
	schema := frames.Schema{{Name: "b", Kind: frames.Int64, Unit: "ns", Doc: "doc"}, {Name: "a", Kind: frames.String}}
	for name, c := range map[string]struct {
		text string
		o    frames.CSVOptions
		want []string
	}{
		"no newline at the end": {"a,b\nx,1", frames.CSVOptions{}, []string{"x | 1"}},
		"windows line ends":     {"a,b\r\nx,1\r\n", frames.CSVOptions{}, []string{"x | 1"}},
		"byte order mark":       {"\ufeffa,b\nx,1\n", frames.CSVOptions{Schema: schema}, []string{"1 | x"}},
		"blank lines":           {"a,b\n\nx,1\n\n\ny,2\n\n", frames.CSVOptions{}, []string{"x | 1", "y | 2"}},
		"one column":            {"a\nx\n\ny\n", frames.CSVOptions{}, []string{"x", "-", "y"}},
		"missing and empty":     {"a,b\n\"\",\n,3\n", frames.CSVOptions{}, []string{" | -", "- | 3"}},
		"schema picks and sets": {"c,a,b\n9,x,1\n", frames.CSVOptions{Schema: schema}, []string{"1 | x"}},
		"units in the header":   {"a,b [ns]\nx,1\n", frames.CSVOptions{Units: true, Schema: schema}, []string{"1 | x"}},
		"quote within a field":  {"a,b\nx\"y,1\n", frames.CSVOptions{}, []string{"x\"y | 1"}},
		"lone return":           {"a,b\nx\ry,1\n", frames.CSVOptions{}, []string{"x\ry | 1"}},
		"line break in quotes":  {"a,b\n\"x\r\ny\",1\n", frames.CSVOptions{}, []string{"x\r\ny | 1"}},
	} {
		f, err := frames.ReadCSV(strings.NewReader(c.text), "t", c.o)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for i := range f.Len() {
			got = append(got, rowText(f, i))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
		if c.o.Schema != nil && f.At(0).Field != schema[0] {
			t.Errorf("%s: field %+v, want the schema's", name, f.At(0).Field)
		}
	}
}

func TestReadCSVErrors(t *testing.T) {
	t.Parallel()
	schema := frames.Schema{{Name: "a", Kind: frames.Int64}}
	for name, c := range map[string]struct {
		text string
		o    frames.CSVOptions
		want string
	}{
		"nothing":           {"", frames.CSVOptions{}, `reading "t" as CSV: there is no header line`},
		"short line":        {"a,b\n1,2\n\n3\n", frames.CSVOptions{}, "line 4: 1 fields under a header of 2"},
		"long line":         {"a,b\n1,2,3\n", frames.CSVOptions{}, "line 2: 3 fields under a header of 2"},
		"open quote":        {"a\nx\n\"y\nz\n", frames.CSVOptions{}, "line 3: a quote is not closed"},
		"text after quote":  {"a\n\"x\"y\n", frames.CSVOptions{}, "line 2: 'y' follows a closing quote"},
		"name twice":        {"a,a\n", frames.CSVOptions{}, `column "a" stands twice`},
		"name empty":        {"a,\n", frames.CSVOptions{}, "a column has no name"},
		"column missing":    {"b,c\n1,2\n", frames.CSVOptions{Schema: schema}, `line 1: no column "a" (there are: b, c)`},
		"wrong kind":        {"b,a\n1,2\n\"x\ny\",oops\n", frames.CSVOptions{Schema: schema}, `line 3, column "a": "oops" is no int64`},
		"integer too large": {"a\n9223372036854775808\n", frames.CSVOptions{Schema: schema}, `line 2, column "a"`},
		"bad separator":     {"a\n", frames.CSVOptions{Comma: '"'}, "cannot separate fields"},
		"bad schema":        {"a\n", frames.CSVOptions{Schema: frames.Schema{{Name: "a"}}}, "no valid kind"},
	} {
		_, err := frames.ReadCSV(strings.NewReader(c.text), "t", c.o)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", name, err, c.want)
		}
	}
	broken := iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("a,b\n1,2\n")))
	if _, err := frames.ReadCSV(broken, "t", frames.CSVOptions{}); !errors.Is(err, iotest.ErrTimeout) {
		t.Errorf("a reader that fails: got %v", err)
	}
}

func TestWriteCSVErrors(t *testing.T) {
	t.Parallel()
	if err := kernels().WriteCSV(failingWriter{}, frames.CSVOptions{}); !errors.Is(err, errFull) {
		t.Errorf("got %v", err)
	}
	if err := kernels().WriteCSV(&bytes.Buffer{}, frames.CSVOptions{Comma: '\n'}); err == nil {
		t.Error("a line break separates fields")
	}
	none := frames.Must(frames.New("none"))
	if err := none.WriteCSV(&bytes.Buffer{}, frames.CSVOptions{}); err == nil {
		t.Error("a frame without columns was written")
	}
}

var errFull = errors.New("disk full")

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errFull }

// FuzzReadCSV reads anything without a panic, and what it could read it writes and
// reads again as the same frame.
func FuzzReadCSV(f *testing.F) {
	var good bytes.Buffer
	if err := mixed(seeded(1), 12).WriteCSV(&good, frames.CSVOptions{}); err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{good.String(), "", "a\n", "a,b\r\n1,\"x\"\"y\"\r\n", "\ufeffa\n\xff\n", "a\n\"", "a,b\n\n1,2", "é→b\n1→2\n"} {
		f.Add(seed, ',')
		f.Add(seed, '→')
	}
	f.Fuzz(func(t *testing.T, text string, comma rune) {
		frame, err := frames.ReadCSV(strings.NewReader(text), "t", frames.CSVOptions{Comma: comma})
		if err != nil {
			return
		}
		var again bytes.Buffer
		o := frames.CSVOptions{Comma: comma, Schema: frame.Schema()}
		if err := frame.WriteCSV(&again, o); err != nil {
			t.Fatal(err)
		}
		back, err := frames.ReadCSV(&again, "t", o)
		if err != nil {
			t.Fatalf("%v\nin %q", err, again.String())
		}
		same(t, back, frame)
	})
}
