package gocell_test

import (
	"fmt"
	"strings"
	"testing"

	"profilemate/workbench/gocell"
	"profilemate/workbench/kernel"
)

// at takes the cursor, written as "|", out of a text.
func at(text string) (string, int) {
	before, after, _ := strings.Cut(text, "|")
	return before + after, len(before)
}

func TestComplete(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	if _, err := s.execute("type Point struct{ X, Y int }\nfunc (p Point) Norm() int { return p.X }\npoint := Point{1, 2}\nimport str \"strings\""); err != nil {
		t.Fatal(err)
	}
	table := []struct{ text, has, hasNot string }{
		{"fmt.Printl|", "Println", "Printf"},
		{"str.ToUp|", "ToUpper", "Title"},
		{"point.|", "Norm", "Point"},
		{"x := point\nx.|", "Y", "len"},
		{"poi|", "point", "len"},
		{"fo|", "for", "func"},
		{"import \"gonum.org/|", "gonum.org/v1/gonum/stat", "fmt"},
		{"profilemate.Lo|", "Load", "Line"},
		{"slices.|", "", "Sort"},
		{"nothing.at.|", "", "all"},
	}
	for _, row := range table {
		code, pos := at(row.text)
		var words []string
		c := s.Complete(t.Context(), code, pos)
		for _, m := range c.Matches {
			words = append(words, m.Text)
		}
		list := " " + strings.Join(words, " ") + " "
		if row.has != "" && !strings.Contains(list, " "+row.has+" ") || strings.Contains(list, " "+row.hasNot+" ") {
			t.Errorf("%q offers %v", row.text, words)
		}
		if c.End != pos || c.Start > pos {
			t.Errorf("%q: from %d to %d", row.text, c.Start, c.End)
		}
	}
}

func TestInspect(t *testing.T) {
	t.Parallel()
	s := newSession(t)
	if _, err := s.execute("count := 3\nf := frames.Empty(\"t\", nil)"); err != nil {
		t.Fatal(err)
	}
	table := map[string]string{
		"strings.To|Upper":     "func strings.ToUpper(s string) string\n\nToUpper returns",
		"count|":               "var count int",
		"f.Grou|pBy":           "GroupBy",
		"profilemate.Lo|ad":    "func profilemate.Load(path string) *",
		"str|ings":             "package strings",
		"profilemate.Load(|\"": "",
		"unknown|":             "",
	}
	for text, want := range table {
		code, pos := at(text)
		got := s.Inspect(t.Context(), code, pos, 0)
		if want == "" {
			if got != nil {
				t.Errorf("%q is described as %v", text, got)
			}
		} else if !strings.Contains(fmt.Sprint(got["text/plain"]), want) {
			t.Errorf("%q is described as %v, want %q", text, got, want)
		}
	}
}

func TestIsComplete(t *testing.T) {
	t.Parallel()
	l := gocell.NewLanguage(gocell.Options{})
	table := map[string]string{
		"x := 1": kernel.Complete, "for i := 0; i < 3; i++ {": kernel.Incomplete, "f(": kernel.Incomplete, "x := `a": kernel.Incomplete,
		"func f() {\n}": kernel.Complete, "x := := 2": kernel.Invalid, "import \"fmt\"": kernel.Complete, "/* a": kernel.Incomplete,
	}
	for code, want := range table {
		if got := l.IsComplete(code); got.State != want {
			t.Errorf("%q is %s, want %s", code, got.State, want)
		}
	}
}
