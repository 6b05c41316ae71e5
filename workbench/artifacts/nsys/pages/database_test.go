package pages_test

import (
	"bytes"
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
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

// reference is what SQLite has in a column: rowid and value of each row as text, and
// the storage class that all values but NULLs have, "mixed" when they differ.
type reference struct {
	rows  []string
	class string
}

// oracle reads a column with SQLite.
func oracle(t testing.TB, conn *sqlite.Conn, table, column string) []string {
	t.Helper()
	return oracles(t, conn, table, []string{column})[0].rows
}

// oracles reads several columns at once.
func oracles(t testing.TB, conn *sqlite.Conn, table string, columns []string) []reference {
	t.Helper()
	list := make([]reference, len(columns))
	err := run(conn, selectText(table, columns...), func(stmt *sqlite.Stmt) {
		for i := range list {
			r, kind := &list[i], stmt.ColumnType(i+1)
			if name := kind.String(); kind != sqlite.TypeNull && r.class == "" {
				r.class = name
			} else if kind != sqlite.TypeNull && r.class != name {
				r.class = "mixed"
			}
			r.rows = append(r.rows, line(stmt.ColumnInt64(0), value(stmt, i+1, false)))
		}
	})
	if err != nil {
		t.Fatalf("oracle of %s: %v", table, err)
	}
	return list
}

func selectText(table string, columns ...string) string {
	list := []string{"rowid"}
	for _, c := range columns {
		list = append(list, quote(c))
	}
	return "SELECT " + strings.Join(list, ", ") + " FROM " + quote(table) + " ORDER BY rowid"
}

func line(rowid int64, value string) string { return strconv.FormatInt(rowid, 10) + "|" + value }

func real(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// value shows a result column.
func value(stmt *sqlite.Stmt, column int, asFloat bool) string {
	switch kind := stmt.ColumnType(column); {
	case kind == sqlite.TypeInteger && !asFloat:
		return strconv.FormatInt(stmt.ColumnInt64(column), 10)
	case kind == sqlite.TypeInteger, kind == sqlite.TypeFloat:
		return real(stmt.ColumnFloat(column))
	case kind == sqlite.TypeText, kind == sqlite.TypeBlob:
		raw := make([]byte, stmt.ColumnLen(column))
		stmt.ColumnBytes(column, raw)
		return strconv.Quote(string(raw))
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
			rows[w] = append(rows[w], line(rowid, show(b, i, as, nulls != nil && nulls[i])))
		}
		return nil
	})
}

func show(b *pages.Rows, row int, as pages.Kind, null bool) string {
	switch {
	case null:
		return "NULL"
	case as == pages.Int:
		return strconv.FormatInt(b.Ints(1)[row], 10)
	case as == pages.Float:
		return real(b.Floats(1)[row])
	}
	return strconv.Quote(string(b.Bytes(1, row)))
}
