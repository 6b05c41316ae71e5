package capture_test

import (
	"strings"
	"testing"

	"profilemate/workbench/analysis"
	"profilemate/workbench/capture"
	"profilemate/workbench/job"
)

// Why a trace has nothing of the GPU depends on what the capture was told.
func TestAdvice(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		recipe string
		values analysis.Values
		check  string
		says   string
	}{
		{"nsys", nil, "GPU work", "is the one that uses the GPU."},
		{"nsys", analysis.Values{"trace": "nvtx,osrt"}, "GPU work", "Add cuda to --trace"},
		{"nsys", analysis.Values{"trace": "nvtx,cuda", "delay": "2s"}, "GPU work", "--delay and --duration hit the time"},
		{"vllm", nil, "GPU work", "--server-command"},
		{"attach", nil, "warm-up", "Raise --warmup."},
		{"ncu", nil, "GPU work", ""},
		{"nsys", nil, "no such check", ""},
	} {
		got := capture.Advice(job.Plan{Recipe: c.recipe, Values: c.values}, c.check)
		if !strings.Contains(got, c.says) || c.says == "" != (got == "") {
			t.Errorf("%s %v, %s: %q, want %q", c.recipe, c.values, c.check, got, c.says)
		}
	}
}
