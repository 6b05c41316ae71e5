package pages

import (
	"context"
	"strings"

	"profilemate/workbench/fault"
)

// Table is a table of a file.
type Table struct {
	file    *File
	name    string
	root    uint32
	columns []Column
}

// Column is a column as its table declares it.
type Column struct {
	Name  string
	Type  string // as written, with one blank between words; empty when there is none
	Rowid bool   // the column is another name for the rowid (INTEGER PRIMARY KEY)
	empty bool   // records without the column have NULL in it: it has no default
}

// Kind is what values the column's affinity leads one to expect (section 3.1 of
// https://sqlite.org/datatype3.html); NUMERIC counts as Int. Any column may hold
// others.
func (c Column) Kind() Kind {
	upper := strings.ToUpper(c.Type)
	has := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(upper, w) {
				return true
			}
		}
		return false
	}
	switch {
	case has("INT"):
		return Int
	case has("CHAR", "CLOB", "TEXT"):
		return Text
	case has("BLOB") || upper == "":
		return Blob
	case has("REAL", "FLOA", "DOUB"):
		return Float
	}
	return Int
}

// entry is a row of the list of tables. Its text is parsed when it is asked for.
type entry struct {
	name string
	root int64
	sql  string
}

// schemaTable is how the list of tables, the tree at page 1, is declared (section
// 2.6).
func (f *File) schemaTable() *Table {
	t := &Table{file: f, name: "sqlite_schema", root: 1}
	for _, name := range []string{"type", "name", "tbl_name", "rootpage", "sql"} {
		t.columns = append(t.columns, Column{Name: name, Type: "TEXT", empty: true})
	}
	t.columns[3].Type = "INT"
	return t
}

// readSchema reads the list of tables. Damage to it is kept for Damage once a table
// has been seen.
func (f *File) readSchema(ctx context.Context) error {
	f.tables = map[string]*entry{}
	wants := []Want{{0, Text}, {1, Text}, {3, Int}, {4, Text}}
	err := f.schemaTable().Scan(ctx, wants, 1, func(_ int, b *Rows) error {
		for i := range b.Len() {
			if string(b.Bytes(0, i)) == "table" {
				e := &entry{string(b.Bytes(1, i)), b.Ints(2)[i], string(b.Bytes(3, i))}
				f.names = append(f.names, e.name)
				f.tables[fold(e.name)] = e
			}
		}
		return nil
	})
	if d, ok := err.(*Damage); ok && len(f.names) > 0 {
		f.damage = d
		return nil
	}
	return err
}

// fold maps the letters that SQLite takes for the same in a name to one of them:
// those of ASCII only.
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// Table returns the named table; upper and lower case are the same. There is none of
// the name: NotFound. A virtual table, one WITHOUT ROWID and one with generated
// columns are declined.
func (f *File) Table(name string) (*Table, error) {
	e := f.tables[fold(name)]
	if e == nil {
		return nil, fault.Errorf(fault.NotFound, "no table %q", name)
	}
	columns, reason := parseTable(e.sql)
	if reason != "" {
		return nil, declined(e.name, "%s", reason)
	}
	if e.root < 2 || e.root > maxPages {
		return nil, fault.Errorf(fault.Corrupt, "table %q: its first page is %d", e.name, e.root)
	}
	return &Table{file: f, name: e.name, root: uint32(e.root), columns: columns}, nil
}

// Name returns the table's name as it is declared.
func (t *Table) Name() string { return t.name }

// Columns returns the columns in the order of their declaration. The table owns the
// slice.
func (t *Table) Columns() []Column { return t.columns }

// Index returns the place of the named column, -1 when there is none; upper and
// lower case are the same.
func (t *Table) Index(name string) int {
	for i, c := range t.columns {
		if fold(c.Name) == fold(name) {
			return i
		}
	}
	return -1
}
