package routingdrift_test

import (
	"math/rand/v2"
	"testing"

	"profilemate/frames"
	"profilemate/plugins/routingdrift"
)

// Requests whose generated tokens prefer expert 5 in layer 0 drift there and nowhere
// else, for any seed; requests that do not, drift nowhere.
func TestPlantedPhase(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		planted := seed%2 == 0
		rng := rand.New(rand.NewPCG(seed, 6))
		b := frames.NewBuilder("tokens", frames.Schema{{Name: "request", Kind: frames.Int64}, {Name: "phase", Kind: frames.String},
			{Name: "layer", Kind: frames.Int64}, {Name: "expert", Kind: frames.Int64}})
		for request := range 64 {
			for token := range 100 {
				for layer := range 3 {
					phase, e := "prompt", rng.IntN(16)
					if token >= 60 {
						phase = "output"
						if planted && layer == 0 && token%4 == 0 {
							e = 5
						}
					}
					b.Row(request, phase, layer, e)
				}
			}
		}
		begin, err := routingdrift.Analysis.Begin(nil)
		if err != nil {
			t.Fatal(err)
		}
		f := begin()
		for part := range b.Frame().Batches(777) {
			if err := f.Scan("routing", "tokens", part); err != nil {
				t.Fatal(err)
			}
		}
		r, err := f.Finish(t.Context(), drawn(1, 12, 10, 12, 1))
		if err != nil {
			t.Fatal(err)
		}
		phases := r.Table("phases").Frame
		if phases.Len() != 3 {
			t.Fatalf("%d layers, want 3", phases.Len())
		}
		for i, v := range phases.Strings("verdict") {
			if (v == "drifted") != (planted && i == 0) {
				t.Errorf("seed %d, planted %v, layer %d: %s", seed, planted, i, v)
			}
			if phases.Ints("prompt")[i] != 64*60 || phases.Ints("output")[i] != 64*40 {
				t.Errorf("seed %d: %d and %d choices", seed, phases.Ints("prompt")[i], phases.Ints("output")[i])
			}
		}
	}
}
