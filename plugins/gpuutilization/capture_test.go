package gpuutilization_test

import (
	"path/filepath"
	"strings"
	"testing"

	"profilemate/plugins/gpuutilization"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/result"
)

const (
	demo    = "../../notebooks/demo/captures"
	nsysDir = "../../workbench/artifacts/nsys/testdata"
)

func run(t testing.TB, folder, name string) *result.Result {
	t.Helper()
	return enginetest.Run(t, gpuutilization.Analysis, nsys.Format(), enginetest.Unpack(t, filepath.Join(folder, name+".sqlite.zst")), 2, nil)
}

// The numbers were counted by another program over the same files: SQL for the
// work, a sorted list in Python for the union and the gaps longer than 10 µs.
func TestCaptures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		folder, name                      string
		work, window, busy, gaps, longest int64
	}{
		{folder: demo, name: "demo_eager", work: 9398, window: 506756618, busy: 31302951, gaps: 9313, longest: 514983},
		{folder: demo, name: "demo_cudagraph", work: 26896, window: 521107442, busy: 89233121, gaps: 2286, longest: 78225024},
		{folder: nsysDir, name: "h100_mini_nodes", work: 111, window: 8111163, busy: 7466994, gaps: 23, longest: 55809},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, c.folder, c.name)
			d := r.Table("devices").Frame
			if d.Len() != 1 {
				t.Fatalf("%d devices", d.Len())
			}
			for column, want := range map[string]int64{"work": c.work, "window": c.window, "busy": c.busy, "unknown": 0, "gaps": c.gaps, "longest_gap": c.longest, "idle": c.window - c.busy} {
				if got := d.Column(column).Int(0); got != want {
					t.Errorf("%s is %d, not %d", column, got, want)
				}
			}
			sum := int64(0)
			for _, v := range r.Table("causes").Frame.Ints("time") {
				sum += v
			}
			if sum != c.window-c.busy {
				t.Errorf("the causes add up to %d ns of %d", sum, c.window-c.busy)
			}
		})
	}
}

// The chart and the table of gaps count time from one origin: where the longest gap
// is, the chart shows an idle device.
func TestOneOrigin(t *testing.T) {
	t.Parallel()
	r := run(t, demo, "demo_cudagraph")
	gaps := r.Table("gaps").Frame
	start, end := gaps.Ints("start")[0], gaps.Ints("start")[0]+gaps.Ints("duration")[0]
	inside := 0
	for i, x := range r.Charts[0].Series[0].X {
		if at := int64(x); at > start+end/100 && at < end-end/100 {
			inside++
			if y := float64(r.Charts[0].Series[0].Y[i]); y != 0 {
				t.Errorf("the device is %.1f %% busy at %d, in the gap from %d to %d", y, at, start, end)
			}
		}
	}
	if inside == 0 {
		t.Errorf("the chart has no point in the gap from %d to %d", start, end)
	}
}

// Time in which hidden graphs may have run is not called idle: after the first of
// 24 graph launches the host never waits for the whole device within the window.
func TestHiddenGraphs(t *testing.T) {
	t.Parallel()
	r := run(t, nsysDir, "h100_mini_graphs_hidden")
	d := r.Table("devices").Frame
	if !d.Column("busy_share").IsNull(0) || d.Column("idle").Int(0) != 0 || d.Column("unknown").Int(0) != 7_977_778-5_285_248 {
		t.Errorf("the device is %v", d.Row(0))
	}
	for _, f := range r.Findings {
		if f.Severity == result.Problem && strings.HasPrefix(f.Text, "24 graph launches whose kernels this trace does not show") &&
			strings.Contains(f.Remedy, "--cuda-graph-trace=node") {
			return
		}
	}
	t.Errorf("no finding about 24 graph launches in %+v", r.Findings)
}

// BenchmarkUtilization reads and explains the graph demo (26,896 pieces of work),
// without a store.
func BenchmarkUtilization(b *testing.B) {
	path := enginetest.Unpack(b, filepath.Join(demo, "demo_cudagraph.sqlite.zst"))
	b.ReportAllocs()
	for b.Loop() {
		enginetest.Run(b, gpuutilization.Analysis, nsys.Format(), path, 2, nil)
	}
}
