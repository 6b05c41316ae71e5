package pages_test

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"

	"profilemate/workbench/artifacts/nsys/pages"
)

// create makes a database with SQLite and returns its bytes.
func create(t testing.TB, statements ...string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "made.sqlite")
	createAt(t, path, statements...)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func createAt(t testing.TB, path string, statements ...string) {
	t.Helper()
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite, sqlite.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, s := range statements {
		if err := run(conn, s, nil); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// run steps through one statement.
func run(conn *sqlite.Conn, text string, row func(*sqlite.Stmt)) error {
	stmt, _, err := conn.PrepareTransient(text)
	if err != nil {
		return err
	}
	defer stmt.Finalize()
	for {
		more, err := stmt.Step()
		if err != nil || !more {
			return err
		}
		if row != nil {
			row(stmt)
		}
	}
}

// library opens the bytes of a database with SQLite.
func library(t testing.TB, data []byte) *sqlite.Conn {
	t.Helper()
	path := filepath.Join(t.TempDir(), "read.sqlite")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	uri := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: "mode=ro&immutable=1"}
	conn, err := sqlite.OpenConn(uri.String(), sqlite.OpenReadOnly, sqlite.OpenURI)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func open(t testing.TB, data []byte) *pages.File {
	t.Helper()
	f, err := pages.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// oracle returns what SQLite has in a column, as text, with the rowid. class is the
// storage class that all values but NULLs have, "mixed" when they differ.
func oracle(t testing.TB, conn *sqlite.Conn, table, column string) (rows []string, class string) {
	t.Helper()
	err := run(conn, fmt.Sprintf("SELECT rowid, %s, CAST(%s AS BLOB) FROM %s ORDER BY rowid", quote(column), quote(column), quote(table)), func(stmt *sqlite.Stmt) {
		kind := stmt.ColumnType(1)
		if name := kind.String(); kind != sqlite.TypeNull && class == "" {
			class = name
		} else if kind != sqlite.TypeNull && class != name {
			class = "mixed"
		}
		rows = append(rows, fmt.Sprintf("%d|%s", stmt.ColumnInt64(0), value(stmt, false)))
	})
	if err != nil {
		t.Fatalf("oracle of %s.%s: %v", table, column, err)
	}
	return rows, class
}

// value shows result column 1, whose bytes are in column 2.
func value(stmt *sqlite.Stmt, asFloat bool) string {
	switch kind := stmt.ColumnType(1); {
	case kind == sqlite.TypeInteger && !asFloat:
		return fmt.Sprint(stmt.ColumnInt64(1))
	case kind == sqlite.TypeInteger, kind == sqlite.TypeFloat:
		return fmt.Sprint(stmt.ColumnFloat(1))
	case kind == sqlite.TypeText, kind == sqlite.TypeBlob:
		raw := make([]byte, stmt.ColumnLen(2))
		stmt.ColumnBytes(2, raw)
		return fmt.Sprintf("%q", raw)
	}
	return "NULL"
}

// collected are the rows of one column by worker, in the form of oracle.
type collected [][]string

func (c collected) all() (rows []string) {
	for _, part := range c {
		rows = append(rows, part...)
	}
	return rows
}

// collect scans the rowid and one column.
func collect(t testing.TB, table *pages.Table, column int, as pages.Kind, workers int) (collected, error) {
	t.Helper()
	rows := make(collected, max(workers, 1))
	return rows, scanInto(t.Context(), table, rows, column, as, workers)
}

func scanInto(ctx context.Context, table *pages.Table, rows collected, column int, as pages.Kind, workers int) error {
	return table.Scan(ctx, []pages.Want{{Column: pages.Rowid}, {Column: column, As: as}}, workers, func(w int, b *pages.Rows) error {
		nulls := b.Nulls(1)
		for i, rowid := range b.Ints(0) {
			rows[w] = append(rows[w], fmt.Sprintf("%d|%s", rowid, show(b, i, as, nulls != nil && nulls[i])))
		}
		return nil
	})
}

func show(b *pages.Rows, row int, as pages.Kind, null bool) string {
	switch {
	case null:
		return "NULL"
	case as == pages.Int:
		return fmt.Sprint(b.Ints(1)[row])
	case as == pages.Float:
		return fmt.Sprint(b.Floats(1)[row])
	}
	return fmt.Sprintf("%q", b.Bytes(1, row))
}
