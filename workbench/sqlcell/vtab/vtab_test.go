package vtab_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"zombiezen.com/go/sqlite"

	"profilemate/frames"
	"profilemate/workbench/fault"
	"profilemate/workbench/sqlcell/vtab"
)

// connect returns a connection with a module.
func connect(t testing.TB, budget int64) (*sqlite.Conn, *vtab.Module) {
	t.Helper()
	conn, err := sqlite.OpenConn(":memory:", sqlite.OpenReadWrite, sqlite.OpenCreate, sqlite.OpenMemory)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	m, err := vtab.NewModule(conn, budget)
	if err != nil {
		t.Fatal(err)
	}
	return conn, m
}

// rows runs a statement and returns its rows as texts.
func rows(conn *sqlite.Conn, sql string) (list []string, err error) {
	stmt, _, err := conn.PrepareTransient(sql)
	if err != nil {
		return nil, err
	}
	defer stmt.Finalize()
	for {
		more, err := stmt.Step()
		if err != nil || !more {
			return list, err
		}
		text := ""
		for i := range stmt.ColumnCount() {
			text += fmt.Sprintf("%v:%s ", stmt.ColumnType(i), stmt.ColumnText(i))
		}
		list = append(list, text)
	}
}

// random makes a frame of a few values that repeat, some of them missing.
func random(r *rand.Rand, n int) *frames.Frame {
	b := frames.NewBuilder("t", frames.Schema{{Name: "i", Kind: frames.Int64}, {Name: "x", Kind: frames.Float64}, {Name: "s", Kind: frames.String}, {Name: "b", Kind: frames.Bool}})
	for range n {
		row := []any{r.Int64N(8) + 1<<60, float64(r.IntN(8)) / 2, string(rune('a' + r.IntN(4))), r.IntN(2) == 0}
		for i := range row {
			if r.IntN(6) == 0 {
				row[i] = nil
			}
		}
		b.Row(row...)
	}
	return b.Frame()
}

// On virtual tables SQLite gives what it gives on its own, whatever the conditions and
// the way in which they are met.
func TestAgreesWithOwnTables(t *testing.T) {
	t.Parallel()
	conn, m := connect(t, 1<<30)
	r := rand.New(rand.NewPCG(1, 2))
	for name, n := range map[string]int{"a": 30, "c": 20} {
		f := random(r, n)
		if err := m.Add("main", name, vtab.Of(f)); err != nil {
			t.Fatal(err)
		}
		if _, err := rows(conn, "CREATE TABLE own_"+name+"(i INTEGER, x REAL, s TEXT, b INTEGER)"); err != nil {
			t.Fatal(err)
		}
		if _, err := rows(conn, "INSERT INTO own_"+name+" SELECT * FROM "+name); err != nil {
			t.Fatal(err)
		}
	}
	values := []string{"1152921504606846979", "1152921504606846979.5", "2", "1.5", "'b'", "''", "'1.5'", "NULL", "x'62'", "-1e300", "(SELECT max(i) FROM %sc)", "(SELECT min(s) FROM %sc)"}
	for _, column := range []string{"i", "x", "s", "b"} {
		for _, op := range []string{"=", "<", "<=", ">", ">=", "IS", "<>", "IS NOT"} {
			for _, v := range values {
				agree(t, conn, "SELECT * FROM %sa WHERE "+column+" "+op+" "+v+" ORDER BY 1, 2, 3, 4")
			}
			for _, other := range []string{"i", "x", "s", "b"} {
				agree(t, conn, "SELECT * FROM %sa p JOIN %sc q ON p."+column+" "+op+" q."+other+" ORDER BY 1, 2, 3, 4, 5, 6, 7, 8")
				agree(t, conn, "SELECT p.i, (SELECT count(*) FROM %sc q WHERE q."+column+" "+op+" p."+other+" AND q.i > p.i) FROM %sa p ORDER BY 1, 2")
			}
		}
	}
	agree(t, conn, "SELECT * FROM %sa p LEFT JOIN %sc q ON p.i = q.i AND p.s = q.s AND q.x < p.x ORDER BY 1, 2, 3, 4, 5, 6, 7, 8")
}

func agree(t *testing.T, conn *sqlite.Conn, sql string) {
	t.Helper()
	fill := func(prefix string) string {
		args := make([]any, 0, 4)
		for i := 0; i+1 < len(sql); i++ {
			if sql[i] == '%' && sql[i+1] == 's' {
				args = append(args, prefix)
			}
		}
		return fmt.Sprintf(sql, args...)
	}
	got, err := rows(conn, fill(""))
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	want, err := rows(conn, fill("own_"))
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-own tables +virtual):\n%s", fill(""), diff)
	}
}

// counted tells which columns are asked for, and fails at the end if told to.
type counted struct {
	vtab.Source
	columns *[]string
	fail    error
}

func (c counted) Scan(ctx context.Context, columns []string, emit func(*frames.Batch) error) error {
	*c.columns = slices.Clone(columns)
	if err := c.Source.Scan(ctx, columns, emit); err != nil {
		return err
	}
	return c.fail
}

// Only the columns that a statement uses are read, a failure of the reader keeps its
// kind, and a table too big to hold is refused.
func TestReading(t *testing.T) {
	t.Parallel()
	conn, m := connect(t, 1000)
	var columns []string
	f := random(rand.New(rand.NewPCG(3, 4)), 100)
	for name, fail := range map[string]error{"t": nil, "broken": fault.Errorf(fault.Corrupt, "page 7 is damaged")} {
		if err := m.Add("main", name, counted{vtab.Of(f), &columns, fail}); err != nil {
			t.Fatal(err)
		}
	}
	for sql, want := range map[string][]string{
		"SELECT max(i) FROM t":                       {"i"},
		"SELECT s FROM t WHERE x > 1 GROUP BY s":     {"x", "s"},
		"SELECT count(*) FROM t":                     {"i"},
		"SELECT count(*) FROM t WHERE s IS NOT NULL": {"s"},
	} {
		m.Begin(t.Context())
		if _, err := rows(conn, sql); err != nil || !slices.Equal(columns, want) {
			t.Errorf("%s reads %v, %v; want %v", sql, columns, err, want)
		}
	}
	m.Begin(t.Context())
	if _, err := rows(conn, "SELECT * FROM broken"); err == nil || fault.KindOf(m.Failure()) != fault.Corrupt {
		t.Errorf("a damaged table: %v, %v", err, m.Failure())
	}
	m.Begin(t.Context())
	if _, err := rows(conn, "SELECT count(*) FROM t a JOIN t b ON a.i = b.i"); err == nil || fault.KindOf(m.Failure()) != fault.Unsupported {
		t.Errorf("more than memory allows: %v, %v", err, m.Failure())
	}
	if err := m.Refuse("main", "no", errors.New("not today")); err != nil {
		t.Fatal(err)
	}
	m.Begin(t.Context())
	if _, err := rows(conn, "SELECT * FROM no"); err == nil || m.Failure() == nil || m.Failure().Error() != "not today" {
		t.Errorf("a refused table: %v, %v", err, m.Failure())
	}
}
