package steps_test

import (
	"math"
	"strings"
	"testing"

	"profilemate/plugins/steps"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/result"
)

func run(t testing.TB, name string) *result.Result {
	t.Helper()
	path := enginetest.Capture(t, name)
	return enginetest.Run(t, steps.Analysis, nsys.Format(), path, 2, nil)
}

// The demos' decodes take 14.0 and 1.46 ms from start to start, known from the
// starts of their ranges alone.
func TestDemos(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		steps int64
		ms    float64
	}{{"demo_eager", 31, 14.0}, {"demo_cudagraph", 95, 1.46}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			f := run(t, c.name).Table("series").Frame
			if f.Len() != 2 || f.Strings("phase")[1] != "decode" || f.Ints("steps")[1] != c.steps {
				t.Fatalf("the series are %v with %v steps", f.Strings("phase"), f.Ints("steps"))
			}
			if got := f.Floats("p50")[1] / 1e6; math.Abs(got/c.ms-1) > 0.004 {
				t.Errorf("a decode takes %.4f ms, want %v", got, c.ms)
			}
		})
	}
}

// In the mini capture a decode waits after each prefill for what that has launched:
// the stream's synchronization is the cause, and it is not called GPU work of the
// decode.
func TestCauses(t *testing.T) {
	t.Parallel()
	slow := run(t, "h100_mini_nodes").Table("slow").Frame
	waits := 0
	for i, cause := range slow.Strings("cause") {
		if slow.Ints("time")[i] > 1_000_000 {
			waits++
			if cause != "cudaStreamSynchronize" {
				t.Errorf("step %d of %d ns: %q", slow.Ints("step")[i], slow.Ints("time")[i], cause)
			}
		}
	}
	if waits != 3 {
		t.Errorf("%d slow steps, want one after each of 3 prefills", waits)
	}
}

// Work of hidden graphs is missing, not 0.
func TestHidden(t *testing.T) {
	t.Parallel()
	r := run(t, "h100_mini_graphs_hidden")
	f := r.Table("series").Frame
	if !f.Column("busy_p50").IsNull(1) || f.Column("p50").IsNull(1) {
		t.Errorf("decode: busy %v, time %v", f.Row(1), f.Schema())
	}
	for _, finding := range r.Findings {
		if strings.Contains(finding.Text, "The GPU time of 24 steps is unknown, not zero: they launch 24 CUDA graphs") {
			return
		}
	}
	t.Error("the hidden graphs are not named")
}
