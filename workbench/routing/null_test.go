package routing_test

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"profilemate/workbench/routing"
)

// The table of expected max/mean, to the noise of both simulations, and the expected
// distinct experts E(1-(1-k/E)^T).
func TestChance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		experts, topK int
		tokens        int64
		want, within  float64
	}{{64, 8, 1, 8, 0}, {64, 8, 32, 2.22, 0.02}, {64, 8, 1024, 1.21, 0.015}, {256, 8, 128, 2.65, 0.025}, {256, 8, 4096, 1.26, 0.01}} {
		chance := routing.NewChance(routing.Router{Experts: c.experts, TopK: c.topK}, 1)
		level, err := chance.At(context.Background(), c.tokens)
		if err != nil {
			t.Fatal(err)
		}
		null, err := chance.Null(context.Background(), c.tokens, c.experts/10)
		if err != nil {
			t.Fatal(err)
		}
		for _, got := range []float64{level.OverMean, null.Mean[routing.OverMean]} {
			if math.Abs(got-c.want) > c.within {
				t.Errorf("top-%d of %d, %d tokens: max/mean %.4f, want %.3f", c.topK, c.experts, c.tokens, got, c.want)
			}
		}
	}
	for _, c := range []struct {
		experts, topK int
		tokens        int64
		distinct      float64
	}{{64, 8, 32, 63.108}, {256, 8, 128, 251.601}, {128, 8, 64, 125.942}, {8, 2, 4, 5.46875}} {
		r := routing.Router{Experts: c.experts, TopK: c.topK}
		if got := float64(c.experts) - r.DeadByChance(c.tokens); math.Abs(got-c.distinct) > 5.1e-4 {
			t.Errorf("top-%d of %d, %d tokens: %.4f distinct experts, want %.3f", c.topK, c.experts, c.tokens, got, c.distinct)
		}
	}
}

// fair routes tokens at random; tilt of them choose expert 0 in the first place.
func fair(experts, topK, tokens, tilt int, seed uint64) []int64 {
	rng := rand.New(rand.NewPCG(seed, 7))
	counts := make([]int64, experts)
	for t := range tokens {
		order := rng.Perm(experts)
		for i, e := range order {
			if t < tilt && e == 0 {
				order[0], order[i] = order[i], order[0]
			}
		}
		for _, e := range order[:topK] {
			counts[e]++
		}
	}
	return counts
}

// Of fair routings about one in a hundred is below p = 0.01, in either test; a planted
// hot expert is far below.
func TestSignificance(t *testing.T) {
	t.Parallel()
	r := routing.Router{Experts: 16, TopK: 2}
	chance := routing.NewChance(r, 1)
	null, err := chance.Null(context.Background(), 500, 2)
	if err != nil {
		t.Fatal(err)
	}
	called := [2]int{}
	const routings = 300
	for i := range uint64(routings) {
		s := routing.SpreadOf(fair(16, 2, 500, 0, i), nil)
		for j, p := range []float64{r.ChiSquare(s), null.Beyond(s.OverMean)} {
			if p < 0.01 {
				called[j]++
			}
			if p <= 0 || p > 1 {
				t.Fatalf("p = %v", p)
			}
		}
	}
	if called[0] > 10 || called[1] > 10 {
		t.Errorf("%v of %d fair routings are called uneven, want about 3", called, routings)
	}
	s := routing.SpreadOf(fair(16, 2, 500, 100, 1), nil)
	if p, q := r.ChiSquare(s), null.Beyond(s.OverMean); p > 1e-6 || q > 0.001 {
		t.Errorf("a planted hot expert has p = %v and %v", p, q)
	}
	if z := null.Z(routing.OverMean, s.OverMean); z < 5 {
		t.Errorf("a planted hot expert has z = %v", z)
	}
}

// One token of top-k always gives the same figures: no deviation, so no z, and every
// trial reaches the observed value.
func TestNullOfOneToken(t *testing.T) {
	t.Parallel()
	r := routing.Router{Experts: 8, TopK: 2}
	null, err := routing.NewChance(r, 1).Null(context.Background(), 1, 2)
	if err != nil {
		t.Fatal(err)
	}
	got := routing.FiguresOf([]int64{1, 0, 0, 1, 0, 0, 0, 0}, nil, 2)
	for f, v := range got {
		if math.Abs(null.Mean[f]-v) > 1e-6 || null.Deviation[f] != 0 || !math.IsNaN(null.Z(routing.Figure(f), v)) {
			t.Errorf("figure %d: %v against %v ± %v", f, v, null.Mean[f], null.Deviation[f])
		}
	}
	if p := null.Beyond(got[routing.OverMean]); p != 1 {
		t.Errorf("p = %v, want 1", p)
	}
}

// What is not known is not made up.
func TestUnknownRouter(t *testing.T) {
	t.Parallel()
	for _, r := range []routing.Router{{Experts: 8}, {Experts: 4, TopK: 5}} {
		null, err := routing.NewChance(r, 1).Null(context.Background(), 10, 1)
		if err != nil || null != nil || !math.IsNaN(null.Beyond(2)) || !math.IsNaN(null.Z(routing.CV, 1)) {
			t.Errorf("%+v has a null %v, %v", r, null, err)
		}
		if !math.IsNaN(r.ChiSquare(routing.SpreadOf([]int64{1, 2}, nil))) || !math.IsNaN(r.DeadByChance(3)) {
			t.Errorf("%+v has a level of chance", r)
		}
	}
}

// Two ranks of one expert each, one token: 2 on average; with both experts on one
// rank there is nothing but balance.
func TestRankChance(t *testing.T) {
	t.Parallel()
	for ranks, want := range map[int]float64{1: 1, 2: 2} {
		l, err := routing.NewRankChance(routing.Router{Experts: 2, TopK: 1}, ranks, 1).At(context.Background(), 1)
		if err != nil || l.OverMean != want {
			t.Errorf("%d ranks: %v, %v, want %v", ranks, l.OverMean, err, want)
		}
	}
}

func TestCanceled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	c := routing.NewChance(routing.Router{Experts: 8, TopK: 2}, 1)
	if _, err := c.At(ctx, 100); err == nil {
		t.Error("a canceled level has no error")
	}
	if _, err := c.Null(ctx, 100, 1); err == nil {
		t.Error("a canceled null has no error")
	}
}

func BenchmarkNull(b *testing.B) {
	r := routing.Router{Experts: 256, TopK: 8}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := routing.NewChance(r, 1).Null(context.Background(), 4096, 25); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRebalance(b *testing.B) {
	counts := fair(256, 8, 4096, 500, 1)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := routing.Rebalance(counts, routing.Cluster{Slots: 288, Groups: 8, Nodes: 4, GPUs: 32}); err != nil {
			b.Fatal(err)
		}
	}
}
