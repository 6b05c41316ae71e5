// Package fault gives errors a kind where their cause is known, so that the
// command line can pick an exit code and the web server a status without reading
// text.
package fault

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Kind is what sort of thing went wrong.
type Kind string

// The kinds of fault. An error without one is Internal.
const (
	Misuse      Kind = "misuse"      // the caller asked for something that cannot be: a wrong flag, parameter or column
	NotFound    Kind = "not-found"   // there is no such file, table, analysis, notebook or result
	Unsupported Kind = "unsupported" // understood, but not a thing this program reads or does
	Corrupt     Kind = "corrupt"     // the input is damaged or contradicts itself
	Missing     Kind = "missing"     // the input is sound but lacks what the work needs
	Conflict    Kind = "conflict"    // somebody else changed it first
	Denied      Kind = "denied"      // not allowed: token, host, origin, file permission
	Canceled    Kind = "canceled"    // stopped on request
	Internal    Kind = "internal"    // our own fault
)

// Error is an error with a kind and, where there is one, the way out.
type Error struct {
	Kind   Kind
	Err    error
	Remedy string // what the user can do, as a sentence; empty when there is nothing
}

// Error returns the message, followed by the remedy.
func (e *Error) Error() string {
	message := e.Err.Error()
	switch {
	case e.Remedy == "":
		return message
	case strings.HasSuffix(message, "."): // it ends in a finding's sentence
		return message + " " + e.Remedy
	}
	return message + "; " + e.Remedy
}

// Unwrap returns the error underneath.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an error of the kind, formatted as fmt.Errorf does (with %w).
func Errorf(kind Kind, format string, args ...any) error {
	return &Error{Kind: kind, Err: fmt.Errorf(format, args...)}
}

// WithRemedy adds the way out to err, keeping its kind.
func WithRemedy(err error, format string, args ...any) error {
	return &Error{Kind: KindOf(err), Err: err, Remedy: fmt.Sprintf(format, args...)}
}

// KindOf returns the kind nearest the surface of err, Canceled for a context that
// ended, and Internal where none is set.
func KindOf(err error) Kind {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.Kind
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return Canceled
	}
	return Internal
}
