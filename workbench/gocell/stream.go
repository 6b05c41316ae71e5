package gocell

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"sync"
)

// redirect sends what the interpreter prints to the cell that runs, and drops what
// it says by itself of a panic.
type redirect struct {
	mu       sync.Mutex
	out, err io.Writer
}

func (r *redirect) set(out, err io.Writer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out, r.err = out, err
}

type redirected struct {
	r     *redirect
	error bool
}

func (r *redirect) stdout() io.Writer { return redirected{r, false} }
func (r *redirect) stderr() io.Writer { return redirected{r, true} }

var panicLine = regexp.MustCompile(`^(_\.go:)?\d+:\d+: panic: `)

// Write passes text on. What comes from no cell is dropped.
func (w redirected) Write(p []byte) (int, error) {
	w.r.mu.Lock()
	defer w.r.mu.Unlock()
	if w.error {
		if panicLine.Match(p) && bytes.HasSuffix(p, []byte("(...)\n")) {
			return len(p), nil
		}
	}
	to := w.r.out
	if w.error {
		to = w.r.err
	}
	if to == nil {
		return len(p), nil
	}
	return to.Write(p)
}

// methodTypes tells the interpreter which methods of a cell's types the functions of
// a package look for.
func methodTypes() map[reflect.Value][]reflect.Type {
	methods := []reflect.Type{reflect.TypeFor[fmt.Formatter](), reflect.TypeFor[fmt.Stringer]()}
	m := map[reflect.Value][]reflect.Type{
		reflect.ValueOf(json.Marshal): {reflect.TypeFor[json.Marshaler](), reflect.TypeFor[encoding.TextMarshaler]()},
	}
	for _, f := range []any{fmt.Errorf, fmt.Fprint, fmt.Fprintf, fmt.Fprintln, fmt.Print, fmt.Printf, fmt.Println, fmt.Sprint, fmt.Sprintf, fmt.Sprintln} {
		m[reflect.ValueOf(f)] = methods
	}
	return m
}
