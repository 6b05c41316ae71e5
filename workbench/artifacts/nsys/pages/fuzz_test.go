package pages_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"profilemate/workbench/artifacts/nsys/pages"
	"profilemate/workbench/fault"
)

// fuzzDatabase has a little of everything on small pages.
func fuzzDatabase(t testing.TB) []byte {
	return create(t, "PRAGMA page_size = 512", "PRAGMA auto_vacuum = FULL",
		"CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER, c TEXT, d REAL)", fill("t", 400, "i, i*i, 'c'||i, i/3.0"),
		"CREATE TABLE o (a INTEGER, b BLOB, c INTEGER)", fill("o", 20, "i, zeroblob(i*150), -i"),
		"DELETE FROM t WHERE a % 7 = 0", "ALTER TABLE o ADD COLUMN e TEXT", "INSERT INTO o VALUES (1, 2, 3, 4)",
		"CREATE TABLE w (a TEXT PRIMARY KEY, b) WITHOUT ROWID", "INSERT INTO w VALUES ('x', 1)",
		"CREATE TABLE e (a INTEGER DEFAULT 5, b TEXT)")
}

// mutate writes one byte for each three of patches: where, and what. What is left
// over cuts the file.
func mutate(data, patches []byte) []byte {
	data = bytes.Clone(data)
	for ; len(patches) >= 3; patches = patches[3:] {
		data[int(binary.BigEndian.Uint16(patches))%len(data)] = patches[2]
	}
	if len(patches) == 2 {
		data = data[:int(binary.BigEndian.Uint16(patches))%len(data)]
	}
	return data
}

// FuzzScan reads damaged databases. None may cost more than its size in rows or much
// time, and one that SQLite finds sound must read the same.
func FuzzScan(f *testing.F) {
	sound := fuzzDatabase(f)
	f.Add([]byte{})
	f.Add([]byte{0x10, 0x00})                   // cut off
	f.Add([]byte{0, 103, 255, 0, 104, 255})     // cells of the schema
	f.Add([]byte{0, 20, 32, 0, 56, 0})          // header
	f.Add([]byte{4, 0, 13, 6, 3, 90, 6, 9, 1})  // page kinds and counts
	f.Add([]byte{8, 15, 2, 8, 100, 1, 9, 1, 0}) // pointers
	f.Fuzz(func(t *testing.T, patches []byte) {
		data := mutate(sound, patches)
		file, err := pages.Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			holdKind(t, err)
			return
		}
		conn := healthy(t, data)
		for _, name := range file.Tables() {
			table, err := file.Table(name)
			if err != nil {
				holdKind(t, err)
				continue
			}
			for i, c := range table.Columns() {
				fuzzColumn(t, conn, table, i, c, len(data))
			}
		}
	})
}

func holdKind(t *testing.T, err error) {
	t.Helper()
	if kind := fault.KindOf(err); kind != fault.Corrupt && kind != fault.Unsupported {
		t.Errorf("%s fault: %v", kind, err)
	}
}

// healthy opens what SQLite finds sound, and returns nil for the rest.
func healthy(t *testing.T, data []byte) *sqlite.Conn {
	conn, verdict := library(t, data), ""
	if err := run(conn, "PRAGMA integrity_check", func(s *sqlite.Stmt) { verdict += s.ColumnText(0) }); err != nil || verdict != "ok" {
		return nil
	}
	return conn
}

func fuzzColumn(t *testing.T, conn *sqlite.Conn, table *pages.Table, i int, c pages.Column, size int) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	var first []string
	for _, workers := range []int{1, 2} {
		rows := make(collected, workers)
		err := scanInto(ctx, table, rows, i, c.Kind(), workers)
		if err != nil {
			holdKind(t, err)
		}
		got := rows.all()
		if len(got) > size {
			t.Errorf("%d rows from %d bytes", len(got), size)
		}
		if workers == 1 {
			first = got
		} else if !errors.Is(err, pages.ErrDeclined) && !slices.Equal(first, got) {
			t.Errorf("two workers: %s", firstDifference(got, first))
		}
		if conn == nil || err != nil {
			continue
		}
		if want, ok := sqliteRows(conn, table.Name(), c); ok && !slices.Equal(got, want) {
			t.Errorf("%s.%s: %s", table.Name(), c.Name, firstDifference(got, want))
		}
	}
}

// sqliteRows is like oracle; ok is false when SQLite cannot read the table.
func sqliteRows(conn *sqlite.Conn, table string, c pages.Column) (rows []string, ok bool) {
	err := run(conn, selectText(table, c.Name), func(s *sqlite.Stmt) {
		rows = append(rows, line(s.ColumnInt64(0), value(s, 1, c.Kind() == pages.Float)))
	})
	return rows, err == nil
}
