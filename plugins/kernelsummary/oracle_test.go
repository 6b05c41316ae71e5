package kernelsummary_test

import (
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/plugins/kernelsummary"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/result"
)

const (
	demo    = "../../notebooks/demo/captures"
	nsysDir = "../../workbench/artifacts/nsys/testdata"
)

// captures are real traces beside what nsys stats 2023.4.4 --report
// cuda_gpu_kern_sum --format csv prints for them.
var captures = []struct{ name, folder string }{
	{"demo_eager", demo}, {"demo_cudagraph", demo}, {"h100_mini_nodes", nsysDir}, {"h100_mini_graphs_hidden", nsysDir},
}

// Every cell of the table is the oracle's, and so is the order of the rows, with
// one worker and with several.
func TestOracle(t *testing.T) {
	t.Parallel()
	for _, c := range captures {
		for _, workers := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/%d", c.name, workers), func(t *testing.T) {
				t.Parallel()
				want := enginetest.CSV(t, filepath.Join("testdata", c.name+".csv.gz"))[1:]
				got := enginetest.Cells(t, run(t, c.folder, c.name, workers).Table("kernels").Frame,
					"share", "total", "instances", "avg", "median", "min", "max", "stddev", "name")
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-nsys stats +kernel-summary)\n%s", diff)
				}
			})
		}
	}
}

func run(t testing.TB, folder, name string, workers int) *result.Result {
	t.Helper()
	return enginetest.Run(t, kernelsummary.Analysis, nsys.Format(), enginetest.Unpack(t, filepath.Join(folder, name+".sqlite.zst")), workers, nil)
}

// The graph demo's kernels come from graphs to the count that the trace has.
func TestGraphShare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, folder string
		graph, all   float64
	}{
		{"demo_cudagraph", demo, 24384, 26466}, // 96 launches of 254 nodes
		{"demo_eager", demo, 0, 9276},
		{"h100_mini_nodes", nsysDir, 72, 84},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := run(t, c.folder, c.name, 2).Table("kernels").Frame
			graph, all := 0.0, 0.0
			for i, n := range k.Ints("instances") {
				all += float64(n)
				graph += float64(n) * k.Floats("from_graphs")[i] / 100
			}
			if math.Abs(graph-c.graph) > 1e-6 || all != c.all {
				t.Errorf("%v of %v instances are from graphs, want %v of %v", graph, all, c.graph, c.all)
			}
		})
	}
}

// A graph-level trace is not called idle: the launches without kernels are counted.
func TestHiddenGraphs(t *testing.T) {
	t.Parallel()
	r := run(t, nsysDir, "h100_mini_graphs_hidden", 2)
	const want = "24 graph launches whose kernels this trace does not show: the shares are of the other kernels only."
	for _, f := range r.Findings {
		if f.Text == want && f.Severity == result.Problem && f.Remedy != "" {
			return
		}
	}
	t.Errorf("no finding %q in %+v", want, r.Findings)
}

// BenchmarkKernelSummary reads and sums the graph demo (26,466 kernels), without a
// store.
func BenchmarkKernelSummary(b *testing.B) {
	path := enginetest.Unpack(b, filepath.Join(demo, "demo_cudagraph.sqlite.zst"))
	b.ReportAllocs()
	for b.Loop() {
		enginetest.Run(b, kernelsummary.Analysis, nsys.Format(), path, 2, nil)
	}
}
