package routing_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"profilemate/workbench/routing"
)

// The published example's log2phy, which a separate port of the program gave.
func TestLogicalToPhysical(t *testing.T) {
	t.Parallel()
	want := [][][]int{
		{{12}, {15, 13}, {11}, {6}, {7, 5}, {0, 2}, {1}, {3}, {4}, {9}, {8, 10}, {14}},
		{{13}, {15, 11}, {8}, {14}, {9}, {10, 12}, {2, 4}, {0}, {6, 3}, {7}, {1}, {5}},
	}
	for layer, counts := range published() {
		p, err := routing.Rebalance(counts, routing.Cluster{Slots: 16, Groups: 4, Nodes: 2, GPUs: 8})
		if err != nil {
			t.Fatal(err)
		}
		got := p.LogicalToPhysical()
		for e := range want[layer] {
			if !slices.Equal(got[e], want[layer][e]) {
				t.Errorf("layer %d, expert %d: slots %v, want %v", layer, e, got[e], want[layer][e])
			}
		}
	}
	if got := (routing.Placement{GPUs: [][]int{{1, 0}, {1, 2}}, Experts: 3}).LogicalToPhysical(); !slices.Equal(got[1], []int{0, 2}) {
		t.Errorf("expert 1 is in slots %v, want 0 and 2", got[1])
	}
}

// By hand: GPU 0 holds 0 and 1, GPU 1 holds 1 and 2. A token of 0 and 2 reaches both. One
// of 0 and 1 reaches GPU 0 and, half of the time, GPU 1: 1.5. One of 0, 1 and 2 reaches
// both. Experts 0 and 1 meet half of the time.
func TestFanOut(t *testing.T) {
	t.Parallel()
	f := routing.NewReach(routing.Placement{GPUs: [][]int{{0, 1}, {1, 2}}, Experts: 4})
	for _, c := range []struct {
		experts []int
		want    float64
	}{{[]int{0, 2}, 2}, {[]int{0, 1}, 1.5}, {[]int{0, 1, 2}, 2}, {[]int{0}, 1}, {[]int{1}, 1}, {nil, 0}, {[]int{3, 9, -1}, 0}} {
		if got := f.Token(c.experts); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("experts %v reach %v GPUs, want %v", c.experts, got, c.want)
		}
	}
	if f.Together(0, 1) != 0.5 || f.Together(0, 2) != 0 || f.Together(1, 2) != 0.5 {
		t.Errorf("meetings %v %v %v", f.Together(0, 1), f.Together(0, 2), f.Together(1, 2))
	}
	twice := routing.NewReach(routing.Placement{GPUs: [][]int{{0, 0}, {0, 1}}, Experts: 2})
	if got := twice.Token([]int{0}); math.Abs(got-1) > 1e-12 {
		t.Errorf("one expert reaches %v GPUs at a time", got)
	}
	if low, _ := f.Bounds(0, 1); !math.IsNaN(low) {
		t.Errorf("without top-k a bound %v", low)
	}
}

// The bounds from pairs hold the exact mean, for any placement and routing, and meet it
// for top-2.
func TestFanOutBounds(t *testing.T) {
	t.Parallel()
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 5))
		gpus, experts := 1+rng.IntN(5), 8
		k := 1 + rng.IntN(experts)
		slots := (experts+gpus-1)/gpus*gpus + gpus*rng.IntN(3)
		p, err := routing.Rebalance(fair(experts, k, 50, 20, seed), routing.Cluster{Slots: slots, Groups: 1, Nodes: 1, GPUs: gpus})
		if err != nil {
			t.Fatal(err)
		}
		f, sum, together := routing.NewReach(p), 0.0, 0.0
		const tokens = 40
		for range tokens {
			chosen := rng.Perm(experts)[:k]
			sum += f.Token(chosen)
			for i, a := range chosen {
				for _, b := range chosen[:i] {
					together += f.Together(a, b)
				}
			}
		}
		mean := sum / tokens
		low, high := f.Bounds(k, together/tokens)
		if mean < low-1e-9 || mean > high+1e-9 {
			t.Errorf("seed %d, top-%d on %d GPUs: mean %v is not within %v and %v", seed, k, gpus, mean, low, high)
		}
		if k == 2 && math.Abs(high-low) > 1e-9 && low > 1 {
			t.Errorf("seed %d: for top-2 the bounds are %v and %v", seed, low, high)
		}
	}
}
