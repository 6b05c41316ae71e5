// Package vtab shows tables of frames to SQLite as virtual tables: rows are read in
// batches while a statement runs, only the columns that it uses, and where a
// statement looks rows up by a column the table is held sorted by it.
package vtab

import (
	"context"

	"profilemate/frames"
)

// Source is a table that statements read. It must be safe for concurrent scans.
type Source interface {
	// Schema returns the columns.
	Schema() frames.Schema
	// Rows is how many there are, -1 where that is not known.
	Rows() int64
	// Scan delivers all rows in order in batches of the named columns, in that order. A
	// batch is valid during the call, its dictionaries for as long as they are wanted.
	Scan(ctx context.Context, columns []string, emit func(*frames.Batch) error) error
}

// Of returns a frame as a source.
func Of(f *frames.Frame) Source { return held{f} }

type held struct{ frame *frames.Frame }

func (h held) Schema() frames.Schema { return h.frame.Schema() }
func (h held) Rows() int64           { return int64(h.frame.Len()) }

func (h held) Scan(ctx context.Context, columns []string, emit func(*frames.Batch) error) error {
	f, err := h.frame.Select(columns...)
	if err != nil {
		return err
	}
	for b := range f.Batches(0) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := emit(b); err != nil {
			return err
		}
	}
	return nil
}
