package expertactivation_test

import (
	"testing"

	"profilemate/plugins/expertactivation"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts/moe"
	"profilemate/workbench/engine/enginetest"
)

func TestExpertActivation(t *testing.T) { analysistest.Run(t, expertactivation.Analysis) }

// The recorded model: 81,920 tokens of top-2 in each of 8 layers, every expert used,
// and shares that add up.
func TestCapture(t *testing.T) {
	t.Parallel()
	folder := enginetest.UnzipFolder(t, "../../notebooks/demo/captures/moe")
	r := enginetest.Run(t, expertactivation.Analysis, moe.Format(), folder, 1, nil)
	layers, experts := r.Table("layers").Frame, r.Table("experts").Frame
	if layers.Len() != 8 || experts.Len() != 8*16 {
		t.Fatalf("%d layers and %d experts, want 8 and 128", layers.Len(), experts.Len())
	}
	for i := range layers.Len() {
		if n, c := layers.Ints("tokens")[i], layers.Floats("coverage")[i]; n != 81920 || c != 100 {
			t.Errorf("layer %d: %d tokens, coverage %v, want 81920 and 100", i, n, c)
		}
		sum := 0.0
		for j, l := range experts.Ints("layer") {
			if l == int64(i) {
				sum += experts.Floats("times_uniform")[j]
			}
		}
		if sum < 16-1e-9 || sum > 16+1e-9 {
			t.Errorf("layer %d: multiples of the uniform share add up to %v, want 16", i, sum)
		}
	}
	analysistest.CheckFindings(t, r.Findings)
}
