package layeraffinity_test

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/plugins/layeraffinity"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// inputs are transitions and activations of top-4 of 16.
type inputs struct{ affinity, loads *frames.Frame }

// Frame implements analysis.Inputs.
func (in inputs) Frame(_, table string) (*frames.Frame, error) {
	if table == "affinity" {
		return in.affinity, nil
	}
	return in.loads, nil
}

// Source implements analysis.Inputs.
func (in inputs) Source(string) analysis.Source {
	return analysis.Source{Metadata: map[string]string{"experts": "16", "top_k": "4"}}
}

// independent lets tokens choose 4 of 16 experts in each of the layers, the lower ones
// more often and without regard to the layer before, and counts all pairs of choices.
func independent(layers []int, tokens int, seed uint64) inputs {
	rng := rand.New(rand.NewPCG(seed, 21))
	choose := func() (ids [4]int) {
		taken := map[int]bool{}
		for len(taken) < 4 {
			if e := min(rng.IntN(16), rng.IntN(18)%16); !taken[e] {
				ids[len(taken)] = e
				taken[e] = true
			}
		}
		return ids
	}
	last := make([][4]int, tokens)
	a, l := frames.NewBuilder("affinity", routing.TransitionColumns()), frames.NewBuilder("activations", routing.LoadColumns())
	for i, layer := range layers {
		var pairs [16][16]int
		var loads [16]int
		for t := range tokens {
			ids := choose()
			for _, to := range ids {
				loads[to]++
				for _, from := range last[t] {
					pairs[from][to]++
				}
			}
			last[t] = ids
		}
		for e, n := range loads {
			l.Row(layer, e, n)
			for to, n := range pairs[e] {
				if i > 0 {
					a.Row(layers[i-1], e, to, n)
				}
			}
		}
	}
	return inputs{a.Frame(), l.Frame()}
}

func run(t *testing.T, in analysis.Inputs) *result.Result {
	t.Helper()
	begin, err := layeraffinity.Analysis.Begin(nil)
	if err != nil {
		t.Fatal(err)
	}
	r, err := begin().Finish(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// All pairs of the choices of independent layers show as much information as is called
// chance: the mean over 60 pairs of layers is good to about 1 %. With (E-1)² it would be
// off by 56 %.
func TestInformationByChance(t *testing.T) {
	t.Parallel()
	f := run(t, independent(routing.UpTo(61), 400, 1)).Table("layers").Frame
	shown, chance := 0.0, 0.0
	for i := range f.Len() {
		shown += f.Floats("information")[i]
		chance += f.Floats("information_by_chance")[i]
		if got := f.Strings("counted")[i]; got != "all pairs of choices" {
			t.Fatalf("layer %d counts %s", i, got)
		}
	}
	if f.Len() != 60 || math.Abs(shown/chance-1) > 0.05 {
		t.Errorf("%d pairs of layers show %v bits, by chance %v", f.Len(), shown, chance)
	}
}

// By hand: of all pairs of top-4 choices, P(j given i) is the part of i's tokens that go on
// to j, so that each row of the heat map adds up to 4, and the likeliest next expert of
// independent layers is guessed as often as the most popular one is chosen.
func TestAllPairsAreOfTokens(t *testing.T) {
	t.Parallel()
	in := independent([]int{0, 1}, 30000, 3)
	r := run(t, in)
	for i, row := range r.Chart("layer-0").Heat.Values {
		sum := 0.0
		for _, v := range row {
			sum += float64(v)
		}
		if math.Abs(sum-4) > 1e-9 {
			t.Errorf("row %d adds up to %v, want 4", i, sum)
		}
	}
	most := 0.0
	for i, l := range in.loads.Ints("layer") {
		if l == 1 {
			most = max(most, 100*float64(in.loads.Ints("count")[i])/30000)
		}
	}
	f := r.Table("layers").Frame
	if blind, given := f.Floats("guessed_blind")[0], f.Floats("guessed")[0]; math.Abs(blind-most) > 1e-9 || given < blind-1e-9 || given > 1.03*blind {
		t.Errorf("guessed %v and %v, the most popular is chosen by %v %% of the tokens", given, blind, most)
	}
}

// Where layers in between are dense, the next layer is the next one that routes.
func TestSparseLayers(t *testing.T) {
	t.Parallel()
	r := run(t, independent([]int{1, 3, 9}, 50, 2))
	f := r.Table("layers").Frame
	if f.Ints("after")[0] != 3 || f.Ints("after")[1] != 9 || f.Strings("next_layer")[0] != "holds" || f.Strings("next_layer")[1] != "not checked" {
		t.Errorf("after %v, next layer %v", f.Ints("after"), f.Strings("next_layer"))
	}
	if got := r.Chart("layer-3").Title; !strings.Contains(got, "3 → 9") {
		t.Errorf("title %q", got)
	}
	in := independent([]int{1, 3, 9}, 50, 2)
	in.loads = nil // nobody says whether a layer is missing in between
	if f := run(t, in).Table("layers").Frame; f.Ints("after")[1] != 5 || f.Strings("next_layer")[0] != "holds" {
		t.Errorf("without activations: after %v, next layer %v", f.Ints("after"), f.Strings("next_layer"))
	}
}
