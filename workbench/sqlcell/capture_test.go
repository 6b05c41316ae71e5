package sqlcell_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"zombiezen.com/go/sqlite"

	"profilemate/workbench/kernel"
	"profilemate/workbench/result"
	"profilemate/workbench/sqlcell"
)

// answers runs a statement on the file itself, through SQLite alone.
func answers(t *testing.T, path, sql string) [][]any {
	t.Helper()
	conn, err := sqlite.OpenConn("file:"+filepath.ToSlash(path)+"?mode=ro&immutable=1", sqlite.OpenReadOnly, sqlite.OpenURI)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	stmt, _, err := conn.PrepareTransient(sql)
	if err != nil {
		t.Fatal(err)
	}
	defer stmt.Finalize()
	rows := [][]any{}
	for {
		more, err := stmt.Step()
		if err != nil {
			t.Fatal(err)
		}
		if !more {
			return rows
		}
		row := make([]any, stmt.ColumnCount())
		for i := range row {
			switch stmt.ColumnType(i) {
			case sqlite.TypeInteger:
				row[i] = stmt.ColumnInt64(i)
			case sqlite.TypeFloat:
				row[i] = stmt.ColumnFloat(i)
			case sqlite.TypeText:
				row[i] = stmt.ColumnText(i)
			}
		}
		rows = append(rows, row)
	}
}

// On the tables as they are stored, the answers are those of SQLite on the file, and
// on the tables of this program those of the joins that they stand for.
func TestAgreesWithSQLite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	capture(t, dir, "h100_mini_nodes", "mini.sqlite")
	r := newRunner(t, dir, true, nil)
	const stored = "CUPTI_ACTIVITY_KIND_KERNEL"
	for own, theirs := range map[string]string{
		"SELECT * FROM CUPTI_ACTIVITY_KIND_KERNEL ORDER BY start, correlationId":                                                                             "",
		"SELECT shortName, count(*), sum(end-start), avg(registersPerThread) FROM CUPTI_ACTIVITY_KIND_KERNEL GROUP BY 1 ORDER BY 1":                          "",
		"SELECT s.value, count(*) n FROM CUPTI_ACTIVITY_KIND_KERNEL k JOIN StringIds s ON s.id = k.shortName GROUP BY 1 ORDER BY 2 DESC, 1":                  "",
		"SELECT r.correlationId, k.start - r.start FROM CUPTI_ACTIVITY_KIND_RUNTIME r JOIN CUPTI_ACTIVITY_KIND_KERNEL k USING (correlationId) ORDER BY 1, 2": "",
		"SELECT count(*) FROM CUPTI_ACTIVITY_KIND_KERNEL WHERE start > (SELECT avg(start) FROM CUPTI_ACTIVITY_KIND_KERNEL)":                                  "",
		"SELECT value FROM StringIds WHERE value LIKE '%gemm%' ORDER BY id":                                                                                  "",
		"SELECT short_name, count(*) n, max(end - start) FROM kernels GROUP BY 1 ORDER BY 2 DESC, 1":                                                         "SELECT s.value, count(*), max(end - start) FROM CUPTI_ACTIVITY_KIND_KERNEL k JOIN StringIds s ON s.id = k.shortName GROUP BY 1 ORDER BY 2 DESC, 1",
		"SELECT start FROM kernels WHERE stream = 7 AND end - start > 2000 ORDER BY start":                                                                   "SELECT start FROM CUPTI_ACTIVITY_KIND_KERNEL WHERE streamId = 7 AND end - start > 2000 ORDER BY start",
	} {
		if theirs == "" {
			theirs = own
		}
		b := mustRun(t, r, "%%sql mini.sqlite rows=100000\n"+own)
		want := answers(t, filepath.Join(dir, "mini.sqlite"), theirs)
		if b.Tables[0].Total != len(want) {
			t.Errorf("%s: %d rows, SQLite gives %d", own, b.Tables[0].Total, len(want))
		}
		if diff := cmp.Diff(want[:min(len(want), result.PreviewRows)], b.Tables[0].Rows); diff != "" {
			t.Errorf("%s (-SQLite +cell):\n%.2000s", own, diff)
		}
	}
	if b := mustRun(t, r, "%%sql mini.sqlite\nSELECT count(*) FROM "+stored); b.Tables[0].Rows[0][0] == int64(0) {
		t.Error("the capture has no kernel")
	}
}

// Nothing of people comes through the stored tables: they are masked as everywhere.
func TestStoredTablesAreMasked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	capture(t, dir, "h100_mini_nodes", "mini.sqlite")
	r := newRunner(t, dir, true, nil)
	const sql = "SELECT value FROM META_DATA_CAPTURE WHERE value IS NOT NULL ORDER BY 1"
	shown := mustRun(t, r, "%%sql mini.sqlite\n"+sql).Tables[0].Rows
	if diff := cmp.Diff(answers(t, filepath.Join(dir, "mini.sqlite"), sql), shown); diff == "" {
		t.Error("the facts about the capture are shown as they are stored")
	}
}

// Units stay with what is still in them.
func TestUnits(t *testing.T) {
	t.Parallel()
	r := newRunner(t, t.TempDir(), true, people)
	for sql, want := range map[string]string{
		"SELECT start FROM launches":                                                "ns",
		"SELECT *, l.start AS s FROM launches l":                                    ",ns,ns,,%,,ns",
		"SELECT end - start, sum(end-start), p99(end - start) FROM launches":        "ns,ns,ns",
		"SELECT (end - start) / 1000, start * 2, count(start) FROM launches":        ",,",
		"SELECT quantile(end - start, 0.5) q, duration(start), share FROM launches": "ns,,%",
		"WITH d AS (SELECT end - start AS t FROM launches) SELECT max(t) FROM d":    "ns",
		"SELECT t FROM (SELECT end - start AS t FROM launches)":                     "ns",
		"SELECT share + start FROM launches":                                        "",
		"SELECT lag(start) OVER (ORDER BY start) AS before FROM launches":           "ns",
	} {
		var units []string
		for _, f := range mustRun(t, r, "%%sql\n"+sql).Tables[0].Columns {
			units = append(units, f.Unit)
		}
		if got := strings.Join(units, ","); got != want {
			t.Errorf("%s: units %q, want %q", sql, got, want)
		}
	}
}

// What an editor asks: "|" is where the cursor stands.
func TestEditing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	capture(t, dir, "h100_mini_nodes", "mini.sqlite")
	l := newRunner(t, dir, true, people).Language(nil)
	for text, want := range map[string]string{
		"%%sql mi|":                             "mini.sqlite",
		"%%sql a=m|":                            "a=mini.sqlite",
		"%%sql t|":                              "timeout=",
		"%%sql mini.sqlite\nSELECT * FROM ker|": "kernels",
		"%%sql a=mini.sqlite\nSELECT * FROM a.kern|":     "kernels",
		"%%sql mini.sqlite\nSELECT short_| FROM kernels": "short_name",
		"%%sql\nSELECT l.sh| FROM launches l":            "share",
		"%%sql\nSELECT medi| FROM launches":              "median",
		"%%sql\nSELECT * FROM notes WHE|":                "WHERE",
		"%%sql\nSELECT 1 FROM launches JOIN no|":         "notes",
	} {
		pos := strings.IndexByte(text, '|')
		c := l.Complete(t.Context(), strings.Replace(text, "|", "", 1), pos)
		if !slices.ContainsFunc(c.Matches, func(m kernel.Match) bool { return m.Text == want }) {
			t.Errorf("%s: %v, want %s among them", text, c.Matches, want)
		}
	}
	for text, want := range map[string]string{
		"%%sql mini|.sqlite\nSELECT 1":                   "mini.kernels: ",
		"%%sql mini.sqlite\nSELECT * FROM kern|els":      "start [ns] int64",
		"%%sql\nSELECT sha|re FROM launches":             "launches.share [%]: float64",
		"%%sql\nSELECT quan|tile(id, 0.5) FROM launches": "quantile(x, p)",
	} {
		pos := strings.IndexByte(text, '|')
		d := l.Inspect(t.Context(), strings.Replace(text, "|", "", 1), pos, 0)
		if plain, _ := d["text/plain"].(string); !strings.Contains(plain, want) {
			t.Errorf("%s: %q, want %q in it", text, plain, want)
		}
	}
	for text, want := range map[string]string{
		"%%sql":                   kernel.Incomplete,
		"%%sql\nSELECT (1":        kernel.Incomplete,
		"%%sql\nSELECT 'a":        kernel.Incomplete,
		"%%sql\nSELECT 1;":        kernel.Complete,
		"%%sql\nDROP TABLE x;":    kernel.Invalid,
		"%%sql \"open\nSELECT 1;": kernel.Invalid,
	} {
		if got := l.IsComplete(text).State; got != want {
			t.Errorf("%q is %s, want %s", text, got, want)
		}
	}
}

func TestAnalyze(t *testing.T) {
	t.Parallel()
	inputs, uses, defines, err := sqlcell.Analyze("%%sql a=x.sqlite \"y z\" rows=5\n-- name: p\nSELECT * FROM kernels, a.nvtx;\n-- name: q\nWITH w AS (SELECT 1) SELECT * FROM p JOIN w JOIN earlier")
	if err != nil {
		t.Fatal(err)
	}
	got := [][]string{inputs, uses, defines}
	if diff := cmp.Diff([][]string{{"x.sqlite", "y z"}, {"kernels", "earlier"}, {"p", "q"}}, got); diff != "" {
		t.Error(diff)
	}
	if _, _, defines, err = sqlcell.Analyze("%%sql\n-- name: p\nDROP TABLE x"); err == nil || !cmp.Equal(defines, []string{"p"}) {
		t.Errorf("a cell that cannot be run defines %v, %v", defines, err)
	}
}
