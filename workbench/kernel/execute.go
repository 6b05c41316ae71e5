package kernel

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"profilemate/workbench/analysis"
	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter"
	"profilemate/workbench/result"
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
	}
	if !request.Silent {
		s.send(jupyter.IOPub, jupyter.ExecuteInput, &m, jupyter.Input{Code: request.Code, ExecutionCount: s.count})
	}
	if q.verdict == interrupted {
		err = fault.Errorf(fault.Canceled, "interrupted before it started")
	} else {
		err = s.cell(ctx, m, request.Code)
	}
	s.settle(err != nil && request.Stops())
	if err != nil {
		s.fail(m, err)
		return
	}
	s.reply(m, jupyter.ExecuteReply, jupyter.Reply{Status: jupyter.ReplyOK, ExecutionCount: s.count,
		Payload: []map[string]any{}, UserExpressions: answerExpressions(request.UserExpressions)})
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
func (s *server) cell(ctx context.Context, m jupyter.Message, code string) error {
	switch {
	case strings.TrimSpace(code) == "":
		return nil
	case !analysis.IsCell(code):
		return s.noLanguage()
	}
	call, err := analysis.ParseCell(code, s.opts.Runner.Lookup)
	if err != nil {
		return err
	}
	progress := newProgress(s, m)
	outcome, err := s.run(ctx, call, progress.report)
	progress.end()
	if err != nil {
		return err
	}
	s.send(jupyter.IOPub, jupyter.DisplayData, &m, display(outcome))
	return nil
}

// noLanguage is the answer to a cell in a language that this kernel does not run.
func (s *server) noLanguage() error {
	names := []string{}
	for _, a := range s.opts.Runner.Analyses() {
		names = append(names, a.Name)
	}
	return fault.WithRemedy(
		fault.Errorf(fault.Unsupported, "this cell is in no language that the kernel runs: a cell starts with %s NAME PATH…", analysis.CellMarker),
		"the analyses are: %s", strings.Join(names, ", "))
}

// run calls the runner and waits for it, but not for one that ignores its context.
func (s *server) run(ctx context.Context, call analysis.Call, report func(string, int64, int64)) (Outcome, error) {
	type ending struct {
		outcome Outcome
		err     error
	}
	ended := make(chan ending, 1)
	go func() {
		o, err := s.guarded(ctx, call, report)
		ended <- ending{o, err}
	}()
	select {
	case e := <-ended:
		return e.outcome, e.err
	case <-ctx.Done():
	}
	select {
	case e := <-ended:
		return e.outcome, e.err // it may have finished just before it was stopped
	case <-time.After(patience):
		return Outcome{}, ctx.Err()
	}
}

// guarded turns a panic of the runner into an error of its cell.
func (s *server) guarded(ctx context.Context, call analysis.Call, report func(string, int64, int64)) (o Outcome, err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &panicError{analysis: call.Analysis, value: v, stack: string(debug.Stack())}
		}
	}()
	return s.opts.Runner.Run(ctx, call, s.opts.Dir, report)
}

// panicError is a panic of an analysis with where it happened.
type panicError struct {
	analysis string
	value    any
	stack    string
}

// Error says what happened in a sentence, without the stack.
func (p *panicError) Error() string {
	return fmt.Sprintf("analysis %s failed inside the program: %v; this is a fault of the program, not of the cell", p.analysis, p.value)
}

// display is the outcome as a MIME bundle, the richest form for each client.
func display(o Outcome) jupyter.Display {
	text := o.Text
	if text == "" {
		text = o.Bundle.Title
	}
	data := map[string]any{result.MIME: o.Bundle, "text/plain": text}
	if o.HTML != "" {
		data["text/html"] = o.HTML
	}
	if len(o.SVG) > 0 {
		data["image/svg+xml"] = string(o.SVG)
	}
	return jupyter.Display{Data: data, Metadata: map[string]any{}}
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
	f.Traceback = []string{f.Name + ": " + f.Value}
	var p *panicError
	if errors.As(err, &p) {
		f.Traceback = append(f.Traceback, strings.Split(strings.TrimSpace(p.stack), "\n")...)
	}
	return f
}

// answerExpressions answers user expressions, which no cell language here has.
func answerExpressions(asked map[string]string) map[string]any {
	answers := map[string]any{}
	for name := range asked {
		f := failure(fault.Errorf(fault.Unsupported, "this kernel evaluates no expressions"))
		answers[name] = map[string]any{"status": jupyter.ReplyError, "ename": f.Name, "evalue": f.Value, "traceback": f.Traceback}
	}
	return answers
}
