package components_test

import (
	"math"
	"testing"

	"profilemate/frames"
	"profilemate/plugins/components"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/result"
)

func TestCases(t *testing.T) {
	t.Parallel()
	analysistest.Run(t, components.Analysis)
}

func run(t *testing.T, name string) *result.Result {
	t.Helper()
	return enginetest.Run(t, components.Analysis, nsys.Format(), enginetest.Capture(t, name), 2, nil)
}

// rowOf returns the row of a component, -1 for none.
func rowOf(f *frames.Frame, component string) int {
	for i, name := range f.Strings("component") {
		if name == component {
			return i
		}
	}
	return -1
}

// Both shares add up to 100 % in every table that has them.
func TestSharesAddUp(t *testing.T) {
	t.Parallel()
	for _, name := range enginetest.Captures() {
		r := run(t, name)
		for _, table := range []string{"components", "layers"} {
			for _, column := range []string{"gpu_share", "host_share"} {
				sum := 0.0
				for i, share := range r.Table(table).Frame.Floats(column) {
					if !r.Table(table).Frame.Column(column).IsNull(i) {
						sum += share
					}
				}
				if math.Abs(sum-100) > 1e-9 {
					t.Errorf("%s: %s of %s add up to %v %%", name, column, table, sum)
				}
			}
		}
	}
}

// The graph demo replays 96 graphs of 254 nodes, captured before the trace began: its
// kernels have no layer. The eager demo has none.
func TestReplaysOfUnknownLayers(t *testing.T) {
	t.Parallel()
	const row = "graph replay, layer unknown"
	f := run(t, "demo_cudagraph").Table("components").Frame
	i := rowOf(f, row)
	if i != 0 {
		t.Fatalf("the replays are in row %d, want the first", i)
	}
	if pieces := f.Ints("pieces")[i]; pieces != 96*254 {
		t.Errorf("%d pieces are replays of unknown layers, want %d", pieces, 96*254)
	}
	if share := f.Floats("gpu_share")[i]; share < 80 || share > 95 {
		t.Errorf("they take %v %% of the GPU's time", share)
	}
	if i := rowOf(run(t, "demo_eager").Table("components").Frame, row); i >= 0 {
		t.Errorf("the eager demo has such a row too")
	}
}

// The ranges of the eager demo are known by name: each of 33 passes has 8 layers
// with an attention, a moe and two norms, and their host time is what nsys nvtx_sum
// has for those that hold no other component.
func TestEagerDemo(t *testing.T) {
	t.Parallel()
	f := run(t, "demo_eager").Table("components").Frame
	for _, want := range []struct {
		component    string
		ranges, host int64
	}{
		{"attention", 33 * 8, 22944895 + 21160969 + 21120453 + 21113419 + 21044260 + 21019134 + 20780184 + 20652227},
		{"moe", 33 * 8, 35147532 + 33102502 + 32821431 + 32775548 + 31133141 + 30156147 + 29089618 + 28981052},
		{"norm", 33 * 8 * 2, 4867638 + 4657989 + 4564670 + 4544955 + 4523231 + 4470080 + 4423128 + 4392159},
		{"embedding", 33, 5488796},
		{"head", 33, 5314099},
		{"sampling", 32, 16534701},
	} {
		i := rowOf(f, want.component)
		if i < 0 {
			t.Errorf("%s has no row", want.component)
			continue
		}
		if ranges, host := f.Ints("ranges")[i], f.Ints("host_self")[i]; ranges != want.ranges || host != want.host {
			t.Errorf("%s: %d ranges with %d ns, want %d with %d", want.component, ranges, host, want.ranges, want.host)
		}
	}
}

// A graph whose work is hidden has a row without numbers.
func TestHiddenGraphs(t *testing.T) {
	t.Parallel()
	r := run(t, "h100_mini_graphs_hidden")
	f := r.Table("components").Frame
	i := rowOf(f, "graph replay, layer unknown")
	if i < 0 || !f.Column("gpu_busy").IsNull(i) || !f.Column("gpu_share").IsNull(i) {
		t.Errorf("row %d of hidden graphs is missing or not empty", i)
	}
	if r.Findings[0].Severity != result.Problem {
		t.Errorf("the first finding is %+v, want a problem", r.Findings[0])
	}
}
