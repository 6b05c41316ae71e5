package main_test

import (
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"profilemate/workbench/capture"
	"profilemate/workbench/job"
	"profilemate/workbench/traffic/standin"
)

// The tests with the real nsys are not parallel: its agent gives up when it does not
// get the processor soon enough.

// realNsys returns the folder of the real nsys: that of the PATH, or the one that
// scripts/nsys.sh brings.
func realNsys(t *testing.T) string {
	t.Helper()
	if path, err := exec.LookPath("nsys"); err == nil {
		return filepath.Dir(path)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(cache, "profilemate-tools", "nsys", "target-linux-x64")
	if _, err := os.Stat(filepath.Join(dir, "nsys")); err != nil {
		t.Fatalf("there is no nsys: run make setup, or scripts/nsys.sh %s (%v)", filepath.Dir(dir), err)
	}
	return dir
}

func realBench(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, standin.Options{}, "")
	// Of a name that stands twice, exec.Cmd passes the last one on.
	b.env = append(b.env, "PATH="+realNsys(t)+string(os.PathListSeparator)+os.Getenv("PATH"))
	return b
}

// ranges is a program with ten steps of nested NVTX ranges.
func ranges(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("testdata/nsys/ranges.py")
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// A program is profiled by the real nsys: report, export, parsed files and a first
// report are there, and hold its ranges.
func TestCaptureWithNsys(t *testing.T) {
	b := realBench(t)
	out, err := b.command("profile", "nsys", "--trace", "nvtx", "--gpus", "none", "--output-dir", b.folder, "--", "/usr/bin/python3", ranges(t)).CombinedOutput()
	if err != nil {
		log, _ := os.ReadFile(filepath.Join(b.folder, "logs", "nsys.log")) // it is only shown
		t.Fatalf("%v:\n%s\n%s", err, out, log)
	}
	for _, name := range []string{"profile.nsys-rep", "profile.sqlite", "profile_report.html", capture.RecordFile} {
		if info, err := os.Stat(filepath.Join(b.folder, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := countRanges(t, b); got["step"] != 10 || got["work"] != 10 || len(got) != 2 {
		t.Errorf("ranges %v, want 10 of step and 10 of work", got)
	}
	if r := b.record(); r.State != job.Done || !strings.Contains(r.Tools["nsys"], "Nsight Systems version") || len(r.Findings) == 0 {
		t.Errorf("the record: %s, %v, %d findings", r.State, r.Tools, len(r.Findings))
	}
	if !strings.Contains(string(out), "Nothing of CUDA is recorded") {
		t.Errorf("health does not say that CUDA is missing:\n%s", out)
	}
}

// countRanges counts the rows of parsed/nvtx_ranges.csv by name.
func countRanges(t *testing.T, b *bench) map[string]int {
	t.Helper()
	file, err := os.Open(filepath.Join(b.folder, "parsed", "nvtx_ranges.csv"))
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
		counts[row[0]]++
	}
	return counts
}

// A range that never begins leaves no report, and that is said.
func TestCaptureWithNsysOfNothing(t *testing.T) {
	b := realBench(t)
	out, err := b.command("profile", "nsys", "--trace", "nvtx", "--gpus", "none", "--capture-range", "nvtx:absent", "--output-dir", b.folder, "--", "/usr/bin/python3", ranges(t)).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "the capture range nvtx:absent never began") {
		t.Errorf("%v:\n%s", err, out)
	}
}

// Stopping a program that would run on keeps what was recorded, and ends the agent that
// nsys leaves in a session of its own.
func TestCaptureWithNsysStops(t *testing.T) {
	b := realBench(t)
	out, err := b.command("profile", "--detach", "nsys", "--trace", "nvtx", "--gpus", "none", "--output-dir", b.folder, "--",
		"/usr/bin/python3", "-c", "exec(open('"+ranges(t)+"').read().replace('range(10)', 'range(100000)'))").CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b.until(strings.TrimSpace(string(out)), func(job.Job) bool {
		return slices.ContainsFunc(b.left(), func(line string) bool { return strings.HasPrefix(line, "/usr/bin/python3") })
	})
	time.Sleep(time.Second) // there is something to keep now
	if out, err := b.command("jobs", "stop").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if _, err := os.Stat(filepath.Join(b.folder, "profile.nsys-rep")); err != nil || b.record().State != job.Cancelled {
		t.Errorf("%v, the record says %s", err, b.record().State)
	}
}
