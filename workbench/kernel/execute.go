package kernel

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter"
)

// patience is how long an interrupted run may take to heed it before it is left
// behind; with it an interrupt is answered well within half a second.
const patience = 250 * time.Millisecond

// execute answers an execute request.
func (s *server) execute(ctx context.Context, q queued) {
	m := q.message
	request, err := jupyter.Decode[jupyter.Execute](m)
	switch {
	case err != nil:
		s.fail(m, fault.Errorf(fault.Misuse, "the execute request cannot be read: %w", err))
		return
	case q.verdict == abort:
		s.reply(m, jupyter.ExecuteReply, jupyter.Reply{Status: jupyter.ReplyAborted, ExecutionCount: s.count,
			Payload: []map[string]any{}, UserExpressions: map[string]any{}})
		return
	}
	if request.Counts() {
		s.count++
		s.history.add(s.count, request.Code)
	}
	if !request.Silent {
		s.send(jupyter.IOPub, jupyter.ExecuteInput, &m, jupyter.Input{Code: request.Code, ExecutionCount: s.count})
	}
	expressions := map[string]any{}
	if q.verdict == interrupted {
		err = fault.Errorf(fault.Canceled, "interrupted before it started")
	} else if err = s.cell(ctx, m, request); err == nil {
		expressions = s.evaluate(ctx, request)
	}
	s.settle(err != nil && request.Stops())
	if err != nil {
		s.fail(m, err)
		return
	}
	s.reply(m, jupyter.ExecuteReply, jupyter.Reply{Status: jupyter.ReplyOK, ExecutionCount: s.count,
		Payload: []map[string]any{}, UserExpressions: expressions})
}

// settle unregisters the running cell and, after an error, aborts the cells that
// are queued by now.
func (s *server) settle(stop bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cancel = nil
	if stop {
		s.judge(abort)
	}
}

// fail shows the error of a cell and replies with it.
func (s *server) fail(m jupyter.Message, err error) {
	f := failure(err)
	s.send(jupyter.IOPub, jupyter.ErrorType, &m, f)
	s.reply(m, jupyter.ExecuteReply, jupyter.Reply{Status: jupyter.ReplyError, ExecutionCount: s.count,
		Payload: []map[string]any{}, UserExpressions: map[string]any{}, Failure: f})
}

// cell runs the text of a cell.
func (s *server) cell(ctx context.Context, m jupyter.Message, request jupyter.Execute) error {
	if strings.TrimSpace(request.Code) == "" {
		return nil
	}
	l := s.opts.language(request.Code)
	if l == nil {
		return s.noLanguage(request.Code)
	}
	out := newEmitter(s, m, s.count, request.Silent)
	defer out.end()
	_, err := bounded(ctx, l.Marker(), func() (struct{}, error) {
		return struct{}{}, l.Execute(ctx, request.Code, out)
	})
	if err != nil && ctx.Err() != nil && fault.KindOf(err) != fault.Canceled {
		return fault.Errorf(fault.Canceled, "interrupted: %w", err)
	}
	return err
}

// noLanguage is the answer to a cell in a language that this kernel does not run.
func (s *server) noLanguage(code string) error {
	word := marker(code)
	if word == "" {
		return fault.WithRemedy(fault.Errorf(fault.Unsupported, "this cell says no language"), "start it with %s", s.markerWords())
	}
	return fault.WithRemedy(fault.Errorf(fault.Unsupported, "this kernel runs no %s cells", word), "start the cell with %s", s.markerWords())
}

// markerWords lists the markers of the languages: "%%analysis or %%sql".
func (s *server) markerWords() string {
	words := make([]string, len(s.opts.Languages))
	for i, l := range s.opts.Languages {
		words[i] = l.Marker()
	}
	return strings.Join(words, " or ")
}

// bounded calls a language and waits for it, but not for one that ignores its
// context. A panic is an error.
func bounded[T any](ctx context.Context, what string, call func() (T, error)) (T, error) {
	type ending struct {
		value T
		err   error
	}
	ended := make(chan ending, 1)
	go func() {
		var e ending
		defer func() {
			if v := recover(); v != nil {
				e.err = &panicError{what: what, value: v, stack: string(debug.Stack())}
			}
			ended <- e
		}()
		e.value, e.err = call()
	}()
	select {
	case e := <-ended:
		return e.value, e.err
	case <-ctx.Done():
	}
	select {
	case e := <-ended:
		return e.value, e.err // it may have finished just before it was stopped
	case <-time.After(patience):
		var none T
		return none, ctx.Err()
	}
}

// panicError is a panic of a language with where it happened.
type panicError struct {
	what  string // marker of the cell
	value any
	stack string
}

// Error says what happened in a sentence, without the stack.
func (p *panicError) Error() string {
	return fmt.Sprintf("the %s cell failed inside the program: %v; this is a fault of the program, not of the cell", p.what, p.value)
}

// errorName is what clients show before the sentence of an error.
func errorName(kind fault.Kind) string {
	names := map[fault.Kind]string{
		fault.Misuse: "Misuse", fault.NotFound: "NotFound", fault.Unsupported: "Unsupported", fault.Corrupt: "Corrupt",
		fault.Missing: "Missing", fault.Conflict: "Conflict", fault.Denied: "Denied", fault.Canceled: jupyter.InterruptErrorName,
	}
	if name, ok := names[kind]; ok {
		return name
	}
	return "InternalError"
}

// failure is an error as clients show it. Only a panic shows where in the program
// it happened.
func failure(err error) jupyter.Failure {
	kind := fault.KindOf(err)
	f := jupyter.Failure{Name: errorName(kind), Value: err.Error()}
	if kind == fault.Canceled {
		f.Value = "the cell was interrupted"
	}
	if len(f.Value) > maxMessage {
		f.Value = strings.ToValidUTF8(f.Value[:maxMessage], "") + "…"
	}
	f.Traceback = []string{f.Name + ": " + f.Value}
	var p *panicError
	if errors.As(err, &p) {
		f.Traceback = append(f.Traceback, strings.Split(strings.TrimSpace(p.stack), "\n")...)
	}
	return f
}

// maxMessage bounds the sentence of an error, in bytes.
const maxMessage = 64 << 10

// evaluate answers the user expressions of a cell that ended well.
func (s *server) evaluate(ctx context.Context, request jupyter.Execute) map[string]any {
	answers := map[string]any{}
	for name, expression := range request.UserExpressions {
		value, err := s.expression(ctx, request.Code, expression)
		if err != nil {
			f := failure(err)
			answers[name] = map[string]any{"status": jupyter.ReplyError, "ename": f.Name, "evalue": f.Value, "traceback": f.Traceback}
			continue
		}
		answers[name] = map[string]any{"status": jupyter.ReplyOK, "data": value, "metadata": map[string]any{}}
	}
	return answers
}

func (s *server) expression(ctx context.Context, code, expression string) (Data, error) {
	l, ok := s.opts.language(code).(Evaluator)
	if !ok {
		return nil, fault.Errorf(fault.Unsupported, "cells of this language evaluate no expressions")
	}
	return bounded(ctx, "expression", func() (Data, error) { return l.Evaluate(ctx, expression) })
}
