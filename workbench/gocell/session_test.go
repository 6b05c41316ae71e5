package gocell_test

import (
	"bytes"
	"io"
	"sync"
	"testing"

	"profilemate/workbench/analysis"
	"profilemate/workbench/engine"
	"profilemate/workbench/gocell"
	"profilemate/workbench/kernel"
)

// session is a session of cells with what they show.
type session struct {
	*gocell.Session
	t *testing.T
}

// library is read once for all tests.
var library = sync.OnceValues(gocell.OpenLibrary)

func newSession(t *testing.T) session {
	t.Helper()
	registry, err := analysis.NewRegistry()
	if err != nil {
		t.Fatal(err)
	}
	shared, err := library()
	if err != nil {
		t.Fatal(err)
	}
	s, err := gocell.New(gocell.Options{Library: shared, Engine: engine.New(engine.Config{Registry: registry}), Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return session{s, t}
}

func (s session) execute(code string) (*shown, error) {
	out := &shown{}
	return out, s.Execute(s.t.Context(), code, out)
}

// shown is what a cell has shown.
type shown struct {
	mu       sync.Mutex
	out, err bytes.Buffer
	displays []kernel.Data
	results  []kernel.Data
}

type locked struct {
	mu *sync.Mutex
	b  *bytes.Buffer
}

func (l locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (s *shown) Stdout() io.Writer { return locked{&s.mu, &s.out} }
func (s *shown) Stderr() io.Writer { return locked{&s.mu, &s.err} }
func (s *shown) Display(_ string, v kernel.Data) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.displays = append(s.displays, v)
}
func (s *shown) Result(v kernel.Data) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.results = append(s.results, v)
}
func (s *shown) Progress(string, int64, int64) {}
func (s *shown) Count() int                    { return 1 }

func (s *shown) stdout() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String()
}

func (s *shown) stderr() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err.String()
}
