package kernel_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"profilemate/workbench/kernel"
)

// A folder with files as a notebook stands beside.
func folderOf(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestCompletionOfFiles(t *testing.T) {
	t.Parallel()
	dir := folderOf(t, "run.sqlite", "runs/a.sqlite", "runs/b.sqlite", "my run.sqlite", ".hidden", "µ.sqlite")
	l := kernel.Analyses(newRunner(t), dir)
	table := []struct {
		before, matches string // the cursor stands at the end
	}{
		{"%%analysis act ru", "run.sqlite runs/"},
		{"%%analysis act runs/", "runs/a.sqlite runs/b.sqlite"},
		{"%%analysis act profile=runs/b", "profile=runs/b.sqlite"},
		{"%%analysis act profile=", "profile=my run.sqlite profile=run.sqlite profile=runs/ profile=µ.sqlite"},
		{`%%analysis act "my r`, `"my run.sqlite"`},
		{`%%analysis act profile="my r`, `profile="my run.sqlite"`},
		{"%%analysis act µ", "µ.sqlite"},
		{"%%analysis act .h", ".hidden"},
		{"%%analysis act " + dir + "/runs/a", dir + "/runs/a.sqlite"},
		{"%%analysis act do=w", "do=work do=wait"},
		{"%%analysis act none/x", ""},
		{"%%analysis act top=ru", ""},
		{"%%analysis nothing ru", ""},
		{"%%analysis act\nrun.s", "run.sqlite"},
	}
	for _, row := range table {
		c := l.Complete(t.Context(), row.before, len(row.before))
		var got []string
		for _, m := range c.Matches {
			got = append(got, m.Text)
		}
		if strings.Join(got, " ") != row.matches {
			t.Errorf("%q: %q, want %q", row.before, got, row.matches)
		}
		for _, m := range c.Matches {
			if !strings.HasPrefix(m.Text, row.before[c.Start:c.End]) {
				t.Errorf("%q: %q does not go on from %q", row.before, m.Text, row.before[c.Start:c.End])
			}
		}
	}
}

// No text and no place in it is a panic: editors ask while it is being typed.
func FuzzEditor(f *testing.F) {
	registry, err := newRegistry()
	if err != nil {
		f.Fatal(err)
	}
	l := kernel.Analyses(newRunnerOf(registry), f.TempDir())
	f.Add(`%%analysis act profile="a b`, 20)
	f.Add("%%analysis\nµ \"", 3)
	f.Add(`%%analysis act "="`, 17)
	f.Fuzz(func(t *testing.T, code string, pos int) {
		pos = min(max(pos, 0), len(code))
		c := l.Complete(t.Context(), code, pos)
		if c.Start < 0 || c.Start > c.End || c.End != pos {
			t.Errorf("%q at %d: completes %d to %d", code, pos, c.Start, c.End)
		}
		l.Inspect(t.Context(), code, pos, 0)
		if s := l.IsComplete(code).State; s != kernel.Complete && s != kernel.Incomplete {
			t.Errorf("%q is %q", code, s)
		}
	})
}

func TestInspectionShowsTheDeclaration(t *testing.T) {
	t.Parallel()
	l := kernel.Analyses(newRunner(t), t.TempDir())
	table := []struct {
		code, at    string // at: text before which the cursor stands
		text, words string // of text/plain, of text/markdown
	}{
		{"%%analysis act top=4", "act", "act: do what a test wants\n\nIt has no input.", "### act\n\n*Do what a test wants.* It has no input."},
		{"%%analysis act top=4", "top", "top=3: rows [rows], at least 1", "`top=3`: rows [rows], at least 1"},
		{"%%analysis act do=work", "ork", "do=work: what happens, one of: work, fail, fail-late, panic, wait, hang, report", "`do=work`: what"},
		{"%%analysis act profile=a", "=a", "profile=PATH (nsys): a profile", "`profile=PATH` (nsys)"},
		{"%%analysis act a.sqlite", "a.s", "act: do what", "- `top=3`"},
	}
	for _, row := range table {
		d := l.Inspect(t.Context(), row.code, strings.Index(row.code, row.at), 0)
		plain, _ := d["text/plain"].(string)
		markdown, _ := d["text/markdown"].(string)
		if !strings.HasPrefix(plain, row.text) || !strings.Contains(markdown, row.words) {
			t.Errorf("%q before %q: text %q, markdown %q", row.code, row.at, plain, markdown)
		}
	}
	for _, code := range []string{"%%analysis", "%%analysis none", ""} {
		if d := l.Inspect(t.Context(), code, 0, 0); d != nil {
			t.Errorf("%q: %v, want nothing", code, d)
		}
	}
}
