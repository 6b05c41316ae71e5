package sqlcell

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/engine"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
	"profilemate/workbench/sqlcell/collect"
	"profilemate/workbench/sqlcell/vtab"
)

// Config is what cells work with.
type Config struct {
	Engine   *engine.Engine                  // opens artifacts, and keeps results if it has a store
	Dir      string                          // relative paths of cells start here
	Frames   func() map[string]*frames.Frame // named frames that other cells made, by name; nil for none
	HeldRows int                             // rows of a result that are held in memory before they go to a file; 0: 262,144
}

// Runner runs SQL cells and keeps their named results for later ones. It is safe for
// concurrent use.
type Runner struct {
	config Config
	shelf  shelf

	mu    sync.Mutex
	named []kept // results by name
}

// New returns a runner.
func New(c Config) *Runner {
	return &Runner{config: c, shelf: shelf{formats: c.Engine.Formats, dir: c.Dir, open: map[string]*opened{}}}
}

// Progress is told what is being done and how far it is; total is 0 where it is not
// known.
type Progress func(text string, done, total int64)

// Run runs a cell and returns its result as it is shown: a preview of each table, and
// the key under which the store holds it whole. Faults: Misuse for what cannot be
// run, with line and column; those of opening artifacts; Unsupported for more rows or
// time than allowed; Canceled when ctx ended.
func (r *Runner) Run(ctx context.Context, text string, progress Progress) (result.Bundle, error) {
	cell, err := Parse(text)
	if err != nil {
		return result.Bundle{}, err
	}
	return r.RunCell(ctx, cell, progress)
}

// RunCell is Run for a cell that has been taken apart. One without a statement lists
// the tables that it could read.
func (r *Runner) RunCell(ctx context.Context, cell Cell, progress Progress) (result.Bundle, error) {
	if progress == nil {
		progress = func(string, int64, int64) {}
	}
	s, err := r.scope(ctx, cell)
	if err != nil {
		return result.Bundle{}, err
	}
	if len(cell.Statements) == 0 {
		s.inputs = append(s.inputs, r.results()...)
		return r.overview(cell, s), nil
	}
	keys := r.keys(cell, s)
	if b, ok := r.stored(cell, s, keys); ok {
		return b, nil
	}
	return r.compute(ctx, cell, s, keys, progress)
}

// scope opens what a cell can name: its inputs, and what is named by others.
func (r *Runner) scope(ctx context.Context, cell Cell) (scope, error) {
	var s scope
	for _, in := range cell.Inputs {
		o, err := r.shelf.get(ctx, in)
		if err != nil {
			if ctx.Err() != nil {
				return scope{}, fault.Errorf(fault.Canceled, "opening %s was stopped", in.Path)
			}
			return scope{}, err
		}
		s.inputs = append(s.inputs, o)
	}
	s.named = r.tables()
	for _, o := range r.results() {
		if cell.mentions(o.input.Name) {
			s.inputs = append(s.inputs, o)
		}
	}
	if n := len(s.inputs); n > maxInputs {
		return scope{}, fault.Errorf(fault.Misuse, "%d artifacts and results are more than the %d that one cell can read", n, maxInputs)
	}
	return s, nil
}

// tables lists what is named by cells: results, then frames of Go cells that do not
// have the name of one.
func (r *Runner) tables() []namedTable {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []namedTable
	for _, k := range r.named {
		if k.source != nil {
			list = append(list, k.namedTable)
		}
	}
	if r.config.Frames == nil {
		return list
	}
	own := r.config.Frames()
	for _, name := range slices.Sorted(maps.Keys(own)) { // of f and F, which are one name here, always the same counts
		f := own[name]
		if _, ok := find(list, name); !ok && f != nil && f.Width() > 0 {
			list = append(list, namedTable{name: name, doc: "a frame of a Go cell", source: vtab.Of(f)})
		}
	}
	slices.SortFunc(list, func(a, b namedTable) int { return strings.Compare(a.name, b.name) })
	return list
}

// compute runs the statements one after the other and keeps what they give.
func (r *Runner) compute(ctx context.Context, cell Cell, s scope, keys []string, progress Progress) (result.Bundle, error) {
	begun := time.Now()
	ctx, cancel := cell.limited(ctx)
	defer cancel()
	tables, err := r.query(ctx, cell, s, progress)
	if err != nil {
		return result.Bundle{}, err
	}
	return r.keep(cell, s, keys, tables, time.Since(begun))
}

// limited returns a context that ends when the cell's time is up.
func (c Cell) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	if c.Timeout > 0 {
		return context.WithTimeout(ctx, c.Timeout)
	}
	return ctx, func() {}
}

// query returns the tables of a cell's statements. The caller closes them.
func (r *Runner) query(ctx context.Context, cell Cell, s scope, progress Progress) (tables []*collect.Table, err error) {
	d, err := openDatabase(s, progress)
	if err != nil {
		return nil, err
	}
	defer d.close()
	defer func() {
		if err != nil {
			closeAll(tables)
			tables = nil
		}
	}()
	limits := collect.DefaultLimits()
	limits.Rows, limits.HeldRows = cell.Rows, cmp.Or(r.config.HeldRows, limits.HeldRows)
	for _, statement := range cell.Statements {
		t, err := d.query(ctx, cell.Text, statement, limits)
		if err != nil {
			return tables, err
		}
		tables = append(tables, t)
		if statement.Name == "" {
			continue
		}
		if err := d.define(statement.Name, t); err != nil {
			return tables, err
		}
	}
	return tables, nil
}

func closeAll(tables []*collect.Table) {
	for _, t := range tables {
		t.Close()
	}
}

// overview is the result of a cell without a statement: the tables that it can read.
func (r *Runner) overview(cell Cell, s scope) result.Bundle {
	b := frames.NewBuilder("tables", frames.Schema{
		{Name: "table", Kind: frames.String}, {Name: "rows", Kind: frames.Int64},
		{Name: "columns", Kind: frames.Int64}, {Name: "what it is", Kind: frames.String}})
	add := func(prefix string, list []namedTable) {
		for _, t := range list {
			var rows any
			if n := t.source.Rows(); n >= 0 {
				rows = n
			}
			b.Row(prefix+t.name, rows, len(t.source.Schema()), t.doc)
		}
	}
	add("", s.named)
	for _, in := range s.inputs {
		add(in.input.Name+".", in.tables)
	}
	f := b.Frame()
	table := result.Table{Name: "tables", Title: "Tables that this cell can read", Frame: f}
	return result.Bundle{Version: 1, Analysis: "sql", Title: "SQL", Params: map[string]string{}, Inputs: bundleInputs(s),
		Findings: []result.Finding{}, Charts: []result.Chart{}, Tables: []result.Preview{result.NewPreview(table, result.PreviewRows)}}
}

// Query runs a cell for the command line and hands each table over, whole, in the
// order of the statements, as an artifact of that one table. Nothing is kept. Faults
// are those of Run, and Misuse for a cell without a statement.
func (r *Runner) Query(ctx context.Context, cell Cell, progress Progress, visit func(artifacts.Artifact) error) error {
	if len(cell.Statements) == 0 {
		return fault.Errorf(fault.Misuse, "there is no statement to run")
	}
	if progress == nil {
		progress = func(string, int64, int64) {}
	}
	s, err := r.scope(ctx, cell)
	if err != nil {
		return err
	}
	ctx, cancel := cell.limited(ctx)
	defer cancel()
	tables, err := r.query(ctx, cell, s, progress)
	if err != nil {
		return err
	}
	defer closeAll(tables)
	for i, name := range cell.tableNames() {
		if err := visit(answer{tables[i], name, findingsOf(tables[i:i+1], s)}); err != nil {
			return err
		}
	}
	return nil
}
