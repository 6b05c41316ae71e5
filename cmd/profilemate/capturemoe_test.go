package main_test

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/workbench/traffic/standin"
)

// The tracker runs in the two engines of a server and counts what their routers choose;
// the figures of both ranks together are in one folder, and reading that gives the
// counts once.
func TestCaptureOfRouting(t *testing.T) {
	t.Parallel()
	b := newBench(t, standin.Options{}, "")
	tests, err := filepath.Abs("../../workbench/tracker/testdata")
	if err != nil {
		t.Fatal(err)
	}
	server, err := filepath.Abs("testdata/moeserver.py")
	if err != nil {
		t.Fatal(err)
	}
	b.env = append(b.env, "STANDIN_MOE="+tests, "STANDIN_TRUTH="+b.dir, "PYTHONDONTWRITEBYTECODE=1")
	for range 2 { // a second capture into the folder replaces the first
		out, status := b.profile("--mode", "moe", "--server-command", "python3 "+server+" serve")
		if status != 0 {
			t.Fatalf("exit status %d:\n%s", status, out)
		}
		want := map[string]int{}
		for rank := range 2 {
			text, err := os.ReadFile(filepath.Join(b.dir, fmt.Sprintf("truth-%d.json", rank)))
			if err != nil {
				t.Fatal(err)
			}
			var own map[string]int
			if err := json.Unmarshal(text, &own); err != nil {
				t.Fatal(err)
			}
			for at, n := range own {
				want[at] += n
			}
		}
		folder := filepath.Join(b.folder, "moe_expert_tracking")
		if strings.Contains(out, "could not be read") {
			t.Fatal(out)
		}
		if diff := cmp.Diff(want, activations(t, folder)); diff != "" {
			t.Errorf("the routers chose and the figures say (-want +got)\n%s", diff)
		}
		// Read again, the folder holds the same, and nothing lies below it.
		again := filepath.Join(b.dir, "again")
		if out, err := b.command("parse", "moe", folder, "--output-dir", again).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		if diff := cmp.Diff(want, activations(t, again)); diff != "" {
			t.Errorf("the figures read again (-want +got)\n%s", diff)
		}
		entries, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.IsDir() {
				t.Errorf("%s is a folder below the figures", e.Name())
			}
		}
	}
	report, err := os.ReadFile(filepath.Join(b.folder, "profile_report.html"))
	if err != nil || !strings.Contains(string(report), "expert") {
		t.Errorf("the report says nothing of experts: %v", err)
	}
}

// activations reads the counts by "layer,expert".
func activations(t *testing.T, folder string) map[string]int {
	t.Helper()
	file, err := os.Open(filepath.Join(folder, "moe_expert_activations.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for _, row := range rows[1:] {
		var n int
		if _, err := fmt.Sscan(row[2], &n); err != nil {
			t.Fatal(err)
		}
		counts[row[0]+","+row[1]] += n
	}
	return counts
}

// A server whose process the tracker does not know records nothing, and is told so.
func TestCaptureWithoutRouting(t *testing.T) {
	t.Parallel()
	b := newBench(t, standin.Options{Profiler: true}, "")
	out, status := b.profile("--mode", "moe")
	if status != 1 || !strings.Contains(out, "The tracker recorded nothing") || !strings.Contains(out, "--routing=routed-experts") {
		t.Errorf("exit status %d:\n%s", status, out)
	}
	for _, name := range []string{"vllm_quick_profile.sqlite", "parsed/summary.json", "profile_report.html"} {
		if _, err := os.Stat(filepath.Join(b.folder, name)); err != nil {
			t.Errorf("the trace of the first pass is not read: %v", err)
		}
	}
}
