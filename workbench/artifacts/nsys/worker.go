package nsys

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime/debug"

	"zombiezen.com/go/sqlite"

	"profilemate/frames"
	"profilemate/workbench/fault"
)

// worker reads one run of rowids into batches.
type worker struct {
	scan     *scan
	number   int
	part     span
	cells    []cell
	at       []int // first result column of each cell
	rows     int   // in the cells
	loss     loss
	panicked string
}

func (s *scan) worker(number int, part span) *worker {
	w := &worker{scan: s, number: number, part: part}
	at := 1
	if s.table.timed {
		at++
	}
	for i := range s.fields {
		f := &s.fields[i]
		create := f.make
		if !s.export.schema.hasAny(s.table.source, f.from...) {
			create = absentCell
		}
		w.cells = append(w.cells, create(f, s.scope))
		w.at = append(w.at, at)
		at += len(f.from)
	}
	return w
}

func (w *worker) guarded(ctx context.Context) (err error) {
	defer func() {
		if p := recover(); p != nil {
			w.panicked = fmt.Sprintf("%v\n\n%s", p, debug.Stack())
			err = fmt.Errorf("worker %d: panic", w.number)
		}
	}()
	err = w.read(ctx)
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func (w *worker) read(ctx context.Context) error {
	conn, err := w.scan.export.pool.get()
	if err != nil {
		return err
	}
	defer w.scan.export.pool.put(conn)
	conn.SetInterrupt(ctx.Done())
	stmt, _, err := conn.PrepareTransient(w.scan.query)
	if err != nil {
		return w.failed(err)
	}
	defer stmt.Finalize()
	reader := rowReader{stmt: stmt}
	err = reader.read(ctx, w.part, func(stmt *sqlite.Stmt) error { return w.row(ctx, stmt) })
	if err == nil {
		err = w.flush(ctx)
	}
	w.loss.rows, w.loss.hurt = reader.lost, reader.hurt
	if err != nil && sqlite.ErrCode(err) != sqlite.ResultError {
		return w.failed(err)
	}
	return err
}

func (w *worker) failed(err error) error {
	return fault.Errorf(fault.Corrupt, "%s: reading table %s (%s): %w", filepath.Base(w.scan.export.file.path), w.scan.table.name, w.scan.table.source, err)
}

func (w *worker) row(ctx context.Context, stmt *sqlite.Stmt) error {
	if w.scan.table.timed && stmt.ColumnInt64(1) <= 0 {
		w.loss.untimed++
		return nil
	}
	for i, c := range w.cells {
		c.add(stmt, w.at[i])
	}
	w.rows++
	if w.rows < frames.BatchRows {
		return nil
	}
	return w.flush(ctx)
}

// flush hands the rows so far to emit.
func (w *worker) flush(ctx context.Context) error {
	if w.rows == 0 {
		return ctx.Err()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	columns := make([]frames.Column, len(w.cells))
	for i, c := range w.cells {
		columns[i] = c.column()
	}
	b, err := frames.New(w.scan.table.name, columns...)
	if err != nil {
		return fmt.Errorf("table %s: %w", w.scan.table.name, err)
	}
	if err := w.scan.emit(w.number, b); err != nil {
		return err
	}
	w.scan.progress.add(int64(w.rows))
	w.loss.read += int64(w.rows)
	w.rows = 0
	for _, c := range w.cells {
		c.reset()
	}
	return nil
}
