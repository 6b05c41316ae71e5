package sqlcell_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/workbench/sqlcell"
)

// A result that goes to a file while it is gathered is the same as a short one: its
// kinds are found out at its end, and it is joined and paged like any other.
func TestLongResults(t *testing.T) {
	t.Parallel()
	const n = "WITH RECURSIVE n(i) AS (VALUES (0) UNION ALL SELECT i+1 FROM n WHERE i < 69999) "
	for _, stored := range []bool{true, false} {
		r := sqlcell.New(sqlcell.Config{Engine: newEngine(t, stored), Dir: t.TempDir(), HeldRows: 1000})
		b := mustRun(t, r, "%%sql\n-- name: long\n"+n+`SELECT i, CASE WHEN i = 69999 THEN 0.5 ELSE i END AS late,
			CASE WHEN i = 69999 THEN 'x' ELSE i END AS text, CASE WHEN i % 2 THEN 'odd' END AS odd, NULL AS gap FROM n`)
		if b.Tables[0].Total != 70_000 {
			t.Fatalf("%d rows", b.Tables[0].Total)
		}
		kinds := ""
		for _, c := range b.Tables[0].Columns {
			kinds += c.Kind.String() + " "
		}
		if kinds != "int64 float64 string string string " {
			t.Errorf("the kinds are %s", kinds)
		}
		// 0 + … + 69999 = 69999*70000/2; without the last, and with 0.5 for it.
		b = mustRun(t, r, "%%sql\nSELECT sum(i), sum(late), count(DISTINCT text), count(odd), count(gap), max(text) FROM long")
		want := [][]any{{int64(2449965000), 2449965000.0 - 69999 + 0.5, int64(70_000), int64(35_000), int64(0), "x"}}
		if diff := cmp.Diff(want, b.Tables[0].Rows); diff != "" {
			t.Errorf("stored %v (-by hand +got):\n%s", stored, diff)
		}
		b = mustRun(t, r, "%%sql\nSELECT count(*) FROM long a JOIN long b ON b.i = a.i + 1 AND a.odd = 'odd'")
		if got := b.Tables[0].Rows[0][0]; got != int64(34_999) {
			t.Errorf("stored %v: joined with itself it has %v rows", stored, got)
		}
	}
}
