package nsys

import (
	"context"
	"slices"
)

// source is an export in one of the forms that nsys writes. It is safe for
// concurrent scans.
type source interface {
	// schema lists the stored tables and their columns.
	schema() schema
	// extent returns the number of rows of a table, -1 when it is not known without
	// reading them. An error is damage that leaves no row to read.
	extent(table string) (int64, error)
	// scan delivers the wanted columns of all rows in chunks, with at most so many
	// concurrent calls, as artifacts.Emit wants it. The columns are there. Damage is
	// no error but a loss; everything else that stops a scan is.
	scan(ctx context.Context, table string, wants []want, workers int, deliver deliver) (loss, error)
	// close gives back what the source holds; scans under way end by themselves.
	close() error
}

// deliver receives one chunk. The source owns the chunk and writes over it after
// the call.
type deliver func(worker int, c *chunk) error

// loss is what a scan could not deliver.
type loss struct {
	rows    int64 // rows stepped over, as far as they can be counted
	open    bool  // there may be more that cannot be counted
	hurt    bool  // damage was met
	untimed int64 // rows without a time
	read    int64 // rows delivered
}

func (l *loss) add(other loss) {
	l.rows += other.rows
	l.open = l.open || other.open
	l.hurt = l.hurt || other.hurt
	l.untimed += other.untimed
	l.read += other.read
}

// schema is what columns each stored table has, in order, and what each is declared
// as.
type schema map[string][]want

// has reports whether the table has all the columns.
func (s schema) has(table string, columns ...string) bool {
	have, ok := s[table]
	for _, c := range columns {
		if !slices.ContainsFunc(have, func(w want) bool { return w.column == c }) {
			return false
		}
	}
	return ok
}

// first returns the first of the tables that has the column, "" for none.
func (s schema) first(column string, tables ...string) string {
	for _, t := range tables {
		if s.has(t, column) {
			return t
		}
	}
	return ""
}

// record is one row of a small table.
type record struct {
	chunk *chunk
	row   int
}

// whole returns an integer, or nil when it is missing.
func (r record) whole(column int) any {
	if v := &r.chunk.vectors[column]; !v.null(r.row) {
		return v.ints[r.row]
	}
	return nil
}

func (r record) int(column int) int64   { return r.chunk.vectors[column].int(r.row) }
func (r record) text(column int) string { return r.chunk.vectors[column].text(r.row) }
func (r record) null(column int) bool   { return r.chunk.vectors[column].null(r.row) }

// each calls visit for every row of a small table in order. Columns that it lacks
// are missing, and a table that is not there has no row.
func each(ctx context.Context, s source, table string, wants []want, visit func(record) error) (loss, error) {
	if _, ok := s.schema()[table]; !ok {
		return loss{}, nil
	}
	var present []want
	at := make([]int, len(wants))
	for i, w := range wants {
		at[i] = -1
		if s.schema().has(table, w.column) {
			at[i] = len(present)
			present = append(present, w)
		}
	}
	return s.scan(ctx, table, present, 1, func(_ int, c *chunk) error {
		full := spread(c, at)
		for i := range c.rows {
			if err := visit(record{full, i}); err != nil {
				return err
			}
		}
		return nil
	})
}

// spread puts vectors where they are wanted, and absent ones between them.
func spread(c *chunk, at []int) *chunk {
	full := &chunk{rows: c.rows, vectors: make([]vector, len(at))}
	for i, from := range at {
		if from < 0 {
			full.vectors[i].absent = true
		} else {
			full.vectors[i] = c.vectors[from]
		}
	}
	return full
}
