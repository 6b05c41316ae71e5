package concurrency_test

import (
	"path/filepath"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/plugins/concurrency"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/result"
)

func TestConcurrency(t *testing.T) { analysistest.Run(t, concurrency.Analysis) }

const (
	demo    = "../../notebooks/demo/captures"
	nsysDir = "../../workbench/artifacts/nsys/testdata"
)

func run(t testing.TB, folder, name string) *result.Result {
	t.Helper()
	return enginetest.Run(t, concurrency.Analysis, nsys.Format(), enginetest.Unpack(t, filepath.Join(folder, name+".sqlite.zst")), 2, nil)
}

// The program of the demos uses one stream, and busy is what another program found
// as the union of all work.
func TestOneStream(t *testing.T) {
	t.Parallel()
	r := run(t, demo, "demo_cudagraph")
	d := r.Table("devices").Frame
	if d.Len() != 1 || d.Column("streams").Int(0) != 1 || d.Column("busy").Int(0) != 89_233_121 || d.Column("window").Int(0) != 521_107_442 {
		t.Errorf("the device is %v", d.Row(0))
	}
	levels := r.Table("levels").Frame
	sum := int64(0)
	for _, time := range levels.Ints("time") {
		sum += time
	}
	if sum != 521_107_442 {
		t.Errorf("the levels add up to %d ns", sum)
	}
	if !says(r, "All 26,896 pieces of work on device 0 ran on stream 7, one after the other") {
		t.Errorf("no finding says that there is one stream: %+v", r.Findings)
	}
}

// Where graphs are hidden, nothing that depends on them is claimed.
func TestHiddenGraphs(t *testing.T) {
	t.Parallel()
	r := run(t, nsysDir, "h100_mini_graphs_hidden")
	d := r.Table("devices").Frame
	for _, column := range []string{"at_once", "most", "communication_hidden", "communication_exposed", "copies_hidden", "copies_exposed"} {
		if !d.Column(column).IsNull(0) {
			t.Errorf("%s is %v", column, d.Column(column).Value(0))
		}
	}
	if idle := levelTime(r.Table("levels").Frame, 0); idle != 0 {
		t.Errorf("nothing runs for %d ns", idle)
	}
	if !says(r, "24 graph launches whose kernels this trace does not show") || says(r, "All 39 pieces") {
		t.Errorf("the findings are %+v", r.Findings)
	}
}

func levelTime(f *frames.Frame, n int64) int64 {
	for i := range f.Len() {
		if c := f.Column("at_once"); !c.IsNull(i) && c.Int(i) == n {
			return f.Column("time").Int(i)
		}
	}
	return -1
}

func says(r *result.Result, begin string) bool {
	for _, f := range r.Findings {
		if strings.HasPrefix(f.Text, begin) {
			return true
		}
	}
	return false
}

// BenchmarkConcurrency reads and measures the graph demo, without a store.
func BenchmarkConcurrency(b *testing.B) {
	path := enginetest.Unpack(b, filepath.Join(demo, "demo_cudagraph.sqlite.zst"))
	b.ReportAllocs()
	for b.Loop() {
		enginetest.Run(b, concurrency.Analysis, nsys.Format(), path, 2, nil)
	}
}
