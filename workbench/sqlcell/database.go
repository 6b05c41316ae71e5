package sqlcell

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
	"profilemate/workbench/sqlcell/collect"
	"profilemate/workbench/sqlcell/functions"
	"profilemate/workbench/sqlcell/sqltext"
	"profilemate/workbench/sqlcell/vtab"
)

// The limits of one run.
const (
	maxValueBytes = 64 << 20 // one text or blob, such as group_concat makes
	heldBytes     = 2 << 30  // tables held for look-ups
	quantileBytes = 1 << 30  // values of quantiles
	cacheKiB      = 64 << 10 // pages of sorts and temporary tables in memory; the rest goes to a file
)

// scope is what a statement can name.
type scope struct {
	inputs []*opened
	named  []namedTable // results and frames, which stand before the tables of inputs
}

// database is a connection with the tables of a scope. It is used by one goroutine.
type database struct {
	conn     *sqlite.Conn
	module   *vtab.Module
	scope    scope
	progress func(text string, done, total int64)
}

// openDatabase makes a connection that can read the tables of a scope, and nothing
// else. The caller closes it.
func openDatabase(s scope, progress func(text string, done, total int64)) (*database, error) {
	conn, err := sqlite.OpenConn(":memory:", sqlite.OpenReadWrite, sqlite.OpenCreate, sqlite.OpenMemory)
	if err != nil {
		return nil, fmt.Errorf("opening SQLite: %w", err)
	}
	d := &database{conn: conn, scope: s, progress: progress}
	if err := d.prepare(); err != nil {
		conn.Close()
		return nil, err
	}
	return d, nil
}

func (d *database) prepare() (err error) {
	if d.module, err = vtab.NewModule(d.conn, heldBytes); err != nil {
		return err
	}
	if err := functions.Add(d.conn, quantileBytes, func(err error) { d.module.Fail(fault.Errorf(fault.Misuse, "%w", err)) }); err != nil {
		return err
	}
	if err := d.addTables(); err != nil {
		return err
	}
	d.conn.Limit(sqlite.LimitAttached, 0)
	d.conn.Limit(sqlite.LimitLength, maxValueBytes)
	if err := d.conn.SetDefensive(true); err != nil {
		return fmt.Errorf("restricting SQLite: %w", err)
	}
	return d.do("PRAGMA trusted_schema = OFF", fmt.Sprintf("PRAGMA cache_size = -%d", cacheKiB), "PRAGMA query_only = ON")
}

// do runs statements of our own.
func (d *database) do(list ...string) error {
	for _, text := range list {
		stmt, _, err := d.conn.PrepareTransient(text)
		if err != nil {
			return fmt.Errorf("preparing SQLite: %w", err)
		}
		_, err = stmt.Step()
		stmt.Finalize()
		if err != nil {
			return fmt.Errorf("preparing SQLite: %w", err)
		}
	}
	return nil
}

// addTables makes a schema of each input, and what is named in main.
func (d *database) addTables() error {
	owners := map[string][]string{} // inputs by table
	for _, in := range d.scope.inputs {
		if err := d.do("ATTACH ':memory:' AS " + sqltext.Quote(in.input.Name)); err != nil {
			return err
		}
		if err := d.refuseHidden(in); err != nil {
			return err
		}
		for _, t := range in.tables {
			if err := d.module.Add(in.input.Name, t.name, watched(t.source, d.progress)); err != nil {
				return err
			}
			if in.isResult() {
				continue // SQLite finds it behind the tables of artifacts
			}
			lower := strings.ToLower(t.name)
			owners[lower] = append(owners[lower], in.input.Name+"."+sqltext.QuoteWhereNeeded(t.name))
		}
	}
	for _, t := range d.scope.named {
		delete(owners, strings.ToLower(t.name))
		if err := d.module.Add("main", t.name, t.source); err != nil {
			return err
		}
	}
	for name, places := range owners {
		if len(places) > 1 {
			reason := fault.Errorf(fault.Misuse, "table %s is in several artifacts: write %s", name, strings.Join(places, " or "))
			if err := d.module.Refuse("main", name, reason); err != nil {
				return err
			}
		}
	}
	return nil
}

// refuseHidden has whoever reads a table that damage hides told so, who would take it
// for one that was not captured.
func (d *database) refuseHidden(in *opened) error {
	if in.isResult() {
		return nil
	}
	for _, table := range in.artifact.Info().Unread {
		if _, ok := find(in.tables, table); ok {
			continue // stored under that name
		}
		if err := d.module.Refuse(in.input.Name, table, artifacts.Hidden(in.artifact, table)); err != nil {
			return err
		}
	}
	return nil
}

// define makes the result of a statement a table for those after it.
func (d *database) define(name string, s vtab.Source) error {
	if err := d.do("PRAGMA query_only = OFF"); err != nil {
		return err
	}
	if _, ok := find(d.scope.named, name); ok || d.refused(name) {
		if err := d.module.Drop("main", name); err != nil {
			return err
		}
	}
	if err := d.module.Add("main", name, s); err != nil {
		return err
	}
	d.scope.named = slices.DeleteFunc(slices.Clone(d.scope.named), func(t namedTable) bool { return strings.EqualFold(t.name, name) })
	d.scope.named = append(d.scope.named, namedTable{name: name, source: s})
	return d.do("PRAGMA query_only = ON")
}

// refused reports whether a table of main says that the name is in several artifacts.
func (d *database) refused(name string) bool {
	n := 0
	for _, in := range d.scope.inputs {
		if _, ok := find(in.tables, name); ok && !in.isResult() {
			n++
		}
	}
	return n > 1
}

func (d *database) close() {
	d.conn.SetInterrupt(nil)
	d.conn.Close() // what it held is in memory, and gone either way
}

// query runs a statement and gathers its rows. Errors stand at a place in the text
// of the cell.
func (d *database) query(ctx context.Context, text string, s sqltext.Statement, l collect.Limits) (t *collect.Table, err error) {
	d.module.Begin(ctx)
	d.conn.SetInterrupt(ctx.Done())
	defer d.conn.SetInterrupt(nil)
	stmt, _, err := d.conn.PrepareTransient(s.Text)
	if err != nil {
		return nil, d.failure(ctx, text, s, err)
	}
	defer stmt.Finalize()
	c := collect.New(stmt, l)
	defer func() {
		if t == nil {
			c.Drop()
		}
	}()
	for {
		more, err := stmt.Step()
		if err == nil {
			err = d.module.Failure()
		}
		if err != nil {
			return nil, d.failure(ctx, text, s, err)
		}
		if !more {
			break
		}
		if err := c.Add(stmt); err != nil {
			return nil, placed(text, s.Tokens[0].At, err)
		}
		if c.Rows()%frames.BatchRows == 0 {
			d.progress("gathering rows", c.Rows(), 0)
		}
	}
	name := s.Name
	if name == "" {
		name = "result"
	}
	return c.Finish(name, d.fields(stmt, s))
}
