package cudagraphs_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/frames"
	"profilemate/plugins/cudagraphs"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/result"
)

func run(t testing.TB, name string) *result.Result {
	t.Helper()
	path := enginetest.Capture(t, name)
	return enginetest.Run(t, cudagraphs.Analysis, nsys.Format(), path, 2, nil)
}

// row is what a capture is known to have.
type row struct {
	Kernels, FromGraphs, Replays, Hidden int64
	Share                                string
	Graphs, NodesPerReplay               int64
}

// Graph decoding replays one graph of 254 nodes a step; the programs of the mini
// captures replay one of 3 nodes 24 times, whose kernels one trace hides.
func TestCaptures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		want row
	}{
		{"demo_eager", row{9276, 0, 0, 0, "0", 0, 0}},
		{"demo_cudagraph", row{26466, 24384, 96, 0, "92.133", 1, 254}},
		{"h100_mini_nodes", row{84, 72, 24, 0, "85.714", 1, 3}},
		{"h100_mini_graphs_hidden", row{12, 0, 24, 24, "", 0, 0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := run(t, c.name)
			if diff := cmp.Diff(c.want, rowOf(r)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func rowOf(r *result.Result) row {
	f := r.Table("coverage").Frame
	got := row{Kernels: f.Ints("kernels")[0], FromGraphs: f.Ints("graph_kernels")[0], Replays: f.Ints("replays")[0],
		Hidden: f.Ints("hidden")[0], Share: text(f, "kernel_share")}
	if graphs := r.Table("graphs"); graphs != nil {
		got.Graphs = int64(graphs.Frame.Len())
		got.NodesPerReplay = graphs.Frame.Ints("kernels")[0] + graphs.Frame.Ints("others")[0]
	}
	return got
}

// text writes the first value of a column with at most three decimals, "" for a
// missing one.
func text(f *frames.Frame, name string) string {
	c := f.Column(name)
	if c.IsNull(0) {
		return ""
	}
	s := c.Str(0)
	if at := strings.IndexByte(s, '.'); at >= 0 {
		s = s[:min(len(s), at+4)]
	}
	return s
}

// Hidden launches are counted, with the flag that would show their kernels.
func TestHidden(t *testing.T) {
	t.Parallel()
	for _, f := range run(t, "h100_mini_graphs_hidden").Findings {
		if f.Severity == result.Problem && strings.Contains(f.Text, "24 graph launches whose kernels this trace does not show") &&
			strings.Contains(f.Remedy, "--cuda-graph-trace=node") {
			return
		}
	}
	t.Error("the hidden launches are not named")
}

// BenchmarkCudaGraphs analyzes the graph demo (26,466 kernels), the reading
// included.
func BenchmarkCudaGraphs(b *testing.B) {
	path := enginetest.Capture(b, "demo_cudagraph")
	b.ReportAllocs()
	for b.Loop() {
		enginetest.Run(b, cudagraphs.Analysis, nsys.Format(), path, 2, nil)
	}
}
