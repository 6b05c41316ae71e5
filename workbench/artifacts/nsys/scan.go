package nsys

import (
	"context"
	"fmt"
	"math"
	"strings"
	"sync"

	"zombiezen.com/go/sqlite"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
)

// Scan implements artifacts.Artifact. Rows come in the order of their rowids. Each
// worker has a connection and a run of rowids of its own. A panic of emit reaches
// the caller of Scan.
func (e *export) Scan(ctx context.Context, r artifacts.Request, emit artifacts.Emit) error {
	if f, ok := e.static[r.Table]; ok {
		return scanStatic(ctx, f, r, emit)
	}
	s, err := e.plan(ctx, r, emit)
	if err != nil {
		return err
	}
	parts, err := s.split(r.Workers)
	if err != nil {
		return err
	}
	return s.run(ctx, parts)
}

func scanStatic(ctx context.Context, f *frames.Frame, r artifacts.Request, emit artifacts.Emit) error {
	if r.Columns != nil {
		var err error
		if f, err = f.Select(r.Columns...); err != nil {
			return fault.Errorf(fault.Misuse, "%w", err)
		}
	}
	for b := range f.Batches(frames.BatchRows) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := emit(0, b); err != nil {
			return err
		}
	}
	return nil
}

// scan is one scan of a table.
type scan struct {
	export   *export
	table    table
	fields   []field
	query    string
	emit     artifacts.Emit
	scope    *scope
	progress progress
}

// plan checks the request and prepares what the workers share.
func (e *export) plan(ctx context.Context, r artifacts.Request, emit artifacts.Emit) (*scan, error) {
	if _, err := artifacts.Lookup(e, r.Table); err != nil {
		return nil, err
	}
	s := &scan{export: e, emit: emit, progress: progress{report: r.Progress}}
	for _, t := range e.tables {
		if t.name == r.Table {
			s.table = t
		}
	}
	wanted := r.Columns
	if wanted == nil {
		wanted = s.table.schema().Names()
	}
	for _, name := range wanted {
		i := s.table.schema().Index(name)
		if i < 0 {
			_, err := s.table.schema().Select(name)
			return nil, fault.Errorf(fault.Misuse, "table %s: %w", r.Table, err)
		}
		s.fields = append(s.fields, s.table.fields[i])
	}
	n, err := e.loadNames(ctx)
	if err != nil {
		return nil, err
	}
	s.scope = newScope(n)
	s.query = s.selectText()
	return s, nil
}

// selectText is the statement of all workers: the rowid, the start where rows
// without one are dropped, then each field's source columns.
func (s *scan) selectText() string {
	list := []string{"rowid"}
	if s.table.timed {
		list = append(list, s.source("start"))
	}
	for _, f := range s.fields {
		for _, from := range f.from {
			list = append(list, s.source(from))
		}
	}
	clause, _ := s.table.where(s.export.schema)
	return fmt.Sprintf("SELECT %s FROM %s WHERE rowid BETWEEN ?1 AND ?2%s ORDER BY rowid",
		strings.Join(list, ", "), quote(s.table.source), clause)
}

func (s *scan) source(column string) string {
	if s.export.schema.has(s.table.source, column) {
		return quote(column)
	}
	return "NULL"
}

// minPart is the fewest rowids worth a worker of their own.
const minPart = 1 << 14

// split divides the table's rowids into at most so many runs. An open span, whose
// last row cannot be found, is one run.
func (s *scan) split(workers int) ([]span, error) {
	conn, err := s.export.pool.get()
	if err != nil {
		return nil, err
	}
	defer s.export.pool.put(conn)
	if s.table.serial {
		workers = 1
		if err := s.loadDomains(conn); err != nil {
			return nil, err
		}
	}
	whole, known, ok, err := tableSpan(conn, s.table.source)
	if err != nil || !ok {
		return nil, err
	}
	if !known {
		return []span{whole}, nil
	}
	s.progress.total = whole.high - whole.low + 1
	return whole.split(workers), nil
}

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

// loadDomains reads the names of NVTX domains, which stand in rows of type 75. A
// number means a domain within one process only.
func (s *scan) loadDomains(conn *sqlite.Conn) error {
	if !s.export.schema.has(nvtxSource, "eventType", "globalTid", "domainId", "text") {
		return nil
	}
	text := fmt.Sprintf("SELECT globalTid, domainId, %s, text FROM %s WHERE eventType = 75", s.source("textId"), nvtxSource)
	err := query(conn, text, func(stmt *sqlite.Stmt) error {
		key := domain{stmt.ColumnInt64(0) >> 24 & idMask, stmt.ColumnInt64(1)}
		name := stmt.ColumnText(3)
		if !stmt.ColumnIsNull(2) {
			name = s.scope.names.dict.String(s.scope.names.code(stmt.ColumnInt64(2)))
		}
		s.scope.domains[key] = s.export.clean.text(name)
		return nil
	})
	if isDamage(err) {
		return nil // domains beyond the damage stay unnamed; the scan reports it
	}
	return err
}

// run reads all parts at once and returns the first error that is not the echo of
// another's.
func (s *scan) run(ctx context.Context, parts []span) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	workers := make([]*worker, len(parts))
	for i := range parts {
		workers[i] = s.worker(i, parts[i])
	}
	var all sync.WaitGroup
	var once sync.Once
	var first error
	for _, w := range workers {
		all.Go(func() {
			if err := w.guarded(inner); err != nil {
				once.Do(func() { first = err; cancel() })
			}
		})
	}
	all.Wait()
	for _, w := range workers {
		if w.panicked != "" {
			panic(w.panicked)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if first == nil {
		s.export.setLoss(s.table.name, total(workers))
	}
	return first
}

func total(workers []*worker) loss {
	var sum loss
	for _, w := range workers {
		sum.untimed += w.loss.untimed
		sum.rows += w.loss.rows
		sum.read += w.loss.read
		sum.hurt = sum.hurt || w.loss.hurt
	}
	return sum
}

// progress adds up the rows of all workers and reports them one call at a time.
type progress struct {
	report func(done, total int64) // may be nil
	total  int64
	mu     sync.Mutex
	done   int64
}

func (p *progress) add(rows int64) {
	if p.report == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done += rows
	p.report(p.done, p.total)
}
