package sqlcell_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"profilemate/frames"
	"profilemate/plugins"
	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
	"profilemate/workbench/sqlcell"
	"profilemate/workbench/store"
)

// capture names a capture in a folder of the test.
func capture(t testing.TB, dir, name, as string) {
	t.Helper()
	if err := os.Rename(enginetest.Capture(t, name), filepath.Join(dir, as)); err != nil {
		t.Fatal(err)
	}
}

// newRunner returns a runner in a folder, with a store if asked for.
func newRunner(t testing.TB, dir string, stored bool, own func() map[string]*frames.Frame) *sqlcell.Runner {
	t.Helper()
	return sqlcell.New(sqlcell.Config{Engine: newEngine(t, stored), Dir: dir, Frames: own})
}

func newEngine(t testing.TB, stored bool) *engine.Engine {
	t.Helper()
	registry, err := analysis.NewRegistry(plugins.All()...)
	if err != nil {
		t.Fatal(err)
	}
	c := engine.Config{Registry: registry, Formats: artifacts.Formats{nsys.Format()}, Build: "test"}
	if stored {
		if c.Store, err = store.Open(t.TempDir(), store.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	return engine.New(c)
}

func mustRun(t testing.TB, r *sqlcell.Runner, text string) result.Bundle {
	t.Helper()
	b, err := r.Run(t.Context(), text, nil)
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return b
}

// people are two small frames, as a Go cell would have made them.
func people() map[string]*frames.Frame {
	a := frames.NewBuilder("launches", frames.Schema{{Name: "id", Kind: frames.Int64}, {Name: "start", Kind: frames.Int64, Unit: "ns"},
		{Name: "end", Kind: frames.Int64, Unit: "ns"}, {Name: "name", Kind: frames.String}, {Name: "share", Kind: frames.Float64, Unit: "%"}, {Name: "graph", Kind: frames.Bool}})
	a.Row(1, 1<<62, 1<<62+10, "gemm", 1.5, true)
	a.Row(2, 100, 130, "gemm", nil, false)
	a.Row(3, 200, 205, nil, 2.5, nil)
	a.Row(4, 300, 400, "copy", -1.0, true)
	b := frames.NewBuilder("notes", frames.Schema{{Name: "launch", Kind: frames.Int64}, {Name: "note", Kind: frames.String}})
	b.Row(4, "slow")
	b.Row(2, "first")
	b.Row(2, "second")
	b.Row(nil, "lost")
	b.Row(9, "none")
	return map[string]*frames.Frame{"launches": a.Frame(), "notes": b.Frame()}
}

// Results worked by hand from the four launches and five notes of people.
func TestByHand(t *testing.T) {
	t.Parallel()
	r := newRunner(t, t.TempDir(), true, people)
	for _, tc := range []struct {
		name, sql string
		want      [][]any
	}{
		{"exact beyond 2^53", "SELECT start FROM launches WHERE id = 1", [][]any{{"4611686018427387904"}}},
		{"missing stays missing", "SELECT name, share FROM launches WHERE id IN (2, 3) ORDER BY id", [][]any{{"gemm", nil}, {nil, 2.5}}},
		{"sum of times", "SELECT name, sum(end - start) AS time FROM launches GROUP BY name ORDER BY time DESC", [][]any{{"copy", int64(100)}, {"gemm", int64(40)}, {nil, int64(5)}}},
		{"bounds", "SELECT id FROM launches WHERE start >= 200 AND start < 1000 ORDER BY id", [][]any{{int64(3)}, {int64(4)}}},
		{"bounds of floats", "SELECT id FROM launches WHERE share > -1 AND share <= 2.5 ORDER BY id", [][]any{{int64(1)}, {int64(3)}}},
		{"fractional bound", "SELECT id FROM launches WHERE id > 2.5 AND id < 3.5", [][]any{{int64(3)}}},
		{"number as text", "SELECT id FROM launches WHERE id = '3'", [][]any{{int64(3)}}},
		{"text", "SELECT id FROM launches WHERE name = 'gemm' ORDER BY id", [][]any{{int64(1)}, {int64(2)}}},
		{"text that is not there", "SELECT id FROM launches WHERE name = 'nothing'", [][]any{}},
		{"letter case", "SELECT id FROM launches WHERE name = 'COPY' COLLATE NOCASE", [][]any{{int64(4)}}},
		{"nothing equals missing", "SELECT id FROM launches WHERE name = NULL", [][]any{}},
		{"is missing", "SELECT id FROM launches WHERE name IS NULL", [][]any{{int64(3)}}},
		{"flags", "SELECT graph FROM launches ORDER BY id", [][]any{{true}, {false}, {nil}, {true}}},
		{"join", "SELECT l.id, n.note FROM launches l JOIN notes n ON n.launch = l.id ORDER BY l.id, n.note", [][]any{{int64(2), "first"}, {int64(2), "second"}, {int64(4), "slow"}}},
		{"outer join", "SELECT l.id, count(n.note) FROM launches l LEFT JOIN notes n ON n.launch = l.id GROUP BY l.id ORDER BY l.id",
			[][]any{{int64(1), int64(0)}, {int64(2), int64(2)}, {int64(3), int64(0)}, {int64(4), int64(1)}}},
		{"join by text", "SELECT a.id, b.id FROM launches a JOIN launches b ON a.name = b.name AND a.id < b.id", [][]any{{int64(1), int64(2)}}},
		{"join by bounds", "SELECT a.id, b.id FROM launches a JOIN launches b ON b.start > a.start AND b.start <= a.start + 100 ORDER BY 1, 2", [][]any{{int64(2), int64(3)}, {int64(3), int64(4)}}},
		{"depends on the row outside", "SELECT id, (SELECT count(*) FROM notes WHERE launch = id) FROM launches ORDER BY id", [][]any{{int64(1), int64(0)}, {int64(2), int64(2)}, {int64(3), int64(0)}, {int64(4), int64(1)}}},
		{"count", "SELECT count(*) FROM notes", [][]any{{int64(5)}}},
		// 5, 10, 30, 100: the median is (10+30)/2, p=0.25 stands at place 0.75: 5+0.75*5.
		{"quantiles", "SELECT median(end-start), quantile(end-start, 0.25), p50(end-start), quantile(end-start, 1) FROM launches", [][]any{{20.0, 8.75, 20.0, 100.0}}},
		{"no value has no quantile", "SELECT median(share), stddev(share) FROM launches WHERE id = 2", [][]any{{nil, nil}}},
		// 2, 4, 4, 4, 5, 5, 7, 9: squares of the differences from 5 add up to 32, 32/7 = 4.571…
		{"deviation", "SELECT stddev(column1) * stddev(column1) BETWEEN 4.5714285 AND 4.5714286 FROM (VALUES (2),(4),(4),(4),(5),(5),(7),(9))", [][]any{{int64(1)}}},
		{"deviation in a window", "SELECT round(stddev(column1) OVER (ROWS 1 PRECEDING), 6) FROM (VALUES (1),(3),(3))", [][]any{{0.0}, {1.414214}, {0.0}}},
		{"regular expressions", "SELECT id, regexp_extract(name, 'g(.)mm') FROM launches WHERE name REGEXP '^g' ORDER BY id", [][]any{{int64(1), "e"}, {int64(2), "e"}}},
		{"words", "SELECT duration(1234567), size(67100000), duration(NULL)", [][]any{{"1.23 ms", "67.1 MB", nil}}},
		{"mixed", "SELECT * FROM (VALUES (1), (2.5))", [][]any{{1.0}, {2.5}}},
		{"mixed with text", "SELECT * FROM (VALUES (1), (2.5), ('x'), (NULL), (x'ff'))", [][]any{{"1"}, {"2.5"}, {"x"}, {nil}, {"ff"}}},
		{"no row", "SELECT id FROM launches WHERE id > 10", [][]any{}},
		{"same name twice", "SELECT id, id FROM launches WHERE id = 1", [][]any{{int64(1), int64(1)}}},
		{"recursion", "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i+1 FROM n WHERE i < 5) SELECT sum(i) FROM n", [][]any{{int64(15)}}},
	} {
		b := mustRun(t, r, "%%sql\n"+tc.sql)
		if diff := cmp.Diff(tc.want, b.Tables[0].Rows); diff != "" {
			t.Errorf("%s (-by hand +got):\n%s", tc.name, diff)
		}
	}
}

// What cannot be run says why, and where.
func TestRefusals(t *testing.T) {
	t.Parallel()
	r := newRunner(t, t.TempDir(), true, people)
	for _, tc := range []struct{ sql, want string }{
		{"DROP TABLE launches", "line 2, column 1: DROP cannot be run"},
		{"SELECT 1; DELETE FROM launches", "line 2, column 11: DELETE cannot be run"},
		{"/* x */ -- y\n  INSERT INTO notes VALUES (1, 'x')", "line 3, column 3: INSERT cannot be run"},
		{"WITH a AS (SELECT 1) UPDATE notes SET launch = 1", "UPDATE cannot be run"},
		{"WITH a(x) AS (SELECT 1) DELETE FROM notes", "DELETE cannot be run"},
		{"EXPLAIN QUERY PLAN DELETE FROM notes", "DELETE cannot be run"},
		{"ATTACH '/etc/passwd' AS x", "ATTACH cannot be run"},
		{"PRAGMA query_only = OFF", "PRAGMA cannot be run"},
		{"VACUUM INTO '/tmp/x'", "VACUUM cannot be run"},
		{"CREATE TEMP VIEW v AS SELECT 1", "CREATE cannot be run"},
		{"BEGIN", "BEGIN cannot be run"},
		{"SELECT * FROM pragma_database_list", "pragma_database_list cannot be read"},
		{`SELECT * FROM "pragma_journal_mode"`, "pragma_journal_mode cannot be read"},
		{"SELECT load_extension('x.so')", "not authorized"},
		{"SELECT writefile('/tmp/x', 'y')", "no such function: writefile"},
		{"SELECT readfile('/etc/passwd')", "no such function: readfile"},
		{"SELECT edit('x')", "no such function: edit"},
		{"SELECT * FROM frames", "no such table: frames"},
		{"SELECT * FROM frames(0)", "no such table: frames"},
		{"SELECT zeroblob(100000000)", "too big"},
		{"SELECT strat FROM launches", "line 2, column 8: no such column: strat; did you mean start?"},
		{"SELECT l.nam FROM launches l", "did you mean name"},
		{"SELECT 1 FROM launch", "no such table: launch; did you mean launches?"},
		{"SELECT medain(id) FROM launches", "did you mean median?"},
		{"SELECT 1 +", "line 2, column 1: incomplete input"},
		{"SELECT\n  1 FROM launches\n WHERE WHERE", `line 4, column 8: near "WHERE": syntax error`},
		{"SELECT 'x", "line 2, column 8: a quote or bracket is not closed"},
		{"SELECT (1", "a quote or bracket is not closed"},
		{"SELECT ?1", "?1 is a parameter"},
		{"SELECT median(name) FROM launches", `median is of numbers, not of the text "gemm"`},
		{"SELECT quantile(id, 2) FROM launches", "p is \"2\" and must lie from 0 to 1"},
		{"SELECT median(id) OVER (ROWS 1 PRECEDING) FROM launches", "cannot be used over a window that moves"},
		{"SELECT 'x' REGEXP '('", "is no regular expression"},
		{"-- name: select\nSELECT 1", "cannot name a table"},
		{"-- name: a\nSELECT 1;\n-- name: A\nSELECT 2", "stands twice"},
	} {
		_, err := r.Run(t.Context(), "%%sql\n"+tc.sql, nil)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s\n got %v\nwant %s", tc.sql, err, tc.want)
		} else if kind := fault.KindOf(err); kind != fault.Misuse && kind != fault.Unsupported {
			t.Errorf("%s: the fault is %s", tc.sql, kind)
		}
	}
}

// Where no artifact is named, a table that is not there is told from where tables come.
func TestTablesComeFromArtifacts(t *testing.T) {
	t.Parallel()
	for want, own := range map[string]func() map[string]*frames.Frame{
		"line 2, column 1: no such table: kernels; there are no tables yet: name an artifact, with %%sql FILE in a cell": nil,
		"no such table: kernels; the tables are launches, notes; for more, name an artifact, with %%sql FILE":            people,
	} {
		_, err := newRunner(t, t.TempDir(), true, own).Run(t.Context(), "%%sql\nSELECT 1 FROM kernels", nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v\nwant %s", err, want)
		}
	}
}

// Statements see the named results before them, in this cell and in later ones, and
// results are reused by what they depend on.
func TestNames(t *testing.T) {
	t.Parallel()
	for _, stored := range []bool{true, false} {
		r := newRunner(t, t.TempDir(), stored, people)
		b := mustRun(t, r, "%%sql\n-- name: slow\nSELECT id, end - start AS time FROM launches WHERE end - start > 20;\nSELECT count(*) FROM slow; SELECT 7")
		var names []string
		for _, table := range b.Tables {
			names = append(names, table.Name)
		}
		if diff := cmp.Diff([]string{"slow", "result", "result_2"}, names); diff != "" {
			t.Error(diff)
		}
		if unit := b.Tables[0].Columns[1].Unit; unit != "ns" {
			t.Errorf("the unit of a difference of times is %q", unit)
		}
		b = mustRun(t, r, "%%sql\nSELECT sum(time) AS s FROM slow")
		if diff := cmp.Diff([][]any{{int64(130)}}, b.Tables[0].Rows); diff != "" || b.Cached || b.Tables[0].Columns[0].Unit != "ns" {
			t.Errorf("cached %v, columns %v\n%s", b.Cached, b.Tables[0].Columns, diff)
		}
		if again := mustRun(t, r, "%%sql\nSELECT sum(time) AS s FROM slow"); again.Cached != stored {
			t.Errorf("the same again, stored %v: cached %v", stored, again.Cached)
		}
		mustRun(t, r, "%%sql\n-- name: SLOW\nSELECT 1 AS time")
		if b = mustRun(t, r, "%%sql\nSELECT sum(time) AS s FROM slow"); b.Tables[0].Rows[0][0] != int64(1) {
			t.Errorf("after slow was named anew: %v", b.Tables[0].Rows)
		}
		f, err := r.Frame("slow", 10)
		if err != nil || f.Len() != 1 {
			t.Errorf("the frame of slow: %v, %v", f, err)
		}
		if _, err := r.Frame("fast", 10); fault.KindOf(err) != fault.NotFound {
			t.Errorf("a name that is not there: %v", err)
		}
		if _, err := r.Frame("slow", 0); fault.KindOf(err) != fault.Unsupported {
			t.Errorf("more rows than asked for: %v", err)
		}
	}
}

// An interrupt in the middle of a run ends it within half a second, wherever it is:
// in SQLite, in a table, or in an aggregate.
func TestInterrupt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	capture(t, dir, "demo_cudagraph", "demo.sqlite")
	r := newRunner(t, dir, true, nil)
	mustRun(t, r, "%%sql demo.sqlite\nSELECT 1") // opened, so that the statements are what is stopped
	for _, sql := range []string{
		"WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i+1 FROM n) SELECT median(i) FROM n",
		"SELECT count(*) FROM kernels a, kernels b WHERE a.start + b.start > 5",
		"SELECT * FROM kernels a JOIN kernels b JOIN kernels c ON c.start > b.start WHERE a.name || b.name = c.name",
	} {
		ctx, cancel := context.WithCancel(t.Context())
		var told time.Time
		time.AfterFunc(300*time.Millisecond, func() { told = time.Now(); cancel() })
		_, err := r.Run(ctx, "%%sql demo.sqlite\n"+sql, nil)
		if took := time.Since(told); fault.KindOf(err) != fault.Canceled || took > 500*time.Millisecond {
			t.Errorf("%s: %v, %v after the interrupt", sql, err, took)
		}
	}
	if b := mustRun(t, r, "%%sql demo.sqlite\nSELECT count(*) FROM kernels"); b.Tables[0].Rows[0][0] != int64(26466) {
		t.Error("the next cell does not run")
	}
}

// An interrupt and the limits stop what would never end.
func TestStops(t *testing.T) {
	t.Parallel()
	const bomb = "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i+1 FROM n) SELECT "
	r := newRunner(t, t.TempDir(), true, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.Run(ctx, "%%sql\n"+bomb+"count(*) FROM n", nil); fault.KindOf(err) != fault.Canceled {
		t.Errorf("canceled: %v", err)
	}
	for text, want := range map[string]string{
		"%%sql timeout=200ms\n" + bomb + "count(*) FROM n": "the cell's time is up",
		"%%sql rows=1000\n" + bomb + "i FROM n":            "more than 1,000 rows",
	} {
		if _, err := r.Run(t.Context(), text, nil); fault.KindOf(err) != fault.Unsupported || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
	if b := mustRun(t, r, "%%sql\nSELECT 1"); b.Tables[0].Total != 1 {
		t.Error("the next cell does not run")
	}
}
