package routing

import "math"

// LogicalToPhysical returns the slots of each expert in the order of its replicas, as
// EPLB's log2phy without the padding. Slots are numbered GPU by GPU.
func (p Placement) LogicalToPhysical() [][]int {
	list := make([][]int, p.Experts)
	for e, n := range p.Replicas() {
		list[e] = make([]int, n)
	}
	slot, next := 0, make([]int, p.Experts)
	for g, experts := range p.GPUs {
		for at, e := range experts {
			rank := next[e]
			if p.Ranks != nil {
				rank = p.Ranks[g][at]
			}
			list[e][rank] = slot
			next[e]++
			slot++
		}
	}
	return list
}

// Reach works out how many GPUs a token reaches under a placement. Each replica of an
// expert takes an equal part of its tokens, whatever the token's other experts.
type Reach struct {
	held  [][]holding // by expert
	most  int         // different experts on one GPU
	rooms []holding
}

// holding is the part of an expert's tokens that one GPU takes.
type holding struct {
	gpu  int
	part float64
}

// NewReach returns the fan-out of a placement. It is not safe for concurrent use.
func NewReach(p Placement) *Reach {
	f := &Reach{held: make([][]holding, p.Experts)}
	replicas := p.Replicas()
	for g, experts := range p.GPUs {
		different := 0
		for _, e := range experts {
			part := 1 / float64(replicas[e])
			if n := len(f.held[e]); n > 0 && f.held[e][n-1].gpu == g {
				f.held[e][n-1].part += part
				continue
			}
			f.held[e] = append(f.held[e], holding{g, part})
			different++
		}
		f.most = max(f.most, different)
	}
	return f
}

// Token returns how many GPUs a token with these experts reaches on average over the
// replicas: without replicas the number of different GPUs that hold them. Experts that
// are not placed reach none.
func (f *Reach) Token(experts []int) float64 {
	// The chance that a GPU is spared is the product over the experts.
	f.rooms = f.rooms[:0]
	for _, e := range experts {
		if e < 0 || e >= len(f.held) {
			continue
		}
		for _, h := range f.held[e] {
			f.spare(h)
		}
	}
	sum := 0.0
	for _, r := range f.rooms {
		sum += 1 - r.part
	}
	return sum
}

func (f *Reach) spare(h holding) {
	for i := range f.rooms {
		if f.rooms[i].gpu == h.gpu {
			f.rooms[i].part *= 1 - h.part
			return
		}
	}
	f.rooms = append(f.rooms, holding{h.gpu, 1 - h.part})
}

// Together is the probability that two different experts of a token meet on a GPU.
func (f *Reach) Together(a, b int) float64 {
	sum := 0.0
	for _, x := range f.held[a] {
		for _, y := range f.held[b] {
			if x.gpu == y.gpu {
				sum += x.part * y.part
			}
		}
	}
	return sum
}

// Bounds returns what the mean fan-out of tokens that choose topK experts must lie
// between, when together is the mean number of pairs of a token's experts that meet on
// a GPU. g experts on one GPU are g(g-1)/2 such pairs and save g-1 GPUs: at most as many
// as pairs, and at least 2/g of them, where g is at most the different experts of a GPU.
// For top-2, and where a GPU holds at most two different experts, the bounds meet. They
// are NaN for a topK below 1.
func (f *Reach) Bounds(topK int, together float64) (low, high float64) {
	if topK < 1 {
		return math.NaN(), math.NaN()
	}
	k, g := float64(topK), float64(max(min(topK, f.most), 1))
	low = max(k-together, math.Ceil(k/g))
	return low, max(k-2*together/g, low)
}
