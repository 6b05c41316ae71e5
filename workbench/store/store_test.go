package store_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"profilemate/frames"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
	"profilemate/workbench/store"
)

// table makes a table of n rows with ties, missing values and texts with colons.
func table(n int) *frames.Frame {
	b := frames.NewBuilder("kernels", frames.Schema{{Name: "name", Kind: frames.String, Doc: "kernel"},
		{Name: "total", Kind: frames.Int64, Unit: "ns"}, {Name: "share", Kind: frames.Float64, Unit: "%"}})
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		name := any(fmt.Sprintf("at::Kernel_%d", rng.IntN(50)))
		if i%17 == 0 {
			name = nil
		}
		b.Row(name, rng.Int64N(1000), float64(i)/3)
	}
	return b.Frame()
}

func sample(n int) *result.Result {
	low := 0.5
	r := &result.Result{Charts: []result.Chart{{Name: "c", Title: "C", Kind: result.Line, X: result.Axis{Label: "x", Min: &low},
		Series: []result.Series{{Name: "s", X: result.Numbers([]float64{1, 2}), Y: result.Numbers([]float64{3, math.NaN()})}}}}}
	r.Add("kernels", "Kernels by time", table(n)).Add("empty", "Nothing", frames.Empty("empty", table(0).Schema()))
	r.Warn("capture more", "%d rows", n)
	return r
}

func meta() store.Meta {
	return store.Meta{Analysis: "kernel-summary", Version: 2, Title: "Kernels", Params: map[string]string{"top": "5"}, ElapsedNs: 42,
		Created: time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC),
		Inputs:  []result.BundleInput{{Role: "profile", Path: "a.sqlite", Digest: "sha256:ab"}}}
}

func open(tb testing.TB, dir string, maxBytes int64) *store.Store {
	tb.Helper()
	s, err := store.Open(dir, store.Options{MaxBytes: maxBytes})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

func put(tb testing.TB, s *store.Store, key string, r *result.Result) {
	tb.Helper()
	if err := s.Put(key, r, meta()); err != nil {
		tb.Fatal(err)
	}
}

func get(tb testing.TB, s *store.Store, key string) *store.Entry {
	tb.Helper()
	e, err := s.Get(key)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { e.Close() })
	return e
}

// text writes all of a result, so that two can be compared.
func text(tb testing.TB, r *result.Result) string {
	tb.Helper()
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(r); err != nil {
		tb.Fatal(err)
	}
	for _, t := range r.Tables {
		fmt.Fprintln(&b, t.Frame.Name(), t.Frame.Schema())
		if err := t.Frame.WriteCSV(&b, frames.CSVOptions{}); err != nil {
			tb.Fatal(err)
		}
	}
	return b.String()
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	s := open(t, filepath.Join(t.TempDir(), "new", "folder"), 0)
	want := sample(3 * frames.BatchRows / 2)
	key := store.Key("a", "b")
	put(t, s, key, want)
	e := get(t, s, key)
	got, err := e.Result()
	if err != nil {
		t.Fatal(err)
	}
	if text(t, got) != text(t, want) {
		t.Error("the result came back different")
	}
	if fmt.Sprint(e.Meta()) != fmt.Sprint(meta()) {
		t.Errorf("meta %+v, want %+v", e.Meta(), meta())
	}
	if len(got.Tables) != 2 || got.Tables[0].Frame.Len() != 3*frames.BatchRows/2 || got.Tables[1].Name != "empty" || got.Tables[0].Frame.Schema()[1].Unit != "ns" {
		t.Errorf("tables %+v", got.Tables)
	}
	charts, err := e.Charts()
	if len(charts) != 1 || len(got.Findings) != 1 || err != nil {
		t.Errorf("charts %v, %v, findings %v", charts, err, got.Findings)
	}
}

func TestPutDatesAResult(t *testing.T) {
	t.Parallel()
	s, key := open(t, t.TempDir(), 0), store.Key("k")
	before := time.Now()
	if err := s.Put(key, sample(1), store.Meta{Analysis: "a"}); err != nil {
		t.Fatal(err)
	}
	if at := get(t, s, key).Meta().Created; at.Before(before) || at.After(time.Now()) {
		t.Errorf("created %v, put at %v", at, before)
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	seen := map[string][]string{}
	for _, parts := range [][]string{nil, {""}, {"", ""}, {"ab"}, {"a", "b"}, {"b", "a"}, {"a", "", "b"}, {"a\x00b"}} {
		key := store.Key(parts...)
		if other, twice := seen[key]; twice || len(key) != 64 {
			t.Errorf("%q and %q share the key %s", parts, other, key)
		}
		seen[key] = parts
	}
	// sha256sum of the bytes 01 00 00 00 00 00 00 00 61 02 00 00 00 00 00 00 00 62 63: another
	// form of keys would empty every store.
	if got, want := store.Key("a", "bc"), "9a8acca1b6c6c0befd3fbc756aed625da998c998f7252e738c4ef061906b9b21"; got != want {
		t.Errorf("the key is %s, want %s", got, want)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), 0)
	key := store.Key("k")
	for _, bad := range []string{"", "../../etc/passwd", strings.ToUpper(store.Key("x")), store.Key("absent"), key[:63] + "/"} {
		if _, err := s.Get(bad); fault.KindOf(err) != fault.NotFound {
			t.Errorf("Get(%q): %v", bad, err)
		}
	}
	if err := s.Put("../x", sample(1), meta()); fault.KindOf(err) != fault.Misuse {
		t.Errorf("Put under a wrong key: %v", err)
	}
	twice := (&result.Result{}).Add("t", "", table(1)).Add("t", "", table(2))
	if err := s.Put(key, twice, meta()); fault.KindOf(err) != fault.Internal {
		t.Errorf("Put of two tables of one name: %v", err)
	}
	if err := s.Put(key, nil, meta()); fault.KindOf(err) != fault.Internal {
		t.Errorf("Put of nothing: %v", err)
	}
	if err := s.Put(key, (&result.Result{}).Add("t", "", nil), meta()); fault.KindOf(err) != fault.Internal {
		t.Errorf("Put of a table without a frame: %v", err)
	}
	if _, err := s.Get(key); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a failed Put left something behind: %v", err)
	}
	if left, err := os.ReadDir(filepath.Join(s.Dir(), "tmp")); err != nil || len(left) != 0 {
		t.Errorf("tmp holds %v, %v", left, err)
	}
}

func TestOpenFaults(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(filepath.Join(file, "store"), store.Options{}); err == nil || !strings.Contains(err.Error(), "choose a folder that can be written") {
		t.Errorf("a folder in a file: %v", err)
	}
}

// TestDamage flips a bit of every byte, and cuts the file everywhere: the result is
// Corrupt or whole, and what is Corrupt is gone and can be stored again.
func TestDamage(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), 0)
	key := store.Key("k")
	want := sample(30)
	put(t, s, key, want)
	path := filepath.Join(s.Dir(), "results", key)
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	corrupt := func(what string, data []byte) {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		// A store of its own: one that has read all of the file once trusts what it does not touch.
		if _, err := open(t, s.Dir(), 0).Get(key); fault.KindOf(err) != fault.Corrupt {
			t.Fatalf("%s: got %v", what, err)
		}
		if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("%s: the entry is still there", what)
		}
	}
	for at := range good {
		bad := bytes.Clone(good)
		bad[at] ^= 1 << (at % 8)
		corrupt(fmt.Sprintf("byte %d of %d flipped", at, len(good)), bad)
		if at%7 == 0 {
			corrupt(fmt.Sprintf("cut to %d of %d bytes", at, len(good)), good[:at])
		}
	}
	corrupt("one byte more", append(bytes.Clone(good), 0))
	corrupt("twice", append(bytes.Clone(good), good...))
	put(t, s, key, want)
	if got, err := get(t, s, key).Result(); err != nil || text(t, got) != text(t, want) {
		t.Errorf("stored again: %v", err)
	}
	other := store.Key("other")
	if err := os.Rename(path, filepath.Join(s.Dir(), "results", other)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(other); fault.KindOf(err) != fault.Corrupt {
		t.Errorf("an entry under another key: %v", err)
	}
}

// TestDamageAfterGet damages an entry that is open and was read whole before: a
// page that touches the damage is Corrupt, never wrong.
func TestDamageAfterGet(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), 0)
	key := store.Key("k")
	put(t, s, key, sample(4*frames.BatchRows))
	e := get(t, s, key)
	path := filepath.Join(s.Dir(), "results", key)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte("damage"), info.Size()/2); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Page("kernels", result.View{Limit: 10}); err != nil {
		t.Errorf("a page that the damage does not touch: %v", err)
	}
	if _, err := e.Table("kernels"); fault.KindOf(err) != fault.Corrupt {
		t.Errorf("the whole table: %v", err)
	}
	if _, err := s.Get(key); fault.KindOf(err) != fault.NotFound {
		t.Errorf("after the damage was found: %v", err)
	}
}

func TestEntryOutlivesRemoval(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), 1)
	a, b := store.Key("a"), store.Key("b")
	put(t, s, a, sample(100))
	e := get(t, s, a)
	put(t, s, b, sample(100)) // over the size: a goes
	if _, err := s.Get(a); fault.KindOf(err) != fault.NotFound {
		t.Fatalf("a is still there: %v", err)
	}
	if got, err := e.Result(); err != nil || text(t, got) != text(t, sample(100)) {
		t.Errorf("the open entry: %v", err)
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	stores := []*store.Store{open(t, dir, 100_000), open(t, dir, 100_000)} // room for a few
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			s := stores[worker%2]
			for i := range 25 {
				n := (worker*7 + i) % 6
				key := store.Key(fmt.Sprint(n))
				unpin := s.Pin(key)
				if err := s.Put(key, sample(100+n), meta()); err != nil {
					t.Error(err)
				}
				checkEntry(t, s, key, 100+n)
				unpin()
				if err := s.Remember(fmt.Sprint("note", n), fmt.Sprint("value", n)); err != nil {
					t.Error(err)
				}
				if v, ok := s.Recall(fmt.Sprint("note", n)); !ok || v != fmt.Sprint("value", n) {
					t.Errorf("note %d is %q, %v", n, v, ok)
				}
			}
		})
	}
	wg.Wait()
}

// checkEntry reads an entry that nobody may have removed.
func checkEntry(t *testing.T, s *store.Store, key string, rows int) {
	e, err := s.Get(key)
	if err != nil {
		t.Error(err)
		return
	}
	defer e.Close()
	r, err := e.Result()
	if err != nil || r.Tables[0].Frame.Len() != rows {
		t.Errorf("%d rows expected: %v", rows, err)
	}
}

func entryBytes(tb testing.TB, s *store.Store, key string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join(s.Dir(), "results", key))
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func writeEntryBytes(tb testing.TB, s *store.Store, key string, data []byte) {
	tb.Helper()
	if err := os.WriteFile(filepath.Join(s.Dir(), "results", key), data, 0o600); err != nil {
		tb.Fatal(err)
	}
}
