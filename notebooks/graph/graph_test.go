package graph_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/notebooks"
	"profilemate/notebooks/graph"
)

// analyze reads a toy language: "a b := c d < f" defines a and b from c and d and
// reads the file f. A cell that starts with "%%" is one that keeps no state.
func analyze(source string) graph.Facts {
	f := graph.Facts{State: !strings.HasPrefix(source, "%%")}
	left, right, ok := strings.Cut(source, ":=")
	if !ok {
		left, right = "", source
	}
	uses, files, _ := strings.Cut(right, "<")
	f.Defines = strings.Fields(left)
	for _, w := range strings.Fields(uses) {
		if !strings.HasPrefix(w, "%%") {
			f.Uses = append(f.Uses, w)
		}
	}
	f.Files = strings.Fields(files)
	return f
}

// book makes a notebook whose cells have the ids a, b, c….
func book(t *testing.T, sources ...string) *notebooks.Notebook {
	t.Helper()
	n := notebooks.New("test")
	for i, s := range sources {
		c := notebooks.NewCell(notebooks.Code, s)
		c.ID = string(rune('a' + i))
		if err := n.Insert(len(n.Cells), c); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func TestDependencies(t *testing.T) {
	t.Parallel()
	g := graph.New(book(t, "x := 1", "y := x", "x := 2", "z := x y", "early := late", "late := 3"), analyze)
	for id, want := range map[string][]string{"a": nil, "b": {"a"}, "d": {"b", "c"}, "e": {"f"}, "nobody": nil} {
		if got := g.Needs(id); !cmp.Equal(got, want) {
			t.Errorf("%s needs %q, want %q", id, got, want)
		}
	}
	for id, want := range map[string][]string{"a": {"b", "d"}, "b": {"d"}, "c": {"d"}, "d": nil, "f": {"e"}} {
		if got := g.Dependents(id); !cmp.Equal(got, want) {
			t.Errorf("on %s depend %q, want %q", id, got, want)
		}
	}
	if got := g.Conflicts(nil); !cmp.Equal(got, []graph.Conflict{{Name: "x", Cells: []string{"a", "c"}}}) {
		t.Errorf("conflicts: %v", got)
	}
	if got := g.Conflicts(func(id string) bool { return id == "c" }); got != nil {
		t.Errorf("conflicts with an injected cell: %v", got)
	}
}

// A parameter is a name of its own kind, and its value names files.
func TestParameters(t *testing.T) {
	t.Parallel()
	g := graph.New(book(t, "%%params\nfile = run.sqlite", "%%analysis < {file}", "file := 1", "%%params\nfile = b.sqlite", "%%analysis < {file}", "%%analysis < {unset}"), analyze)
	if got := g.Needs("b"); !cmp.Equal(got, []string{"a"}) {
		t.Errorf("b needs %q", got)
	}
	if got := g.Needs("e"); !cmp.Equal(got, []string{"d"}) {
		t.Errorf("e needs %q", got)
	}
	if got := g.Files(); !cmp.Equal(got, []string{"run.sqlite", "b.sqlite"}) {
		t.Errorf("files: %q", got)
	}
	if got := g.Facts("f").Files; got != nil {
		t.Errorf("an unset parameter names %q", got)
	}
}

// world is a session: what ran, and the files as they are.
type world struct {
	n     *notebooks.Notebook
	files map[string]graph.Stamp
	ran   map[string]int64
	lost  map[string]bool
	count int64
}

func (w *world) stamp(path string) graph.Stamp { return w.files[path] }

func (w *world) run(ids ...string) {
	for _, id := range ids {
		c, _ := w.n.Cell(id)
		graph.Keep(c, graph.New(w.n, analyze).Record(id, w.stamp))
		w.count++
		w.ran[id], w.lost[id] = w.count, false
	}
}

func (w *world) stale() string {
	stale := graph.New(w.n, analyze).Stale(graph.Now{Stamp: w.stamp,
		Record: func(id string) (graph.Record, bool) { c, _ := w.n.Cell(id); return graph.Kept(c) },
		Ran:    func(id string) int64 { return w.ran[id] }, Lost: func(id string) bool { return w.lost[id] }})
	var ids []string
	for _, c := range w.n.Cells {
		if stale[c.ID] != "" {
			ids = append(ids, c.ID)
		}
	}
	return strings.Join(ids, " ")
}

func TestStale(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do   func(w *world)
		want string
	}{
		"nothing happened":          {func(*world) {}, ""},
		"a cell was edited":         {func(w *world) { w.n.Cells[0].Source = "x := 9" }, "a b c"},
		"space at an end":           {func(w *world) { w.n.Cells[0].Source = "x := 1\n" }, ""},
		"a cell ran again":          {func(w *world) { w.run("a") }, "b c"},
		"and those after it":        {func(w *world) { w.run("a", "b", "c") }, ""},
		"edited and run":            {func(w *world) { w.n.Cells[0].Source = "x := 9"; w.run("a") }, "b c"},
		"a file changed":            {func(w *world) { w.files["f"] = graph.Stamp{Digest: "2", Quick: "2"} }, "d"},
		"a file was touched":        {func(w *world) { w.files["f"] = graph.Stamp{Digest: "1", Quick: "2"} }, ""},
		"a file is gone":            {func(w *world) { delete(w.files, "f") }, "d"},
		"the kernel was restarted":  {func(w *world) { w.lost = map[string]bool{"a": true, "b": true, "c": true, "d": true} }, "a b c"},
		"a definition was deleted":  {func(w *world) { _, _ = w.n.Delete("a") }, "b c"},
		"a new one came between":    {func(w *world) { n := notebooks.NewCell(notebooks.Code, "x := 7"); n.ID = "n"; _ = w.n.Insert(1, n) }, "b c"},
		"a cell without dependents": {func(w *world) { w.n.Cells[2].Source = "z := y y" }, "c"},
	} {
		w := &world{n: book(t, "x := 1", "y := x", "z := y", "%%r < f"), files: map[string]graph.Stamp{"f": {Digest: "1", Quick: "1"}},
			ran: map[string]int64{}, lost: map[string]bool{}}
		w.run("a", "b", "c", "d")
		c.do(w)
		if got := w.stale(); got != c.want {
			t.Errorf("%s: stale are %q, want %q", name, got, c.want)
		}
	}
}

// The mark is kept in the file and stands for what the cells say.
func TestMark(t *testing.T) {
	t.Parallel()
	n := book(t, "x := 1")
	n.Cells[0].Outputs = []notebooks.Output{notebooks.Stream("stdout", "1\n")}
	graph.SetMark(n, graph.Mark{Build: "b", Content: graph.Content(n), Inputs: map[string]string{"f": "sha256:1"}})
	var file bytes.Buffer
	if err := n.Write(&file); err != nil {
		t.Fatal(err)
	}
	read := func() *notebooks.Notebook {
		again, err := notebooks.Read(bytes.NewReader(file.Bytes()))
		if err != nil {
			t.Fatal(err)
		}
		return again
	}
	if n := read(); !graph.Holds(n) {
		t.Error("the mark does not hold after reading")
	}
	for name, change := range map[string]func(n *notebooks.Notebook){
		"edit":   func(n *notebooks.Notebook) { n.Cells[0].Source = "x := 2" },
		"output": func(n *notebooks.Notebook) { n.Cells[0].Outputs[0]["text"] = "2\n" },
		"cell":   func(n *notebooks.Notebook) { _ = n.Insert(0, notebooks.NewCell(notebooks.Code, "y")) },
		"drop":   func(n *notebooks.Notebook) { graph.DropMark(n) },
	} {
		n := read()
		if change(n); graph.Holds(n) {
			t.Errorf("%s: the mark holds", name)
		}
	}
	kept := read()
	_ = kept.Insert(0, notebooks.NewCell(notebooks.Markdown, "# words"))
	kept.Cells[1].Metadata["execution"] = map[string]any{"iopub.status.busy": "2026-01-01T00:00:00Z"}
	if !graph.Holds(kept) {
		t.Error("words and times remove the mark")
	}
}
