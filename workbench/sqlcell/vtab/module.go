package vtab

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"

	"profilemate/frames"
	"profilemate/workbench/fault"
	"profilemate/workbench/sqlcell/sqltext"
)

// Module makes virtual tables on one connection. It is used by the goroutine of the
// connection alone.
type Module struct {
	conn    *sqlite.Conn
	ctx     context.Context // of the statement that runs
	tables  []entry
	budget  int64 // bytes that tables held for look-ups may still take
	failure error // the first of the statement; nil for none
}

// entry is a table by number: CREATE VIRTUAL TABLE … USING frames(number).
type entry struct {
	source Source // nil where refuse says why it cannot be read
	refuse error
}

// MaxColumns is how many columns a table of SQLite can have.
const MaxColumns = 2000

const moduleName = "frames"

// NewModule adds virtual tables to a connection. Tables that are held for look-ups
// may take so many bytes together.
func NewModule(conn *sqlite.Conn, budget int64) (*Module, error) {
	m := &Module{conn: conn, ctx: context.Background(), budget: budget}
	// Create is not Connect, so that nobody reads the module itself as a table.
	if err := conn.SetModule(moduleName, &sqlite.Module{Connect: m.connect, Create: m.create}); err != nil {
		return nil, fmt.Errorf("adding virtual tables: %w", err)
	}
	return m, nil
}

// Begin says that a statement starts, and forgets failures of the one before.
func (m *Module) Begin(ctx context.Context) { m.ctx, m.failure = ctx, nil }

// Failure returns what went wrong in a table during the statement, with its kind,
// which an error of SQLite loses; nil for nothing.
func (m *Module) Failure() error { return m.failure }

// Fail says that the statement failed in something else than a table. Only the first
// failure counts.
func (m *Module) Fail(err error) { m.fail(err) }

func (m *Module) fail(err error) error {
	if m.failure == nil {
		m.failure = err
	}
	return err
}

// Add makes a table in a schema of the connection.
func (m *Module) Add(schema, name string, s Source) error {
	if n := len(s.Schema()); n > MaxColumns {
		return m.Refuse(schema, name, fault.Errorf(fault.Unsupported, "table %s has %d columns, and SQL reads at most %d", name, n, MaxColumns))
	}
	return m.add(schema, name, entry{source: s})
}

// Refuse makes a table that cannot be read, for a reason that whoever tries is told.
func (m *Module) Refuse(schema, name string, reason error) error {
	return m.add(schema, name, entry{refuse: reason})
}

func (m *Module) add(schema, name string, e entry) error {
	m.tables = append(m.tables, e)
	text := fmt.Sprintf("CREATE VIRTUAL TABLE %s.%s USING %s(%d)", sqltext.Quote(schema), sqltext.Quote(name), moduleName, len(m.tables)-1)
	if err := run(m.conn, text); err != nil {
		return fmt.Errorf("adding table %s: %w", name, err)
	}
	return nil
}

// Drop takes a table away again.
func (m *Module) Drop(schema, name string) error {
	if err := run(m.conn, "DROP TABLE "+sqltext.Quote(schema)+"."+sqltext.Quote(name)); err != nil {
		return fmt.Errorf("taking table %s away: %w", name, err)
	}
	return nil
}

func run(conn *sqlite.Conn, text string) error {
	stmt, _, err := conn.PrepareTransient(text)
	if err != nil {
		return err
	}
	defer stmt.Finalize()
	_, err = stmt.Step()
	return err
}

func (m *Module) create(conn *sqlite.Conn, o *sqlite.VTableConnectOptions) (sqlite.VTable, *sqlite.VTableConfig, error) {
	return m.connect(conn, o)
}

func (m *Module) connect(_ *sqlite.Conn, o *sqlite.VTableConnectOptions) (sqlite.VTable, *sqlite.VTableConfig, error) {
	number := -1
	if len(o.Args) == 1 {
		number, _ = strconv.Atoi(o.Args[0])
	}
	if number < 0 || number >= len(m.tables) {
		return nil, nil, fmt.Errorf("no table of number %v", o.Args)
	}
	e := m.tables[number]
	if e.refuse != nil {
		return &refused{m, e.refuse}, &sqlite.VTableConfig{Declaration: "CREATE TABLE x(y)"}, nil
	}
	t := &table{module: m, name: o.VTableName, source: e.source, schema: e.source.Schema(), plans: map[string]*plan{}, stores: map[string]*store{}}
	return t, &sqlite.VTableConfig{Declaration: declaration(t.schema)}, nil
}

// declaration lists the columns for SQLite, whose names differ in more than case.
func declaration(schema frames.Schema) string {
	columns := make([]string, len(schema))
	names := ColumnNames(schema)
	for i, f := range schema {
		columns[i] = sqltext.Quote(names[i]) + " " + typeOf(f.Kind)
	}
	return "CREATE TABLE x(" + strings.Join(columns, ", ") + ")"
}

// ColumnNames returns the names of the columns in SQL, where letter case does not
// count: a name that stands before in other letters gets a number.
func ColumnNames(schema frames.Schema) []string {
	names, taken := make([]string, len(schema)), map[string]bool{}
	for i, f := range schema {
		names[i] = f.Name
		for n := 2; taken[strings.ToLower(names[i])]; n++ {
			names[i] = f.Name + "_" + strconv.Itoa(n)
		}
		taken[strings.ToLower(names[i])] = true
	}
	return names
}

func typeOf(kind frames.Kind) string {
	switch kind {
	case frames.Int64, frames.Bool:
		return "INTEGER"
	case frames.Float64:
		return "REAL"
	}
	return "TEXT"
}

// refused is a table that cannot be read.
type refused struct {
	module *Module
	reason error
}

// BestIndex returns the reason.
func (r *refused) BestIndex(*sqlite.IndexInputs) (*sqlite.IndexOutputs, error) {
	return nil, r.module.fail(r.reason)
}

// Open returns the reason.
func (r *refused) Open() (sqlite.VTableCursor, error) { return nil, r.module.fail(r.reason) }

// Disconnect does nothing.
func (r *refused) Disconnect() error { return nil }

// Destroy does nothing.
func (r *refused) Destroy() error { return nil }
