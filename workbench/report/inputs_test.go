package report_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/report"
)

// Profiles of different programs in one report are told apart above all figures; those
// of one program are not.
func TestInputsOfSeveralRuns(t *testing.T) {
	t.Parallel()
	r := gather(t, keeping(t), report.Request{Nsys: capture(t, "demo_cudagraph"), NCU: enginetest.Unpack(t, ncuFull)})
	if a := adviceOf(t, r, "one-run"); a.State != report.Act || !strings.Contains(a.Evidence, "None of the kernels of") {
		t.Errorf("of two programs: %+v", a)
	}
	text := written(t, r, report.Markdown)
	if at := strings.Index(text, "Validity: the inputs are not of one run"); at < 0 || at > strings.Index(text, "| figure |") {
		t.Error("the figures come before the warning, or it is not there")
	}
	if !strings.Contains(written(t, r, report.HTML), "Validity: the inputs are not of one run") {
		t.Error("the page does not warn")
	}
	_, alike := shared(t, "ncu")
	if a := adviceOf(t, alike, "one-run"); a.State != report.WithinBound {
		t.Errorf("of one program: %+v", a)
	}
}

// Nobody is told to use CUDA graphs who does.
func TestNoAdviceOfWhatIsSo(t *testing.T) {
	t.Parallel()
	_, r := shared(t, "graphs")
	if a := adviceOf(t, r, "graph-coverage"); a.State != report.WithinBound {
		t.Fatalf("%+v", a)
	}
	for _, a := range r.Advice {
		if strings.Contains(a.Action, "enforce-eager") || strings.Contains(a.Action, "earlier: CUDA graphs") {
			t.Errorf("%s: %s", a.Rule, a.Action)
		}
	}
}

// Without kernels it cannot be told what the GPU did.
func TestAdviceWithoutKernels(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile(capture(t, "demo_eager"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "none.sqlite")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	if err := sqlitex.ExecuteScript(conn, `DROP TABLE CUPTI_ACTIVITY_KIND_KERNEL`, nil); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	r := gather(t, newEngine(t), report.Request{Nsys: path})
	for _, rule := range []string{"attention-share", "host-bound-decode", "idle-gpu", "graph-coverage", "idle-after-wait", "exposed-communication"} {
		if a := adviceOf(t, r, rule); a.State != report.CannotTell {
			t.Errorf("%s: %s, %s", rule, a.State, a.Evidence)
		}
	}
	for _, f := range r.Figures {
		if !math.IsNaN(float64(f.Value)) && (f.Cell.Analysis == "gpu-utilization" || f.Cell.Analysis == "cuda-graphs") {
			t.Errorf("%s is %v without a kernel", f.Name, f.Value)
		}
	}
}

// Percentages change by points, all else in %.
func TestFiguresOfPercentages(t *testing.T) {
	t.Parallel()
	_, r := shared(t, "graphs")
	points := 0
	for _, f := range r.Figures {
		if f.Points != (f.Unit == "%") {
			t.Errorf("%s in %q: points %v", f.Name, f.Unit, f.Points)
		}
		if f.Points && float64(f.Baseline) > 0 {
			points++
			if want := f.Value - f.Baseline; !math.IsNaN(float64(want)) && f.Change != want {
				t.Errorf("%s changed by %v, not by %v points", f.Name, f.Change, want)
			}
		}
	}
	if text := written(t, r, report.Markdown); points == 0 || !strings.Contains(text, " points |") {
		t.Errorf("%d figures change by points", points)
	}
}
