package gocell

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/traefik/yaegi/interp"

	"profilemate/workbench/fault"
	"profilemate/workbench/kernel"
)

// evaluation is one run of a cell in the interpreter with the goroutines that the
// cell starts.
type evaluation struct {
	group   sync.WaitGroup // of the cell itself and its goroutines
	main    chan struct{}  // closed when the statements of the cell have ended
	err     error          // of the statements; set before main is closed
	stopped chan struct{}  // closed when all that runs shall end
	ended   chan struct{}  // closed when nothing of it runs any more
	free    chan struct{}  // closed when the next cell may run
}

// How long is waited for what a cell leaves running.
const (
	goroutineGrace = 20 * time.Millisecond  // for goroutines that are about to end
	stopGrace      = 150 * time.Millisecond // for what is stopped, before the cell is answered
	leftGrace      = 2 * time.Second        // for a stopped cell, before the next one is refused
)

func newEvaluation() *evaluation {
	return &evaluation{main: make(chan struct{}), stopped: make(chan struct{}), ended: make(chan struct{}), free: make(chan struct{})}
}

// closesWithin reports whether a channel is closed in the time given.
func closesWithin(c <-chan struct{}, d time.Duration) bool {
	select {
	case <-c:
		return true
	default:
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-c:
		return true
	case <-t.C:
		return false
	}
}

// idle reports whether nothing of the last cell runs.
func (s *Session) idle() bool { return closesWithin(s.evaluation.free, 0) }

// ready waits for what an interrupted cell has left running. While that runs, no
// other cell can: both would change the same variables.
func (s *Session) ready(ctx context.Context) error {
	left := s.evaluation
	if left == nil {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, leftGrace, errLeft)
	defer cancel()
	select {
	case <-left.free:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// errLeft refuses a cell beside one that cannot be stopped.
var errLeft = fault.WithRemedy(fault.Errorf(fault.Conflict, "the interrupted cell has not ended: it is inside a call that cannot be stopped, such as WaitGroup.Wait or Mutex.Lock"),
	"run this cell again later, or restart the kernel")

// evaluate gives the cell to the interpreter and returns when it has ended, or soon
// after ctx has. Goroutines that still run end with their cell, as the end of main
// ends them in a program.
func (s *Session) evaluate(ctx context.Context, c *compiled, out kernel.Emitter) error {
	e := newEvaluation()
	s.mu.Lock()
	s.evaluation = e
	s.mu.Unlock()
	e.group.Add(1)
	go func() {
		defer e.group.Done()
		defer close(e.main)
		e.err = s.steps(c, out.Count())
	}()
	go func() { e.group.Wait(); close(e.ended) }()
	grace, interrupted := goroutineGrace, false
	select {
	case <-e.main:
	case <-ctx.Done():
		grace, interrupted = 0, true
	}
	if closesWithin(e.ended, grace) {
		close(e.free)
		return s.failure(e.err)
	}
	close(e.stopped)
	s.brake.stop(e.ended, e.free)
	ended := closesWithin(e.free, stopGrace)
	if interrupted {
		return s.interrupted()
	}
	if ended {
		fmt.Fprintln(out.Stderr(), "goroutines that still ran have ended with the cell, as the end of main ends them")
	}
	return s.failure(e.err)
}

// interrupted is the error of a cell that was stopped: that of what stopped it.
func (s *Session) interrupted() error {
	if stray := s.strays(); stray != nil {
		return stray
	}
	return fault.Errorf(fault.Canceled, "interrupted; what the cell had set stays set")
}

// steps runs the texts of a cell one after the other.
func (s *Session) steps(c *compiled, count int) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = interp.Panic{Value: v, Stack: debug.Stack()}
		}
	}()
	for path, name := range c.imports {
		if s.imported[path] {
			continue
		}
		if _, err := s.interp.Eval(fmt.Sprintf("package main;import %s %q", name, path)); err != nil {
			return err
		}
		s.imported[path] = true
	}
	for _, text := range []string{c.decls, c.body} {
		if _, err := s.interp.Eval(text); err != nil {
			return err
		}
	}
	s.commit(c, count)
	_, err = s.interp.Eval(c.call)
	return err
}

// running is the evaluation of the cell that runs.
func (s *Session) running() *evaluation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.evaluation
}

// goroutine starts a goroutine of a cell. A panic in it is an error of the cell and
// not the end of the kernel.
func (s *Session) goroutine(f func()) {
	e := s.running()
	e.group.Add(1)
	go func() {
		defer e.group.Done()
		defer func() {
			if v := recover(); v != nil {
				s.goPanic(v)
			}
		}()
		f()
	}()
}

// sleep is time.Sleep that ends with the cell.
func (s *Session) sleep(d time.Duration) { closesWithin(s.running().stopped, d) }
