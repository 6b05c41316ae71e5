package stats_test

import (
	"os"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"profilemate/workbench/stats"
)

// Every report of every capture is, byte for byte, what nsys prints: all in one run,
// and the rows split among any number of workers.
func TestReportsMatchTheOracle(t *testing.T) {
	t.Parallel()
	for _, name := range captures() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := openFile(t, captureFile(t, name))
			reports, want := oracle(t, name)
			if len(reports) < 11 {
				t.Fatalf("the oracle has only %d reports", len(reports))
			}
			for _, workers := range []int{1, 3} {
				for i, o := range run(t, a, workers, reports...) {
					compareLines(t, reports[i], want[reports[i]], written(t, o, stats.CSV))
				}
			}
		})
	}
}

// compareLines shows the first lines that differ: traces have tens of thousands.
func compareLines(t *testing.T, what, want, got string) {
	t.Helper()
	if got == want {
		return
	}
	wants, gots := strings.SplitAfter(want, "\n"), strings.SplitAfter(got, "\n")
	for i := range wants {
		if i >= len(gots) || wants[i] != gots[i] {
			t.Errorf("%s, from line %d (-nsys +ours)\n%s", what, i+1, gocmp.Diff(wants[i:min(i+3, len(wants))], gots[min(i, len(gots)):min(i+3, len(gots))]))
			return
		}
	}
	t.Errorf("%s: %d lines, nsys has %d", what, len(gots), len(wants))
}

// A report does not change with what else is asked for.
func TestReportsAlone(t *testing.T) {
	t.Parallel()
	a := openFile(t, captureFile(t, "scattered_1"))
	reports, want := oracle(t, "scattered_1")
	for _, report := range reports {
		compareLines(t, report, want[report], written(t, run(t, a, 2, report)[0], stats.CSV))
	}
}

// The other formats are those of nsys too.
func TestFormatsMatchTheOracle(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/formats.txtar")
	if err != nil {
		t.Fatal(err)
	}
	a := openFile(t, captureFile(t, "h100_mini_nodes"))
	files := txtar.Parse(data).Files
	if len(files) != 12 {
		t.Fatalf("the oracle has %d files", len(files))
	}
	for _, f := range files {
		report, name, _ := strings.Cut(f.Name, ".")
		format, err := stats.ParseFormat(name)
		if err != nil {
			t.Fatal(err)
		}
		if diff := gocmp.Diff(string(f.Data), written(t, run(t, a, 1, report)[0], format)); diff != "" {
			t.Errorf("%s (-nsys +ours)\n%s", f.Name, diff)
		}
	}
}
