package frames_test

import (
	"fmt"
	"strings"
	"testing"

	"profilemate/frames"
)

func texts(values ...string) *frames.Frame {
	return frames.Must(frames.New("texts", frames.StringColumn(frames.Field{Name: "s"}, values, nil)))
}

// TestBuilderLeavesAdoptedDictionariesAlone holds that rows added after Append do
// not change the dictionary of the frame that was appended, which a reader goes on
// using.
func TestBuilderLeavesAdoptedDictionariesAlone(t *testing.T) {
	t.Parallel()
	for name, add := range map[string]func(b *frames.Builder) error{
		"a string":             func(b *frames.Builder) error { b.String(0, "new"); return nil },
		"another dictionary":   func(b *frames.Builder) error { return b.Append(texts("new")) },
		"a missing one, first": func(b *frames.Builder) error { b.Null(0); b.String(0, "new"); return nil },
	} {
		source := texts("a", "b")
		dict := source.At(0).Dictionary()
		b := frames.NewBuilder("out", source.Schema())
		for _, step := range []error{b.Append(source), add(b), b.Append(source)} {
			if step != nil {
				t.Fatal(step)
			}
		}
		out := b.Frame()
		if dict.Len() != 2 {
			t.Errorf("%s: the sender's dictionary has %d texts, want 2", name, dict.Len())
		}
		got := strings.Join(out.Strings("s"), " ")
		if want := "a b new a b"; strings.Join(strings.Fields(got), " ") != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestAppendSharesOneDictionary(t *testing.T) {
	t.Parallel()
	source := texts("a", "b", "a")
	b := frames.NewBuilder("out", source.Schema())
	for batch := range source.Batches(1) {
		if err := b.Append(batch); err != nil {
			t.Fatal(err)
		}
	}
	if out := b.Frame(); out.At(0).Dictionary() != source.At(0).Dictionary() {
		t.Error("batches of one dictionary were translated")
	}
}

func TestAppendErrors(t *testing.T) {
	t.Parallel()
	b := frames.NewBuilder("out", frames.Schema{{Name: "s", Kind: frames.Int64}})
	if err := b.Append(texts("a")); err == nil || !strings.Contains(err.Error(), `no int64 column "s"`) {
		t.Errorf("got %v", err)
	}
	if _, err := frames.Concat("c", texts("a"), kernels()); err == nil || !strings.Contains(err.Error(), `frame 1, "kernels", has 4 columns`) {
		t.Errorf("got %v", err)
	}
	if f, err := frames.Concat("none"); err != nil || f.Width() != 0 {
		t.Errorf("nothing concatenated: %v, %v", f, err)
	}
}

func TestNewChecksColumns(t *testing.T) {
	t.Parallel()
	field := frames.Field{Name: "a"}
	for want, columns := range map[string][]frames.Column{
		`column "b" has 2 rows, "a" has 1`:          {frames.IntColumn(field, []int64{1}, nil), frames.IntColumn(frames.Field{Name: "b"}, []int64{1, 2}, nil)},
		`column "a" stands twice`:                   {frames.IntColumn(field, nil, nil), frames.FloatColumn(field, nil, nil)},
		`a column has no name`:                      {frames.IntColumn(frames.Field{}, nil, nil)},
		`column "a" has no valid kind`:              {{Field: field}},
		`column "a" has 1 rows but marks 2 as miss`: {frames.IntColumn(field, []int64{1}, []bool{true, false})},
	} {
		if _, err := frames.New("t", columns...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}

// TestOddCodes holds that a code outside its dictionary reads, groups, sorts,
// filters and is written as "".
func TestOddCodes(t *testing.T) {
	t.Parallel()
	dict := frames.NewDictionary()
	dict.Code("x")
	f := frames.Must(frames.New("t", frames.CodeColumn(frames.Field{Name: "s"}, []int32{0, 9, -1, 9}, dict, nil),
		frames.CodeColumn(frames.Field{Name: "none"}, []int32{0, 0, 0, 0}, nil, nil)))
	if got := fmt.Sprintf("%q", f.Strings("s")); got != `["x" "" "" ""]` {
		t.Errorf("read as %s", got)
	}
	if n := f.GroupBy("s", "none").Len(); n != 2 {
		t.Errorf("%d groups, want 2", n)
	}
	empty, err := f.WhereString("s", "==", "")
	if err != nil || empty.Len() != 3 {
		t.Errorf("%d rows are empty, %v", empty.Len(), err)
	}
	back, err := readArrow(arrowBytes(t, f))
	if err != nil {
		t.Fatal(err)
	}
	same(t, back, f)
}

func TestFilterErrors(t *testing.T) {
	t.Parallel()
	f := kernels()
	for want, call := range map[string]func() (*frames.Frame, error){
		`no column "x"`:                    func() (*frames.Frame, error) { return f.WhereInt("x", "==", 1) },
		`"time" is int64, not string`:      func() (*frames.Frame, error) { return f.WhereString("time", "==", "1") },
		`"occupancy" is float64, not int6`: func() (*frames.Frame, error) { return f.WhereInt("occupancy", "==", 1) },
		`"name" is string, not a number`:   func() (*frames.Frame, error) { return f.WhereFloat("name", "==", 1) },
		`"name" is string, not bool`:       func() (*frames.Frame, error) { return f.WhereBool("name", true) },
		`operator "=>" is none of`:         func() (*frames.Frame, error) { return f.WhereInt("time", "=>", 1) },
		`operator "~" is none of ==, !=, <, <=, >, >=, contains, prefix, suffix or matches`: func() (*frames.Frame, error) { return f.WhereString("name", "~", "1") },
		`missing closing )`:       func() (*frames.Frame, error) { return f.WhereString("name", "matches", "(") },
		`no column "y"`:           func() (*frames.Frame, error) { return f.Sort("time", "-y") },
		`no column "z"`:           func() (*frames.Frame, error) { return f.Join(families(), "z") },
		`no column "family"`:      func() (*frames.Frame, error) { return f.Join(families(), "family") },
		`no column to join on`:    func() (*frames.Frame, error) { return f.LeftJoin(families()) },
		`"time_right" stands twi`: func() (*frames.Frame, error) { return clash(f) },
		`column "time" stands tw`: func() (*frames.Frame, error) { return f.Rename("name", "time") },
	} {
		if _, err := call(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}

// clash joins frames whose columns collide even with "_right" added.
func clash(f *frames.Frame) (*frames.Frame, error) {
	taken, err := f.Rename("stream", "time_right")
	if err != nil {
		return nil, err
	}
	return taken.Join(f, "name")
}

func TestWhereString(t *testing.T) {
	t.Parallel()
	b := frames.NewBuilder("t", frames.Schema{{Name: "s", Kind: frames.String}})
	for _, v := range []any{"gemm", "softmax", nil, "", "gemm_bf16"} {
		b.Row(v)
	}
	f := b.Frame()
	for _, c := range []struct{ op, text, want string }{
		{"==", "gemm", "gemm"}, {"=", "gemm", "gemm"}, {"!=", "gemm", "softmax,,gemm_bf16"}, {"<", "gemm", ""}, {"<=", "gemm", "gemm,"},
		{">", "gemm", "softmax,gemm_bf16"}, {">=", "softmax", "softmax"}, {"contains", "m", "gemm,softmax,gemm_bf16"},
		{"prefix", "gemm", "gemm,gemm_bf16"}, {"suffix", "max", "softmax"}, {"matches", "^$|bf", ",gemm_bf16"},
	} {
		got, err := f.WhereString("s", c.op, c.text)
		if err != nil {
			t.Fatal(err)
		}
		if have := strings.Join(got.Strings("s"), ","); have != c.want {
			t.Errorf("%s %q: got %q, want %q", c.op, c.text, have, c.want)
		}
	}
}

// TestSortByAColumnNamedLikeADescendingOne holds that an exact name wins.
func TestSortByAColumnNamedLikeADescendingOne(t *testing.T) {
	t.Parallel()
	b := frames.NewBuilder("t", frames.Schema{{Name: "-a", Kind: frames.Int64}, {Name: "a", Kind: frames.Int64}})
	b.Row(2, 2)
	b.Row(1, 1)
	f := b.Frame()
	if got := frames.Must(f.Sort("-a")).Ints("a"); fmt.Sprint(got) != "[1 2]" {
		t.Errorf("got %v", got)
	}
	if got := frames.Must(f.Sort("--a")).Ints("a"); fmt.Sprint(got) != "[2 1]" {
		t.Errorf("got %v", got)
	}
}
