package expertplacement_test

import (
	"math"
	"testing"

	"profilemate/plugins/expertplacement"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts/moe"
	"profilemate/workbench/engine/enginetest"
)

func TestExpertPlacement(t *testing.T) { analysistest.Run(t, expertplacement.Analysis) }

// The recorded model, tested on its later steps: every strategy's GPUs hold all the
// test's choices, packing never learns worse than linear, and replicas no worse than
// packing.
func TestCapture(t *testing.T) {
	t.Parallel()
	folder := enginetest.UnzipFolder(t, "../../notebooks/demo/captures/moe")
	r := enginetest.Run(t, expertplacement.Analysis, moe.Format(), folder, 1, analysis.Values{"nodes": "2", "groups": "4", "expert-size": "1000"})
	s, layers, places := r.Table("strategies").Frame, r.Table("layers").Frame, r.Table("placements").Frame
	if s.Len() != 4 || layers.Len() != 4*8 || places.Len() != 4*8*8 {
		t.Fatalf("%d strategies, %d layers, %d GPUs", s.Len(), layers.Len(), places.Len())
	}
	learned := s.Floats("learned")
	if learned[1] > learned[0] || learned[2] > learned[1] {
		t.Errorf("learned max/mean %v: linear, packed and global must fall", learned)
	}
	held := map[string]float64{}
	for i, load := range places.Floats("load") {
		held[places.Strings("strategy")[i]] += load
	}
	for name, sum := range held {
		if want := 8.0 * 25 * 4096 * 2; sum < want-1e-3 || sum > want+1e-3 {
			t.Errorf("%s: GPUs hold %v choices, want %v", name, sum, want)
		}
	}
	if s.Ints("moves")[0] != 0 || s.Ints("moved")[2] != 1000*s.Ints("moves")[2] {
		t.Errorf("moves %v, bytes %v", s.Ints("moves"), s.Ints("moved"))
	}
	// Of top-2 tokens the pairs tell the fan-out exactly: between 1 and 2 GPUs.
	low, high := s.Floats("fanout_low"), s.Floats("fanout_high")
	for i := range low {
		if math.Abs(high[i]-low[i]) > 1e-9 || low[i] < 1 || low[i] > 2 {
			t.Errorf("%s: fan-out %v to %v", s.Strings("strategy")[i], low[i], high[i])
		}
	}
	if slots := r.Table("log2phy").Frame; slots.Len() != 4*8*16 {
		t.Errorf("%d experts with slots, want %d", slots.Len(), 4*8*16)
	}
	analysistest.CheckFindings(t, r.Findings)
}

func BenchmarkCapture(b *testing.B) {
	folder := enginetest.UnzipFolder(b, "../../notebooks/demo/captures/moe")
	b.ReportAllocs()
	for b.Loop() {
		enginetest.Run(b, expertplacement.Analysis, moe.Format(), folder, 1, nil)
	}
}
