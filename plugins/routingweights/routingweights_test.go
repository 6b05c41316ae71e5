package routingweights_test

import (
	"math"
	"testing"

	"profilemate/plugins/routingweights"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts/moe"
	"profilemate/workbench/engine/enginetest"
)

func TestRoutingWeights(t *testing.T) { analysistest.Run(t, routingweights.Analysis) }

// The recorded model samples whole tokens of top-2 with normalized weights, so that
// every row of the file is half a token, the top-1 share is at least 50 % and the
// bins of each layer hold all its weights.
func TestCapture(t *testing.T) {
	t.Parallel()
	folder := enginetest.UnzipFolder(t, "../../notebooks/demo/captures/moe")
	r := enginetest.Run(t, routingweights.Analysis, moe.Format(), folder, 1, nil)
	f, bins := r.Table("layers").Frame, r.Table("distribution").Frame
	if f.Len() != 8 {
		t.Fatalf("%d layers, want 8", f.Len())
	}
	for i := range f.Len() {
		tokens, weights := f.Ints("tokens")[i], f.Ints("weights")[i]
		if weights != 2*tokens || tokens == 0 {
			t.Errorf("layer %d: %d weights of %d tokens", i, weights, tokens)
		}
		if sum, top := f.Floats("sum")[i], f.Floats("top_1_share")[i]; math.Abs(sum-1) > 0.001 || top < 50 || top > 100 {
			t.Errorf("layer %d: sum %v, top-1 share %v", i, sum, top)
		}
		counted := int64(0)
		for j, l := range bins.Ints("layer") {
			if l == f.Ints("layer")[i] {
				counted += bins.Ints("count")[j]
			}
		}
		if counted != weights {
			t.Errorf("layer %d: the bins hold %d of %d weights", i, counted, weights)
		}
	}
	analysistest.CheckFindings(t, r.Findings)
}
