package gocell

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/traefik/yaegi/interp"

	"profilemate/workbench/fault"
	"profilemate/workbench/gocell/api"
)

// failure is the error of a cell in its own words: with the line of the cell, and
// without what is ours.
func (s *Session) failure(err error) error {
	if err == nil {
		return nil
	}
	if stray := s.strays(); stray != nil {
		return stray
	}
	p := new(interp.Panic)
	if !errors.As(err, p) {
		return fault.Errorf(fault.Unsupported, "the interpreter cannot run this cell: %s", plain(err.Error()))
	}
	if r, ok := p.Value.(refusal); ok {
		p.Value = r.Failure
	}
	if f, ok := p.Value.(api.Failure); ok {
		return fmt.Errorf("%s%w", s.place(), f.Err)
	}
	return fault.Errorf(fault.Misuse, "%spanic: %s", s.place(), panicText(p.Value))
}

var position = regexp.MustCompile(`^(_\.go:)?(\d+):\d+: `)

// plain turns a position of the interpreter into a line of the cell and gives
// names back as they were written.
func plain(text string) string {
	text = strings.ReplaceAll(text, mark, "")
	return position.ReplaceAllString(text, "line $2: ")
}

// strays takes the panics of goroutines.
func (s *Session) strays() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.stray) == 0 {
		return nil
	}
	err := s.stray[0]
	s.stray = nil
	return err
}

// goPanic takes the panic of a goroutine: it ends the cell that runs, or fails the
// next one.
func (s *Session) goPanic(v any) {
	s.stop(fault.WithRemedy(fault.Errorf(fault.Misuse, "panic in a goroutine: %s", panicText(v)),
		"a compiled program would have ended here; recover in the goroutine"))
}

// stop ends the cell that runs with an error, or fails the next one.
func (s *Session) stop(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stray = append(s.stray, err)
	if s.cancel != nil {
		s.cancel()
	}
}
