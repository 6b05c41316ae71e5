package notebooks_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/notebooks"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

func read(t *testing.T, name string) *notebooks.Notebook {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	n, err := notebooks.Read(bytes.NewReader(data))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

func text(t *testing.T, n *notebooks.Notebook) string {
	t.Helper()
	var b strings.Builder
	if err := n.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// canonical.ipynb was written by Python's json module with the settings that
// nbformat writes with: indent=1, sort_keys, ensure_ascii=False.
func TestWriteIsAsJupyterWrites(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("testdata/canonical.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"canonical.ipynb", "joined.ipynb"} {
		n := read(t, name)
		if diff := cmp.Diff(string(want), text(t, n)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if err := n.Validate(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestReadJoinsTexts(t *testing.T) {
	t.Parallel()
	n := read(t, "canonical.ipynb")
	c, err := n.Cell("code-1")
	if err != nil {
		t.Fatal(err)
	}
	if c.Source != "x = 1\nx" || !strings.HasPrefix(c.Outputs[0].Text(), "one\ntwo\na\rb\r\nc\v") || *c.ExecutionCount != 3 {
		t.Errorf("source %q, stream %q", c.Source, c.Outputs[0].Text())
	}
	if svg, _ := c.Outputs[1].Data().Text("image/svg+xml"); svg != "<svg>\n</svg>" {
		t.Errorf("SVG %q", svg)
	}
	if list, ok := c.Outputs[1].Data()["application/json"].([]any); !ok || len(list) != 2 {
		t.Errorf("a JSON list of texts became %v", c.Outputs[1].Data()["application/json"])
	}
}

func TestReadUpgrades(t *testing.T) {
	t.Parallel()
	n := read(t, "minor2.ipynb")
	if n.Minor != 5 || n.Title("x") != "Old" || n.Cells[3].ID != "same" {
		t.Errorf("minor %d, title %q, ids %s", n.Minor, n.Title("x"), ids(n))
	}
	if err := n.Validate(); err != nil {
		t.Error(err)
	}
	if again := read(t, "minor2.ipynb"); ids(again) != ids(n) {
		t.Errorf("read again, the ids are %s, not %s", ids(again), ids(n))
	}
}

func TestReadKeepsWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	n := read(t, "minor9.ipynb")
	got := text(t, n)
	for _, part := range []string{`"nbformat_minor": 9`, `"future": {`, `"language": "y"`} {
		if !strings.Contains(got, part) {
			t.Errorf("%s is lost: %s", part, got)
		}
	}
	if err := n.Validate(); fault.KindOf(err) != fault.Corrupt || !strings.Contains(err.Error(), `cell 1 (a): the key "language" is not known`) {
		t.Errorf("validation says %v", err)
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	head := `{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":`
	table := []struct {
		name, input, says string
		kind              fault.Kind
	}{
		{"an empty file", " \n", "the notebook file is empty", fault.Corrupt},
		{"no JSON", "SQLite format 3\x00", "line 1", fault.Corrupt},
		{"a broken line", "{\n\"a\": 1,\n}", "line 3", fault.Corrupt},
		{"a file cut short", head + `[{"cell_type"`, "unexpected EOF", fault.Corrupt},
		{"two documents", head + "[]}{}", "something follows its JSON", fault.Corrupt},
		{"a list", "[1]", "no notebook", fault.Corrupt},
		{"another JSON file", `{"traceEvents":[]}`, `no number "nbformat"`, fault.Corrupt},
		{"no minor version", `{"nbformat":4}`, "nbformat_minor", fault.Corrupt},
		{"nbformat 3", `{"nbformat":3,"nbformat_minor":0,"worksheets":[]}`, "jupyter nbconvert", fault.Unsupported},
		{"nbformat 5", `{"nbformat":5,"nbformat_minor":0,"cells":[]}`, "format 5", fault.Unsupported},
		{"no cells", `{"nbformat":4,"nbformat_minor":5,"metadata":{}}`, `no list "cells"`, fault.Corrupt},
		{"metadata a list", `{"nbformat":4,"nbformat_minor":5,"metadata":[],"cells":[]}`, "metadata is no object", fault.Corrupt},
		{"a cell a number", head + "[7]}", "cell 1: it is no object", fault.Corrupt},
		{"a cell of another type", head + `[{"cell_type":"heading","source":""}]}`, `cell 1: its cell_type is "heading"`, fault.Corrupt},
		{"no source", head + `[{"cell_type":"code"}]}`, "cell 1: its source", fault.Corrupt},
		{"lines that are no texts", head + `[{"cell_type":"code","source":["a",1]}]}`, "cell 1: its source", fault.Corrupt},
		{"a count of -1", head + `[{"cell_type":"code","source":"","execution_count":-1}]}`, "execution_count is -1", fault.Corrupt},
		{"outputs an object", head + `[{"cell_type":"code","source":"","outputs":{}}]}`, "outputs are no list", fault.Corrupt},
		{"an output a text", head + `[{"cell_type":"code","source":"","outputs":["x"]}]}`, "output 1 is no object", fault.Corrupt},
		{"attachments a list", head + `[{"cell_type":"raw","source":"","attachments":[]}]}`, "attachments is no object", fault.Corrupt},
	}
	for _, row := range table {
		_, err := notebooks.Read(strings.NewReader(row.input))
		if err == nil || fault.KindOf(err) != row.kind || !strings.Contains(err.Error(), row.says) {
			t.Errorf("%s: %v, want %s with %q", row.name, err, row.kind, row.says)
		}
	}
}

func TestSaveReplacesInOneStep(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := os.WriteFile(filepath.Join(dir, "a.ipynb"), []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := notebooks.Save(root, "a.ipynb", notebooks.New("New"))
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode().Perm() != 0o600 || info.Size() == 3 {
		t.Errorf("mode %v, %d bytes", info.Mode(), info.Size())
	}
	n, err := notebooks.Load(root, "a.ipynb")
	if err != nil || n.Title("") != "New" {
		t.Errorf("loaded %+v, %v", n, err)
	}
	if _, err := notebooks.Save(root, "none/a.ipynb", n); fault.KindOf(err) != fault.NotFound || strings.Contains(err.Error(), ".tmp") {
		t.Errorf("saving into a folder that is not there: %v", err)
	}
	if _, err := notebooks.Save(root, "../a.ipynb", n); fault.KindOf(err) != fault.Denied {
		t.Errorf("saving outside: %v", err)
	}
	if _, err := notebooks.Load(root, "b.ipynb"); fault.KindOf(err) != fault.NotFound || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("loading nothing: %v", err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 {
		t.Errorf("beside the notebook lies %v (%v)", left, err)
	}
}

func TestCloneSharesNothing(t *testing.T) {
	t.Parallel()
	n := read(t, "canonical.ipynb")
	before := text(t, n)
	c, err := n.Clone()
	if err != nil {
		t.Fatal(err)
	}
	if text(t, c) != before {
		t.Error("the copy differs")
	}
	c.Cells[2].Outputs[1].Data()["text/plain"] = "changed"
	c.Metadata["title"] = "changed"
	if text(t, n) != before {
		t.Error("changing the copy changed the document")
	}
}

func TestResultOfABundle(t *testing.T) {
	t.Parallel()
	if r, ok := (notebooks.Bundle{result.MIME: map[string]any{"version": 1.0, "key": "k", "analysis": "roofline"}}).Result(); !ok || r.Key != "k" || r.Analysis != "roofline" {
		t.Errorf("result %+v, %v", r, ok)
	}
	for _, b := range []notebooks.Bundle{nil, {"text/plain": "x"}, {result.MIME: "x"}, {result.MIME: map[string]any{"version": "x"}}} {
		if _, ok := b.Result(); ok {
			t.Errorf("%v has a result", b)
		}
	}
}
