package history_test

import (
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/history"
	"profilemate/workbench/fault"
)

func entry(content string, day int) history.Entry {
	failure := 0.5
	return history.Entry{Run: history.Run{Time: time.Date(2026, 1, day, 0, 0, 0, 1, time.UTC), Name: "a.sqlite", Path: "/p/a.sqlite", Content: content, Kind: "nsys", Model: "m", Commit: "c",
		Flags: "f", Host: "h", GPU: "g", Profiler: "1.2"},
		Figures: []history.Figure{{Name: "a/b", Unit: "ns", Better: "lower", Value: 7.25, Error: &failure}, {Name: "c", Value: 1}},
		Kernels: []history.Kernel{{Name: "k", Grid: "1x1x1", Block: "32x1x1", Family: "gemm", Count: 3, Total: 90, Mean: 30, Share: 100}}}
}

func openBook(t *testing.T, path string) *history.Book {
	t.Helper()
	b, err := history.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

func TestKeep(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "deep", "history.sqlite")
	b := openBook(t, path)
	for i, c := range []struct {
		content string
		id      int64
		added   bool
	}{{"x", 1, true}, {"y", 2, true}, {"x", 1, false}} {
		id, added, err := b.Add(entry(c.content, 3-i))
		if err != nil || id != c.id || added != c.added {
			t.Errorf("%s: run %d, added %v, %v", c.content, id, added, err)
		}
	}
	got, err := b.Entry(2)
	want := entry("y", 2)
	want.Run.ID = 2
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	runs, err := b.Runs()
	if err != nil || len(runs) != 2 || runs[0].ID != 2 {
		t.Errorf("by time: %+v, %v", runs, err)
	}
	if _, err := b.Entry(9); fault.KindOf(err) != fault.NotFound {
		t.Errorf("unknown run: %v", err)
	}
}

// What people say of a run can be said later; what they leave out stays.
func TestAmend(t *testing.T) {
	t.Parallel()
	b := openBook(t, filepath.Join(t.TempDir(), "history.sqlite"))
	if _, _, err := b.Add(entry("x", 1)); err != nil {
		t.Fatal(err)
	}
	changed, err := b.Amend(1, "m", "other", "")
	if diff := cmp.Diff([]string{"commit"}, changed); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	got, err := b.Entry(1)
	want := entry("x", 1)
	want.Run.ID, want.Run.Commit = 1, "other"
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// Pruning removes what is old, with its figures, but for the newest.
func TestPrune(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "h.sqlite")
	b := openBook(t, path)
	for day, content := range []string{"a", "b", "c", "d"} {
		if _, _, err := b.Add(entry(content, day+1)); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := b.Prune(time.Date(2026, 1, 3, 12, 0, 0, 0, time.UTC), 2); n != 2 || err != nil {
		t.Errorf("%d removed, %v", n, err)
	}
	a, err := history.Format().Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := artifacts.Load(t.Context(), a, "figures", "run", "figure", "value", "error")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(f.Ints("run"), []int64{3, 3, 4, 4}) || f.Floats("value")[0] != 7.25 || !f.Column("error").IsNull(1) {
		t.Errorf("left are the figures of %v: %v", f.Ints("run"), f.Floats("value"))
	}
	if _, err := artifacts.Load(t.Context(), a, "figures", "nothing"); fault.KindOf(err) != fault.Misuse {
		t.Errorf("unknown column: %v", err)
	}
}

// Several processes add at once; here several connections.
func TestConcurrent(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "h.sqlite")
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			b, err := history.Open(path)
			if err != nil {
				t.Error(err)
				return
			}
			defer b.Close()
			if _, _, err := b.Add(entry(string(rune('a'+i)), 1)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if runs, err := openBook(t, path).Runs(); len(runs) != 8 || err != nil {
		t.Errorf("%d runs, %v", len(runs), err)
	}
}

// Detection is by content; what is no history, empty or damaged is refused.
func TestOther(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "h.sqlite")
	b := openBook(t, path)
	if _, _, err := b.Add(entry("x", 1)); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	formats := artifacts.Formats{history.Format()}
	if f, err := formats.Detect(path); err != nil || f == nil {
		t.Errorf("the history is not known: %v", err)
	}
	for name, data := range map[string][]byte{"empty": nil, "text": []byte("hello"), "short": whole[:100]} {
		other := filepath.Join(dir, name)
		if err := os.WriteFile(other, data, 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := history.Format().Open(t.Context(), other); err == nil || fault.KindOf(err) == fault.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := history.OpenExisting(filepath.Join(dir, "none")); fault.KindOf(err) != fault.NotFound {
		t.Errorf("missing: %v", err)
	}
}

func FuzzRead(f *testing.F) {
	dir := f.TempDir()
	path := filepath.Join(dir, "seed.sqlite")
	b, err := history.Open(path)
	if err != nil {
		f.Fatal(err)
	}
	if _, _, err := b.Add(entry("x", 1)); err != nil {
		f.Fatal(err)
	}
	b.Close()
	whole, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole)
	f.Add(whole[:5000])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "h.sqlite")
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		a, err := history.Format().Open(t.Context(), path)
		if err != nil {
			if fault.KindOf(err) == fault.Internal {
				t.Errorf("no kind: %v", err)
			}
			return
		}
		for _, table := range a.Tables() {
			if _, err := artifacts.Load(t.Context(), a, table.Name); err != nil {
				t.Errorf("%s: %v", table.Name, err)
			}
		}
	})
}
