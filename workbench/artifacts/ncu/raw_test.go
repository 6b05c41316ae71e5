package ncu_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/ncu"
)

// TestRawTable holds the raw table of four reports to ncu's print-out in base units:
// the same columns in the same order, the same units row, and every cell within the
// rounding of print.
func TestRawTable(t *testing.T) {
	t.Parallel()
	for name, numbers := range map[string]int{"basic": 15372, "full": 61796, "roof": 36344, "graphprof": 25124} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := readPrintout(t, capture(name+"_raw_base"))
			f := load(t, openReport(t, reportCapture(t, name)), ncu.RawTable)
			if diff := cmp.Diff(p.names, f.Schema().Names()); diff != "" {
				t.Fatalf("columns (-print +table):\n%s", diff)
			}
			if f.Len() != len(p.rows) {
				t.Fatalf("%d rows, want %d", f.Len(), len(p.rows))
			}
			checkPrintedUnits(t, p)
			seen := 0
			for i, cells := range p.rows {
				for j, cell := range cells {
					if f.At(j).Field.Kind != frames.String && !f.At(j).IsNull(i) && j >= p.first {
						seen++
					}
					if !sameCell(f.At(j), i, cell) {
						t.Errorf("launch %d, %s: %q in print, the table has %q", i, p.names[j], cell, f.At(j).Str(i))
					}
				}
			}
			if seen != numbers {
				t.Errorf("%d numbers, want %d", seen, numbers)
			}
		})
	}
}

func checkPrintedUnits(t *testing.T, p printout) {
	t.Helper()
	for i := p.first; i < len(p.names); i++ {
		got, want := ncu.PrintedUnit(p.names[i]), p.units[i]
		if got != want && !(bothUnits(p.names[i]) && got == "inst" && want == "thread") {
			t.Errorf("%s is in %q, ncu prints %q", p.names[i], got, want)
		}
	}
}

// sameCell compares a cell with a printed one: empty ones, words, numbers within
// rounding.
func sameCell(c *frames.Column, i int, printed string) bool {
	if c.IsNull(i) {
		return printed == "" || printed == "no data" || printed == "nan"
	}
	if c.Field.Kind == frames.String {
		return c.Str(i) == printed
	}
	digits := strings.ReplaceAll(printed, ",", "")
	if c.Field.Kind == frames.Int64 {
		return strconv.FormatInt(c.Int(i), 10) == digits
	}
	return within(digits, 0, c.Float(i))
}

// The raw table is not among those that are listed, and is found by its name.
func TestRawTableIsWide(t *testing.T) {
	t.Parallel()
	a := openReport(t, writeReport(t, smallReport()))
	for _, info := range a.Tables() {
		if info.Name == ncu.RawTable {
			t.Error("the raw table is listed")
		}
	}
	all := artifacts.AllTables(a)
	if last := all[len(all)-1]; last.Name != ncu.RawTable || last.Rows < 1 || last.Schema.Validate() != nil {
		t.Errorf("the last of all tables is %s with %d rows: %v", last.Name, last.Rows, last.Schema.Validate())
	}
	if _, err := artifacts.Lookup(open(t, unpacked(t, fullCapture)), ncu.RawTable); err == nil {
		t.Error("a print-out has a raw table")
	}
}
