package phases_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/plugins/phases"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/result"
)

func run(t testing.TB, name string) *result.Result {
	t.Helper()
	path := enginetest.Capture(t, name)
	return enginetest.Run(t, phases.Analysis, nsys.Format(), path, 2, nil)
}

// row is what a capture is known to have of a phase; times in ms, -1 for not known.
type row struct {
	Phase                           string
	Steps, Requests, Tokens, Hidden int64
	StepMs, RangeMs                 float64
}

// The demos' steps are those that their program made: its decode takes 14.0 ms
// from start to start without graphs and 1.46 with them, while its range is open for
// 13.9 and 0.52 ms.
func TestCaptures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		want []row
	}{
		{"demo_eager", []row{{"prefill", 1, 8, 1024, 0, 61.2, 61.2}, {"decode", 32, 256, 256, 0, 14.0, 13.9}}},
		{"demo_cudagraph", []row{{"prefill", 3, 24, 7168, 0, 70.3, 70.3}, {"decode", 96, 768, 768, 0, 1.46, 0.52}}},
		{"h100_mini_nodes", []row{{"prefill", 3, 3, 12288, 0, 0.0957, 0.0952}, {"decode", 24, 192, 192, 0, 0.114, 0.113}}},
		{"h100_mini_graphs_hidden", []row{{"prefill", 3, 3, 12288, 0, 0.0608, 0.0605}, {"decode", 24, 192, 192, 24, 0.111, 0.111}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := run(t, c.name).Table("phases").Frame
			var got []row
			for i := range f.Len() {
				got = append(got, row{f.Strings("phase")[i], f.Ints("steps")[i], f.Ints("requests")[i], f.Ints("tokens")[i],
					f.Ints("hidden_graphs")[i], digits(f.Floats("step_time")[i]), digits(f.Floats("range_time")[i])})
				if hidden := f.Ints("hidden_graphs")[i] > 0; f.Column("gpu_busy").IsNull(i) != hidden {
					t.Errorf("%s: GPU time missing %v, hidden %v", got[i].Phase, !hidden, hidden)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// digits rounds ns to ms with three digits.
func digits(ns float64) float64 {
	size := math.Pow(10, 2-math.Floor(math.Log10(ns/1e6)))
	return math.Round(ns/1e6*size) / size
}

// Work of hidden graphs is not called zero.
func TestHidden(t *testing.T) {
	t.Parallel()
	for _, f := range run(t, "h100_mini_graphs_hidden").Findings {
		if f.Severity == result.Problem && strings.Contains(f.Text, "The GPU time of decodes is unknown, not zero: they launch 24 CUDA graphs") &&
			strings.Contains(f.Remedy, "--cuda-graph-trace=node") {
			return
		}
	}
	t.Error("the hidden graphs are not named")
}
