package pages_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"profilemate/workbench/artifacts/nsys/pages"
	"profilemate/workbench/fault"
)

func TestDeclinedTables(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, statement, reason string }{
		{"without rowid", "CREATE TABLE t (a INTEGER PRIMARY KEY, b) WITHOUT ROWID", "WITHOUT ROWID"},
		{"strict without rowid", "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT) STRICT, without rowid", "WITHOUT ROWID"},
		{"virtual", "CREATE VIRTUAL TABLE t USING fts5(a)", "virtual"},
		{"generated", "CREATE TABLE t (a INTEGER, b INTEGER GENERATED ALWAYS AS (a + 1), c INTEGER)", "generated"},
		{"generated and stored", "CREATE TABLE t (a INTEGER, b AS (a + 1) STORED)", "generated"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := open(t, create(t, test.statement))
			if !slices.Contains(f.Tables(), "t") {
				t.Errorf("the table is not among %q", f.Tables())
			}
			_, err := f.Table("t")
			var d *pages.Declined
			if !errors.As(err, &d) || !errors.Is(err, pages.ErrDeclined) || fault.KindOf(err) != fault.Unsupported {
				t.Fatalf("error %v", err)
			}
			if d.Table != "t" || !strings.Contains(d.Reason, test.reason) {
				t.Errorf("declined with %q", err)
			}
		})
	}
}

func TestDeclinedEncoding(t *testing.T) {
	t.Parallel()
	for _, encoding := range []string{"UTF-16le", "UTF-16be"} {
		data := create(t, "PRAGMA encoding = '"+encoding+"'", "CREATE TABLE t (a TEXT)")
		_, err := pages.Open(strings.NewReader(string(data)), int64(len(data)))
		if !errors.Is(err, pages.ErrDeclined) || !strings.Contains(err.Error(), "UTF-8") {
			t.Errorf("%s: error %v", encoding, err)
		}
	}
}

// A journal beside the file holds part of the database; an empty one does not.
func TestDeclinedJournal(t *testing.T) {
	t.Parallel()
	for _, suffix := range []string{"-wal", "-journal"} {
		path := filepath.Join(t.TempDir(), "j.sqlite")
		createAt(t, path, "CREATE TABLE t (a)")
		for _, content := range []string{"", "x"} {
			if err := os.WriteFile(path+suffix, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := pages.OpenFile(path)
			if content == "" {
				if err != nil {
					t.Errorf("an empty %s: %v", suffix, err)
				} else if err := f.Close(); err != nil {
					t.Error(err)
				}
			} else if !errors.Is(err, pages.ErrDeclined) || !strings.Contains(err.Error(), "j.sqlite"+suffix) {
				t.Errorf("with %s: error %v", suffix, err)
			}
		}
	}
}

// A closed database in WAL mode is whole.
func TestClosedWAL(t *testing.T) {
	t.Parallel()
	data := create(t, "PRAGMA journal_mode = WAL", integerTable, fill("ints", 500, integerRow))
	if data[18] != 2 {
		t.Fatalf("the file is in mode %d", data[18])
	}
	if n := compare(t, data); n != 4500 {
		t.Errorf("compared %d values", n)
	}
}

// What a scan delivers before it meets a value that it declines, and the rest that
// it names, are the table, in order and without overlap.
func TestDeclinedMidway(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, update, reason string
		as                   pages.Kind
	}{
		{"text", "UPDATE t SET b = 'odd' WHERE a IN (3000, 9000)", `column "b" holds a text where an integer was asked for`, pages.Int},
		{"real", "UPDATE t SET b = 1.5 WHERE a = 3000", `column "b" holds a real where an integer`, pages.Int},
		{"blob", "UPDATE t SET b = x'01' WHERE a = 3000", `column "b" holds a blob where a real`, pages.Float},
		{"first row", "UPDATE t SET b = 'x' WHERE a = 1", `row 1: column "b"`, pages.Int},
		{"last row", "UPDATE t SET b = 'x' WHERE a = 20000", `row 20000: column "b"`, pages.Int},
		{"default", "ALTER TABLE t ADD COLUMN c INTEGER DEFAULT 7", "column c was added", pages.Int},
	}
	for _, test := range tests {
		for _, workers := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/%d", test.name, workers), func(t *testing.T) {
				t.Parallel()
				data := create(t, "CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER)", fill("t", 20000, "i, i*3"), test.update)
				table, err := open(t, data).Table("t")
				if err != nil {
					t.Fatal(err)
				}
				got, err := collect(t, table, len(table.Columns())-1, test.as, workers)
				var d *pages.Declined
				if !errors.As(err, &d) || !strings.Contains(d.Reason, test.reason) {
					t.Fatalf("error %v", err)
				}
				holdRest(t, got, d.Rest)
			})
		}
	}
}

// holdRest checks that the rows of each worker followed by its rest are the rowids
// from 1 to 20000.
func holdRest(t *testing.T, got collected, rest []pages.Span) {
	t.Helper()
	next := int64(1)
	for w, span := range rest {
		for _, row := range got[w] {
			if !strings.HasPrefix(row, fmt.Sprintf("%d|", next)) {
				t.Fatalf("worker %d delivered row %s instead of %d", w, row, next)
			}
			next++
		}
		if span.Empty() {
			continue
		}
		if max(span.Low, 1) != next {
			t.Errorf("worker %d leaves rows from %d on instead of %d", w, span.Low, next)
		}
		next = min(span.High, 20000) + 1
	}
	if next != 20001 {
		t.Errorf("%d rows instead of 20000", next-1)
	}
}

func TestMisuse(t *testing.T) {
	t.Parallel()
	f := open(t, create(t, "CREATE TABLE Mixed (Aa INTEGER PRIMARY KEY, b TEXT)"))
	if _, err := f.Table("no"); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an unknown table: %v", err)
	}
	table, err := f.Table("mIXED")
	if err != nil || table.Name() != "Mixed" || table.Index("aA") != 0 || table.Index("c") != -1 {
		t.Fatalf("table %v, error %v", table, err)
	}
	for _, want := range []pages.Want{{Column: 2}, {Column: -2}, {Column: 0, As: 9}} {
		err := table.Scan(t.Context(), []pages.Want{want}, 1, func(int, *pages.Rows) error { return nil })
		if fault.KindOf(err) != fault.Misuse {
			t.Errorf("%v: error %v", want, err)
		}
	}
	if err := table.Scan(t.Context(), []pages.Want{{Column: 0, As: pages.Text}}, 1, nil); !errors.Is(err, pages.ErrDeclined) {
		t.Errorf("the rowid as text: %v", err)
	}
}

func bigTable(t *testing.T) *pages.Table {
	t.Helper()
	table, err := open(t, create(t, "CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER)", fill("t", 60000, "i, i"))).Table("t")
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func TestStopped(t *testing.T) {
	t.Parallel()
	table := bigTable(t)
	wants := []pages.Want{{Column: 0}}
	for _, workers := range []int{1, 3} {
		stop := errors.New("enough")
		err := table.Scan(t.Context(), wants, workers, func(int, *pages.Rows) error { return stop })
		if err != stop {
			t.Errorf("error %v instead of that of emit", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		err = table.Scan(ctx, wants, workers, func(int, *pages.Rows) error { cancel(); return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v instead of the context's", err)
		}
	}
}

func TestPanicReachesCaller(t *testing.T) {
	t.Parallel()
	table := bigTable(t)
	for _, workers := range []int{1, 3} {
		func() {
			defer func() {
				if p := recover(); !strings.Contains(fmt.Sprint(p), "broken analysis") {
					t.Errorf("recovered %v", p)
				}
			}()
			err := table.Scan(t.Context(), []pages.Want{{Column: 0}}, workers, func(int, *pages.Rows) error { panic("broken analysis") })
			t.Errorf("Scan returned %v", err)
		}()
	}
}

// A batch holds every want, in the order asked, however often and in whatever order
// columns are asked for, and no text makes it grow without bound.
func TestWants(t *testing.T) {
	t.Parallel()
	data := create(t, "CREATE TABLE t (a INTEGER, b TEXT, c REAL, k INTEGER PRIMARY KEY)", fill("t", 3000, "i, printf('%.*c', 5000, 'b'), i/2.0, i*10"))
	table, err := open(t, data).Table("t")
	if err != nil {
		t.Fatal(err)
	}
	wants := []pages.Want{{2, pages.Float}, {0, pages.Int}, {3, pages.Int}, {1, pages.Text}, {0, pages.Float}, {pages.Rowid, pages.Int}, {0, pages.Int}}
	row, batches := int64(0), 0
	err = table.Scan(t.Context(), wants, 1, func(_ int, b *pages.Rows) error {
		batches++
		for i := range b.Len() {
			row++
			if b.Floats(0)[i] != float64(row)/2 || b.Ints(1)[i] != row || b.Ints(2)[i] != row*10 || len(b.Bytes(3, i)) != 5000 ||
				b.Floats(4)[i] != float64(row) || b.Ints(5)[i] != row*10 || b.Ints(6)[i] != row {
				t.Fatalf("row %d differs", row)
			}
		}
		if b.Ints(0) != nil || b.Floats(1) != nil || b.Nulls(3) != nil {
			t.Error("a column has values of another kind, or NULLs")
		}
		return nil
	})
	if err != nil || row != 3000 || batches < 3 {
		t.Errorf("%d rows in %d batches, error %v", row, batches, err)
	}
	rows := 0
	err = table.Scan(t.Context(), nil, 1, func(_ int, b *pages.Rows) error { rows += b.Len(); return nil })
	if err != nil || rows != 3000 {
		t.Errorf("without columns: %d rows, error %v", rows, err)
	}
}
