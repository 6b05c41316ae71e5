package synchronization_test

import (
	"path/filepath"
	"strings"
	"testing"

	"profilemate/plugins/synchronization"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/result"
)

func TestSynchronization(t *testing.T) { analysistest.Run(t, synchronization.Analysis) }

const (
	demo    = "../../notebooks/demo/captures"
	nsysDir = "../../workbench/artifacts/nsys/testdata"
)

func run(t testing.TB, folder, name string) *result.Result {
	t.Helper()
	return enginetest.Run(t, synchronization.Analysis, nsys.Format(), enginetest.Unpack(t, filepath.Join(folder, name+".sqlite.zst")), 2, nil)
}

// Counts and times are those of nsys stats 2023.4.4 --report cuda_api_sum. Of the
// calls of cudaMemcpyAsync those are listed that copy to or from pageable memory,
// counted in the file with SQL.
func TestCaptures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		folder, name, call string
		count, time        int64
	}{
		{demo, "demo_cudagraph", "cudaDeviceSynchronize", 96, 82915109},
		{demo, "demo_cudagraph", "cudaStreamSynchronize", 72, 444632},
		{demo, "demo_cudagraph", "cudaMalloc", 4, 1098850},
		{demo, "demo_cudagraph", "cudaMemcpyAsync", 48, 1103247},
		{demo, "demo_eager", "cudaMemcpyAsync", 16, 409091},
		{nsysDir, "h100_mini_nodes", "cudaStreamSynchronize", 24, 7176262},
		{nsysDir, "h100_mini_graphs_hidden", "cudaStreamSynchronize", 24, 7207852},
	} {
		t.Run(c.name+"/"+c.call, func(t *testing.T) {
			t.Parallel()
			f := run(t, c.folder, c.name).Table("calls").Frame
			for i := range f.Len() {
				if f.Column("call").Str(i) != c.call {
					continue
				}
				count, time := f.Column("count").Int(i), f.Column("time").Int(i)
				if count != c.count || time != c.time {
					t.Errorf("%d calls for %d ns, not %d for %d", count, time, c.count, c.time)
				}
				if parts := f.Column("gpu_busy").Int(i) + f.Column("gpu_idle").Int(i) + f.Column("unknown").Int(i); parts != time {
					t.Errorf("the parts add up to %d ns of %d", parts, time)
				}
				return
			}
			t.Errorf("no such call")
		})
	}
}

// While graphs may run that the trace does not show, the GPU is not called idle.
func TestHiddenGraphs(t *testing.T) {
	t.Parallel()
	r := run(t, nsysDir, "h100_mini_graphs_hidden")
	f := r.Table("calls").Frame
	for i := range f.Len() {
		if f.Column("gpu_idle").Int(i) != 0 || f.Column("idle_after").Int(i) != 0 || f.Column("unknown").Int(i) == 0 {
			t.Errorf("%v", f.Row(i))
		}
	}
	for _, finding := range r.Findings {
		if strings.HasPrefix(finding.Text, "24 graph launches whose work this trace does not show") {
			return
		}
	}
	t.Errorf("no finding about 24 graph launches in %+v", r.Findings)
}

// BenchmarkSynchronization reads and measures the graph demo, without a store.
func BenchmarkSynchronization(b *testing.B) {
	path := enginetest.Unpack(b, filepath.Join(demo, "demo_cudagraph.sqlite.zst"))
	b.ReportAllocs()
	for b.Loop() {
		enginetest.Run(b, synchronization.Analysis, nsys.Format(), path, 2, nil)
	}
}
