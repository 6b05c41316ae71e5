package nsys

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"

	"zombiezen.com/go/sqlite"

	"profilemate/workbench/fault"
)

// library is a SQLite export read by the SQLite library. It reads whatever SQLite
// can read.
type library struct {
	file   file
	tables schema
	pool   pool
}

func newLibrary(f file) *library { return &library{file: f, pool: pool{file: f}} }

func (l *library) schema() schema { return l.tables }
func (l *library) close() error   { return l.pool.close() }

// probe reads the list of tables and their columns.
func (l *library) probe(ctx context.Context) error {
	conn, err := l.pool.get()
	if err != nil {
		return err
	}
	defer l.pool.put(conn)
	conn.SetInterrupt(ctx.Done())
	l.tables, err = probe(conn)
	return err
}

// exactBytes is the size of file up to which rows are counted exactly; beyond,
// counting would cost more than many an analysis.
const exactBytes = 16 << 20

// extent counts rows in small files. In big ones the number comes from the rowids,
// which run without gaps from 1 in what nsys writes.
func (l *library) extent(table string) (int64, error) {
	conn, err := l.pool.get()
	if err != nil {
		return 0, err
	}
	defer l.pool.put(conn)
	s, known, ok, err := tableSpan(conn, table)
	switch {
	case err != nil || !ok:
		return 0, err
	case !known:
		return l.anyRow(conn, table, s)
	case l.file.size > exactBytes || l.file.truncated():
		return s.high - s.low + 1, nil
	}
	rows, err := integer(conn, "SELECT count(*) FROM "+quote(table))
	if isDamage(err) {
		return -1, nil
	}
	return rows, err
}

// anyRow returns -1 when a table whose ends are damaged has a row that can be read,
// and a Corrupt fault otherwise.
func (l *library) anyRow(conn *sqlite.Conn, table string, s span) (int64, error) {
	stmt, _, err := conn.PrepareTransient("SELECT rowid FROM " + quote(table) + " WHERE rowid BETWEEN ?1 AND ?2 ORDER BY rowid")
	if err != nil {
		return 0, err
	}
	defer stmt.Finalize()
	reader := rowReader{stmt: stmt}
	_, ok, err := reader.skip(context.Background(), s)
	if err == nil && !ok {
		err = fault.Errorf(fault.Corrupt, "no row of %s can be read", table)
	}
	return -1, err
}

// scan reads runs of rowids, each worker with a connection of its own.
func (l *library) scan(ctx context.Context, table string, wants []want, workers int, deliver deliver) (loss, error) {
	conn, err := l.pool.get()
	if err != nil {
		return loss{}, err
	}
	run, known, ok, err := tableSpan(conn, table)
	l.pool.put(conn)
	if err != nil || !ok {
		return loss{}, err
	}
	parts := []span{run}
	if known {
		parts = run.split(workers)
	}
	return l.parts(ctx, table, wants, parts, deliver)
}

// minPart is the fewest rowids worth a worker of their own.
const minPart = 1 << 14

// split divides a run of rowids into at most n of about equal length.
func (s span) split(n int) []span {
	length := uint64(s.high) - uint64(s.low) // one less than the number of rowids, which may not fit
	parts := min(uint64(max(n, 1)), length/minPart+1)
	step := length/parts + 1
	var list []span
	for low := s.low; ; {
		high := s.high
		if uint64(s.high)-uint64(low) >= step {
			high = low + int64(step) - 1
		}
		list = append(list, span{low, high})
		if high == s.high || high == math.MaxInt64 {
			return list
		}
		low = high + 1
	}
}

// parts reads runs of rowids at once, the worker's number being that of the run. It
// returns the first error that is not the echo of another's. A panic of deliver
// reaches the caller.
func (l *library) parts(ctx context.Context, table string, wants []want, parts []span, deliver deliver) (loss, error) {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	text := selectText(table, wants)
	workers := make([]*rowWorker, len(parts))
	var all sync.WaitGroup
	var once sync.Once
	var first error
	for i, part := range parts {
		w := &rowWorker{library: l, table: table, query: text, part: part, number: i, deliver: deliver, buffer: newRowBuffer(wants)}
		workers[i] = w
		all.Go(func() {
			if err := w.guarded(inner); err != nil {
				once.Do(func() { first = err; cancel() })
			}
		})
	}
	all.Wait()
	var sum loss
	for _, w := range workers {
		if w.panicked != "" {
			panic(w.panicked)
		}
		sum.add(w.loss)
	}
	if err := ctx.Err(); err != nil {
		return sum, err
	}
	return sum, first
}

// selectText is the statement of all workers: the rowid, then the wanted columns.
func selectText(table string, wants []want) string {
	list := []string{"rowid"}
	for _, w := range wants {
		list = append(list, quote(w.column))
	}
	return fmt.Sprintf("SELECT %s FROM %s WHERE rowid BETWEEN ?1 AND ?2 ORDER BY rowid", strings.Join(list, ", "), quote(table))
}

// rowWorker reads one run of rowids.
type rowWorker struct {
	library  *library
	table    string
	query    string
	part     span
	number   int
	deliver  deliver
	buffer   *rowBuffer
	loss     loss
	panicked string
}

func (w *rowWorker) guarded(ctx context.Context) (err error) {
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

func (w *rowWorker) read(ctx context.Context) error {
	conn, err := w.library.pool.get()
	if err != nil {
		return err
	}
	defer w.library.pool.put(conn)
	conn.SetInterrupt(ctx.Done())
	stmt, _, err := conn.PrepareTransient(w.query)
	if err != nil {
		return w.failed(err)
	}
	defer stmt.Finalize()
	reader := rowReader{stmt: stmt}
	err = reader.read(ctx, w.part, func(stmt *sqlite.Stmt) error {
		w.buffer.add(stmt)
		if w.buffer.chunk.rows < chunkRows {
			return nil
		}
		return w.flush(ctx)
	})
	if err == nil {
		err = w.flush(ctx)
	}
	w.loss.rows, w.loss.open, w.loss.hurt = reader.lost, reader.open, reader.hurt
	if err != nil && sqlite.ErrCode(err) != sqlite.ResultError {
		return w.failed(err)
	}
	return err
}

func (w *rowWorker) failed(err error) error {
	return fault.Errorf(fault.Corrupt, "%s: reading table %s: %w", filepath.Base(w.library.file.path), w.table, err)
}

func (w *rowWorker) flush(ctx context.Context) error {
	if err := ctx.Err(); err != nil || w.buffer.chunk.rows == 0 {
		return err
	}
	err := w.deliver(w.number, w.buffer.finish())
	w.buffer.reset()
	return err
}

// rowBuffer turns the rows of a statement into chunks.
type rowBuffer struct {
	wants   []want
	chunk   chunk
	columns []columnBuffer
}

type columnBuffer struct {
	ints   []int64
	reals  []float64
	bytes  []byte
	ends   []int
	nulls  []bool
	missed bool
}

func newRowBuffer(wants []want) *rowBuffer {
	return &rowBuffer{wants: wants, chunk: chunk{vectors: make([]vector, len(wants))}, columns: make([]columnBuffer, len(wants))}
}

// add appends the row at which the statement stands.
func (b *rowBuffer) add(stmt *sqlite.Stmt) {
	for i := range b.columns {
		b.columns[i].add(stmt, i+1, b.wants[i].as)
	}
	b.chunk.rows++
}

func (c *columnBuffer) add(stmt *sqlite.Stmt, at int, as kind) {
	null := false
	switch as {
	case whole:
		v := stmt.ColumnInt64(at)
		// NULL and text read as 0: only then is the type worth a look.
		null = v == 0 && stmt.ColumnType(at) != sqlite.TypeInteger
		c.ints = append(c.ints, v)
	case real:
		v := stmt.ColumnFloat(at)
		null = v == 0 && stmt.ColumnType(at) != sqlite.TypeFloat && stmt.ColumnType(at) != sqlite.TypeInteger
		c.reals = append(c.reals, v)
	case words:
		null = stmt.ColumnIsNull(at)
		c.bytes = append(c.bytes, stmt.ColumnText(at)...)
		c.ends = append(c.ends, len(c.bytes))
	case blob:
		null = stmt.ColumnIsNull(at)
		from := len(c.bytes)
		c.bytes = append(c.bytes, make([]byte, stmt.ColumnLen(at))...)
		stmt.ColumnBytes(at, c.bytes[from:])
		c.ends = append(c.ends, len(c.bytes))
	}
	c.nulls = append(c.nulls, null)
	c.missed = c.missed || null
}

// at returns a value of a words or blob column.
func (c *columnBuffer) at(row int) []byte {
	if row == 0 {
		return c.bytes[:c.ends[0]]
	}
	return c.bytes[c.ends[row-1]:c.ends[row]]
}

// finish returns the rows so far.
func (b *rowBuffer) finish() *chunk {
	for i := range b.columns {
		c := &b.columns[i]
		v := vector{ints: c.ints, reals: c.reals, bytes: c.at}
		if c.missed {
			v.nulls = c.nulls
		}
		b.chunk.vectors[i] = v
	}
	return &b.chunk
}

func (b *rowBuffer) reset() {
	b.chunk.rows = 0
	for i := range b.columns {
		c := &b.columns[i]
		*c = columnBuffer{ints: c.ints[:0], reals: c.reals[:0], bytes: c.bytes[:0], ends: c.ends[:0], nulls: c.nulls[:0]}
	}
}

// integer runs a statement that returns one number.
func integer(conn *sqlite.Conn, text string) (n int64, err error) {
	err = query(conn, text, func(stmt *sqlite.Stmt) error {
		n = stmt.ColumnInt64(0)
		return nil
	})
	return n, err
}
