package ncu_test

import (
	"encoding/csv"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"profilemate/workbench/artifacts/ncu"
)

// captures adds files to the comparisons, for those too large for the project.
var captures = flag.String("captures", "", "also compare the reports and print-outs of this `folder`")

// bothUnits are printed as threads with one set of metrics and as instructions
// with another.
func bothUnits(name string) bool {
	return strings.HasPrefix(name, "derived__sm") && strings.Contains(name, "sass_thread_inst_executed_op_")
}

// checkUnits compares the unit of every column with the units row of a print-out
// and returns how many there are.
func checkUnits(t *testing.T, text string) int {
	t.Helper()
	in := csv.NewReader(strings.NewReader(text))
	names, err := in.Read()
	if err != nil {
		t.Fatal(err)
	}
	units, err := in.Read()
	if err != nil {
		t.Fatal(err)
	}
	first := slices.Index(names, "CC") + 1
	for i := first; i < len(names); i++ {
		name := names[i]
		want, ok := ncu.ParseUnit(units[i])
		if !ok {
			t.Fatalf("column %s has the unknown unit %q", name, units[i])
		}
		got := ncu.MetricUnit(name)
		if got != want.Base && !(bothUnits(name) && want.Base == "thread" && got == "inst") {
			t.Errorf("%s is in %q, ncu prints %q", name, got, units[i])
		}
	}
	return len(names) - first
}

// TestMetricUnits holds the rules to the units rows of ncu's own print-outs.
func TestMetricUnits(t *testing.T) {
	t.Parallel()
	for name, least := range map[string]int{"full_raw_base": 2200, "roof_raw": 1300, "graphprof_raw": 2100, "basic_raw": 550} {
		if n := checkUnits(t, unpacked(t, capture(name))); n < least {
			t.Errorf("%s: %d metrics, want at least %d", name, n, least)
		}
	}
	for _, path := range morePrintouts(t, "*_raw_base.csv") {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d metrics", filepath.Base(path), checkUnits(t, string(text)))
	}
}

// morePrintouts returns the files of -captures that match a pattern.
func morePrintouts(t *testing.T, pattern string) []string {
	t.Helper()
	if *captures == "" {
		return nil
	}
	paths, err := filepath.Glob(filepath.Join(*captures, pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no %s in %s: %v", pattern, *captures, err)
	}
	return paths
}
