package routing_test

import (
	"math"
	"slices"
	"testing"

	"profilemate/frames"
	"profilemate/workbench/routing"
)

// Known figures of counts: by hand, of the EPLB example, and of real counts of
// Mixtral-8x7B (allenai/OLMoE, routing_output), to the digits printed there.
func TestSpread(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		counts                            []int64
		cv, overMean, gini, entropy, jain float64
		dead                              int
		within                            float64
	}{
		{[]int64{4, 2, 1, 1}, 0.612372, 2, 0.3125, 0.875, 0.727273, 0, 5e-7},
		{[]int64{8, 0, 0, 0}, 1.732051, 4, 0.75, 0, 0.25, 3, 5e-7},
		{[]int64{0, 0, 0, 0, 10, 30}, 1.658312, 4.5, 0.75, 0.313845, 0.266667, 4, 5e-7},
		{published()[0], 0.588993, 2.125847, 0.329703, 0.924249, 0.742438, 0, 5e-7},
		{published()[1], 0.684339, 2.044983, 0.386678, 0.895816, 0.681051, 0, 5e-7},
		{[]int64{56947, 49733, 50426, 49453, 52127, 57956, 42632, 58518}, 0.0967, 1.1205, 0.0530, 0.9977, 0.9907, 0, 5.1e-5},
		{[]int64{47396, 58718, 55366, 32510, 55049, 57385, 57170, 54198}, 0.1554, 1.1243, 0.0726, 0.9936, 0.9764, 0, 5.1e-5},
		{[]int64{46007, 55830, 65025, 43974, 49527, 50369, 57534, 49526}, 0.1229, 1.2451, 0.0672, 0.9964, 0.9851, 0, 5.1e-5},
	} {
		before := slices.Clone(c.counts)
		s := routing.SpreadOf(c.counts, nil)
		for _, f := range []struct {
			name      string
			got, want float64
		}{{"CV", s.CV, c.cv}, {"max/mean", s.OverMean, c.overMean}, {"Gini", s.Gini, c.gini}, {"entropy", s.Entropy, c.entropy},
			{"Jain", s.Jain(), c.jain}, {"MaxVio", s.MaxVio(), c.overMean - 1}, {"balancedness", 1 / s.Balancedness(), c.overMean}} {
			if math.Abs(f.got-f.want) > c.within {
				t.Errorf("%v: %s = %v, want %v", c.counts, f.name, f.got, f.want)
			}
		}
		if s.Dead != c.dead || !slices.Equal(before, c.counts) {
			t.Errorf("%v: %d dead, want %d; the counts are now %v", before, s.Dead, c.dead, c.counts)
		}
	}
	if s := routing.SpreadOf([]int64{0, 0}, nil); !math.IsNaN(s.OverMean) || !math.IsNaN(s.CV) || !math.IsNaN(s.Gini) || !math.IsNaN(s.Entropy) || !math.IsNaN(s.Jain()) {
		t.Errorf("nothing was counted, but %+v", s)
	}
}

// Figures published of OLMoE-1B-7B (allenai/OLMoE, routing_output; 64 experts, top-8;
// layers 0, 7 and 15 of c4, arxiv and github), without the counts behind them: Jain's index
// follows from the CV, balancedness from max/mean, and each is within its bounds, to the
// digits printed there.
func TestPublishedFigures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ overMean, cv, gini, entropy, jain float64 }{
		{3.0165, 0.3242, 0.1371, 0.9897, 0.9049}, {2.6579, 0.4023, 0.2119, 0.9817, 0.8607}, {2.4992, 0.5124, 0.2878, 0.9683, 0.7920},
		{7.8130, 0.9506, 0.3173, 0.9428, 0.5253}, {6.2831, 1.2772, 0.5517, 0.8661, 0.3801}, {7.4950, 1.2495, 0.5618, 0.8638, 0.3904},
		{5.0063, 0.6613, 0.2909, 0.9610, 0.6957}, {6.1566, 1.3489, 0.5835, 0.8514, 0.3547}, {4.5086, 1.1898, 0.5894, 0.8530, 0.4140},
	} {
		s := routing.Spread{OverMean: c.overMean, CV: c.cv, Gini: c.gini, Entropy: c.entropy}
		if got := s.Jain(); math.Abs(got-c.jain) > 1e-4 {
			t.Errorf("%+v: Jain's index %.4f", c, got)
		}
		// One expert with c.overMean times the mean and all others alike has the least CV and
		// the most entropy that such a maximum allows, and no less than its Gini.
		least := make([]int64, 64)
		for e := range least {
			least[e] = int64(1e9 * (64 - c.overMean) / 63)
		}
		least[9] = int64(1e9 * c.overMean)
		bound := routing.SpreadOf(least, nil)
		if c.cv < bound.CV || c.entropy > bound.Entropy+1e-4 || c.gini < bound.Gini-1e-4 || math.Abs(bound.OverMean-c.overMean) > 1e-6 {
			t.Errorf("%+v is beyond what its maximum allows: %+v", c, bound)
		}
	}
}

func TestHotShare(t *testing.T) {
	t.Parallel()
	counts := []int64{4, 2, 1, 1}
	for n, want := range []float64{0, 0.5, 0.75, 0.875, 1, 1} {
		if got := routing.HotShare(counts, nil, n); got != want {
			t.Errorf("the %d hottest have %v, want %v", n, got, want)
		}
	}
	if got := routing.HotShare([]int64{0}, nil, 1); !math.IsNaN(got) {
		t.Errorf("the hottest of nothing have %v", got)
	}
}

// {1,0} against {0,1} shares nothing: 1 bit. {1,0} against {1,1}: the middle is (3/4,
// 1/4), with 0.811278 bits; less half of 0 and half of 1 bit, 0.311278. Pooled weighs
// them 1 to 2: the middle is (2/3, 1/3) with 0.918296 bits, less 2/3, is 0.251629.
func TestDivergence(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		a, b   []int64
		js, by float64
	}{
		{[]int64{1, 0}, []int64{0, 1}, 1, 1},
		{[]int64{1, 0}, []int64{1, 1}, 0.311278, 0.251629},
		{[]int64{3, 6}, []int64{1, 2}, 0, 0},
		{[]int64{0, 0}, []int64{1, 2}, math.NaN(), math.NaN()},
	} {
		js, by := routing.JensenShannon(c.a, c.b), routing.Pooled(c.a, c.b)
		if !near(js, c.js) || !near(by, c.by) || !near(routing.JensenShannon(c.b, c.a), c.js) {
			t.Errorf("%v against %v: %v and %v, want %v and %v", c.a, c.b, js, by, c.js, c.by)
		}
	}
}

func near(a, b float64) bool {
	return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) < 1e-6
}

func TestHotSets(t *testing.T) {
	t.Parallel()
	if got := routing.Busiest([]int64{3, 0, 5, 3}, 2); !slices.Equal(got, []int{2, 0}) {
		t.Errorf("busiest %v, want 2, 0", got)
	}
	if got := routing.Busiest([]int64{0, 1, 0}, 2); !slices.Equal(got, []int{1}) {
		t.Errorf("busiest %v: experts without a token are not busy", got)
	}
	if got := routing.Jaccard([]int{1, 2, 3}, []int{3, 4}); got != 0.25 {
		t.Errorf("Jaccard %v, want 1/4", got)
	}
	if got := routing.Jaccard(nil, nil); !math.IsNaN(got) {
		t.Errorf("Jaccard of nothing %v", got)
	}
}

// Rows add up, in any order; experts without a row have no token; a step without a
// token is no step of a series.
func TestCounts(t *testing.T) {
	t.Parallel()
	b := frames.NewBuilder("steps", frames.Schema{{Name: "step", Kind: frames.Int64}, {Name: "layer", Kind: frames.Int64},
		{Name: "expert", Kind: frames.Int64}, {Name: "count", Kind: frames.Int64}})
	for _, r := range [][4]int{{2, 1, 0, 5}, {1, 1, 2, 1}, {1, 0, 0, 3}, {2, 1, 0, 2}, {3, 1, 1, 0}, {1, 0, -1, 9}} {
		b.Row(r[0], r[1], r[2], r[3])
	}
	f := b.Frame()
	list := routing.SeriesOf(f, routing.Seen(f, "expert"))
	if len(list) != 2 || len(list[0].Steps) != 1 || len(list[1].Steps) != 2 {
		t.Fatalf("series %+v", list)
	}
	if s := list[1].Steps; s[0].Number != 1 || !slices.Equal(s[0].Counts, []int64{0, 0, 1}) || !slices.Equal(s[1].Counts, []int64{7, 0, 0}) {
		t.Errorf("layer 1: %+v", s)
	}
	layers := routing.Layers(f, 4)
	if len(layers) != 2 || !slices.Equal(layers[1].Counts, []int64{7, 0, 1, 0}) || layers[0].Sum() != 3 {
		t.Errorf("layers %+v", layers)
	}
	if got := routing.Add(list[1].Steps, 3); !slices.Equal(got, []int64{7, 0, 1}) {
		t.Errorf("sum of steps %v", got)
	}
	if routing.Layers(nil, 3) != nil || routing.Seen(nil, "expert") != 0 {
		t.Error("a missing frame has layers or experts")
	}
}

func TestRouter(t *testing.T) {
	t.Parallel()
	said := map[string]string{"experts": "8", "top_k": "2"}
	for _, c := range []struct {
		metadata   map[string]string
		topK, seen int
		want       routing.Router
		known      bool
	}{
		{said, 0, 4, routing.Router{Experts: 8, TopK: 2}, true},
		{said, 3, 9, routing.Router{Experts: 9, TopK: 3}, true},
		{nil, 0, 4, routing.Router{Experts: 4, Guessed: "the highest expert with a row"}, false},
		{map[string]string{"experts": "99999999", "top_k": "x"}, 5, 4, routing.Router{Experts: 4, TopK: 5, Guessed: "the highest expert with a row"}, false},
	} {
		got := routing.RouterOf(c.metadata, c.topK, c.seen)
		if got != c.want || got.Known() != c.known {
			t.Errorf("%+v: %+v, known %v", c, got, got.Known())
		}
	}
	r := routing.Router{Experts: 8, TopK: 2}
	if n, whole := r.Tokens(7); n != 4 || whole {
		t.Errorf("7 choices of top-2 are %d tokens, whole %v", n, whole)
	}
	if n, whole := r.Tokens(6); n != 3 || !whole {
		t.Errorf("6 choices of top-2 are %d tokens, whole %v", n, whole)
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	long := make([]int64, 20)
	for i := range long {
		long[i] = int64(2 * i)
	}
	for want, layers := range map[string][]int64{"layer 3": {3}, "unknown layer": {-1}, "layers 0, 1": {0, 1}, "layers 0 to 2": {0, 1, 2}, "layers 0, 2, 5": {0, 2, 5},
		"layers 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30 and 4 more": long} {
		if got := routing.LayerList(layers); got != want {
			t.Errorf("%v: %q, want %q", layers, got, want)
		}
	}
}
