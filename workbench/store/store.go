package store

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// DefaultMaxBytes is the size that a store keeps to unless it is told another.
const DefaultMaxBytes = 4 << 30

const (
	staleTemp = 24 * time.Hour       // a write that has not ended by then never will
	staleNote = 180 * 24 * time.Hour // nobody has asked for it in that time
	stalePin  = 24 * time.Hour       // its process has ended, or has not used it in that time
)

// Options are the limits of a store.
type Options struct {
	// MaxBytes is how much all results together may take before the ones longest
	// unused are removed; 0 means DefaultMaxBytes, below 0 no limit. The result put last
	// stays even when it alone is larger.
	MaxBytes int64
}

// Store is a folder of results. It is safe for concurrent use, also by several
// processes.
type Store struct {
	dir      string
	maxBytes int64
	pins     pins

	mu      sync.Mutex             // guards checked
	checked map[string]fs.FileInfo // entries whose every byte this process has read once
}

// Open opens the store in a folder, which it makes where there is none, readable by
// the user alone. It removes what interrupted writes have left behind.
func Open(dir string, o Options) (*Store, error) {
	s := &Store{dir: dir, maxBytes: o.MaxBytes,
		pins: pins{held: map[string]int{}, files: map[string]string{}}, checked: map[string]fs.FileInfo{}}
	if s.maxBytes == 0 {
		s.maxBytes = DefaultMaxBytes
	}
	for _, sub := range []string{"results", "pins", "notes", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return nil, openFault(dir, err)
		}
	}
	s.removeOlder("tmp", staleTemp)
	s.removeOlder("notes", staleNote)
	s.removeOlder("pins", stalePin)
	return s, nil
}

func openFault(dir string, err error) error {
	return fault.WithRemedy(fault.Errorf(kindOf(err), "opening the store in %s: %w", dir, err), "choose a folder that can be written")
}

// kindOf tells what the user may not do from what the system cannot.
func kindOf(err error) fault.Kind {
	if errors.Is(err, fs.ErrPermission) {
		return fault.Denied
	}
	return fault.Internal
}

// Dir returns the store's folder.
func (s *Store) Dir() string { return s.dir }

func (s *Store) path(sub, name string) string { return filepath.Join(s.dir, sub, name) }

// removeOlder removes the files of a folder not touched for an age. It does what it
// can: a file that stays costs space only.
func (s *Store) removeOlder(sub string, age time.Duration) {
	limit := time.Now().Add(-age)
	for _, f := range s.list(sub) {
		if f.ModTime().Before(limit) {
			os.Remove(s.path(sub, f.Name()))
		}
	}
}

// list returns the files of a folder. A file that vanishes meanwhile is left out.
func (s *Store) list(sub string) []fs.FileInfo {
	entries, _ := os.ReadDir(filepath.Join(s.dir, sub)) // what could be read
	files := make([]fs.FileInfo, 0, len(entries))
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
			files = append(files, info)
		}
	}
	return files
}

// Put stores a result under a key, in place of one that is there, and then removes
// the results longest unused where the store is over its size. A key that Key did
// not make is Misuse. After an error the store is as before.
func (s *Store) Put(key string, r *result.Result, m Meta) error {
	if !validKey(key) {
		return fault.Errorf(fault.Misuse, "storing a result: %q is no key", key)
	}
	if r == nil {
		return fault.Errorf(fault.Internal, "storing the result of %s: there is none", m.Analysis)
	}
	tables, err := streams(r)
	if err != nil {
		return fmt.Errorf("storing the result of %s: %w", m.Analysis, err)
	}
	return s.put(key, tables, details{Charts: r.Charts, Findings: r.Findings}, m)
}

// PutStreams is Put for tables that are written as they come.
func (s *Store) PutStreams(key string, tables []Stream, findings []result.Finding, m Meta) error {
	if !validKey(key) {
		return fault.Errorf(fault.Misuse, "storing a result: %q is no key", key)
	}
	return s.put(key, tables, details{Findings: findings}, m)
}

func (s *Store) put(key string, tables []Stream, d details, m Meta) error {
	if m.Created.IsZero() {
		m.Created = time.Now().UTC()
	}
	err := s.replace(s.path("results", key), func(f *os.File) error { return writeEntry(f, key, tables, d, m) })
	if err != nil {
		return fmt.Errorf("storing the result of %s: %w", m.Analysis, err)
	}
	s.evict(key)
	return nil
}

// replace writes a file beside and renames it into place, so that nobody ever sees
// half of it. It does not wait for the disk: what a power cut damages, the
// checksums find.
func (s *Store) replace(path string, write func(*os.File) error) (err error) {
	temp := s.path("tmp", filepath.Base(path)+"."+unique())
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(temp)
		}
	}()
	if err := write(f); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil { // network file systems report a full disk here
		return err
	}
	return os.Rename(temp, path)
}

// unique returns a name that no other process chooses.
func unique() string {
	var b [12]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// Get opens the result of a key and marks it as used. It is NotFound where there is
// none, and Corrupt where it is damaged; then it has been removed, and the key is
// free to be computed again. The caller closes the entry.
func (s *Store) Get(key string) (*Entry, error) {
	if !validKey(key) {
		return nil, fault.Errorf(fault.NotFound, "there is no result %q", key)
	}
	path := s.path("results", key)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Errorf(fault.NotFound, "the result %.12s… is not stored, or no longer", key)
	}
	if err != nil {
		return nil, fault.Errorf(kindOf(err), "opening the result %.12s…: %w", key, err)
	}
	e, err := s.check(f, key)
	if err != nil {
		f.Close()
		return nil, s.dropDamaged(key, err)
	}
	e.damaged = func(err error) error { return s.dropDamaged(key, err) }
	now := time.Now()
	os.Chtimes(path, now, now) // only the order of removal depends on it
	s.pins.refresh(s, key, now)
	return e, nil
}

// check reads an entry's index, and all of the file when this process has not done
// so before: later reads check only what they touch.
func (s *Store) check(f *os.File, key string) (*Entry, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, readFault(key, err)
	}
	e, err := readEntry(f, info.Size(), key)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	known := s.checked[key]
	s.mu.Unlock()
	if known != nil && os.SameFile(known, info) && known.Size() == info.Size() {
		return e, nil
	}
	if err := e.body.check(); err != nil {
		return nil, readFault(key, err)
	}
	s.mu.Lock()
	s.checked[key] = info
	s.mu.Unlock()
	return e, nil
}

// dropDamaged removes an entry that err says is damaged, and returns err.
func (s *Store) dropDamaged(key string, err error) error {
	if fault.KindOf(err) == fault.Corrupt {
		os.Remove(s.path("results", key))
	}
	return err
}

// evict removes the results longest unused until the store keeps to its size, but
// neither pinned ones nor the one of key.
func (s *Store) evict(key string) {
	if s.maxBytes < 0 {
		return
	}
	// Not ours: what a network file system keeps of a removed file that is open.
	files := slices.DeleteFunc(s.list("results"), func(f fs.FileInfo) bool { return !validKey(f.Name()) })
	total := int64(0)
	for _, f := range files {
		total += f.Size()
	}
	if total <= s.maxBytes {
		return
	}
	pinned := s.pinned()
	slices.SortFunc(files, func(a, b fs.FileInfo) int {
		if d := a.ModTime().Compare(b.ModTime()); d != 0 {
			return d
		}
		return strings.Compare(a.Name(), b.Name())
	})
	for _, f := range files {
		if total <= s.maxBytes {
			return
		}
		if f.Name() == key || pinned[f.Name()] {
			continue
		}
		if os.Remove(s.path("results", f.Name())) == nil {
			total -= f.Size()
		}
	}
}
