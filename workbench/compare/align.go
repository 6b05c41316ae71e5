package compare

import (
	"profilemate/workbench/analysis/change"
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

// align matches the kernels of both sides, as averages over their runs.
func align(baseline, current []*Run) []pair {
	before, old := bySide(baseline)
	after, now := bySide(current)
	matches := change.MatchKernels(averages(before, old), averages(after, now))
	pairs := make([]pair, len(matches))
	for i, m := range matches {
		pairs[i].matched = m.How
		if m.Baseline >= 0 {
			pairs[i].baseline = old[before[m.Baseline]]
		}
		if m.Current >= 0 {
			pairs[i].current = now[after[m.Current]]
		}
	}
	return pairs
}

func averages(order []key, kernels map[key][]*Kernel) []change.Kernel {
	list := make([]change.Kernel, len(order))
	for i, k := range order {
		runs := kernels[k]
		list[i] = change.Kernel{Name: k.name, Grid: k.grid, Block: k.block, Family: pair{current: runs}.first().Family, PerStep: meanOf(runs, perStep), Time: meanOf(runs, mean)}
	}
	return list
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
