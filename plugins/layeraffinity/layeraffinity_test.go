package layeraffinity_test

import (
	"math"
	"strconv"
	"testing"

	"profilemate/plugins/layeraffinity"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts/moe"
	"profilemate/workbench/engine/enginetest"
)

func TestLayerAffinity(t *testing.T) { analysistest.Run(t, layeraffinity.Analysis) }

// The recorded model: each pair of layers has 81,920 transitions, first choices, and
// its next experts are the experts of the next pair. Rows of a conditional heat map
// add up to 1.
func TestCapture(t *testing.T) {
	t.Parallel()
	folder := enginetest.UnzipFolder(t, "../../notebooks/demo/captures/moe")
	r := enginetest.Run(t, layeraffinity.Analysis, moe.Format(), folder, 1, nil)
	f := r.Table("layers").Frame
	if f.Len() != 7 {
		t.Fatalf("%d pairs of layers, want 7", f.Len())
	}
	for i := range f.Len() {
		next, want := f.Strings("next_layer")[i], "holds"
		if i == 6 {
			want = "not checked"
		}
		if n := f.Ints("transitions")[i]; n != 81920 || next != want || f.Strings("counted")[i] != "first choices" {
			t.Errorf("layer %d: %d transitions, %s, %s", i, n, next, f.Strings("counted")[i])
		}
		if bits, most := f.Floats("information")[i], f.Floats("entropy")[i]; bits <= f.Floats("information_by_chance")[i] || bits >= most {
			t.Errorf("layer %d: %v bits of %v", i, bits, most)
		}
	}
	for _, row := range r.Chart("layer-3").Heat.Values {
		sum := 0.0
		for _, v := range row {
			sum += float64(v)
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Errorf("a row of conditional probabilities adds up to %v", sum)
		}
	}
	analysistest.CheckFindings(t, r.Findings)
}

// In the recorded file itself, read apart from the program, the columns of each pair of
// layers add up to the rows of the next one, expert by expert, and all to 81,920.
func TestCaptureIdentity(t *testing.T) {
	t.Parallel()
	rows := enginetest.CSV(t, "../../notebooks/demo/captures/moe/layer_affinity.csv.gz")
	var from, to [8][16]int
	for _, r := range rows[1:] {
		var n [4]int
		for i, text := range r {
			var err error
			if n[i], err = strconv.Atoi(text); err != nil {
				t.Fatal(err)
			}
		}
		from[n[0]][n[1]] += n[3]
		to[n[0]+1][n[2]] += n[3]
	}
	for l := range 7 {
		sum := 0
		for e := range 16 {
			sum += from[l][e]
			if l > 0 && from[l][e] != to[l][e] {
				t.Errorf("layer %d, expert %d: %d come, %d go", l, e, to[l][e], from[l][e])
			}
		}
		if sum != 81920 {
			t.Errorf("layer %d has %d transitions, want 81,920", l, sum)
		}
	}
}
