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

// Every cell of the table is the oracle's, and so is the order of the rows, with
// one worker and with several.
//
// The oracle in testdata is what nsys stats 2023.4.4 prints with
// --report cuda_gpu_kern_sum --format csv.
func TestOracle(t *testing.T) {
	t.Parallel()
	for _, name := range enginetest.Captures() {
		for _, workers := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/%d", name, workers), func(t *testing.T) {
				t.Parallel()
				want := enginetest.CSV(t, filepath.Join("testdata", name+".csv.gz"))[1:]
				got := enginetest.Cells(t, run(t, name, workers).Table("kernels").Frame,
					"share", "total", "instances", "avg", "median", "min", "max", "stddev", "name")
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-nsys stats +kernel-summary)\n%s", diff)
				}
			})
		}
	}
}

func run(t testing.TB, name string, workers int) *result.Result {
	t.Helper()
	return enginetest.Run(t, kernelsummary.Analysis, nsys.Format(), enginetest.Capture(t, name), workers, nil)
}

// The graph demo's kernels come from graphs to the count that the trace has.
func TestGraphShare(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		graph, all float64
	}{
		{"demo_cudagraph", 24384, 26466}, // 96 launches of 254 nodes
		{"demo_eager", 0, 9276},
		{"h100_mini_nodes", 72, 84},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			k := run(t, c.name, 2).Table("kernels").Frame
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
	r := run(t, "h100_mini_graphs_hidden", 2)
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
	path := enginetest.Capture(b, "demo_cudagraph")
	b.ReportAllocs()
	for b.Loop() {
		enginetest.Run(b, kernelsummary.Analysis, nsys.Format(), path, 2, nil)
	}
}
