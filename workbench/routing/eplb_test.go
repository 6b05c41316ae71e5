package routing_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"profilemate/workbench/fault"
	"profilemate/workbench/routing"
)

// published are the loads of the example in the README of deepseek-ai/EPLB.
func published() [][]int64 {
	return [][]int64{
		{90, 132, 40, 61, 104, 165, 39, 4, 73, 56, 183, 86},
		{20, 107, 104, 64, 19, 197, 187, 157, 172, 86, 16, 27},
	}
}

// The published example and further placements that a separate port of the program
// gave, to the printed digits.
func TestRebalance(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		layer     int
		cluster   routing.Cluster
		slots     []int
		replicas  []int
		loads     []float64
		imbalance float64
	}{
		{"hierarchical", 0, routing.Cluster{Slots: 16, Groups: 4, Nodes: 2, GPUs: 8}, []int{5, 6, 5, 7, 8, 4, 3, 4, 10, 9, 10, 2, 0, 1, 11, 1},
			[]int{1, 2, 1, 1, 2, 2, 1, 1, 1, 1, 2, 1}, []float64{121.5, 86.5, 125, 113, 147.5, 131.5, 156, 152}, 1.208132},
		{"hierarchical", 1, routing.Cluster{Slots: 16, Groups: 4, Nodes: 2, GPUs: 8}, []int{7, 10, 6, 8, 6, 11, 8, 9, 2, 4, 5, 1, 5, 0, 3, 1},
			[]int{1, 2, 1, 1, 1, 2, 2, 1, 2, 1, 1, 1}, []float64{173, 179.5, 120.5, 172, 123, 152, 118.5, 117.5}, 1.242215},
		{"global", 0, routing.Cluster{Slots: 16, Groups: 3, Nodes: 2, GPUs: 8}, []int{10, 6, 10, 7, 0, 2, 11, 4, 5, 9, 5, 4, 8, 3, 1, 1}, nil,
			[]float64{130.5, 95.5, 130, 138, 138.5, 134.5, 134, 132}, 1.072604},
		{"global", 1, routing.Cluster{Slots: 16, Groups: 3, Nodes: 2, GPUs: 8}, []int{1, 10, 2, 4, 5, 11, 5, 0, 6, 7, 6, 3, 8, 8, 9, 7}, nil, nil, 1.190311},
		{"four GPUs", 0, routing.Cluster{Slots: 16, Groups: 1, Nodes: 1, GPUs: 4}, nil, nil, nil, 1.066796},
		{"four GPUs", 1, routing.Cluster{Slots: 16, Groups: 1, Nodes: 1, GPUs: 4}, nil, nil, nil, 1.010381},
		{"no replicas", 0, routing.Cluster{Slots: 12, Groups: 1, Nodes: 1, GPUs: 4}, nil, nil, []float64{248, 277, 258, 250}, 1.072604},
		{"no replicas", 1, routing.Cluster{Slots: 12, Groups: 1, Nodes: 1, GPUs: 4}, nil, nil, []float64{288, 292, 292, 284}, 1.010381},
		{"no replicas, six GPUs", 0, routing.Cluster{Slots: 12, Groups: 1, Nodes: 1, GPUs: 6}, nil, nil, nil, 1.184898},
		{"no replicas, six GPUs", 1, routing.Cluster{Slots: 12, Groups: 1, Nodes: 1, GPUs: 6}, nil, nil, nil, 1.105536},
	} {
		t.Run(fmt.Sprintf("%s %d", c.name, c.layer), func(t *testing.T) {
			t.Parallel()
			counts := published()[c.layer]
			p, err := routing.Rebalance(counts, c.cluster)
			if err != nil {
				t.Fatal(err)
			}
			checkPlacement(t, p, counts, c.slots, c.replicas, c.loads, c.imbalance)
		})
	}
}

// checkPlacement compares what is not nil.
func checkPlacement(t *testing.T, p routing.Placement, counts []int64, slots, replicas []int, loads []float64, imbalance float64) {
	t.Helper()
	if got := slices.Concat(p.GPUs...); slots != nil && !slices.Equal(got, slots) {
		t.Errorf("slots %v, want %v", got, slots)
	}
	if got := p.Replicas(); replicas != nil && !slices.Equal(got, replicas) {
		t.Errorf("replicas %v, want %v", got, replicas)
	}
	got := p.Loads(counts)
	if loads != nil && !slices.Equal(got, loads) {
		t.Errorf("loads %v, want %v", got, loads)
	}
	most, mean := routing.MaxAndMean(got)
	if math.Abs(most/mean-imbalance) > 5e-7 {
		t.Errorf("max/mean %.6f, want %.6f", most/mean, imbalance)
	}
	if b := routing.Balancedness([][]float64{got}); math.Abs(b*most/mean-1) > 1e-12 {
		t.Errorf("balancedness %v is not mean over max", b)
	}
}

func TestLinear(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		layer, gpus int
		loads       []float64
		imbalance   float64
	}{
		{0, 4, []float64{262, 330, 116, 325}, 1.277832},
		{1, 4, []float64{231, 280, 516, 129}, 1.785467},
		{0, 6, nil, 1.562439},
		{1, 6, nil, 1.785467},
	} {
		counts := published()[c.layer]
		checkPlacement(t, routing.Linear(12, c.gpus), counts, nil, nil, c.loads, c.imbalance)
	}
	if got := routing.LinearRanks(10, 4); !slices.Equal(got, []int{0, 0, 0, 1, 1, 1, 2, 2, 3, 3}) {
		t.Errorf("ten experts on four ranks: %v", got)
	}
	if got := routing.LinearRanks(2, 3); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("two experts on three ranks: %v", got)
	}
}

// In the global placement of the published layer 1, expert 8 sits twice on GPU 6.
func TestTwins(t *testing.T) {
	t.Parallel()
	p, err := routing.Rebalance(published()[1], routing.Cluster{Slots: 16, Groups: 3, Nodes: 2, GPUs: 8})
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Twins(); !slices.Equal(got, []routing.Twin{{GPU: 6, Expert: 8}}) {
		t.Errorf("twins %v, want expert 8 on GPU 6", got)
	}
	if got := routing.Linear(12, 4).Twins(); got != nil {
		t.Errorf("a linear placement has twins %v", got)
	}
}

// From linear (GPU 0: 0 1, GPU 1: 2 3): expert 3 comes to GPU 0, the second 3 there is
// the same weights, and GPU 1 holds what it needs.
func TestMoves(t *testing.T) {
	t.Parallel()
	p := routing.Placement{GPUs: [][]int{{0, 3, 3}, {2, 3, 3}}, Experts: 4}
	if got := p.Moves(routing.Linear(4, 2)); got != 1 {
		t.Errorf("%d moves, want 1", got)
	}
}

// The case of vLLM's correction: loads [[100,200],[100,200]] of two layers and two
// ranks are 300 over 400; the fault it corrects gave 1.
func TestBalancedness(t *testing.T) {
	t.Parallel()
	if got := routing.Balancedness([][]float64{{100, 200}, {100, 200}}); got != 0.75 {
		t.Errorf("balancedness %v, want 0.75", got)
	}
	if got := routing.Balancedness([][]float64{{0, 0}}); !math.IsNaN(got) {
		t.Errorf("balancedness without load is %v", got)
	}
}

func TestRebalanceRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []routing.Cluster{{}, {Slots: 11, Groups: 1, Nodes: 1, GPUs: 1}, {Slots: 14, Groups: 1, Nodes: 1, GPUs: 4},
		{Slots: 16, Groups: 1, Nodes: 3, GPUs: 8}, {Slots: 16, Groups: 5, Nodes: 1, GPUs: 8}} {
		if _, err := routing.Rebalance(published()[0], c); fault.KindOf(err) != fault.Misuse {
			t.Errorf("%+v: %v, want Misuse", c, err)
		}
	}
}

// Whatever the counts and the cluster, every expert has a slot, GPUs hold equally
// many, and loads add up to the counts.
func FuzzRebalance(f *testing.F) {
	f.Add([]byte{90, 132, 40, 61, 104, 165, 39, 4, 73, 56, 183, 86}, uint8(1), uint8(2), uint8(4), uint8(2))
	f.Add([]byte{0, 0, 0}, uint8(0), uint8(1), uint8(1), uint8(1))
	f.Add([]byte{1}, uint8(3), uint8(4), uint8(1), uint8(2))
	f.Fuzz(func(t *testing.T, data []byte, extra, gpus, groups, nodes uint8) {
		counts := make([]int64, len(data))
		sum := 0.0
		for i, n := range data {
			counts[i] = int64(n) << 20
			sum += float64(counts[i])
		}
		c := routing.Cluster{Slots: len(data) + int(extra), Groups: int(groups), Nodes: int(nodes), GPUs: int(gpus)}
		p, err := routing.Rebalance(counts, c)
		if err != nil {
			if fault.KindOf(err) != fault.Misuse {
				t.Fatalf("%+v: %v is no misuse", c, err)
			}
			return
		}
		if slices.Min(p.Replicas()) < 1 {
			t.Fatalf("%+v: an expert has no slot: %v", c, p.GPUs)
		}
		for _, slots := range p.GPUs {
			if len(slots) != c.Slots/c.GPUs {
				t.Fatalf("%+v: GPUs hold different numbers: %v", c, p.GPUs)
			}
		}
		total := 0.0
		for _, l := range p.Loads(counts) {
			total += l
		}
		if math.Abs(total-sum) > 1e-6*sum {
			t.Fatalf("%+v: loads add up to %v, counts to %v", c, total, sum)
		}
	})
}
