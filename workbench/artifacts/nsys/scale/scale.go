// Package scale makes big nsys exports of small ones: it repeats a real capture, so
// that benchmarks read what real programs do, in any amount.
package scale

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"zombiezen.com/go/sqlite"

	"profilemate/workbench/fault"
)

// Options say what is made.
type Options struct {
	From  string // SQLite export of a real capture
	To    string // file to write, which must not be there yet
	Times int    // how often the capture is repeated, at least 1
	Depth int    // NVTX push-pop ranges around each repetition, one in the other, on every thread that calls CUDA
	// Progress is told the rows so far, after each repetition of a table; it may be nil.
	Progress func(table string, rows int64)
}

// The most that Options may ask for.
const (
	maxTimes = 1_000_000
	maxDepth = 1_000
)

// Summary says what was made.
type Summary struct {
	Tables int
	Rows   int64 // of all tables
	Period int64 // ns from one repetition to the next
}

// Repeat writes an export in which the events of a capture occur again and again:
// times move on by the length of the capture, and numbers that join tables
// (correlation ids, launches, ranges, samples) by more than their largest, so that
// joins stay as they are. What was there before the capture began, and what
// describes the machine, occurs once. The file appears under its name when it is
// complete.
func Repeat(ctx context.Context, o Options) (Summary, error) {
	if o.Times < 1 || o.Times > maxTimes || o.Depth < 0 || o.Depth > maxDepth {
		return Summary{}, fault.Errorf(fault.Misuse, "repeating a capture %d times in %d ranges: from 1 to %d times and at most %d ranges", o.Times, o.Depth, maxTimes, maxDepth)
	}
	if _, err := os.Stat(o.To); !errors.Is(err, fs.ErrNotExist) {
		return Summary{}, fault.Errorf(fault.Conflict, "%s is there already", o.To)
	}
	part := o.To + ".part"
	defer os.Remove(part)
	s, err := write(ctx, o, part)
	if err != nil {
		return Summary{}, fmt.Errorf("repeating %s: %w", filepath.Base(o.From), err)
	}
	if err := os.Rename(part, o.To); err != nil {
		return Summary{}, fault.Errorf(fault.Denied, "repeating %s: %w", filepath.Base(o.From), err)
	}
	return s, nil
}

func write(ctx context.Context, o Options, path string) (Summary, error) {
	conn, err := open(o.From, path)
	if err != nil {
		return Summary{}, err
	}
	defer conn.Close()
	conn.SetInterrupt(ctx.Done())
	w := &writer{conn: conn, options: o}
	err = w.write()
	if ctx.Err() != nil {
		return Summary{}, ctx.Err()
	}
	if err == nil {
		err = conn.Close()
	}
	return w.summary, err
}

// open makes the new database and attaches the capture, read-only, as "capture".
// Nothing is synchronized or rolled back: a file that is not complete is removed.
func open(from, to string) (*sqlite.Conn, error) {
	from, err := filepath.Abs(from)
	if err != nil {
		return nil, fault.Errorf(fault.NotFound, "%w", err)
	}
	if _, err := os.Stat(from); err != nil {
		return nil, fault.Errorf(fault.NotFound, "%w", err)
	}
	if err := os.Remove(to); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Errorf(fault.Denied, "%w", err)
	}
	conn, err := sqlite.OpenConn(to, sqlite.OpenReadWrite, sqlite.OpenCreate, sqlite.OpenURI)
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "making %s: %w", to, err)
	}
	uri := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(from), RawQuery: "mode=ro&immutable=1"}
	for _, text := range []string{"PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "PRAGMA locking_mode = EXCLUSIVE", "PRAGMA trusted_schema = OFF",
		"ATTACH " + literal(uri.String()) + " AS capture"} {
		if err := run(conn, text, nil); err != nil {
			conn.Close()
			return nil, fault.Errorf(fault.Corrupt, "%w", err)
		}
	}
	return conn, nil
}

// run runs a statement and calls row, which may be nil, for each of its rows.
func run(conn *sqlite.Conn, text string, row func(*sqlite.Stmt), args ...int64) error {
	stmt, _, err := conn.PrepareTransient(text)
	if err != nil {
		return fmt.Errorf("preparing %q: %w", text, err)
	}
	defer stmt.Finalize()
	for i, v := range args {
		stmt.BindInt64(i+1, v)
	}
	for {
		more, err := stmt.Step()
		if err != nil {
			return fmt.Errorf("running %q: %w", text, err)
		}
		if !more {
			return nil
		}
		if row != nil {
			row(stmt)
		}
	}
}

func quote(name string) string   { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
func literal(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
