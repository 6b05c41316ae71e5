package notebooks_test

import (
	"slices"
	"strings"
	"testing"

	"profilemate/notebooks"
	"profilemate/workbench/fault"
)

func ids(n *notebooks.Notebook) string {
	var list []string
	for _, c := range n.Cells {
		list = append(list, c.ID)
	}
	return strings.Join(list, " ")
}

func abc(t *testing.T) *notebooks.Notebook {
	t.Helper()
	n := notebooks.New("Run")
	for i, id := range []string{"a", "b", "c"} {
		if err := n.Insert(i, &notebooks.Cell{ID: id, Type: notebooks.Code}); err != nil {
			t.Fatal(err)
		}
	}
	return n
}

func TestCellOperations(t *testing.T) {
	t.Parallel()
	table := []struct {
		name string
		do   func(*notebooks.Notebook) error
		want string
		kind fault.Kind
	}{
		{"insert first", func(n *notebooks.Notebook) error {
			return n.Insert(0, &notebooks.Cell{ID: "x", Type: notebooks.Raw})
		}, "x a b c", ""},
		{"insert far behind", func(n *notebooks.Notebook) error {
			return n.Insert(99, &notebooks.Cell{ID: "x", Type: notebooks.Markdown})
		}, "a b c x", ""},
		{"insert at -1", func(n *notebooks.Notebook) error {
			return n.Insert(-1, &notebooks.Cell{ID: "x", Type: notebooks.Code})
		}, "a b c", fault.Misuse},
		{"insert another type", func(n *notebooks.Notebook) error {
			return n.Insert(0, &notebooks.Cell{ID: "x", Type: "song"})
		}, "a b c", fault.Misuse},
		{"move down", func(n *notebooks.Notebook) error { return n.Move("a", 1) }, "b a c", ""},
		{"move up", func(n *notebooks.Notebook) error { return n.Move("c", 0) }, "c a b", ""},
		{"move last", func(n *notebooks.Notebook) error { return n.Move("a", 99) }, "b c a", ""},
		{"move to -1", func(n *notebooks.Notebook) error { return n.Move("a", -1) }, "a b c", fault.Misuse},
		{"move nothing", func(n *notebooks.Notebook) error { return n.Move("z", 0) }, "a b c", fault.NotFound},
		{"delete", func(n *notebooks.Notebook) error { _, err := n.Delete("b"); return err }, "a c", ""},
		{"delete nothing", func(n *notebooks.Notebook) error { _, err := n.Delete("z"); return err }, "a b c", fault.NotFound},
	}
	for _, row := range table {
		n := abc(t)
		err := row.do(n)
		if ids(n) != row.want || (err != nil) != (row.kind != "") || err != nil && fault.KindOf(err) != row.kind {
			t.Errorf("%s: %q, %v; want %q, %q", row.name, ids(n), err, row.want, row.kind)
		}
	}
}

func TestInsertedCellsHaveUniqueIDs(t *testing.T) {
	t.Parallel()
	n := abc(t)
	for _, id := range []string{"a", "", "with space", strings.Repeat("x", 65), "µ"} {
		if err := n.Insert(0, &notebooks.Cell{ID: id, Type: notebooks.Code, Metadata: map[string]any{}, Outputs: []notebooks.Output{}}); err != nil {
			t.Fatal(err)
		}
	}
	if err := n.Validate(); err != nil {
		t.Error(err)
	}
	first := notebooks.NewCell(notebooks.Code, "x")
	if second := notebooks.NewCell(notebooks.Code, "x"); first.ID == second.ID {
		t.Errorf("two new cells have the id %s", first.ID)
	}
}

func TestTitle(t *testing.T) {
	t.Parallel()
	heading := notebooks.NewCell(notebooks.Markdown, "text\n# Decode, slowly \n# Later")
	table := []struct {
		name, want string
		n          *notebooks.Notebook
	}{
		{"metadata first", "Given", &notebooks.Notebook{Metadata: map[string]any{"title": "Given"}, Cells: []*notebooks.Cell{heading}}},
		{"then the first heading", "Decode, slowly", &notebooks.Notebook{Metadata: map[string]any{"title": ""}, Cells: []*notebooks.Cell{
			notebooks.NewCell(notebooks.Code, "# no heading"), heading}}},
		{"then the file", "b c", &notebooks.Notebook{}},
	}
	for _, row := range table {
		if got := row.n.Title("a/b c.ipynb"); got != row.want {
			t.Errorf("%s: %q, want %q", row.name, got, row.want)
		}
	}
}

func TestClear(t *testing.T) {
	t.Parallel()
	one := 1
	c := &notebooks.Cell{ID: "a", Type: notebooks.Code, ExecutionCount: &one, Outputs: []notebooks.Output{notebooks.Stream("stdout", "x")},
		Metadata: map[string]any{"execution": map[string]any{}, "tags": []any{"keep"}}}
	c.Clear()
	if c.ExecutionCount != nil || len(c.Outputs) != 0 || c.Metadata["execution"] != nil || c.Metadata["tags"] == nil {
		t.Errorf("cleared %+v", c)
	}
}

func TestOutputsAreValid(t *testing.T) {
	t.Parallel()
	n := notebooks.New("Outputs")
	c := notebooks.NewCell(notebooks.Code, "")
	c.Outputs = []notebooks.Output{
		notebooks.Stream("stdout", "a\n"),
		notebooks.Display(notebooks.Bundle{"text/plain": "a", "application/json": []any{1.0}}, nil),
		notebooks.Error("Missing", "no kernels", []string{"Missing: no kernels"}),
	}
	n.Cells = append(n.Cells, c)
	if err := n.Validate(); err != nil {
		t.Error(err)
	}
	if name, value := c.Outputs[2].Failure(); name != "Missing" || value != "no kernels" || c.Outputs[0].Text() != "a\n" {
		t.Errorf("outputs %v", c.Outputs)
	}
	if text, ok := c.Outputs[1].Data().Text("text/plain"); !ok || text != "a" {
		t.Errorf("text %q", text)
	}
	if data := c.Outputs[0].Data(); data != nil {
		t.Errorf("a stream has the data %v", data)
	}
	if !slices.Equal([]string{c.Outputs[0].Type(), c.Outputs[1].Type(), c.Outputs[2].Type()}, []string{"stream", "display_data", "error"}) {
		t.Errorf("types of %v", c.Outputs)
	}
}
