// Package api is what cells import as "profilemate": artifacts, analyses, results
// and charts. The exported methods of Session are the functions of that package,
// and its other exported types are the types.
//
// A function whose work fails ends the cell with its error, so that a cell reads as
// a short list of steps; Open returns the error instead.
package api

import (
	"context"
	"path/filepath"
	"strings"
	"sync"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/engine"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// Session is what the functions of one kernel work with. It is safe for concurrent
// use.
type Session struct {
	engine *engine.Engine
	dir    string

	mu      sync.Mutex
	cell    Cell
	results map[string]*result.Result
}

// Cell is what the running cell gives the functions.
type Cell struct {
	Context  context.Context
	Show     func(value any)                      // shows a value
	Progress func(text string, done, total int64) // says how far a long run is
	Named    Named                                // results of other cells; nil for none
}

// Named finds a result by the name that a cell gave it, NotFound for a name that none
// has given. A result of a SQL cell has one table, which bears the name.
type Named func(name string) (*result.Result, error)

// Failure is what a function panics with when its work fails.
type Failure struct{ Err error }

// Error returns the message of the error.
func (f Failure) Error() string { return f.Err.Error() }

// Unwrap returns the error.
func (f Failure) Unwrap() error { return f.Err }

// NewSession returns the functions over an engine. Relative paths are meant from dir.
func NewSession(e *engine.Engine, dir string) *Session {
	return &Session{engine: e, dir: dir, results: map[string]*result.Result{}}
}

// begin makes a cell the running one.
func Begin(s *Session, c Cell) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cell = c
}

func (s *Session) running() Cell {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cell
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(Failure{err})
	}
	return value
}

func (s *Session) file(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(s.dir, path)
}

// Show shows a value below the cell, as the last expression of a cell is shown.
func (s *Session) Show(values ...any) {
	show := s.running().Show
	for _, v := range values {
		show(v)
	}
}

// Run runs an analysis on artifacts and returns its result. An input is a path, or
// role=path where two inputs are of the same kind. The result is kept, or taken from
// what was kept, as that of an analysis cell.
func (s *Session) Run(name string, inputs ...string) *result.Result {
	return s.RunWith(name, nil, inputs...)
}

// RunWith is Run with parameters, as an analysis cell writes them: {"top": "10"}.
func (s *Session) RunWith(name string, params map[string]string, inputs ...string) *result.Result {
	cell := s.running()
	request := engine.Request{Analysis: name, Dir: s.dir, Params: analysis.Values(params)}
	declared := must(s.engine.Registry.Get(name))
	for _, in := range inputs {
		request.Inputs = append(request.Inputs, callInput(declared, in))
	}
	out := must(s.engine.Run(cell.Context, request, cell.Progress))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.results[name] = out.Result
	return out.Result
}

func callInput(a analysis.Analysis, text string) analysis.CallInput {
	for _, r := range a.Roles {
		if path, ok := strings.CutPrefix(text, r.Name+"="); ok {
			return analysis.CallInput{Role: r.Name, Path: path}
		}
	}
	return analysis.CallInput{Path: text}
}

// Result returns a result of an earlier cell, of any language: by the name that the
// cell gave it, or the latest of the analysis with that name.
func (s *Session) Result(name string) *result.Result { return must(s.result(name)) }

func (s *Session) result(name string) (*result.Result, error) {
	err := error(fault.Errorf(fault.NotFound, "no earlier cell gave a result %q", name))
	if named := s.running().Named; named != nil {
		var r *result.Result
		if r, err = named(name); err == nil || fault.KindOf(err) != fault.NotFound {
			return r, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.results[name]; r != nil {
		return r, nil
	}
	return nil, fault.WithRemedy(err, "run the cell that makes it first, or compute it here with profilemate.Run")
}

// Frame returns a table of a result of an earlier cell: "x" for the table of a result
// that has one, such as that of a SQL statement below "-- name: x", "x.TABLE" for one of
// several.
func (s *Session) Frame(name string) *frames.Frame { return must(s.frame(name)) }

func (s *Session) frame(name string) (*frames.Frame, error) {
	name, table, _ := strings.Cut(name, ".")
	r, err := s.result(name)
	if err != nil {
		return nil, err
	}
	var there []string
	for _, t := range r.Tables {
		if strings.EqualFold(t.Name, table) || table == "" && len(r.Tables) == 1 {
			return t.Frame, nil
		}
		there = append(there, name+"."+t.Name)
	}
	if len(there) == 0 {
		return nil, fault.Errorf(fault.NotFound, "the result %s has no tables", name)
	}
	return nil, fault.WithRemedy(fault.Errorf(fault.NotFound, "the result %s has no table %q", name, table), "there are: %s", strings.Join(there, ", "))
}

// Analyses lists the analyses: name, kinds of artifact, and what they show.
func (s *Session) Analyses() *frames.Frame {
	b := frames.NewBuilder("analyses", frames.Schema{
		{Name: "analysis", Kind: frames.String}, {Name: "takes", Kind: frames.String}, {Name: "shows", Kind: frames.String}})
	for _, a := range s.engine.Registry.All() {
		var kinds []string
		for _, r := range a.Roles {
			kinds = append(kinds, r.Name+" ("+r.Kind+")")
		}
		b.Row(a.Name, strings.Join(kinds, ", "), a.Title)
	}
	return b.Frame()
}
