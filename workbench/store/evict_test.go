package store_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"profilemate/workbench/fault"
	"profilemate/workbench/store"
)

// size returns the bytes of one entry of sample(100).
func size(t *testing.T) int64 {
	t.Helper()
	s := open(t, t.TempDir(), -1)
	put(t, s, store.Key("k"), sample(100))
	info, err := os.Stat(filepath.Join(s.Dir(), "results", store.Key("k")))
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// age sets the last use of a key to so many minutes ago.
func age(t *testing.T, s *store.Store, key string, minutes int) {
	t.Helper()
	at := time.Now().Add(-time.Duration(minutes) * time.Minute)
	if err := os.Chtimes(filepath.Join(s.Dir(), "results", key), at, at); err != nil {
		t.Fatal(err)
	}
}

func present(t *testing.T, s *store.Store, keys ...string) string {
	t.Helper()
	out := ""
	for i, key := range keys {
		e, err := s.Get(key)
		switch {
		case err == nil:
			e.Close()
			out += fmt.Sprint(i)
		case fault.KindOf(err) != fault.NotFound:
			t.Fatal(err)
		}
	}
	return out
}

func keys(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = store.Key(fmt.Sprint(i))
	}
	return out
}

func TestLongestUnusedGoFirst(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), 3*size(t)+50)
	k := keys(5)
	for i := range 3 {
		put(t, s, k[i], sample(100))
		age(t, s, k[i], 30-i)
	}
	if e, err := s.Get(k[0]); err != nil { // used: now the youngest
		t.Fatal(err)
	} else {
		e.Close()
	}
	put(t, s, k[3], sample(100))
	if got := present(t, s, k...); got != "023" {
		t.Errorf("left are %s, want 023", got)
	}
}

func TestPinnedStay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	limit := 2*size(t) + 50
	mine, other := open(t, dir, limit), open(t, dir, limit)
	k := keys(6)
	put(t, mine, k[0], sample(100))
	age(t, mine, k[0], 30)
	unpin, again := mine.Pin(k[0]), mine.Pin(k[0])
	for i := 1; i < 4; i++ {
		put(t, other, k[i], sample(100)) // the other store makes room, and sees the pin
		age(t, other, k[i], 20-i)
	}
	if got := present(t, open(t, dir, limit), k[0], k[3]); got != "01" {
		t.Errorf("left are %s of the pinned one and the last", got)
	}
	unpin()
	unpin() // no more than once
	age(t, mine, k[0], 30)
	put(t, mine, k[4], sample(100))
	if got := present(t, mine, k[0]); got != "0" {
		t.Error("one of two pins was lifted and the entry is gone")
	}
	again()
	age(t, mine, k[0], 30)
	put(t, mine, k[5], sample(100))
	if got := present(t, mine, k[0]); got != "" {
		t.Error("no pin holds the entry and it is still there")
	}
	if left, err := os.ReadDir(filepath.Join(dir, "pins")); err != nil || len(left) != 0 {
		t.Errorf("pins left behind: %v, %v", left, err)
	}
}

func TestPinOfAnEndedProcessLapses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	k := keys(2)
	open(t, dir, 0).Pin(k[0])
	old := time.Now().Add(-25 * time.Hour)
	left, err := os.ReadDir(filepath.Join(dir, "pins"))
	if err != nil || len(left) != 1 {
		t.Fatalf("pins: %v, %v", left, err)
	}
	pin := filepath.Join(dir, "pins", left[0].Name())
	if err := os.Chtimes(pin, old, old); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, 1)
	put(t, s, k[0], sample(100))
	put(t, s, k[1], sample(100))
	if got := present(t, s, k...); got != "1" {
		t.Errorf("left are %s, want 1", got)
	}
	if _, err := os.Stat(pin); err == nil {
		t.Error("the lapsed pin is still there")
	}
}

func TestOneTooLargeStays(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), 10)
	put(t, s, store.Key("k"), sample(100))
	if got := present(t, s, store.Key("k")); got != "0" {
		t.Error("the result put last is gone")
	}
}

func TestOpenRemovesInterruptedWrites(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, 0)
	for name, hours := range map[string]int{"old": 30, "young": 1} {
		path := filepath.Join(dir, "tmp", name)
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Now().Add(-time.Duration(hours) * time.Hour)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	open(t, s.Dir(), 0)
	left, err := os.ReadDir(filepath.Join(dir, "tmp"))
	if err != nil || len(left) != 1 || left[0].Name() != "young" {
		t.Errorf("tmp holds %v, %v", left, err)
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, dir, 0)
	if v, ok := s.Recall("nothing"); ok {
		t.Errorf("recalled %q", v)
	}
	for name, value := range map[string]string{"path\xff\n/a": "sha256:1\nx", "": "", "empty": "", "long": string(make([]byte, 100_000))} {
		if err := s.Remember(name, "first"); err != nil {
			t.Fatal(err)
		}
		if err := s.Remember(name, value); err != nil {
			t.Fatal(err)
		}
		if got, ok := open(t, dir, 0).Recall(name); !ok || got != value {
			t.Errorf("%q: recalled %q, %v, want %q", name, got, ok, value)
		}
	}
}

func TestDamagedNoteIsForgotten(t *testing.T) {
	t.Parallel()
	s := open(t, t.TempDir(), 0)
	if err := s.Remember("name", "value"); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(s.Dir(), "notes", store.Key("name"))
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range good {
		good[at] ^= 1
		if err := os.WriteFile(path, good, 0o600); err != nil {
			t.Fatal(err)
		}
		good[at] ^= 1
		if v, ok := s.Recall("name"); ok {
			t.Fatalf("byte %d flipped: recalled %q", at, v)
		}
		if _, err := os.Stat(path); err == nil {
			t.Fatalf("byte %d flipped: the note is still there", at)
		}
	}
}
