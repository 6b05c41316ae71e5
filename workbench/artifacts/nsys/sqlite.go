package nsys

import (
	"context"
	"fmt"
)

// reading says which readers may read a SQLite export.
type reading uint8

const (
	both    reading = iota // the page reader where it can, the library for the rest
	byRows                 // the library alone
	byPages                // the page reader alone; what it declines is an error
)

// openSQLite opens a SQLite export.
func openSQLite(ctx context.Context, path string, c choices) (*export, error) {
	f, err := readHeader(path)
	if err != nil {
		return nil, err
	}
	e := &export{path: f.path, format: FormatName}
	if f.truncated() {
		e.cut = &cutOff{f.size, f.pages * f.page}
	}
	l := newLibrary(f)
	e.source = l
	if err := l.probe(ctx); err != nil {
		l.close()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, e.unreadable(fmt.Errorf("reading the list of tables: %w", err))
	}
	if c.by != byRows {
		e.source = newPaged(l, c.by == byPages)
	}
	return newExport(ctx, e, c.showPrivate)
}
