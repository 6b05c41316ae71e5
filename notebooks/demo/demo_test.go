package demo_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"profilemate/notebooks"
	"profilemate/notebooks/demo"
)

// The demo unpacks into a folder with everything its cells name, as a valid
// document.
func TestWrite(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "demo")
	if _, err := demo.Write(dir); err != nil {
		t.Fatal(err)
	}
	n := load(t, dir)
	if err := n.Validate(); err != nil {
		t.Error(err)
	}
	code := 0
	for _, c := range n.Cells {
		if c.Type != notebooks.Code {
			continue
		}
		code++
		words := strings.Fields(c.Source)
		if len(words) < 3 || words[0] != "%%analysis" {
			t.Errorf("a cell reads %q", c.Source)
			continue
		}
		for _, word := range words[2:] {
			_, path, named := strings.Cut(word, "=") // a role before it
			if !named {
				path = word
			}
			if _, err := os.Stat(filepath.Join(dir, path)); err != nil {
				t.Errorf("cell %q: %v", c.Source, err)
			}
		}
	}
	if code < 5 {
		t.Errorf("%d analysis cells", code)
	}
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".part") || strings.HasSuffix(path, ".zst") || strings.HasSuffix(path, ".gz") {
			t.Errorf("left behind: %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// Opening the demo again keeps what the user wrote, and brings back a capture that
// was deleted.
func TestWriteAgain(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := demo.Write(dir); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	n := load(t, dir)
	n.Cells[0].Source = "# Mine"
	if _, err := notebooks.Save(root, demo.Notebook, n); err != nil {
		t.Fatal(err)
	}
	if err := root.Remove("demo_eager.sqlite"); err != nil {
		t.Fatal(err)
	}
	if kept, err := demo.Write(dir); err != nil || kept {
		t.Fatalf("its own notebook counts as foreign: %v, %v", kept, err)
	}
	if got := load(t, dir).Cells[0].Source; got != "# Mine" {
		t.Errorf("the first cell is %q", got)
	}
	if _, err := root.Stat("demo_eager.sqlite"); err != nil {
		t.Error(err)
	}
}

// A folder's own notebook of the demo's name stays as it is, and the caller hears so.
func TestWriteBesideAForeignNotebook(t *testing.T) {
	t.Parallel()
	var mine strings.Builder
	if err := notebooks.New("Mine").Write(&mine); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"another": mine.String(), "unreadable": "not JSON"} {
		dir := t.TempDir()
		path := filepath.Join(dir, demo.Notebook)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if kept, err := demo.Write(dir); err != nil || !kept {
			t.Errorf("%s: kept %v, %v", name, kept, err)
		}
		if now, err := os.ReadFile(path); err != nil || string(now) != text {
			t.Errorf("%s: the notebook changed (%v)", name, err)
		}
	}
}

func load(t *testing.T, dir string) *notebooks.Notebook {
	t.Helper()
	file, err := os.Open(filepath.Join(dir, demo.Notebook))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	n, err := notebooks.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	return n
}
