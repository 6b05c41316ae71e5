package diff_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/notebooks"
	"profilemate/notebooks/diff"
	"profilemate/workbench/result"
)

func code(id, source string, outputs ...notebooks.Output) *notebooks.Cell {
	c := notebooks.NewCell(notebooks.Code, source)
	c.ID = id
	c.Outputs = append(c.Outputs, outputs...)
	return c
}

func book(cells ...*notebooks.Cell) *notebooks.Notebook {
	n := notebooks.New("t")
	n.Cells = cells
	return n
}

// bundle is a result as a notebook that was read has it.
func bundle(t *testing.T, change func(*result.Bundle)) notebooks.Output {
	t.Helper()
	b := result.Bundle{Version: 1, Key: "k1", Analysis: "kernel-summary", ElapsedNs: 5, Cached: true,
		Inputs:   []result.BundleInput{{Role: "profile", Path: "a.sqlite", Digest: "sha256:1"}},
		Findings: []result.Finding{{Severity: "info", Text: "Two kernels ran."}},
		Tables: []result.Preview{{Name: "kernels", Total: 2, Columns: []frames.Field{{Name: "kernel", Kind: frames.String}, {Name: "time", Kind: frames.Int64, Unit: "ns"}},
			Rows: [][]any{{"gemm", 10}, {"copy", nil}}}}}
	if change != nil {
		change(&b)
	}
	raw, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(raw, &value); err != nil {
		t.Fatal(err)
	}
	return notebooks.Display(notebooks.Bundle{result.MIME: value, "text/plain": "x"}, nil)
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	out := func(text string) notebooks.Output { return notebooks.Stream("stdout", text) }
	for name, c := range map[string]struct {
		a, b []notebooks.Output
		want []string
	}{
		"same":            {[]notebooks.Output{out("a\n")}, []notebooks.Output{out("a\n")}, nil},
		"split otherwise": {[]notebooks.Output{out("a\n"), out("b\n")}, []notebooks.Output{out("a\nb\n")}, nil},
		"a line":          {[]notebooks.Output{out("a\nb\n")}, []notebooks.Output{out("a\nc\n")}, []string{`text, line 2: "b" is now "c"`}},
		"more":            {nil, []notebooks.Output{out("a\n")}, []string{`added: text "a"`}},
		"an error":        {[]notebooks.Output{out("a")}, []notebooks.Output{notebooks.Error("E", "no", nil)}, []string{`text "a" is now error "E: no"`}},
		"what varies": {[]notebooks.Output{bundle(t, nil)}, []notebooks.Output{bundle(t, func(b *result.Bundle) {
			b.Key, b.Cached, b.ElapsedNs, b.Inputs[0].Digest = "k2", false, 9, ""
		})}, nil},
		"a value": {[]notebooks.Output{bundle(t, nil)}, []notebooks.Output{bundle(t, func(b *result.Bundle) { b.Tables[0].Rows[0][1] = 11 })},
			[]string{"the table kernels, row 1, time: 10 is now 11"}},
		"a missing value": {[]notebooks.Output{bundle(t, nil)}, []notebooks.Output{bundle(t, func(b *result.Bundle) { b.Tables[0].Rows[1][1] = 0 })},
			[]string{"the table kernels, row 2, time: null is now 0"}},
		"rows": {[]notebooks.Output{bundle(t, nil)}, []notebooks.Output{bundle(t, func(b *result.Bundle) { b.Tables[0].Total = 3 })},
			[]string{"the table kernels had 2 rows and has now 3"}},
		"a finding": {[]notebooks.Output{bundle(t, nil)}, []notebooks.Output{bundle(t, func(b *result.Bundle) { b.Findings[0].Text = "One." })},
			[]string{`finding gone: "Two kernels ran."`, `finding added: "One."`}},
		"a unit": {[]notebooks.Output{bundle(t, nil)}, []notebooks.Output{bundle(t, func(b *result.Bundle) { b.Tables[0].Columns[1].Unit = "s" })},
			[]string{"the table kernels had the columns kernel, time [ns] and has now kernel, time [s]"}},
		"a table": {[]notebooks.Output{bundle(t, nil)}, []notebooks.Output{bundle(t, func(b *result.Bundle) { b.Tables = nil })}, []string{"the table kernels is gone"}},
	} {
		if got := diff.Outputs(c.a, c.b); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestManyValues(t *testing.T) {
	t.Parallel()
	with := func(by int) []notebooks.Output {
		return []notebooks.Output{bundle(t, func(b *result.Bundle) {
			b.Tables[0].Rows = nil
			for i := range 50 {
				b.Tables[0].Rows = append(b.Tables[0].Rows, []any{"k", i + by})
			}
		})}
	}
	got := diff.Outputs(with(0), with(1))
	if len(got) != 21 || got[20] != "the table kernels: 30 values more differ" {
		t.Errorf("%d lines, the last %q", len(got), got[len(got)-1])
	}
}

func summary(changes []diff.Change) string {
	var words []string
	for _, c := range changes {
		words = append(words, c.Kind+" "+c.Cell)
	}
	return strings.Join(words, ", ")
}

func TestNotebooks(t *testing.T) {
	t.Parallel()
	a, b, c := "first", "second one", "third"
	old := func() *notebooks.Notebook { return book(code("a", a), code("b", b), code("c", c)) }
	for name, x := range map[string]struct {
		now  *notebooks.Notebook
		want string
	}{
		"same":           {old(), ""},
		"edited":         {book(code("a", a), code("b", "other"), code("c", c)), "changed b"},
		"added":          {book(code("a", a), code("n", "new"), code("b", b), code("c", c)), "added n"},
		"removed":        {book(code("a", a), code("c", c)), "removed b"},
		"moved up":       {book(code("c", c), code("a", a), code("b", b)), "moved c"},
		"new ids":        {book(code("x", a), code("y", b), code("z", c)), ""},
		"new id, edited": {book(code("a", a), code("y", "second two"), code("c", c)), "changed y"},
		"output":         {book(code("a", a, notebooks.Stream("stdout", "1")), code("b", b), code("c", c)), "changed a"},
		"id counts more": {book(code("b", a), code("a", b), code("c", c)), "changed b, changed a"},
	} {
		if got := summary(diff.Notebooks(old(), x.now)); got != x.want {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
	}
	changes := diff.Notebooks(book(code("a", "x\ny\nz")), book(code("a", "x\nw\nz\nend")))
	var text []string
	for _, l := range changes[0].Source {
		text = append(text, l.Mark+l.Text)
	}
	if got := strings.Join(text, "|"); got != " x|-y|+w| z|+end" {
		t.Errorf("the lines are %q", got)
	}
}
