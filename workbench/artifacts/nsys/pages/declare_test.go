package pages_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
)

// The columns, their types and which of them is the rowid are as SQLite finds them.
func TestDeclarations(t *testing.T) {
	t.Parallel()
	tests := []string{
		"CREATE TABLE t (a INTEGER PRIMARY KEY, b)",
		"CREATE TABLE t (a INTEGER PRIMARY KEY ASC ON CONFLICT REPLACE, b TEXT)",
		"CREATE TABLE t (a INTEGER PRIMARY KEY DESC, b TEXT)",
		"CREATE TABLE t (a INTEGER CONSTRAINT k PRIMARY KEY AUTOINCREMENT, b TEXT)",
		"CREATE TABLE t (a integer primary key, b TEXT)",
		"CREATE TABLE t (a INT PRIMARY KEY, b INTEGER)",
		"CREATE TABLE t (a \"INTEGER\" PRIMARY KEY, b)",
		"CREATE TABLE t (a INTEGER(8) PRIMARY KEY, b)",
		"CREATE TABLE t (a BIG INTEGER PRIMARY KEY, b)",
		"CREATE TABLE t (b TEXT, a INTEGER, PRIMARY KEY (a))",
		"CREATE TABLE t (b TEXT, a INTEGER, PRIMARY KEY (a DESC))",
		"CREATE TABLE t (b TEXT, a INTEGER, PRIMARY KEY (A COLLATE nocase ASC))",
		"CREATE TABLE t (b TEXT, a INTEGER, PRIMARY KEY (\"a\" AUTOINCREMENT))",
		"CREATE TABLE t (b TEXT, a \"INTEGER\", PRIMARY KEY (a))",
		"CREATE TABLE t (b TEXT, a INTEGER, PRIMARY KEY (a, b))",
		"CREATE TABLE t (b TEXT, a INTEGER, UNIQUE (b) CONSTRAINT k PRIMARY KEY (a) CHECK (a > 0))",
		"CREATE TABLE t (b TEXT, a INTEGER, CONSTRAINT k CHECK (b <> 'PRIMARY KEY (x)'), FOREIGN KEY (b) REFERENCES u (x) ON DELETE CASCADE)",
		"CREATE TABLE t (a INTEGER DEFAULT (1 + (2)) , b TEXT DEFAULT 'x, y', c DEFAULT -1.5 NOT NULL, d DEFAULT CURRENT_TIMESTAMP, e)",
		"CREATE TABLE t (a VARCHAR ( 10 , 2 ), b DOUBLE PRECISION, c UNSIGNED BIG INT NOT NULL DEFAULT 0, d DECIMAL(10,5), e)",
		"CREATE TABLE t (\"a \"\"b\"\"\" TEXT, [c d] INTEGER, `e``f` REAL, 'g''h' BLOB)",
		"CREATE TABLE t (a -- comment, with comma )\n INTEGER /* ) */ PRIMARY KEY, b /**/ TEXT)",
		"CREATE TABLE t (naïve TEXT, \"日本\" INTEGER, _x$1 INT)",
		"CREATE TABLE t (key TEXT, action INT, \"primary\" INTEGER, \"as\" TEXT, [check] INT, 'unique' INT)",
		"CREATE TABLE t (a TEXT COLLATE NOCASE CHECK (length(a) < 9) REFERENCES u (x) DEFERRABLE INITIALLY DEFERRED, b INTEGER NULL)",
		"CREATE TABLE IF NOT EXISTS main.t (a INTEGER PRIMARY KEY, b)",
		"CREATE TABLE t AS SELECT 1 AS a, 'x' AS \"b c\", 1.5 AS d, CAST(1 AS VARCHAR(3)) AS e",
		"CREATE TABLE t(start INTEGER NOT NULL, end INTEGER NOT NULL, value TEXT NOT NULL)",
		"CREATE TABLE t (a INTEGER, b TEXT) STRICT",
	}
	for _, statement := range tests {
		t.Run(statement, func(t *testing.T) {
			t.Parallel()
			data := create(t, "CREATE TABLE u (x TEXT PRIMARY KEY)", statement)
			table, err := open(t, data).Table("t")
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range table.Columns() {
				got = append(got, fmt.Sprintf("%s|%s|%v", c.Name, squeeze(c.Type), c.Rowid))
			}
			if want := declared(t, data); !slices.Equal(got, want) {
				t.Errorf("columns %q instead of %q", got, want)
			}
		})
	}
}

// squeeze makes types comparable: SQLite keeps blanks as they were written, and
// writes the types that it knows in capitals.
func squeeze(s string) string { return strings.ToUpper(strings.ReplaceAll(s, " ", "")) }

// declared asks SQLite for the columns of t. One of them is the rowid when a query
// for it by name needs no index: SQLite then looks it up by rowid.
func declared(t *testing.T, data []byte) (columns []string) {
	t.Helper()
	conn := library(t, data)
	var names, types []string
	err := run(conn, "PRAGMA table_xinfo(t)", func(s *sqlite.Stmt) {
		names, types = append(names, s.ColumnText(1)), append(types, s.ColumnText(2))
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range names {
		rowid := false
		err := run(conn, fmt.Sprintf("EXPLAIN QUERY PLAN SELECT * FROM t WHERE %s = 5", quote(name)), func(s *sqlite.Stmt) {
			rowid = s.ColumnText(3) == "SEARCH t USING INTEGER PRIMARY KEY (rowid=?)"
		})
		if err != nil {
			t.Fatal(err)
		}
		columns = append(columns, fmt.Sprintf("%s|%s|%v", name, squeeze(types[i]), rowid))
	}
	return columns
}
