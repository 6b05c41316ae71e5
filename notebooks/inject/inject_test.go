package inject_test

import (
	"strings"
	"testing"

	"profilemate/notebooks"
	"profilemate/notebooks/inject"
	"profilemate/workbench/fault"
)

func book(tagged bool, sources ...string) *notebooks.Notebook {
	n := notebooks.New("t")
	for i, s := range sources {
		c := notebooks.NewCell(notebooks.Code, s)
		if i == 0 && tagged {
			c.Metadata["tags"] = []any{notebooks.ParametersTag}
		}
		n.Cells = append(n.Cells, c)
	}
	return n
}

func given(t *testing.T, words ...string) []inject.Given {
	t.Helper()
	var list []inject.Given
	for _, w := range words {
		g, err := inject.ParseGiven(w)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, g)
	}
	return list
}

func TestSet(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		n    *notebooks.Notebook
		want string
	}{
		"params":        {book(false, "%%params\nfile = a.sqlite\ntop = 5\nshare = 0.5"), "%%params\nfile = b c.sqlite\ntop = 7\nshare = 1.0"},
		"tagged params": {book(true, "%%params\nfile = a\ntop = 5\nshare = 0.5"), "%%params\nfile = b c.sqlite\ntop = 7\nshare = 1.0"},
		"go":            {book(true, "file := \"a\" // which\nvar top = 5\nvar share float64 = 0.5\nx := f()"), "file = \"b c.sqlite\"\ntop = 7\nshare = 1"},
		"marked go":     {book(true, "%%go\nfile := `a`\ntop := 5\nshare := 0.5"), "%%go\nfile = \"b c.sqlite\"\ntop = 7\nshare = 1"},
	} {
		for range 2 { // the second time replaces the first
			if err := inject.Set(c.n, given(t, "file=b c.sqlite", "top=7", "share=1")); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
		}
		if len(c.n.Cells) != 2 || c.n.Cells[1].Source != c.want || !c.n.Cells[1].Tagged(notebooks.InjectedTag) {
			t.Errorf("%s: %d cells, the second %q", name, len(c.n.Cells), c.n.Cells[1].Source)
		}
		if err := c.n.Validate(); err != nil {
			t.Error(err)
		}
	}
}

func TestSetRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n           *notebooks.Notebook
		word, words string
	}{
		{book(false, "%%params\na = 1"), "b=1", "no parameter b (it has: a)"},
		{book(false, "%%params\na = 1"), "a=x", `the parameter a is a whole number, not "x"`},
		{book(false, "x := 1"), "x=2", "declares no parameters"},
		{book(true, "%%sql\nSELECT 1"), "x=2", "is a %%params cell or a Go cell"},
		{book(false, "%%params\noops"), "x=2", "line 2"},
	} {
		before := len(c.n.Cells)
		err := inject.Set(c.n, given(t, c.word))
		if fault.KindOf(err) != fault.Misuse || !strings.Contains(err.Error(), c.words) || len(c.n.Cells) != before {
			t.Errorf("%s: %v", c.word, err)
		}
	}
	if _, err := inject.ParseGiven("novalue"); fault.KindOf(err) != fault.Misuse {
		t.Errorf("no value: %v", err)
	}
}
