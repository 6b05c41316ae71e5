package components_test

import (
	"testing"

	"profilemate/plugins/components"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine/enginetest"
)

// The capture is of a program with four layers of attention, mlp and norm ranges,
// run three times and once more while a CUDA graph was captured with NVTX on, which
// was then replayed 60 times. Counted in its source: a layer launches 1 attention, 2
// mlp and 1 norm kernel, so 4 layers × (3 + 60) runs give 252 pieces of attention,
// 504 of ffn and 252 of norm, of which 60 × 16 = 960 are from replays.
func TestReplaysBelongToTheRangeOfTheCapture(t *testing.T) {
	t.Parallel()
	path := enginetest.Unpack(t, "../../workbench/artifacts/nsys/testdata/h100_streams.sqlite.zst")
	r := enginetest.Run(t, components.Analysis, nsys.Format(), path, 2, nil)
	f := r.Table("components").Frame
	got := map[string]int64{}
	for i := range f.Len() {
		got[f.Column("component").Str(i)] = f.Column("pieces").Int(i)
	}
	// Other are 3 + 60 copies and 60 kernels of a second stream, outside of the ranges.
	for component, want := range map[string]int64{"attention": 252, "ffn": 504, "norm": 252, "other": 123} {
		if got[component] != want {
			t.Errorf("%s has %d pieces, want %d", component, got[component], want)
		}
	}
	if len(got) != 4 {
		t.Errorf("components %v", got)
	}
	found := false
	for _, finding := range r.Findings {
		found = found || finding.Text == "960 pieces of graph replays belong to the range that was open when their node was captured."
	}
	if !found {
		t.Errorf("no finding tells of the 960 replayed pieces: %+v", r.Findings)
	}
}
