package nsys

import (
	"fmt"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"
)

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
// known name and run code of their own, and SQLite's tables. Damage to the list
// ends it without an error once a table has been seen.
func ordinaryTables(conn *sqlite.Conn) ([]string, error) {
	var names []string
	const text = "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
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

// probe reads the names of all tables and their columns.
func probe(conn *sqlite.Conn) (schema, error) {
	names, err := ordinaryTables(conn)
	if err != nil {
		return nil, err
	}
	s := schema{}
	for _, name := range names {
		columns := []want{}
		err := query(conn, fmt.Sprintf("PRAGMA table_info(%s)", quote(name)), func(stmt *sqlite.Stmt) error {
			columns = append(columns, want{stmt.ColumnText(1), declared(stmt.ColumnText(2))})
			return nil
		})
		if err != nil {
			return nil, err
		}
		s[name] = columns
	}
	return s, nil
}

// declared is what a column's declared type leads one to expect, by SQLite's rules
// of affinity (https://sqlite.org/datatype3.html, section 3.1). A column without a
// type is read as text, in which form SQLite gives any value.
func declared(sql string) kind {
	upper := strings.ToUpper(sql)
	has := func(list ...string) bool {
		return slices.ContainsFunc(list, func(w string) bool { return strings.Contains(upper, w) })
	}
	switch {
	case has("INT", "BOOL"):
		return whole
	case has("CHAR", "CLOB", "TEXT") || upper == "":
		return words
	case has("BLOB"):
		return blob
	case has("REAL", "FLOA", "DOUB", "NUM", "DEC"):
		return real
	}
	return words
}

// quote writes a name as an SQL identifier.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
