package gocell

import (
	"context"
	"sync"

	"profilemate/frames"
	"profilemate/workbench/kernel"
)

// Language is the kernel.Language of Go cells. It is safe for concurrent use.
type Language struct {
	open    func() (*Session, error)
	mu      sync.Mutex
	session *Session // nil until it is made
}

// NewLanguage returns the language of Go cells. Its session is made when the first of
// them asks for something: a kernel that only runs analyses starts without it.
func NewLanguage(o Options) *Language {
	return &Language{open: sync.OnceValues(func() (*Session, error) { return New(o) })}
}

func (l *Language) use() (*Session, error) {
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
func (l *Language) Marker() string { return Marker }

// Execute runs a cell.
func (l *Language) Execute(ctx context.Context, code string, out kernel.Emitter) error {
	s, err := l.use()
	if err != nil {
		return err
	}
	return s.Execute(ctx, code, out)
}

// Complete says how the word at pos can go on.
func (l *Language) Complete(ctx context.Context, code string, pos int) kernel.Completion {
	s, err := l.use()
	if err != nil {
		return kernel.Completion{Start: pos, End: pos}
	}
	return s.Complete(ctx, code, pos)
}

// Inspect describes what stands at pos.
func (l *Language) Inspect(ctx context.Context, code string, pos, detail int) kernel.Data {
	s, err := l.use()
	if err != nil {
		return nil
	}
	return s.Inspect(ctx, code, pos, detail)
}

// IsComplete says whether a console should run the text.
func (l *Language) IsComplete(code string) kernel.Completeness { return isComplete(code) }

// Variables lists what the cells have set.
func (l *Language) Variables(ctx context.Context) []kernel.Variable {
	if s := l.made(); s != nil {
		return s.Variables(ctx)
	}
	return nil
}

// Frames are the tables that variables hold; see Session.Frames.
func (l *Language) Frames() map[string]*frames.Frame {
	if s := l.made(); s != nil {
		return s.Frames()
	}
	return nil
}

// made returns the session, nil before the first cell.
func (l *Language) made() *Session {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.session
}
