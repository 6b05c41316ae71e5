package compare

import (
	"math"
	"slices"

	"profilemate/workbench/analysis/change"
)

// How a kernel of one side was found on the other.
const (
	byShape = "name and shape" // the rule
	byName  = "name"           // the one shape of the name that is left over on each side
	renamed = "renamed"        // same shape, calls and time under another name
)

// pair is a kernel of both sides: one entry a run, nil where a run lacks it. A side
// without any is empty.
type pair struct {
	baseline, current []*Kernel
	matched           string // empty for new and vanished kernels
}

// first is a kernel of the pair to name it by: the current one where there is one.
func (p pair) first() *Kernel {
	for _, list := range [][]*Kernel{p.current, p.baseline} {
		for _, k := range list {
			if k != nil {
				return k
			}
		}
	}
	return &Kernel{}
}

// share is the larger share of GPU time of both sides, over the runs that have it.
func (p pair) share() float64 { return max(meanOf(p.baseline, share), meanOf(p.current, share)) }

func share(k *Kernel) float64   { return k.Share }
func perStep(k *Kernel) float64 { return k.PerStep }
func mean(k *Kernel) float64    { return k.Mean.Value }

// meanOf averages over the runs that have the kernel, 0 for none.
func meanOf(list []*Kernel, of func(*Kernel) float64) float64 {
	sum, n := 0.0, 0
	for _, k := range list {
		if k != nil {
			sum, n = sum+of(k), n+1
		}
	}
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

// bySide lists the kernels of a side's runs by key, in order of first appearance.
func bySide(runs []*Run) (order []key, kernels map[key][]*Kernel) {
	kernels = map[key][]*Kernel{}
	for i, r := range runs {
		for j := range r.Kernels {
			k := &r.Kernels[j]
			if kernels[k.key()] == nil {
				kernels[k.key()] = make([]*Kernel, len(runs))
				order = append(order, k.key())
			}
			kernels[k.key()][i] = k
		}
	}
	return order, kernels
}

// align matches the kernels of both sides: by name and shape, then by name where one
// shape of it is left on each side, then by all but the name.
func align(baseline, current []*Run) []pair {
	before, old := bySide(baseline)
	after, now := bySide(current)
	var pairs []pair
	var alone []key
	for _, k := range after {
		if old[k] != nil {
			pairs = append(pairs, pair{old[k], now[k], byShape})
		} else {
			alone = append(alone, k)
		}
	}
	gone := slices.DeleteFunc(before, func(k key) bool { return now[k] != nil })
	match := func(as string, find func(k key, gone []key) int) {
		alone = slices.DeleteFunc(alone, func(k key) bool {
			i := find(k, gone)
			if i < 0 {
				return false
			}
			pairs = append(pairs, pair{old[gone[i]], now[k], as})
			gone = slices.Delete(gone, i, i+1)
			return true
		})
	}
	ofName := counts(alone)
	match(byName, func(k key, gone []key) int {
		if ofName[k.name] != 1 || counts(gone)[k.name] != 1 {
			return -1
		}
		return slices.IndexFunc(gone, func(g key) bool { return g.name == k.name })
	})
	match(renamed, func(k key, gone []key) int { return closest(now[k], gone, old) })
	for _, k := range alone {
		pairs = append(pairs, pair{current: now[k]})
	}
	for _, k := range gone {
		pairs = append(pairs, pair{baseline: old[k]})
	}
	return pairs
}

func counts(list []key) map[string]int {
	n := map[string]int{}
	for _, k := range list {
		n[k.name]++
	}
	return n
}

// How alike a renamed kernel must be: calls a step and time of a call, as parts of the
// larger.
const (
	callsAlike = 0.02
	timeAlike  = 0.15
)

// closest finds the kernel that this one was called before: of the same family, grid
// and block, called as often, and nearest in time. Summaries without shapes tell too
// little.
func closest(list []*Kernel, gone []key, old map[key][]*Kernel) int {
	best, least := -1, timeAlike
	k := pair{current: list}.first()
	if k.Grid == "" {
		return -1
	}
	for i, g := range gone {
		other := pair{baseline: old[g]}.first()
		if g.grid != k.Grid || g.block != k.Block || other.Family != k.Family && other.Family != "other" && k.Family != "other" ||
			apart(meanOf(list, perStep), meanOf(old[g], perStep)) > callsAlike {
			continue
		}
		if d := apart(meanOf(list, mean), meanOf(old[g], mean)); d < least {
			best, least = i, d
		}
	}
	return best
}

// apart is the difference of two numbers as a part of the larger.
func apart(a, b float64) float64 {
	if a == b {
		return 0
	}
	return math.Abs(a-b) / max(math.Abs(a), math.Abs(b))
}

// figures are the mean times of the runs that have the kernel.
func figures(list []*Kernel) []change.Figure {
	var out []change.Figure
	for _, k := range list {
		if k != nil {
			out = append(out, k.Mean)
		}
	}
	return out
}
