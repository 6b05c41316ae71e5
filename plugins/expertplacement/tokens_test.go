package expertplacement_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"profilemate/plugins/expertplacement"
	"profilemate/workbench/artifacts/moe/tokens"
	"profilemate/workbench/engine/enginetest"
)

// writeIDs writes ids of 8 bits as an array of tokens, layers and choices in NumPy's
// format (version 1.0).
func writeIDs(t *testing.T, ids []byte, shape [3]int) string {
	t.Helper()
	header := fmt.Sprintf("{'descr': '|u1', 'fortran_order': False, 'shape': (%d, %d, %d), }", shape[0], shape[1], shape[2])
	for (10+len(header)+1)%64 != 0 {
		header += " "
	}
	header += "\n"
	var out bytes.Buffer
	out.WriteString("\x93NUMPY\x01\x00")
	if err := binary.Write(&out, binary.LittleEndian, uint16(len(header))); err != nil {
		t.Fatal(err)
	}
	out.WriteString(header)
	out.Write(ids)
	path := filepath.Join(t.TempDir(), "ids.npy")
	if err := os.WriteFile(path, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// Tokens through their reader: the linear fan-out of each layer is that of a direct count.
func TestTokenFile(t *testing.T) {
	t.Parallel()
	const count, layers, topK, experts, gpus = 2000, 3, 4, 16, 8
	rng := rand.New(rand.NewPCG(4, 4))
	var ids []byte
	var want [layers]float64
	for range count {
		for l := range layers {
			reached := map[int]bool{}
			for _, e := range rng.Perm(experts - 4*l)[:topK] {
				ids = append(ids, byte(e))
				reached[e/(experts/gpus)] = true
			}
			want[l] += float64(len(reached)) / count
		}
	}
	r := enginetest.Run(t, expertplacement.Analysis, tokens.Format(), writeIDs(t, ids, [3]int{count, layers, topK}), 2, nil)
	f := r.Table("layers").Frame
	for i, strategy := range f.Strings("strategy") {
		if l := f.Ints("layer")[i]; strategy == "linear" && (math.Abs(f.Floats("fanout_low")[i]-want[l]) > 1e-8 || f.Floats("fanout_high")[i] != f.Floats("fanout_low")[i]) {
			t.Errorf("layer %d: fan-out %v, want %v", l, f.Floats("fanout_low")[i], want[l])
		}
	}
	if f.Len() != 3*layers {
		t.Errorf("%d rows, want three strategies of %d layers", f.Len(), layers)
	}
}
