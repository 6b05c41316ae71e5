package routing

import (
	"cmp"
	"slices"

	"profilemate/workbench/fault"
)

// Cluster is what experts are placed on.
type Cluster struct {
	Slots  int // physical experts of all GPUs, num_replicas of the published program
	Groups int // groups of experts that a node should hold whole; 1: none
	Nodes  int
	GPUs   int // of all nodes
}

// Check returns a Misuse fault where the published program would stop: there must be
// experts, slots must be at least as many and divide by GPUs, GPUs by nodes, experts by
// groups.
func (c Cluster) Check(experts int) error {
	switch {
	case c.GPUs < 1 || c.Nodes < 1 || c.Groups < 1:
		return fault.Errorf(fault.Misuse, "placing experts: GPUs, nodes and groups must be at least 1")
	case experts < 1:
		return fault.Errorf(fault.Misuse, "placing experts: there is no expert")
	case c.Slots < experts:
		return fault.Errorf(fault.Misuse, "placing experts: %d slots cannot hold %d experts", c.Slots, experts)
	case c.Slots%c.GPUs != 0:
		return fault.Errorf(fault.Misuse, "placing experts: %d slots do not divide by %d GPUs", c.Slots, c.GPUs)
	case c.GPUs%c.Nodes != 0:
		return fault.Errorf(fault.Misuse, "placing experts: %d GPUs do not divide by %d nodes", c.GPUs, c.Nodes)
	case experts%c.Groups != 0:
		return fault.Errorf(fault.Misuse, "placing experts: %d experts do not divide by %d groups", experts, c.Groups)
	}
	return nil
}

// Hierarchical reports whether groups divide by nodes, so that groups stay on nodes.
func (c Cluster) Hierarchical() bool { return c.Groups%c.Nodes == 0 }

// Rebalance is EPLB, the expert placement of DeepSeek (deepseek-ai/EPLB, MIT): groups
// are packed onto nodes, experts replicated within nodes, and the replicas packed onto
// the node's GPUs. Where groups do not divide by nodes it takes one group and one node
// (the global policy). It computes in float32, as the published program does; of equal
// items the lower index comes first. Slot s of the cluster is slot s mod (slots/GPUs)
// of GPU s/(slots/GPUs).
func Rebalance(counts []int64, c Cluster) (Placement, error) {
	if err := c.Check(len(counts)); err != nil {
		return Placement{}, err
	}
	if !c.Hierarchical() {
		c.Groups, c.Nodes = 1, 1
	}
	weights := make([]float32, len(counts))
	for i, n := range counts {
		weights[i] = float32(n)
	}
	p := Placement{Experts: len(counts)}
	for _, node := range packGroups(weights, c) {
		gpus, ranks := placeOnNode(weights, node, c)
		p.GPUs, p.Ranks = append(p.GPUs, gpus...), append(p.Ranks, ranks...)
	}
	return p, nil
}

// packGroups returns the experts of each node, groups in the order they were packed.
func packGroups(weights []float32, c Cluster) [][]int {
	size := len(weights) / c.Groups
	sums := make([]float32, c.Groups)
	for e, w := range weights {
		sums[e/size] += w
	}
	nodes := make([][]int, c.Nodes)
	for n, groups := range pack(sums, c.Nodes) {
		for _, g := range groups {
			for e := g * size; e < (g+1)*size; e++ {
				nodes[n] = append(nodes[n], e)
			}
		}
	}
	return nodes
}

// placeOnNode replicates a node's experts and packs them onto its GPUs. ranks number the
// replicas of an expert.
func placeOnNode(weights []float32, experts []int, c Cluster) (gpus, ranks [][]int) {
	own := make([]float32, len(experts))
	for i, e := range experts {
		own[i] = weights[e]
	}
	slots, replicas := replicate(own, c.Slots/c.Nodes)
	shares, rank, made := make([]float32, len(slots)), make([]int, len(slots)), make([]int, len(experts))
	for s, i := range slots {
		shares[s] = own[i] / float32(replicas[i])
		rank[s] = made[i]
		made[i]++
	}
	gpus = pack(shares, c.GPUs/c.Nodes)
	ranks = make([][]int, len(gpus))
	for g, list := range gpus {
		for at, s := range list {
			list[at] = experts[slots[s]]
			ranks[g] = append(ranks[g], rank[s])
		}
	}
	return gpus, ranks
}

// pack is balanced_packing: items, heaviest first, each to the lightest pack that is
// not full. Packs hold equally many; items divide by packs.
func pack(weights []float32, packs int) [][]int {
	each := len(weights) / packs
	out, loads := make([][]int, packs), make([]float32, packs)
	order := make([]int, len(weights))
	for i := range order {
		order[i] = i
	}
	if each == 1 {
		for i := range out {
			out[i] = []int{i}
		}
		return out
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(weights[b], weights[a]) })
	for _, i := range order {
		lightest := -1
		for p := range out {
			if len(out[p]) < each && (lightest < 0 || loads[p] < loads[lightest]) {
				lightest = p
			}
		}
		out[lightest] = append(out[lightest], i)
		loads[lightest] += weights[i]
	}
	return out
}

// replicate is replicate_experts: one slot each, then slot by slot one more for the
// expert with the most load per replica. It returns the expert of each slot and the
// replicas of each expert.
func replicate(weights []float32, slots int) (experts, replicas []int) {
	experts, replicas = make([]int, len(weights), slots), make([]int, len(weights))
	for i := range weights {
		experts[i], replicas[i] = i, 1
	}
	for len(experts) < slots {
		hottest := 0
		for i := range weights {
			if weights[i]/float32(replicas[i]) > weights[hottest]/float32(replicas[hottest]) {
				hottest = i
			}
		}
		experts = append(experts, hottest)
		replicas[hottest]++
	}
	return experts, replicas
}
