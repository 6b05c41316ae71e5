package coselection_test

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"profilemate/frames"
	"profilemate/workbench/analysis"
)

// routed draws top-2 tokens: two experts by popularity, both drawn again while they are
// the same, or with a probability while they are of two groups. Without that this is
// quasi-independence. group[e] is the group of expert e.
func routed(seed uint64, tokens int, group []int, together float64) inputs {
	rng := rand.New(rand.NewPCG(seed, 11))
	experts := len(group)
	pairs, loads := map[[2]int]int64{}, make([]int64, experts)
	for range tokens {
		near := rng.Float64() < together
		draw := func() int { return min(rng.IntN(experts), rng.IntN(experts)) } // the lower, the more popular
		a, b := draw(), draw()
		for a == b || near && group[a] != group[b] {
			a, b = draw(), draw()
		}
		pairs[[2]int{min(a, b), max(a, b)}]++
		loads[a]++
		loads[b]++
	}
	p, l := frames.NewBuilder("coselection", schema("layer", "expert_a", "expert_b", "count")), frames.NewBuilder("activations", schema("layer", "expert", "count"))
	for a := range experts {
		l.Row(0, a, loads[a])
		for b := a + 1; b < experts; b++ {
			if n := pairs[[2]int{a, b}]; n > 0 {
				p.Row(0, a, b, n)
			}
		}
	}
	return inputs{p.Frame(), l.Frame(), map[string]string{"experts": strconv.Itoa(experts), "top_k": "2"}}
}

// Experts in two to four groups, mixed by index and of uneven popularity, are found as
// planted, and the heat map has each group together.
func TestPlantedClusters(t *testing.T) {
	t.Parallel()
	for seed := range uint64(40) {
		groups := 2 + int(seed%3)
		group := make([]int, 6*groups)
		for e := range group {
			group[e] = e % groups
		}
		together := []float64{0.7, 0.4}[seed%2]
		r := run(t, routed(seed, 60000, group, together), nil)
		f := r.Table("layers").Frame
		if got := f.Ints("clusters")[0]; got != int64(groups) {
			t.Errorf("seed %d: %d clusters of %d planted with %v, gap %v", seed, got, groups, together, f.Floats("eigengap")[0])
			continue
		}
		var order []string
		for _, experts := range r.Table("clusters").Frame.Strings("experts") {
			list := strings.Fields(experts)
			order = append(order, list...)
			first, _ := strconv.Atoi(list[0])
			for _, text := range list {
				if e, _ := strconv.Atoi(text); group[e] != group[first] {
					t.Errorf("seed %d: experts %s are not of one group", seed, experts)
				}
			}
		}
		if got := r.Charts[0].X.Categories; strings.Join(got, " ") != strings.Join(order, " ") {
			t.Errorf("seed %d: the heat map is in the order %v, the clusters in %v", seed, got, order)
		}
	}
}

// Routings without structure, of many and of few tokens, do not fall into clusters, and
// in about 1 % of them a pair is said to stand out.
func TestNoStructure(t *testing.T) {
	t.Parallel()
	named, clustered, trials := 0, 0, 0
	for _, tokens := range []int{600, 3000, 50000} {
		for seed := range uint64(60) {
			r := run(t, routed(seed, tokens, make([]int, 16), 0), nil)
			trials++
			if r.Table("layers").Frame.Ints("clusters")[0] != 1 {
				clustered++
			}
			for _, f := range r.Findings {
				if strings.Contains(f.Text, "are chosen together") {
					named++
				}
			}
		}
	}
	if clustered > 0 || named > 6 {
		t.Errorf("of %d routings without structure %d have clusters and %d a pair that stands out", trials, clustered, named)
	}
}

// The order does not depend on the order of the rows, nor on how experts are numbered
// but for turning around.
func TestClusterOrderIsStable(t *testing.T) {
	t.Parallel()
	in := routed(3, 20000, []int{0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1}, 0.6)
	first := run(t, in, nil).Charts[0].X.Categories
	n := in.pairs.Len()
	turned := frames.NewBuilder("coselection", in.pairs.Schema())
	for i := range n {
		turned.Row(in.pairs.Row(n - 1 - i)...)
	}
	in.pairs = turned.Frame()
	if got := run(t, in, nil).Charts[0].X.Categories; strings.Join(got, " ") != strings.Join(first, " ") {
		t.Errorf("rows the other way round give the order %v, not %v", got, first)
	}
	if got := run(t, in, analysis.Values{"order": "index"}).Charts[0].X.Categories; strings.Join(got, " ") != "0 1 2 3 4 5 6 7 8 9 10 11" {
		t.Errorf("order=index gives %v", got)
	}
}
