package nsys

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
)

// Scan implements artifacts.Artifact. Rows come in the order they are stored. A
// panic of emit reaches the caller of Scan.
func (e *export) Scan(ctx context.Context, r artifacts.Request, emit artifacts.Emit) error {
	if f, ok := e.static[r.Table]; ok {
		return scanStatic(ctx, f, r, emit)
	}
	if _, err := artifacts.Lookup(e, r.Table); err != nil {
		return err
	}
	t := &e.tables[slices.IndexFunc(e.tables, func(t table) bool { return t.name == r.Table })]
	s := &scan{export: e, scope: e.scope(), emit: emit, progress: progress{report: r.Progress}, workers: max(r.Workers, 1)}
	for ; t != nil; t = t.then {
		if e.source.schema()[t.source] == nil {
			continue
		}
		if err := s.table(ctx, t, r.Columns); err != nil {
			return err
		}
	}
	e.setLoss(r.Table, s.loss)
	return nil
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
	scope    *scope
	emit     artifacts.Emit
	progress progress
	workers  int
	loss     loss
}

// table reads one stored table.
func (s *scan) table(ctx context.Context, t *table, columns []string) error {
	p, err := s.plan(ctx, t, columns)
	if err != nil {
		return err
	}
	if total, err := s.export.source.extent(t.source); err == nil && total > 0 {
		s.progress.total += total
	}
	workers := s.workers
	if t.serial || t.then != nil {
		workers = 1 // the rows of what follows come after those of every worker
	}
	readers := make([]*reader, workers)
	for i := range readers {
		readers[i] = p.reader(i)
	}
	lost, err := s.export.source.scan(ctx, t.source, p.wants, workers, func(worker int, c *chunk) error {
		return readers[worker].chunk(ctx, c)
	})
	if err != nil {
		return fmt.Errorf("%s: reading table %s: %w", filepath.Base(s.export.path), t.name, err)
	}
	for _, r := range readers {
		lost.add(r.loss)
	}
	s.loss.add(lost)
	return nil
}

// plan is how the chunks of one stored table are decoded.
type plan struct {
	scan   *scan
	table  *table
	fields []field
	wants  []want  // what the source delivers
	places [][]int // of each field's columns in wants; -1: not there
	start  int     // place of the start, of a timed table
	tests  []test
}

// test is a condition on one of the wanted columns.
type test struct {
	at   int
	keep func(s *scope, v int64) bool
}

// plan checks the request and prepares what the workers share.
func (s *scan) plan(ctx context.Context, t *table, columns []string) (*plan, error) {
	p := &plan{scan: s, table: t, start: -1}
	if columns == nil {
		columns = t.schema().Names()
	}
	for _, name := range columns {
		i := t.schema().Index(name)
		if i < 0 {
			_, err := t.schema().Select(name)
			return nil, fault.Errorf(fault.Misuse, "table %s: %w", t.name, err)
		}
		p.fields = append(p.fields, t.fields[i])
	}
	for _, f := range p.fields {
		places := make([]int, len(f.from))
		for i, w := range f.from {
			places[i] = p.want(w)
		}
		p.places = append(p.places, places)
		if err := s.prepare(ctx, f.prepare); err != nil {
			return nil, err
		}
	}
	if t.timed {
		p.start = p.want(want{"start", whole})
	}
	for _, c := range t.filter {
		if at := p.want(want{c.column, whole}); at >= 0 {
			p.tests = append(p.tests, test{at, c.keep})
		}
		if err := s.prepare(ctx, c.prepare); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (s *scan) prepare(ctx context.Context, with func(context.Context, *scope) error) error {
	if with == nil {
		return nil
	}
	if err := with(ctx, s.scope); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(s.export.path), err)
	}
	return nil
}

// want returns the place of a stored column among those that the source delivers,
// -1 when the table does not have it.
func (p *plan) want(w want) int {
	if !p.scan.export.source.schema().has(p.table.source, w.column) {
		return -1
	}
	if i := slices.Index(p.wants, w); i >= 0 {
		return i
	}
	p.wants = append(p.wants, w)
	return len(p.wants) - 1
}

// reader decodes the chunks of one worker.
type reader struct {
	*plan
	number  int
	cells   []cell
	in      [][]vector // of each field
	columns []frames.Column
	picked  []int32
	loss    loss
}

func (p *plan) reader(number int) *reader {
	r := &reader{plan: p, number: number, columns: make([]frames.Column, len(p.fields)), picked: []int32{}}
	for i := range p.fields {
		f := &p.fields[i]
		create := f.make
		if f.Kind == frames.String && len(f.from) > 0 && slices.Max(p.places[i]) < 0 {
			create = absentCodes
		}
		r.cells = append(r.cells, create(f, p.scan.scope))
		r.in = append(r.in, make([]vector, len(f.from)))
	}
	return r
}

// chunk decodes one chunk and hands it on.
func (r *reader) chunk(ctx context.Context, c *chunk) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r.pick(c)
	if rows := c.len(); rows > 0 {
		if err := r.decode(c); err != nil {
			return err
		}
		r.loss.read += int64(rows)
	}
	r.scan.progress.add(int64(c.rows))
	return nil
}

func (r *reader) decode(c *chunk) error {
	for i, cell := range r.cells {
		for j, at := range r.places[i] {
			if at < 0 {
				r.in[i][j] = vector{absent: true}
			} else {
				r.in[i][j] = c.vectors[at]
			}
		}
		r.columns[i] = cell.column(c, r.in[i])
	}
	b, err := frames.New(r.table.name, r.columns...)
	if err != nil {
		return fmt.Errorf("table %s: %w", r.table.name, err)
	}
	return r.scan.emit(r.number, b)
}

// pick finds the rows of a chunk that belong to the table.
func (r *reader) pick(c *chunk) {
	c.picked = nil
	if r.table.timed && !r.allStarted(c) {
		before := c.len()
		r.keep(c, func(row int) bool { return r.start >= 0 && c.vectors[r.start].ints[row] > 0 })
		r.loss.untimed += int64(before - c.len())
	}
	for _, t := range r.tests {
		v := &c.vectors[t.at]
		r.keep(c, func(row int) bool { return t.keep(r.scan.scope, v.ints[row]) })
	}
}

// allStarted reports whether every row has a start, as nearly always.
func (r *reader) allStarted(c *chunk) bool {
	if r.start < 0 {
		return c.rows == 0
	}
	least := int64(1)
	for _, start := range c.vectors[r.start].ints {
		least = min(least, start)
	}
	return least > 0
}

// keep drops the picked rows that are not as asked. Nearly always all are, and then
// nothing is written.
func (r *reader) keep(c *chunk, ask func(row int) bool) {
	n := c.len()
	i := 0
	for i < n && ask(c.row(i)) {
		i++
	}
	if i == n {
		return
	}
	list := r.picked[:0]
	for j := range i {
		list = append(list, int32(c.row(j)))
	}
	for i++; i < n; i++ {
		if row := c.row(i); ask(row) {
			list = append(list, int32(row))
		}
	}
	r.picked, c.picked = list, list
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
