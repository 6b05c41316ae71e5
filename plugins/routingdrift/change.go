package routingdrift

import (
	"cmp"
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"profilemate/workbench/routing"
)

// change is a step from which the routing is another.
type change struct {
	step       int64   // the first of the new routing, to a block of steps
	z          float64 // deviations above the same steps in random order
	moved      float64 // part of the tokens, between the parts on either side
	gain, lose []int   // experts, those that change most first
}

const (
	changeBlocks = 64
	leastSide    = 3 // blocks on either side of a change
	mostChanges  = 8
	told         = 3 // experts that a change names on either side
)

// findChanges splits the layer's steps in two where they differ most, and the parts
// again, while the difference is clear.
func (l *layer) findChanges(ctx context.Context, rng *rand.Rand) ([]change, error) {
	blocks := blocksOf(l.steps, l.experts, changeBlocks)
	var list []change
	parts := [][2]int{{0, len(blocks)}}
	for len(parts) > 0 && len(list) < mostChanges {
		from, to := parts[0][0], parts[0][1]
		parts = parts[1:]
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if to-from < 2*fewestBlocks {
			continue
		}
		at, z := split(blocks[from:to], l.experts, rng)
		if z < sure {
			continue
		}
		list = append(list, l.changeAt(blocks, from, from+at, to, z))
		parts = append(parts, [2]int{from, from + at}, [2]int{from + at, to})
	}
	slices.SortFunc(list, func(a, b change) int { return cmp.Compare(a.step, b.step) })
	return list, nil
}

// split returns the best place to split blocks and how clear it is.
func split(blocks [][]int64, experts int, rng *rand.Rand) (at int, z float64) {
	at, best := strongest(blocks, experts)
	order := slices.Clone(blocks)
	mean, squares := 0.0, 0.0
	for range halves {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		_, g := strongest(order, experts)
		mean += g / halves
		squares += g * g / halves
	}
	deviation := math.Sqrt(max(squares-mean*mean, 0))
	if deviation <= 1e-12*mean || best <= mean {
		return at, 0
	}
	return at, math.Round(1e3*(best-mean)/deviation) / 1e3
}

// strongest returns the place at which blocks before and after differ most, and the
// divergence there, weighted by tokens; the first place of equals.
func strongest(blocks [][]int64, experts int) (at int, most float64) {
	before, after := make([]int64, experts), add(blocks, experts)
	for i, b := range blocks[:len(blocks)-leastSide] {
		for e, n := range b {
			before[e] += n
			after[e] -= n
		}
		if i+1 < leastSide {
			continue
		}
		if d := routing.Pooled(before, after); d > most || at == 0 {
			at, most = i+1, d
		}
	}
	return at, most
}

// changeAt describes the change between the blocks [from, at) and [at, to).
func (l *layer) changeAt(blocks [][]int64, from, at, to int, z float64) change {
	before, after := add(blocks[from:at], l.experts), add(blocks[at:to], l.experts)
	c := change{step: l.steps[at*len(l.steps)/len(blocks)].Number, z: z, moved: moved(before, after)}
	shift := make([]float64, l.experts)
	order := make([]int, l.experts)
	for e := range shift {
		shift[e] = float64(after[e])/total(after) - float64(before[e])/total(before)
		order[e] = e
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(shift[b], shift[a]) })
	for i := range min(told, len(order)) {
		if e := order[i]; shift[e] > 0 {
			c.gain = append(c.gain, e)
		}
		if e := order[len(order)-1-i]; shift[e] < 0 {
			c.lose = append(c.lose, e)
		}
	}
	return c
}
