package routingdrift_test

import (
	"math/rand/v2"
	"testing"

	"profilemate/frames"
	"profilemate/plugins/routingdrift"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/analysistest"
	"profilemate/workbench/artifacts/moe"
	"profilemate/workbench/engine/enginetest"
	"profilemate/workbench/result"
)

func TestRoutingDrift(t *testing.T) { analysistest.Run(t, routingdrift.Analysis) }

// inputs are counts by step of 16 experts.
type inputs struct{ steps *frames.Frame }

// Frame implements analysis.Inputs.
func (in inputs) Frame(string, string) (*frames.Frame, error) { return in.steps, nil }

// Source implements analysis.Inputs.
func (in inputs) Source(string) analysis.Source {
	return analysis.Source{Metadata: map[string]string{"experts": "16"}}
}

// drawn lets tokens choose one of 16 experts at random; in layer 0, from a step on,
// every fourth goes to expert 5.
func drawn(layers, steps, tokens, from int, seed uint64) inputs {
	rng := rand.New(rand.NewPCG(seed, 5))
	b := frames.NewBuilder("steps", frames.Schema{{Name: "step", Kind: frames.Int64}, {Name: "layer", Kind: frames.Int64},
		{Name: "expert", Kind: frames.Int64}, {Name: "count", Kind: frames.Int64}})
	for l := range layers {
		for s := range steps {
			var counts [16]int
			for t := range tokens {
				e := rng.IntN(16)
				if l == 0 && s >= from && t%4 == 0 {
					e = 5
				}
				counts[e]++
			}
			for e, n := range counts {
				b.Row(s, l, e, n)
			}
		}
	}
	return inputs{b.Frame()}
}

func run(t testing.TB, in analysis.Inputs, v analysis.Values) *result.Result {
	t.Helper()
	begin, err := routingdrift.Analysis.Begin(v)
	if err != nil {
		t.Fatal(err)
	}
	r, err := begin().Finish(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A routing that stays the same has no drift and no change, whatever the seed; one
// that changes has both, at its step, in its layer alone.
func TestPlantedChange(t *testing.T) {
	t.Parallel()
	for seed := range uint64(5) {
		r := run(t, drawn(4, 60, 500, 60, seed), nil)
		for i, v := range r.Table("windows").Frame.Strings("verdict") {
			if v == "drifted" {
				t.Errorf("seed %d: row %d of the windows drifted", seed, i)
			}
		}
		if n := r.Table("changes").Frame.Len(); n != 0 {
			t.Errorf("seed %d: %d changes of a steady routing", seed, n)
		}
	}
	r := run(t, drawn(4, 60, 500, 40, 1), nil)
	windows := r.Table("windows").Frame
	for i, v := range windows.Strings("verdict") {
		late := windows.Ints("layer")[i] == 0 && windows.Ints("last_step")[i] >= 42
		if (v == "drifted") != late {
			t.Errorf("layer %d, steps %d to %d: %s", windows.Ints("layer")[i], windows.Ints("first_step")[i], windows.Ints("last_step")[i], v)
		}
	}
	changes := r.Table("changes").Frame
	if changes.Len() != 1 || changes.Ints("layer")[0] != 0 || changes.Ints("step")[0] != 40 || changes.Strings("gain")[0] != "5" && changes.Strings("gain")[0][:2] != "5," {
		t.Errorf("changes: %d rows, first %v, want layer 0, step 40, expert 5", changes.Len(), changes.Row(0))
	}
}

// The recorded model trains: the routing of the first layers, whose imbalance rises,
// moves far beyond noise, and no choice is lost between the windows.
func TestCapture(t *testing.T) {
	t.Parallel()
	folder := enginetest.UnzipFolder(t, "../../notebooks/demo/captures/moe")
	for _, v := range []analysis.Values{nil, {"reference": "previous"}} {
		r := enginetest.Run(t, routingdrift.Analysis, moe.Format(), folder, 1, v)
		layers, windows := r.Table("layers").Frame, r.Table("windows").Frame
		if layers.Len() != 8 || windows.Len() != 64 {
			t.Fatalf("%d layers and %d windows, want 8 and 64", layers.Len(), windows.Len())
		}
		choices := map[int64]int64{}
		for i, n := range windows.Ints("choices") {
			choices[windows.Ints("layer")[i]] += n
		}
		for i := range layers.Len() {
			if choices[int64(i)] != 50*4096*2 {
				t.Errorf("layer %d: the windows hold %d choices, want %d", i, choices[int64(i)], 50*4096*2)
			}
			if v == nil && i < 3 && (layers.Floats("last_divergence")[i] < 3*layers.Floats("last_noise")[i] || layers.Ints("changes")[i] == 0) {
				t.Errorf("layer %d: divergence %v with noise %v, %d changes", i, layers.Floats("last_divergence")[i], layers.Floats("last_noise")[i], layers.Ints("changes")[i])
			}
		}
		analysistest.CheckFindings(t, r.Findings)
	}
}

func BenchmarkDrift(b *testing.B) {
	in := drawn(8, 400, 500, 200, 1)
	b.ReportAllocs()
	for b.Loop() {
		run(b, in, nil)
	}
}
