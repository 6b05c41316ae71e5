package report_test

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"profilemate/frames"
	"profilemate/plugins"
	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/fault"
	"profilemate/workbench/report"
	"profilemate/workbench/result"
	"profilemate/workbench/stats"
)

// every makes TestAlteredExports leave out each table and column in turn.
const every = "PROFILEMATE_EVERY_COLUMN"

// An export of another version, or one that somebody worked on, lacks tables and
// columns. Whatever is gone, an analysis answers or refuses: it does not panic, and
// nothing that is missing turns into a number.
func TestAlteredExports(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile(enginetest.Capture(t, "h100_mini_nodes"))
	if err != nil {
		t.Fatal(err)
	}
	list := []string{
		"DROP TABLE StringIds",
		"ALTER TABLE CUPTI_ACTIVITY_KIND_KERNEL DROP COLUMN demangledName; ALTER TABLE CUPTI_ACTIVITY_KIND_KERNEL DROP COLUMN shortName",
		"ALTER TABLE CUPTI_ACTIVITY_KIND_KERNEL DROP COLUMN correlationId",
		"ALTER TABLE NVTX_EVENTS DROP COLUMN text; ALTER TABLE NVTX_EVENTS DROP COLUMN textId",
	}
	if os.Getenv(every) != "" {
		list = append(list, alterations(t, whole)...)
	}
	for _, script := range list {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			checkAltered(t, altered(t, whole, script))
		})
	}
}

// altered writes the export, runs the script on it and returns its path.
func altered(t *testing.T, whole []byte, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "altered.sqlite")
	if err := os.WriteFile(path, whole, 0o644); err != nil {
		t.Fatal(err)
	}
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(sqlitex.ExecuteScript(conn, script, nil), conn.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// alterations leave out each table, and each column, of those that have rows and are
// not lists of words.
func alterations(t *testing.T, whole []byte) []string {
	t.Helper()
	conn, err := sqlite.OpenConn(altered(t, whole, ""), sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var list []string
	const text = `SELECT m.name, p.name, p.pk FROM sqlite_master m JOIN pragma_table_info(m.name) p
		WHERE m.type = 'table' AND m.name NOT LIKE 'ENUM%' ORDER BY 1, p.cid`
	seen := ""
	err = sqlitex.ExecuteTransient(conn, text, &sqlitex.ExecOptions{ResultFunc: func(s *sqlite.Stmt) error {
		if table := s.ColumnText(0); table != seen {
			seen = table
			list = append(list, fmt.Sprintf("DROP TABLE %q", table))
		}
		if s.ColumnInt(2) == 0 { // SQLite cannot drop a key
			list = append(list, fmt.Sprintf("ALTER TABLE %q DROP COLUMN %q", seen, s.ColumnText(1)))
		}
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// checkAltered runs all that reads an export of Nsight Systems.
func checkAltered(t *testing.T, path string) {
	t.Helper()
	e := newEngine(t)
	session, end := e.Session()
	defer end()
	for _, a := range plugins.All() {
		if len(a.Roles) != 1 || a.Roles[0].Kind != artifacts.Nsys {
			continue
		}
		out, err := session.Run(t.Context(), engine.Request{Analysis: a.Name, Inputs: []analysis.CallInput{{Path: path}}}, nil)
		if err != nil {
			checkRefusal(t, a.Name, err)
			continue
		}
		checkMeasured(t, a.Name, out.Result)
	}
	checkAlteredStats(t, path)
	r, err := report.Gather(t.Context(), session, report.Request{Nsys: path}, nil)
	if err != nil {
		checkRefusal(t, "report", err)
		return
	}
	if text := written(t, r, report.Markdown); strings.Contains(text, "NaN") || strings.Contains(text, "failed inside") {
		t.Errorf("the report shows what is no number:\n%s", text)
	}
}

func checkRefusal(t *testing.T, what string, err error) {
	t.Helper()
	if k := fault.KindOf(err); k == fault.Internal {
		t.Errorf("%s: %v (%v)", what, err, k)
	}
}

func checkMeasured(t *testing.T, what string, r *result.Result) {
	t.Helper()
	for _, f := range r.Findings {
		if text := f.Text + f.Remedy; strings.Contains(text, "NaN") || strings.Contains(text, "Inf") {
			t.Errorf("%s says %s", what, text)
		}
	}
	for _, table := range r.Tables {
		for j := range table.Frame.Width() {
			column := table.Frame.At(j)
			if column.Field.Kind != frames.Float64 {
				continue
			}
			for i, v := range column.Floats() {
				if !column.IsNull(i) && (math.IsNaN(v) || math.IsInf(v, 0)) {
					t.Errorf("%s: table %s, column %s, row %d is %v", what, table.Name, column.Field.Name, i, v)
				}
			}
		}
	}
}

func checkAlteredStats(t *testing.T, path string) {
	t.Helper()
	a, err := artifacts.Formats{nsys.Format()}.Open(t.Context(), path)
	if err != nil {
		checkRefusal(t, "stats", err)
		return
	}
	defer a.Close()
	var choices []stats.Choice
	for _, r := range stats.Reports() {
		choices = append(choices, stats.Choice{Report: r})
	}
	outcomes, _, err := stats.Run(t.Context(), a, choices, stats.Options{})
	if err != nil {
		checkRefusal(t, "stats", err)
	}
	for _, o := range outcomes {
		if o.Table == nil { // skipped, with a reason
			continue
		}
		if err := stats.Write(new(strings.Builder), o, stats.CSV); err != nil {
			t.Errorf("stats: %v", err)
		}
	}
}
