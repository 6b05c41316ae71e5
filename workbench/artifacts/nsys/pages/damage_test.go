package pages_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"

	"profilemate/workbench/artifacts/nsys/pages"
	"profilemate/workbench/fault"
)

// treePage is a page of the table's tree, as SQLite's dbstat sees it.
type treePage struct {
	number, cells int
	leaf          bool
	path          string // "/", "/003/", "/003/01a/"
}

func treePages(t testing.TB, data []byte, table string) (list []treePage) {
	t.Helper()
	err := run(library(t, data), "SELECT pageno, ncell, pagetype, path FROM dbstat WHERE name = '"+table+"' ORDER BY path", func(s *sqlite.Stmt) {
		if kind := s.ColumnText(2); kind != "overflow" {
			list = append(list, treePage{s.ColumnInt(0), s.ColumnInt(1), kind == "leaf", s.ColumnText(3)})
		}
	})
	if err != nil || len(list) == 0 {
		t.Fatalf("dbstat: %d pages, error %v", len(list), err)
	}
	return list
}

// readable counts the rows of all leaves that lie, with the pages above them, among
// the first pages of a file.
func readable(tree []treePage, pages int) (rows int) {
	lost := func(p treePage) bool {
		return slices.ContainsFunc(tree, func(above treePage) bool {
			return above.number > pages && strings.HasPrefix(p.path, above.path)
		})
	}
	for _, p := range tree {
		if p.leaf && !lost(p) {
			rows += p.cells
		}
	}
	return rows
}

func smallTable(t testing.TB) []byte {
	t.Helper()
	return create(t, "PRAGMA page_size = 512", "PRAGMA journal_mode = OFF", "CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER, c TEXT)",
		fill("t", 1500, "i, i*i, 'text '||i"))
}

// A file cut off anywhere gives the rows of all pages that are there, and says how
// many it lacks.
func TestTruncated(t *testing.T) {
	t.Parallel()
	data := smallTable(t)
	tree := treePages(t, data, "t")
	want := oracle(t, library(t, data), "t", "b")
	for size := 0; size < len(data); size += 256 {
		n := size / 512
		f, err := pages.Open(bytes.NewReader(data[:size]), int64(size))
		if n == 0 {
			if fault.KindOf(err) != fault.Corrupt {
				t.Errorf("%d bytes: error %v", size, err)
			}
			continue
		} else if err != nil {
			t.Errorf("%d bytes: %v", size, err)
			continue
		}
		if f.Missing() != int64(len(data)/512-n) {
			t.Errorf("%d bytes: %d pages missing", size, f.Missing())
		}
		table, err := f.Table("t")
		if err != nil {
			t.Fatal(err)
		}
		for _, workers := range []int{1, 3} {
			got, err := collect(t, table, 1, pages.Int, workers)
			d := holdDamage(t, got.all(), want, err)
			if rows := readable(tree, n); int(d.Rows) != rows {
				t.Errorf("%d bytes: %d rows instead of %d", size, d.Rows, rows)
			}
			if !d.Open && int(d.Rows+d.Lost) != len(want) {
				t.Errorf("%d bytes: %d rows read and %d lost of %d", size, d.Rows, d.Lost, len(want))
			}
		}
	}
}

// holdDamage checks that the rows are some of those wanted, in order, and that the
// error is a sound report of damage.
func holdDamage(t *testing.T, got, want []string, err error) *pages.Damage {
	t.Helper()
	var d *pages.Damage
	if !errors.As(err, &d) || fault.KindOf(err) != fault.Corrupt {
		t.Fatalf("error %v", err)
	}
	if d.Table != "t" || d.Pages < 1 || int(d.Rows) != len(got) {
		t.Errorf("%d rows were delivered: %+v", len(got), *d)
	}
	rest := want
	for _, row := range got {
		i := slices.Index(rest, row)
		if i < 0 {
			t.Errorf("row %q is not in the table, or out of order", row)
			return d
		}
		rest = rest[i+1:]
	}
	return d
}

// patch is a database and where its parts are.
type patch struct {
	data   []byte
	root   int   // page
	leaves []int // pages, in order
}

// at is the offset in the file of a byte of a page.
func (p *patch) at(page, offset int) int { return (page-1)*512 + offset }

// cell is the offset in the file of a cell of a page, whose pointers are at from.
func (p *patch) cell(page, from, i int) int {
	return p.at(page, int(binary.BigEndian.Uint16(p.data[p.at(page, from+2*i):])))
}

func (p *patch) put16(at, v int) { binary.BigEndian.PutUint16(p.data[at:], uint16(v)) }
func (p *patch) put32(at, v int) { binary.BigEndian.PutUint32(p.data[at:], uint32(v)) }

// Damage of every kind is named with its page and offset, and costs no row that does
// not lie behind it.
func TestDamage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, what string
		harm       func(p *patch) (page int) // where the damage is found
		lost       int                       // at most
	}{
		{"leaf of another kind", "rows of the table was expected", func(p *patch) int { p.data[p.at(p.leaves[1], 0)] = 2; return p.leaves[1] }, 30},
		{"first leaf of another kind", "rows of the table was expected", func(p *patch) int { p.data[p.at(p.leaves[0], 0)] = 10; return p.leaves[0] }, 30},
		{"too many cells", "65535 rows do not fit", func(p *patch) int { p.put16(p.at(p.leaves[1], 3), 65535); return p.leaves[1] }, 30},
		{"cell at the page's start", "row 5 of the page is outside", func(p *patch) int { p.put16(p.at(p.leaves[1], 8+10), 0); return p.leaves[1] }, 30},
		{"cell at the page's end", "row 5 of the page is outside", func(p *patch) int { p.put16(p.at(p.leaves[1], 8+10), 510); return p.leaves[1] }, 30},
		{"cell beyond the page", "row 5 of the page is outside", func(p *patch) int { p.put16(p.at(p.leaves[1], 8+10), 65535); return p.leaves[1] }, 30},
		{"the same cell twice", "is out of order", func(p *patch) int {
			copy(p.data[p.at(p.leaves[1], 8+10):], p.data[p.at(p.leaves[1], 8+8):][:2])
			return p.leaves[1]
		}, 30},
		{"row longer than the page", "does not fit in the page", func(p *patch) int { p.data[p.cell(p.leaves[1], 8, 0)] = 0x7f; return p.leaves[1] }, 30},
		{"row of 2^63 bytes", "row", func(p *patch) int {
			copy(p.data[p.cell(p.leaves[1], 8, 3):], "\xff\xff\xff\xff\xff\xff\xff\xff\xff")
			return p.leaves[1]
		}, 30},
		{"header longer than the row", "its header takes 126 bytes", func(p *patch) int { p.data[p.cell(p.leaves[1], 8, 2)+2] = 126; return p.leaves[1] }, 30},
		{"header of no bytes", "its header takes 0 bytes", func(p *patch) int { p.data[p.cell(p.leaves[1], 8, 2)+2] = 0; return p.leaves[1] }, 30},
		{"reserved serial type", "serial type 10 is reserved", func(p *patch) int { p.data[p.cell(p.leaves[1], 8, 2)+4] = 10; return p.leaves[1] }, 30},
		{"value longer than the row", "its values take", func(p *patch) int { p.data[p.cell(p.leaves[1], 8, 2)+5] = 127; return p.leaves[1] }, 30},
		{"child 0", "child page 0 cannot be part", func(p *patch) int { p.put32(p.cell(p.root, 12, 0), 0); return p.root }, 900},
		{"child 1", "child page 1 cannot be part", func(p *patch) int { p.put32(p.cell(p.root, 12, 0), 1); return p.root }, 900},
		{"child beyond the file", "child page 99999 is not in the file", func(p *patch) int { p.put32(p.cell(p.root, 12, 0), 99999); return p.root }, 900},
		{"child that is its parent", "stands in the tree twice", func(p *patch) int { p.put32(p.cell(p.root, 12, 0), p.root); return p.root }, 900},
		{"two children alike", "stands in the tree twice", func(p *patch) int {
			copy(p.data[p.at(p.root, 8):][:4], p.data[p.cell(p.root, 12, 0):])
			return p.root
		}, 1400},
		{"too many children", "20001 children do not fit", func(p *patch) int { p.put16(p.at(p.root, 3), 20000); return p.root }, 1500},
		{"child outside the page", "child 0 is described outside", func(p *patch) int { p.put16(p.at(p.root, 12), 3); return p.root }, 900},
		{"rowid of a child", "rowids of child 1 are out of order", func(p *patch) int { p.data[p.cell(p.root, 12, 1)+4] = 1; return p.root }, 1400},
		{"root of another kind", "rows of the table was expected", func(p *patch) int { p.data[p.at(p.root, 0)] = 0; return p.root }, 1500},
	}
	sound := smallTable(t)
	tree := treePages(t, sound, "t")
	want := oracle(t, library(t, sound), "t", "c")
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := &patch{data: bytes.Clone(sound), root: tree[0].number}
			for _, page := range tree {
				if page.leaf {
					p.leaves = append(p.leaves, page.number)
				}
			}
			page := test.harm(p)
			table, err := open(t, p.data).Table("t")
			if err != nil {
				t.Fatal(err)
			}
			got, err := collect(t, table, 2, pages.Text, 1)
			d := holdDamage(t, got.all(), want, err)
			if place := fmt.Sprintf("page %d, offset ", page); !strings.Contains(err.Error(), test.what) || !strings.Contains(err.Error(), place) {
				t.Errorf("error %q names neither %q nor %q", err, test.what, place)
			}
			if int(d.Rows) < len(want)-test.lost {
				t.Errorf("only %d rows of %d", d.Rows, len(want))
			}
		})
	}
}

// Overflow pages that lead nowhere, in a circle or into another row cost the row and
// what follows it on its page.
func TestDamagedOverflow(t *testing.T) {
	t.Parallel()
	sound := create(t, "PRAGMA page_size = 512", "CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER, c TEXT)",
		fill("t", 40, "i, -i, printf('%.*c', 3000+i, 'o')"))
	var chains [][]int
	row := ""
	err := run(library(t, sound), "SELECT pageno, path FROM dbstat WHERE name = 't' AND pagetype = 'overflow' ORDER BY path", func(s *sqlite.Stmt) {
		if of, _, _ := strings.Cut(s.ColumnText(1), "+"); of != row {
			row, chains = of, append(chains, nil)
		}
		chains[len(chains)-1] = append(chains[len(chains)-1], s.ColumnInt(0))
	})
	if err != nil || len(chains) != 40 {
		t.Fatalf("%d chains, error %v", len(chains), err)
	}
	want := oracle(t, library(t, sound), "t", "c")
	tests := []struct {
		name, what string
		next       int
	}{
		{"no page", "overflow page 0 is not in the file", 0},
		{"page 1", "overflow page 1 is not in the file", 1},
		{"page beyond the file", "overflow page 4294967295 is not in the file", 1<<32 - 1},
		{"itself", fmt.Sprintf("overflow page %d belongs to another row or stands in it twice", chains[20][2]), chains[20][2]},
		{"another row", fmt.Sprintf("overflow page %d belongs to another row", chains[3][0]), chains[3][0]},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			data := bytes.Clone(sound)
			binary.BigEndian.PutUint32(data[(chains[20][2]-1)*512:], uint32(test.next))
			table, err := open(t, data).Table("t")
			if err != nil {
				t.Fatal(err)
			}
			got, err := collect(t, table, 2, pages.Text, 1)
			d := holdDamage(t, got.all(), want, err)
			if !strings.Contains(err.Error(), "row 21: its "+test.what) || d.Rows < 30 {
				t.Errorf("%d rows, error %q", d.Rows, err)
			}
			// Columns before the damage need none of it.
			if got, err := collect(t, table, 1, pages.Int, 1); err != nil || len(got[0]) != 40 {
				t.Errorf("without the text: %d rows, error %v", len(got[0]), err)
			}
		})
	}
}

// A header that is none, or that says what cannot be, is refused with its place.
func TestDamagedHeader(t *testing.T) {
	t.Parallel()
	sound := smallTable(t)
	tests := []struct {
		name, what string
		at         int
		bytes      string
	}{
		{"magic", "offset 0: no SQLite header", 15, "\x01"},
		{"page size 0", "offset 16: a page of 0 bytes", 16, "\x00\x00"},
		{"page size 256", "offset 16: a page of 256 bytes", 16, "\x01\x00"},
		{"page size 768", "offset 16: a page of 768 bytes", 16, "\x03\x00"},
		{"reserved bytes", "offset 20: 33 reserved bytes", 20, "\x21"},
		{"fractions", "offset 21: payload fractions 64, 33, 32", 22, "\x21"},
		{"root of the schema", "page 1, offset 100", 100, "\x02"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			data := bytes.Clone(sound)
			copy(data[test.at:], test.bytes)
			_, err := pages.Open(bytes.NewReader(data), int64(len(data)))
			if fault.KindOf(err) != fault.Corrupt || !strings.Contains(fmt.Sprint(err), test.what) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// SQLite takes a NaN, which it would not have written, for NULL.
func TestNaN(t *testing.T) {
	t.Parallel()
	data := create(t, "CREATE TABLE t (a REAL)", "INSERT INTO t VALUES (1234.5), (NULL), (-2.5)")
	stored := []byte("\x40\x93\x4a\x00\x00\x00\x00\x00") // 1234.5
	if bytes.Count(data, stored) != 1 {
		t.Fatal("the number is not in the file")
	}
	data = bytes.Replace(data, stored, []byte("\x7f\xf8\x00\x00\x00\x00\x00\x01"), 1)
	want := oracle(t, library(t, data), "t", "a")
	table, err := open(t, data).Table("t")
	if err != nil {
		t.Fatal(err)
	}
	got, err := collect(t, table, 0, pages.Float, 1)
	if err != nil || !slices.Equal(got.all(), want) || want[0] != "1|NULL" {
		t.Errorf("rows %q instead of %q, error %v", got.all(), want, err)
	}
}

// A list of tables that is damaged in part leaves the tables that are still in it.
func TestDamagedSchema(t *testing.T) {
	t.Parallel()
	statements := []string{"PRAGMA page_size = 512"}
	for i := range 30 {
		statements = append(statements, fmt.Sprintf("CREATE TABLE t%d (a INTEGER, b TEXT DEFAULT '%s')", i, strings.Repeat("x", 100)))
	}
	data := create(t, statements...)
	tree := treePages(t, data, "sqlite_schema")
	data[(tree[len(tree)-1].number-1)*512] = 0
	f := open(t, data)
	if n := len(f.Tables()); n < 20 || n >= 30 || f.Damage() == nil || f.Damage().Rows != int64(n) {
		t.Errorf("%d tables, damage %v", n, f.Damage())
	}
}
