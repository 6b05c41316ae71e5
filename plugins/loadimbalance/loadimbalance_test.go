package loadimbalance_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/plugins/loadimbalance"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts/moe"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/result"
)

func TestLoadImbalance(t *testing.T) { analysistest.Run(t, loadimbalance.Analysis) }

// inputs are activations of top-2 of 16.
type inputs struct{ counts *frames.Frame }

// Frame implements analysis.Inputs.
func (in inputs) Frame(_, table string) (*frames.Frame, error) {
	if table == "activations" {
		return in.counts, nil
	}
	return nil, nil
}

// Source implements analysis.Inputs.
func (in inputs) Source(string) analysis.Source {
	return analysis.Source{Metadata: map[string]string{"experts": "16", "top_k": "2"}}
}

// routed draws the layers' tokens at random; in layer 0 a part of them takes expert 3
// for certain.
func routed(layers, tokens, planted int, seed uint64) inputs {
	rng := rand.New(rand.NewPCG(seed, 3))
	b := frames.NewBuilder("activations", frames.Schema{{Name: "layer", Kind: frames.Int64}, {Name: "expert", Kind: frames.Int64}, {Name: "count", Kind: frames.Int64}})
	for l := range layers {
		var counts [16]int
		for t := range tokens {
			first := rng.IntN(16)
			if l == 0 && t < planted {
				first = 3
			}
			counts[first]++
			counts[(first+1+rng.IntN(15))%16]++
		}
		for e, n := range counts {
			b.Row(l, e, n)
		}
	}
	return inputs{b.Frame()}
}

func run(t testing.TB, in analysis.Inputs) *result.Result {
	t.Helper()
	begin, err := loadimbalance.Analysis.Begin(nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := begin().Finish(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A routing drawn at random is not called uneven, whatever the number of tokens; one
// hot expert in one of eight layers is, and only that layer.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	for _, tokens := range []int{1, 4, 32, 1000, 20000} {
		for seed := range uint64(3) {
			for i, v := range run(t, routed(8, tokens, 0, seed)).Table("layers").Frame.Strings("verdict") {
				if v != "as chance would have it" {
					t.Errorf("%d tokens at random, seed %d, layer %d: %s", tokens, seed, i, v)
				}
			}
		}
	}
	for _, c := range [][2]int{{32, 16}, {1000, 100}, {20000, 400}} {
		r := run(t, routed(8, c[0], c[1], 1))
		for i, v := range r.Table("layers").Frame.Strings("verdict") {
			if (v == "uneven beyond chance") != (i == 0) {
				t.Errorf("%d of %d tokens planted: layer %d is %s", c[1], c[0], i, v)
			}
		}
		if !strings.Contains(r.Findings[0].Text, "in layer 0: expert 3 gets") {
			t.Errorf("the finding does not name the planted expert: %s", r.Findings[0].Text)
		}
	}
}

// Of recordings without preference about one in a hundred has a layer that is called
// uneven, as documented: the p of 1,200 layers, taken four by four for a recording, falls
// below what a recording of four allows as rarely. A planted hot expert is found in all.
func TestFalseAlarms(t *testing.T) {
	t.Parallel()
	const layers, recordings = 4, 300
	alarms := 0
	for i, tokens := range []int{16, 64, 200} {
		p := run(t, routed(layers*recordings, tokens, 0, 1000+uint64(i))).Table("layers").Frame.Floats("p")
		for four := range slices.Chunk(p, layers) {
			if slices.Min(four)*layers < 0.01 {
				alarms++
			}
		}
		for seed := range uint64(3) {
			f := run(t, routed(layers, tokens, max(tokens/4, 8), 2000+seed)).Table("layers").Frame
			for l, v := range f.Strings("verdict") {
				if beyond := f.Floats("p")[l]*layers < 0.01; beyond != (v == "uneven beyond chance") {
					t.Errorf("%d tokens, seed %d, layer %d: p %g is called %s", tokens, seed, l, f.Floats("p")[l], v)
				}
			}
			if tokens > 16 && f.Strings("verdict")[0] != "uneven beyond chance" {
				t.Errorf("%d tokens, seed %d: the planted expert is not found", tokens, seed)
			}
		}
	}
	// Of a binomial count with mean 9, 20 or more are one in 1,000, and none one in 8,000.
	if alarms > 19 || alarms == 0 {
		t.Errorf("%d of %d recordings without preference are called uneven, want about 9", alarms, 3*recordings)
	}
}

// The recorded model, beside the level of chance of its 4,096 tokens a step, and with
// the sums that the columns must keep.
func TestCapture(t *testing.T) {
	t.Parallel()
	folder := enginetest.UnzipFolder(t, "../../notebooks/demo/captures/moe")
	r := enginetest.Run(t, loadimbalance.Analysis, moe.Format(), folder, 1, analysis.Values{"ep": "8"})
	layers, ranks, each := r.Table("layers").Frame, r.Table("rank-layers").Frame, r.Table("ranks").Frame
	if layers.Len() != 8 || ranks.Len() != 8 || each.Len() != 64 {
		t.Fatalf("%d layers, %d of ranks, %d ranks", layers.Len(), ranks.Len(), each.Len())
	}
	for i := range layers.Len() {
		if v := layers.Strings("verdict")[i]; v != "uneven beyond chance" {
			t.Errorf("layer %d: %s", i, v)
		}
		weighted, averaged := ranks.Floats("max_over_mean")[i], ranks.Floats("averaged_first")[i]
		if averaged > weighted || weighted > ranks.Floats("worst_max_over_mean")[i] {
			t.Errorf("layer %d: averaged first %v, weighted %v, worst %v", i, averaged, weighted, ranks.Floats("worst_max_over_mean")[i])
		}
		if c := ranks.Floats("chance_max_over_mean")[i]; c < 1.02 || c > 1.077 {
			t.Errorf("layer %d: chance of ranks %v, want above 1 and below that of experts, 1.077", i, c)
		}
	}
	for f, n := range each.Ints("tokens") {
		if n <= 0 || math.IsNaN(each.Floats("times_mean")[f]) {
			t.Errorf("rank row %d: %d tokens", f, n)
		}
	}
	analysistest.CheckFindings(t, r.Findings)
}

func BenchmarkLayers(b *testing.B) {
	in := routed(8, 4096, 100, 1)
	b.ReportAllocs()
	for b.Loop() {
		run(b, in)
	}
}
