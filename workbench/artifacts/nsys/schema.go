package nsys

import (
	"fmt"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"
)

// schema is what tables and columns a database has.
type schema map[string]map[string]bool

// has reports whether the table has all the columns.
func (s schema) has(table string, columns ...string) bool {
	have, ok := s[table]
	return ok && !slices.ContainsFunc(columns, func(c string) bool { return !have[c] })
}

// hasAny reports whether the table has one of the columns at least.
func (s schema) hasAny(table string, columns ...string) bool {
	return slices.ContainsFunc(columns, func(c string) bool { return s[table][c] })
}

// tableNames lists the ordinary tables of the database at path, sorted.
func tableNames(path string) ([]string, error) {
	f, err := readHeader(path)
	if err != nil {
		return nil, err
	}
	defer f.close()
	conn, err := f.connect()
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return ordinaryTables(conn)
}

// ordinaryTables leaves out views and virtual tables, which could stand under a
// known name and run code of their own. Damage to the list ends it without an
// error once a table has been seen.
func ordinaryTables(conn *sqlite.Conn) ([]string, error) {
	var names []string
	const text = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
	err := query(conn, text, func(stmt *sqlite.Stmt) error {
		names = append(names, stmt.ColumnText(0))
		return nil
	})
	if err != nil && (len(names) == 0 || !isDamage(err)) {
		return nil, err
	}
	slices.Sort(names)
	return names, nil
}

// probe reads the names of all tables and the columns of those that the reader
// uses.
func probe(conn *sqlite.Conn) (schema, error) {
	names, err := ordinaryTables(conn)
	if err != nil {
		return nil, err
	}
	s := schema{}
	for _, name := range names {
		s[name] = nil
		if !isUsed(name) {
			continue
		}
		columns := map[string]bool{}
		err := query(conn, fmt.Sprintf("PRAGMA table_info(%s)", quote(name)), func(stmt *sqlite.Stmt) error {
			columns[stmt.ColumnText(1)] = true
			return nil
		})
		if err != nil {
			return nil, err
		}
		s[name] = columns
	}
	return s, nil
}

func isUsed(table string) bool {
	return !strings.HasPrefix(table, "ENUM_") && !strings.HasPrefix(table, "sqlite_")
}

// quote writes a name as an SQL identifier.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
