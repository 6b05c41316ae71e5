package health_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/plugins/health"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/result"
)

const (
	demo    = "../../notebooks/demo/captures"
	nsysDir = "../../workbench/artifacts/nsys/testdata"
)

func run(t testing.TB, path string) *result.Result {
	t.Helper()
	return enginetest.Run(t, health.Analysis, nsys.Format(), path, 2, nil)
}

// verdicts returns the names of the checks with a verdict.
func verdicts(r *result.Result, want string) string {
	f := r.Table("checks").Frame
	var names []string
	for i, v := range f.Strings("verdict") {
		if v == want {
			names = append(names, f.Strings("check")[i])
		}
	}
	return strings.Join(names, ", ")
}

func TestCaptures(t *testing.T) {
	t.Parallel()
	type outcome struct{ Problem, Warning, Unknown, First string }
	for _, c := range []struct {
		folder, name string
		want         outcome
	}{
		{demo, "demo_eager", outcome{"", "steps", "dropped events, messages, profiler overhead, CPU sampling", "Fit for conclusions with care"}},
		{demo, "demo_cudagraph", outcome{"", "graph timing, steps, warm-up", "dropped events, messages, profiler overhead, CPU sampling", "Fit for conclusions with care"}},
		{nsysDir, "h100_mini_nodes", outcome{"", "length, graph timing, steps, warm-up, profiler overhead", "dropped events, messages, CPU sampling", "Fit for conclusions with care"}},
		{nsysDir, "h100_mini_graphs_hidden", outcome{"graph work", "length, steps, warm-up, profiler overhead", "dropped events, messages, graph timing, CPU sampling", "Not fit for conclusions as it is: 1 of 16"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, enginetest.Unpack(t, filepath.Join(c.folder, c.name+".sqlite.zst")))
			got := outcome{verdicts(r, "problem"), verdicts(r, "warning"), verdicts(r, "unknown"), r.Findings[0].Text}
			got.First = got.First[:min(len(got.First), len(c.want.First))]
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// A file that was cut off is not called whole.
func TestCutOffFile(t *testing.T) {
	t.Parallel()
	path := enginetest.Unpack(t, filepath.Join(nsysDir, "h100_mini_nodes.sqlite.zst"))
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, info.Size()*2/3); err != nil {
		t.Fatal(err)
	}
	r := run(t, path)
	if got := verdicts(r, "problem"); !strings.Contains(got, "file") || r.Findings[0].Severity != result.Problem {
		t.Errorf("problems: %s; first finding: %+v", got, r.Findings[0])
	}
}

// In a file of which only the beginning is left, what is not there is unknown: it was
// not the capture that lacked it.
func TestBeginningOfFile(t *testing.T) {
	t.Parallel()
	path := enginetest.Unpack(t, filepath.Join(demo, "demo_eager.sqlite.zst"))
	if err := os.Truncate(path, 50_000); err != nil {
		t.Fatal(err)
	}
	r := run(t, path)
	if got := verdicts(r, "problem") + "; " + verdicts(r, "warning"); got != "file; " {
		t.Errorf("problems and warnings are %s, want the file alone", got)
	}
	checks := r.Table("checks").Frame
	for i, text := range checks.Strings("seen") {
		remedy := checks.Strings("remedy")[i]
		for _, untrue := range []string{"not traced", "recorded", "before 2024.5", "There is no CPU sample"} {
			if strings.Contains(text, untrue) {
				t.Errorf("%s says %q", checks.Strings("check")[i], text)
			}
		}
		if strings.Contains(remedy, "Capture ") {
			t.Errorf("%s advises %q", checks.Strings("check")[i], remedy)
		}
	}
}
