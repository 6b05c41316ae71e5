package imbalance_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/workbench/analysis"
)

// chanceOf asks the analysis for the level of chance of steps with these numbers of
// tokens. All choices go to one expert: the level does not depend on them.
func chanceOf(t testing.TB, experts, topK int, tokens ...int64) (overMean, cv []float64) {
	t.Helper()
	b := frames.NewBuilder("steps", stepsSchema())
	for i, n := range tokens {
		b.Row(i, 0, 0, n*int64(topK))
	}
	in := inputs{b.Frame(), map[string]string{"experts": strconv.Itoa(experts), "top_k": strconv.Itoa(topK)}}
	f := run(t, in, nil).Table("steps").Frame
	return f.Floats("chance_max_over_mean"), f.Floats("chance_cv")
}

// Levels worked out apart from this program. The tolerances of the larger ones cover
// the noise of both simulations; with 20,000 trials the plain one of this file gives
// 2.230 at 32, 1.200 at 1,024, 2.631 at 128 and 1.256 at 4,096 tokens.
func TestChanceLevels(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		experts, topK int
		tokens        int64
		want, within  float64
	}{
		{16, 2, 4096, 1.077, 0.003},
		{64, 8, 1, 8, 0},
		{64, 8, 32, 2.22, 0.02},
		{64, 8, 1024, 1.21, 0.015},
		{256, 8, 128, 2.65, 0.025},
		{256, 8, 4096, 1.26, 0.01},
		{2, 1, 2, 1.5, 0.02}, // (2+1+1+2)/4
		{4, 4, 10, 1, 0},     // every token takes every expert
	} {
		t.Run(fmt.Sprintf("%d-%d-%d", c.experts, c.topK, c.tokens), func(t *testing.T) {
			t.Parallel()
			got, cv := chanceOf(t, c.experts, c.topK, c.tokens)
			if math.Abs(got[0]-c.want) > c.within {
				t.Errorf("max/mean %.4f, want %.3f within %g", got[0], c.want, c.within)
			}
			// The squares of the CV have the exact mean (1-p)/(T p); the mean CV lies below
			// its root by no more than about 1/(4(E-1)).
			p := float64(c.topK) / float64(c.experts)
			root := math.Sqrt((1 - p) / (float64(c.tokens) * p))
			if c.experts > 2 && (cv[0] > root*1.01 || cv[0] < root*(0.99-0.5/float64(c.experts-1))) {
				t.Errorf("CV %.4f, want just below %.4f", cv[0], root)
			}
		})
	}
}

// Between simulated numbers of tokens the level is interpolated, and from 2,048 tokens
// per expert on loads are normal. Both are held against a plain simulation.
func TestChanceAgainstPlainSimulation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		experts, topK int
		tokens        int64
	}{{8, 2, 70}, {16, 2, 777}, {64, 8, 333}, {4, 2, 4100}, {64, 8, 32}, {256, 8, 128}} {
		got, cv := chanceOf(t, c.experts, c.topK, c.tokens)
		wantMax, wantCV := plainSimulation(c.experts, c.topK, int(c.tokens), 1000)
		if math.Abs(got[0]-wantMax) > 0.03*(wantMax-1) {
			t.Errorf("%+v: max/mean %.4f, want about %.4f", c, got[0], wantMax)
		}
		if math.Abs(cv[0]-wantCV) > 0.03*wantCV {
			t.Errorf("%+v: CV %.4f, want about %.4f", c, cv[0], wantCV)
		}
	}
}

// plainSimulation draws experts for each token and draws again what it has already.
func plainSimulation(experts, topK, tokens, trials int) (overMean, cv float64) {
	rng := rand.New(rand.NewPCG(99, 99))
	mean := float64(tokens*topK) / float64(experts)
	var chosen []int
	for range trials {
		loads := make([]float64, experts)
		for range tokens {
			chosen = chosen[:0]
			for len(chosen) < topK {
				if e := rng.IntN(experts); !slices.Contains(chosen, e) {
					chosen = append(chosen, e)
					loads[e]++
				}
			}
		}
		most, squares := 0.0, 0.0
		for _, n := range loads {
			most = max(most, n)
			squares += (n - mean) * (n - mean)
		}
		overMean += most / mean / float64(trials)
		cv += math.Sqrt(squares/float64(experts)) / mean / float64(trials)
	}
	return overMean, cv
}

// More tokens bring chance nearer to balance, through all ways of working it out, and
// a level does not depend on what else was asked.
func TestChanceFallsWithTokens(t *testing.T) {
	t.Parallel()
	tokens := []int64{1, 8, 64, 70, 200, 3000, 30000, 40000, 5000000, 1 << 40}
	got, cv := chanceOf(t, 32, 2, tokens...)
	for i := range tokens {
		if i > 0 && (got[i] >= got[i-1] || cv[i] >= cv[i-1]) {
			t.Errorf("chance rises from %v to %v between %d and %d tokens (CV %v to %v)", got[i-1], got[i], tokens[i-1], tokens[i], cv[i-1], cv[i])
		}
	}
	alone, _ := chanceOf(t, 32, 2, 200)
	if alone[0] != got[4] {
		t.Errorf("the level of 200 tokens is %v alone and %v among others", alone[0], got[4])
	}
}

// Known figures of counts: two with zeros, the loads of two layers of the DeepSeek
// EPLB example, and real counts of Mixtral-8x7B on c4 (allenai/OLMoE, routing_output).
func TestSpread(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		counts                            []int64
		cv, overMean, gini, entropy, dead float64
		within                            float64
	}{
		{[]int64{4, 2, 1, 1}, 0.612372, 2, 0.3125, 0.875, 0, 1e-6},
		{[]int64{8, 0, 0, 0}, 1.732051, 4, 0.75, 0, 3, 1e-6},
		{[]int64{0, 0, 0, 0, 10, 30}, 1.658312, 4.5, 0.75, 0.313845, 4, 1e-6},
		{[]int64{90, 132, 40, 61, 104, 165, 39, 4, 73, 56, 183, 86}, 0.588993, 2.125847, 0.329703, 0.924249, 0, 1e-6},
		{[]int64{20, 107, 104, 64, 19, 197, 187, 157, 172, 86, 16, 27}, 0.684339, 2.044983, 0.386678, 0.895816, 0, 1e-6},
		{[]int64{56947, 49733, 50426, 49453, 52127, 57956, 42632, 58518}, 0.0967, 1.1205, 0.0530, 0.9977, 0, 1e-4},
		{[]int64{47396, 58718, 55366, 32510, 55049, 57385, 57170, 54198}, 0.1554, 1.1243, 0.0726, 0.9936, 0, 1e-4},
	} {
		b := frames.NewBuilder("steps", stepsSchema())
		for e, n := range c.counts {
			b.Row(0, 0, e, n)
		}
		f := run(t, inputs{b.Frame(), nil}, analysis.Values{"top-k": "1"}).Table("steps").Frame
		for name, want := range map[string]float64{"cv": c.cv, "max_over_mean": c.overMean, "gini": c.gini, "entropy": c.entropy, "dead_experts": c.dead} {
			if got := f.Column(name).Float(0); math.Abs(got-want) > c.within {
				t.Errorf("%v: %s = %v, want %v", c.counts, name, got, want)
			}
		}
	}
}

// Of 48 layers that are routed at random some seem to rise, to fall and to be uneven: none
// is said to be. One expert that takes a part of the tokens more is found, and where it
// begins to do so after half of the steps, the rise.
func TestManyLayersByChance(t *testing.T) {
	t.Parallel()
	const layers, experts, topK, tokens, count, planted = 48, 32, 4, 64, 24, 7
	chosen := manyChoices(count*layers*tokens, experts, topK)
	for _, c := range []struct {
		name    string
		from    int // step from which expert 3 of layer 7 takes every fifth token; count: never
		want    []string
		lacking []string
	}{
		{"random", count, nil, []string{"Imbalance rises", "Imbalance falls", "most uneven"}},
		{"hot", 0, []string{"Layer 7 is the most uneven"}, []string{"Imbalance rises", "Imbalance falls"}},
		{"growing", count / 2, []string{"Layer 7 is the most uneven", "Imbalance rises from the first steps to the last in layer 7 "}, []string{"Imbalance falls"}},
	} {
		b := frames.NewBuilder("steps", stepsSchema())
		for step := range count {
			for layer := range layers {
				var loads [experts]int
				for token := range tokens {
					at := ((step*layers+layer)*tokens + token) * topK
					row := chosen[at : at+topK]
					for _, e := range row {
						loads[e]++
					}
					if layer == planted && step >= c.from && token%5 == 0 && !slices.Contains(row, 3) {
						loads[row[0]]--
						loads[3]++
					}
				}
				for e, n := range loads {
					b.Row(step, layer, e, n)
				}
			}
		}
		said := findingsOf(t, inputs{b.Frame(), map[string]string{"experts": strconv.Itoa(experts), "top_k": strconv.Itoa(topK)}})
		for _, text := range c.want {
			if !strings.Contains(said, text) {
				t.Errorf("%s: %q is not said:\n%s", c.name, text, said)
			}
		}
		for _, text := range c.lacking {
			if strings.Contains(said, text) {
				t.Errorf("%s: %q is said:\n%s", c.name, text, said)
			}
		}
	}
}

// manyChoices lets each token choose topK different experts, with a fixed seed.
func manyChoices(tokens, experts, topK int) []uint8 {
	rng := rand.New(rand.NewPCG(9, 9))
	chosen := make([]uint8, 0, tokens*topK)
	for range tokens {
		row := len(chosen)
		for len(chosen) < row+topK {
			if e := uint8(rng.IntN(experts)); !slices.Contains(chosen[row:], e) {
				chosen = append(chosen, e)
			}
		}
	}
	return chosen
}

// findingsOf is what the analysis says, a finding a line.
func findingsOf(t testing.TB, in analysis.Inputs) string {
	t.Helper()
	said := ""
	for _, f := range run(t, in, nil).Findings {
		said += f.Text + "\n"
	}
	return said
}
