package pages_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fill is an INSERT of n rows; values may use i, which counts from 1.
func fill(table string, n int, values string) string {
	return fmt.Sprintf("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < %d) INSERT INTO %s SELECT %s FROM n", n, table, values)
}

// integerRow has integers of every width, as functions of i, NULLs among them.
const integerRow = "i, i%2, i%2-1, i%3*100, -i%40000, i*70000, -i*100000000, i*5000000000000, " +
	"CASE i%7 WHEN 0 THEN NULL WHEN 1 THEN 9223372036854775807 WHEN 2 THEN -9223372036854775808 ELSE i << (i%60) END"

const integerTable = "CREATE TABLE ints (id INTEGER PRIMARY KEY, bit INTEGER, sign INT, byte INTEGER, word INTEGER, three INTEGER, five INTEGER, eight INTEGER, any INTEGER)"

// shapes are databases that differ in how SQLite lays them out.
var shapes = []struct {
	name       string
	statements []string
	least      int // values to compare
}{
	{"integers", []string{integerTable, fill("ints", 4000, integerRow)}, 36000},
	{"empty", []string{"CREATE TABLE t (a, b INTEGER)"}, 0},
	{"one page", []string{"CREATE TABLE t (a INTEGER, b TEXT)", "INSERT INTO t VALUES (1, 'one'), (NULL, NULL), (3, '')"}, 6},
	{"reals", []string{"CREATE TABLE t (a REAL, b FLOAT, c DOUBLE)",
		fill("t", 3000, "i*0.25, CASE i%5 WHEN 0 THEN NULL ELSE i*1e300 END, CASE WHEN i%2 THEN i*1000 ELSE -i/7.0 END"),
		"INSERT INTO t VALUES (9e999, -9e999, 0.0)"}, 9003},
	{"negative and huge rowids", []string{"CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER)",
		fill("t", 2000, "-i*i, i"), fill("t", 2000, "i*1000000000000, i"),
		"INSERT INTO t VALUES (-9223372036854775808, 1), (9223372036854775807, 2), (0, 3)"}, 8006},
	{"text around the lengths where its type and its page change", []string{"CREATE TABLE t (a TEXT, b BLOB, c INTEGER)",
		fill("t", 600, "printf('%.*c', i, 'x'), zeroblob(i%130), i"),
		fill("t", 300, "CASE i%9 WHEN 0 THEN NULL ELSE printf('%.*c', i*i%9000, 'y') END, CAST(printf('%.*c', i*37%5000, 'z') AS BLOB), -i")}, 2700},
	{"invalid UTF-8", []string{"CREATE TABLE t (a TEXT)", "INSERT INTO t VALUES (CAST(x'fffe41c0' AS TEXT)), (CAST(x'00410042' AS TEXT))"}, 2},
	{"columns before an overflow", []string{"CREATE TABLE t (a INTEGER, b INTEGER, c TEXT, d INTEGER)",
		fill("t", 200, "i, i*i, printf('%.*c', 20000, 'c'), -i")}, 800},
	{"long header", []string{"CREATE TABLE t (" + numbered("c%d", 300) + ")", fill("t", 100, numbered("i*%d", 300))}, 30000},
	{"more shapes than are remembered", []string{"CREATE TABLE t (" + numbered("c%d", 20) + ")",
		fill("t", 3000, numbered("CASE (i*%[1]d)%%7 WHEN 0 THEN NULL ELSE i << (i*(%[1]d+3)%%59) END", 20))}, 60000},
	{"as many columns as a shape holds", []string{"CREATE TABLE t (" + numbered("c%d", 64) + ")", fill("t", 100, numbered("(i%%3)*%d", 64))}, 6400},
	{"more columns than a shape holds", []string{"CREATE TABLE t (" + numbered("c%d", 65) + ")", fill("t", 100, numbered("(i%%3)*%d", 65))}, 6500},
	{"deleted rows and free pages", []string{integerTable, fill("ints", 4000, integerRow),
		"DELETE FROM ints WHERE id % 5 = 0 OR id BETWEEN 1000 AND 2500", "CREATE TABLE t (a)", "DROP TABLE t"}, 17000},
	{"random order", []string{"CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c INTEGER)",
		"CREATE TABLE u (a INTEGER)",
		fill("t", 1500, "(i*2654435761)%1000003, printf('%d', i*i), i"), fill("u", 1500, "i"),
		fill("t", 1000, "1000003+(i*40503)%65537, printf('%.*c', i%200, 'q'), NULL"), fill("u", 1500, "-i"),
		"DELETE FROM t WHERE a % 3 = 0"}, 7500},
	{"full auto-vacuum", []string{"PRAGMA auto_vacuum = FULL", integerTable, "CREATE TABLE t (a TEXT)",
		fill("t", 2000, "printf('%.*c', i%900, 'v')"), fill("ints", 2000, integerRow), "DELETE FROM t WHERE rowid % 2", fill("t", 500, "i||'w'")}, 18000},
	{"incremental auto-vacuum", []string{"PRAGMA auto_vacuum = INCREMENTAL", integerTable, fill("ints", 2000, integerRow),
		"DELETE FROM ints WHERE id < 900", "PRAGMA incremental_vacuum(5)"}, 9000},
	{"added columns", []string{"CREATE TABLE t (a INTEGER)", fill("t", 1000, "i"),
		"ALTER TABLE t ADD COLUMN b TEXT", "ALTER TABLE t ADD COLUMN c INTEGER DEFAULT NULL",
		fill("t", 1000, "-i, 'b'||i, i"), "ALTER TABLE t RENAME COLUMN b TO \"a \"\"new\"\" name\""}, 6000},
	{"dropped column", []string{"CREATE TABLE t (a INTEGER, b TEXT, c INTEGER)", fill("t", 1000, "-i, 'b'||i, i"), "ALTER TABLE t DROP COLUMN a"}, 2000},
	{"mixed storage classes", []string{"CREATE TABLE t (a, b INTEGER, c NUMERIC)",
		"INSERT INTO t VALUES (1, 'text', 1.5), ('x', 2, 3), (x'00', 2.5, 'n'), (2.5, NULL, NULL)"}, 12},
	{"more columns than one word", []string{"CREATE TABLE [t t] (`a``b` VARCHAR(20), 'c' /* , */ INTEGER, \"d,\" UNSIGNED BIG INT) -- )", "INSERT INTO [t t] VALUES ('x', 2, 3)"}, 3},
	{"strict", []string{"CREATE TABLE t (a INTEGER NOT NULL, b TEXT, c REAL, d BLOB, CHECK (a > 0), UNIQUE (a, b)) STRICT",
		fill("t", 1000, "i, i, i, x'01'")}, 4000},
	{"system tables", []string{"CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT, b INTEGER)", "CREATE INDEX tb ON t (b)", fill("t", 500, "NULL, i"), "ANALYZE"}, 1000},
}

func numbered(format string, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(format, i)
	}
	return strings.Join(list, ", ")
}

func TestShapes(t *testing.T) {
	t.Parallel()
	for _, shape := range shapes {
		for _, size := range []int{512, 1024, 4096, 65536} {
			t.Run(fmt.Sprintf("%s/%d", shape.name, size), func(t *testing.T) {
				t.Parallel()
				statements := append([]string{fmt.Sprintf("PRAGMA page_size = %d", size), "PRAGMA journal_mode = OFF"}, shape.statements...)
				data := create(t, statements...)
				if got := int(binary.BigEndian.Uint16(data[16:])); got != size%65536+size/65536 {
					t.Fatalf("the page size is %d", got)
				}
				if n := compare(t, data); n < shape.least {
					t.Errorf("compared %d values instead of %d", n, shape.least)
				}
			})
		}
	}
}

// A database whose pages end in reserved bytes: SQLite takes their number from the
// header of an empty one.
func TestReservedBytes(t *testing.T) {
	t.Parallel()
	for _, reserved := range []int{1, 32} {
		data := create(t, "PRAGMA page_size = 512", "PRAGMA user_version = 1")
		data[20] = byte(reserved)
		binary.BigEndian.PutUint16(data[105:], uint16(512-reserved))
		path := filepath.Join(t.TempDir(), "reserved.sqlite")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		createAt(t, path, integerTable, fill("ints", 3000, integerRow), "CREATE TABLE t (a TEXT)", fill("t", 300, "printf('%.*c', i*7, 'r')"))
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if data[20] != byte(reserved) {
			t.Fatalf("SQLite set the reserved bytes to %d", data[20])
		}
		if n := compare(t, data); n < 27300 {
			t.Errorf("compared %d values", n)
		}
	}
}

// A tree of many levels: rows of a quarter page, few children a page.
func TestDeepTree(t *testing.T) {
	t.Parallel()
	data := create(t, "PRAGMA page_size = 512", "PRAGMA journal_mode = OFF", "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT)",
		fill("t", 3000, "i*1000000000000, printf('%.*c', 380, 'd')"))
	if n := compare(t, data); n != 6000 {
		t.Errorf("compared %d values", n)
	}
}
