package gocell

import (
	"context"
	"sync"

	"profilemate/workbench/kernel"
)

// Language returns the language of Go cells. Its session is made when the first of
// them asks for something: a kernel that only runs analyses starts without it.
func Language(o Options) kernel.Language {
	return language{open: sync.OnceValues(func() (*Session, error) { return New(o) }), opened: &opened{}}
}

type language struct {
	open func() (*Session, error)
	*opened
}

// opened is the session once it is made.
type opened struct {
	mu      sync.Mutex
	session *Session
}

func (l language) use() (*Session, error) {
	s, err := l.open()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.session = s
	return s, nil
}

// Marker is the first word of Go cells.
func (l language) Marker() string { return Marker }

// Execute runs a cell.
func (l language) Execute(ctx context.Context, code string, out kernel.Emitter) error {
	s, err := l.use()
	if err != nil {
		return err
	}
	return s.Execute(ctx, code, out)
}

// Complete says how the word at pos can go on.
func (l language) Complete(ctx context.Context, code string, pos int) kernel.Completion {
	s, err := l.use()
	if err != nil {
		return kernel.Completion{Start: pos, End: pos}
	}
	return s.Complete(ctx, code, pos)
}

// Inspect describes what stands at pos.
func (l language) Inspect(ctx context.Context, code string, pos, detail int) kernel.Data {
	s, err := l.use()
	if err != nil {
		return nil
	}
	return s.Inspect(ctx, code, pos, detail)
}

// IsComplete says whether a console should run the text.
func (l language) IsComplete(code string) kernel.Completeness { return isComplete(code) }

// Variables lists what the cells have set.
func (l language) Variables(ctx context.Context) []kernel.Variable {
	l.mu.Lock()
	s := l.session
	l.mu.Unlock()
	if s == nil {
		return nil
	}
	return s.Variables(ctx)
}
