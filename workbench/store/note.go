package store

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

// Remember keeps a small text under a name, such as the digest of an artifact under
// its provisional identity, in place of an earlier one. A note that nobody asks for
// is forgotten after half a year.
func (s *Store) Remember(name, value string) error {
	err := s.replace(s.path("notes", Key(name)), func(f *os.File) error {
		_, err := io.WriteString(f, Key(name, value)+"\n"+value)
		return err
	})
	if err != nil {
		return fmt.Errorf("remembering %q: %w", name, err)
	}
	return nil
}

// Recall returns what was remembered under a name. A damaged note is removed and
// counts as none.
func (s *Store) Recall(name string) (value string, ok bool) {
	path := s.path("notes", Key(name))
	data, err := os.ReadFile(path)
	if err != nil {
		return "", false
	}
	sum, value, _ := strings.Cut(string(data), "\n")
	if sum != Key(name, value) {
		os.Remove(path)
		return "", false
	}
	now := time.Now()
	os.Chtimes(path, now, now) // keeps it from being forgotten
	return value, true
}
