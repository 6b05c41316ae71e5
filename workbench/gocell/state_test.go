package gocell_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"profilemate/frames"
	"profilemate/workbench/fault"
	"profilemate/workbench/gocell"
	"profilemate/workbench/result"
)

// step is one cell of a session and what it shows: its text, the text of its value,
// and its error.
type step struct{ code, out, value, err string }

func TestCells(t *testing.T) {
	t.Parallel()
	table := map[string][]step{
		"state stays":             {{code: "x := 2"}, {code: "x *= 21"}, {code: "x", value: "42"}},
		"marker":                  {{code: "%%go\n1 + 2", value: "3"}},
		"another type":            {{code: "x := 1"}, {code: `x := "a"`}, {code: "x", value: `"a"`}},
		"old functions keep":      {{code: "x := 1\n"}, {code: "func f() int { return x }"}, {code: "x = 5"}, {code: "f()", value: "5"}, {code: "x := 7"}, {code: "f()", value: "7"}},
		"function again":          {{code: "func f() int { return 1 }"}, {code: `func f() string { return "s" }`}, {code: "f()", value: `"s"`}},
		"type again":              {{code: "type T struct{ A int }\nt := T{1}"}, {code: "type T struct{ B string }"}, {code: `T{"x"}`, value: `T{B:"x"}`}, {code: "t.A", value: "1"}},
		"mixed":                   {{code: "x := 3\nfunc sq(n int) int { return n * n }\nfmt.Println(sq(x))\ntype P struct{ n int }\nP{sq(2)}", out: "9\n", value: "P{n:4}"}},
		"undefined":               {{code: "\n\ny + 1", err: "line 3: undefined: y"}},
		"type error":              {{code: "a := 1\nb := a + \"s\"", err: `line 2: invalid operation: a + "s" (mismatched types int and untyped string)`}},
		"syntax":                  {{code: "a := (1\n", err: "line "}},
		"function before a value": {{code: "v := 1\nfunc f() int { return v }", err: "declare v with var, or in an earlier cell"}},
		"var for a function":      {{code: "var v = 4\nfunc f() int { return v }\nf()", value: "4"}},
		"unused inside":           {{code: "if true {\n\tq := 1\n}", err: "line 2: declared and not used: q"}},
		"panic":                   {{code: "s := []int{1}\ni := 3\ns[i]", err: "line 3: panic: runtime error: index out of range"}, {code: "len(s)", value: "1"}},
		"panic in a function":     {{code: "func f(m map[string]int) {\n\n\tm[\"a\"] = 1\n}\nf(nil)", err: "line 5: panic: assignment to entry in nil map"}},
		"errors shown":            {{code: `fmt.Errorf("no %d", 1)`, value: "error: no 1"}},
		"several values":          {{code: `strconv.Atoi("12")`, value: "12"}},
		"duration":                {{code: "1500 * time.Millisecond", value: "1.5s"}},
		"map in order":            {{code: `map[string]int{"b": 1, "a": 2}`, value: `map["a":2 "b":1]`}},
		"own text":                {{code: "type C int\nfunc (c C) String() string { return \"see\" }\nC(1)", value: "see"}},
		"nil":                     {{code: "var p *int\np", value: "nil"}},
		"import":                  {{code: `import "os"`, err: `line 1: package "os" cannot be imported by a cell; cells read files through profilemate.Load`}},
		"short import":            {{code: "import \"stat\"\nstat.Mean([]float64{1, 3}, nil)", value: "2"}},
		"renamed import":          {{code: "import str \"strings\""}, {code: `str.ToUpper("a")`, value: `"A"`}},
		"goroutine panics":        {{code: "done := make(chan int)\ngo func() { defer close(done); panic(\"boom\") }()\n<-done\ntime.Sleep(time.Second)", err: "panic in a goroutine: boom"}, {code: "1", value: "1"}},
		"missing file":            {{code: "\nprofilemate.Load(\"none.sqlite\")", err: "line 2: "}},
		"embedded again":          {{code: "type B struct{ N int }"}, {code: "type B struct{ N int; M int }\ntype D struct { B }\nd := D{B{1, 2}}\nd.M + d.B.N", value: "3"}},
		"name of a builtin":       {{code: "max := 3"}, {code: "max + 1", value: "4"}},
		"deferred":                {{code: "defer fmt.Println(\"last\")\nfmt.Println(\"first\")", out: "first\nlast\n"}},
	}
	for name, steps := range table {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSession(t)
			for _, step := range steps {
				got, err := s.execute(step.code)
				checkStep(t, step, got, err)
			}
		})
	}
}

func checkStep(t *testing.T, want step, got *shown, err error) {
	t.Helper()
	if (err != nil) != (want.err != "") || err != nil && !strings.Contains(err.Error(), want.err) {
		t.Errorf("%q ended with %v, want %q", want.code, err, want.err)
	}
	if got.stdout() != want.out {
		t.Errorf("%q printed %q, want %q", want.code, got.stdout(), want.out)
	}
	value := ""
	if len(got.results) > 0 {
		value, _ = got.results[0]["text/plain"].(string)
	}
	if value != want.value {
		t.Errorf("%q showed %q, want %q", want.code, value, want.value)
	}
}

func TestInterruptKeepsState(t *testing.T) {
	t.Parallel()
	for _, loop := range []string{"for { n++ }", "for { n++; time.Sleep(time.Millisecond) }", "<-make(chan int)", "select {}"} {
		s := newSession(t)
		if _, err := s.execute("n := 1"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		began := time.Now()
		err := s.Execute(ctx, loop, &shown{})
		cancel()
		if fault.KindOf(err) != fault.Canceled {
			t.Errorf("%s ended with %v", loop, err)
		}
		if took := time.Since(began); took > 600*time.Millisecond {
			t.Errorf("%s ended after %v", loop, took)
		}
		got, err := s.execute("n > 0")
		checkStep(t, step{code: loop, value: "true"}, got, err)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	s, err := gocell.New(gocell.Options{Dir: t.TempDir(), MaxMemory: 200 << 20})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Execute(t.Context(), "var held [][]byte\nfor { held = append(held, make([]byte, 1<<20)); time.Sleep(time.Millisecond) }", &shown{})
	if err == nil || !strings.Contains(err.Error(), "take more than 200 MiB") {
		t.Errorf("the cell ended with %v", err)
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	got, err := s.execute(`f := frames.Must(frames.New("t", frames.IntColumn(frames.Field{Name: "v"}, []int64{1, 2, 3}, nil)))
df, err := f.DataFrame()
profilemate.Show(df, profilemate.LineOf("line", f, "v", "v"))
f`)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.displays) != 2 || len(got.results) != 1 {
		t.Fatalf("%d displays and %d results", len(got.displays), len(got.results))
	}
	b, ok := got.results[0][result.MIME].(result.Bundle)
	if !ok || len(b.Tables) != 1 || b.Tables[0].Total != 3 || b.Tables[0].Columns[0].Kind != frames.Int64 {
		t.Errorf("the frame is shown as %+v", got.results[0])
	}
	chart, ok := got.displays[1][result.MIME].(result.Bundle)
	if !ok || len(chart.Charts) != 1 || chart.Charts[0].Kind != result.Line {
		t.Errorf("the chart is shown as %+v", got.displays[1])
	}
	for _, v := range s.Variables(t.Context()) {
		if v.Name == "f" && (v.Kind != "*frames.Frame" || *v.Rows != 3 || *v.Columns != 1 || *v.Bytes != 24) {
			t.Errorf("the frame is listed as %+v", v)
		}
	}
	if n := len(s.Variables(t.Context())); n != 3 {
		t.Errorf("%d variables are listed, want df, err and f", n)
	}
}

func TestHugeValuesAreCut(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	began := time.Now()
	got, err := s.execute("b := make([]byte, 300<<20)\nm := map[int][]int{}\nfor i := range 1000 { m[i] = make([]int, 1000) }\nprofilemate.Show(m)\nb")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range append(got.results, got.displays...) {
		if text := fmt.Sprint(d["text/plain"]); len(text) > 10_000 || !strings.Contains(text, " more") {
			t.Errorf("a value is shown in %d bytes: %.100s", len(text), text)
		}
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("showing took %v", took)
	}
}

func TestAnalyze(t *testing.T) {
	t.Parallel()
	table := []struct{ code, defines, uses string }{
		{"x := y + 1\nfmt.Println(x)", "x", "fmt y"},
		{"import \"strings\"\nfunc f(a int) int { b := a; return b + c }\nstrings.ToUpper(s)", "f", "c s"},
		{"for i, v := range list { total += v * i }", "", "list total"},
		{"type T struct { a U; b int }\nvar t = T{a: u, b: 1}", "T t", "U u"},
		{"if x := g(); x > 0 { h(x) }\nx", "", "g h x"},
		{"%%go\nrow.Name = f.Get(1)", "", "f row"},
		{"L: for { break L }\nm, ok := n[\"k\"]", "m ok", "n"},
		{"func (t T) M() { t.x = z }", "", "T z"},
		{"x := profilemate.Frame(\"x.t\")\ny := profilemate.Result(`r`)", "x y", "profilemate r x"},
		{"f := func(a int) int { return a + q }", "f", "q"},
	}
	for _, row := range table {
		defines, uses, err := gocell.Analyze(row.code)
		if err != nil || strings.Join(defines, " ") != row.defines || strings.Join(uses, " ") != row.uses {
			t.Errorf("%q defines %v and uses %v, %v; want %q and %q", row.code, defines, uses, err, row.defines, row.uses)
		}
	}
	if _, _, err := gocell.Analyze("x := ("); fault.KindOf(err) != fault.Misuse {
		t.Errorf("a broken cell gives %v", err)
	}
}
