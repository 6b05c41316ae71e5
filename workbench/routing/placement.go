package routing

import (
	"math"
	"slices"
)

// LinearRanks returns the rank of each expert when ranks hold experts in the order of
// their indexes; where they do not divide evenly, the first ranks hold one more, as in
// vLLM. ranks is at least 1.
func LinearRanks(experts, ranks int) []int {
	list := make([]int, experts)
	each, more := experts/ranks, experts%ranks
	for e := range list {
		if wide := more * (each + 1); e < wide {
			list[e] = e / (each + 1)
		} else {
			list[e] = more + (e-wide)/each
		}
	}
	return list
}

// Placement says which expert each slot of each GPU holds, in one layer.
type Placement struct {
	GPUs    [][]int // experts by GPU; an expert in several slots has replicas
	Experts int     // in the model, placed or not
	Ranks   [][]int // number of each slot's replica among those of its expert; nil: in the order of the slots
}

// Linear places experts without replicas in the order of their indexes.
func Linear(experts, gpus int) Placement {
	p := Placement{GPUs: make([][]int, gpus), Experts: experts}
	for e, g := range LinearRanks(experts, gpus) {
		p.GPUs[g] = append(p.GPUs[g], e)
	}
	return p
}

// Replicas returns the number of slots of each expert.
func (p Placement) Replicas() []int {
	n := make([]int, p.Experts)
	for _, slots := range p.GPUs {
		for _, e := range slots {
			n[e]++
		}
	}
	return n
}

// Loads returns the load of each GPU: an expert's counts go to its replicas in equal
// parts.
func (p Placement) Loads(counts []int64) []float64 {
	n, loads := p.Replicas(), make([]float64, len(p.GPUs))
	for g, slots := range p.GPUs {
		for _, e := range slots {
			loads[g] += float64(counts[e]) / float64(n[e])
		}
	}
	return loads
}

// Twin is a replica that cannot help: its GPU holds the expert already.
type Twin struct{ GPU, Expert int }

// Twins returns the useless replicas, by GPU, then expert.
func (p Placement) Twins() []Twin {
	var list []Twin
	for g, slots := range p.GPUs {
		sorted := slices.Sorted(slices.Values(slots))
		for i := 1; i < len(sorted); i++ {
			if sorted[i] == sorted[i-1] {
				list = append(list, Twin{g, sorted[i]})
			}
		}
	}
	return list
}

// Moves counts the experts that GPUs need under p and do not hold under old: the
// weights that have to travel. Both have the same number of GPUs.
func (p Placement) Moves(old Placement) int {
	n := 0
	for g, slots := range p.GPUs {
		for i, e := range slots {
			if !slices.Contains(old.GPUs[g], e) && !slices.Contains(slots[:i], e) {
				n++
			}
		}
	}
	return n
}

// MaxAndMean returns the largest of loads and their mean; 0 and 0 without any.
func MaxAndMean(loads []float64) (most, mean float64) {
	for _, v := range loads {
		most = max(most, v)
		mean += v / float64(len(loads))
	}
	return most, mean
}

// Balancedness is what a set of layers (or of steps and layers) loses to its busiest
// ranks: the sum of mean loads over the sum of the largest, as vLLM logs it since its
// correction of August 2026. loads[i] are the ranks' loads in one layer. 1 is balance;
// NaN without load.
func Balancedness(loads [][]float64) float64 {
	mosts, means := 0.0, 0.0
	for _, l := range loads {
		most, mean := MaxAndMean(l)
		mosts += most
		means += mean
	}
	if mosts == 0 {
		return math.NaN()
	}
	return means / mosts
}
