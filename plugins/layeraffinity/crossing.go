package layeraffinity

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"profilemate/frames"
	"profilemate/workbench/routing"
)

// crossing is the way from one layer to the next.
type crossing struct {
	layer    int64
	cells    []cell  // with a token, by expert, then next expert; each once
	from, to []int64 // tokens by expert and by next expert
	sum      int64

	after  int64  // the next layer that routes
	next   string // verdict on the next pair's experts
	counts string // what is counted, by the activations
	goesTo int64  // transitions that a token makes from each of its experts: 1, or k of all pairs
	local  float64
	chance float64 // of local, for independent layers
}

// cell is the transitions from one expert to another.
type cell struct {
	from, to int
	count    int64
}

// gather sorts the rows by layer, in ascending order; rows of one transition add up.
func gather(f *frames.Frame, experts int) []*crossing {
	byLayer := map[int64]map[[2]int]int64{}
	layers, from, to, counts := f.Ints("layer"), f.Ints("expert"), f.Ints("next_expert"), f.Ints("count")
	for i, l := range layers {
		if from[i] < 0 || to[i] < 0 || counts[i] <= 0 {
			continue
		}
		if byLayer[l] == nil {
			byLayer[l] = map[[2]int]int64{}
		}
		byLayer[l][[2]int{int(from[i]), int(to[i])}] += counts[i]
	}
	var list []*crossing
	for _, l := range slices.Sorted(maps.Keys(byLayer)) {
		c := &crossing{layer: l, from: make([]int64, experts), to: make([]int64, experts)}
		for at, n := range byLayer[l] {
			c.cells = append(c.cells, cell{at[0], at[1], n})
			c.from[at[0]] += n
			c.to[at[1]] += n
			c.sum += n
		}
		slices.SortFunc(c.cells, func(a, b cell) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
		list = append(list, c)
	}
	return list
}

func only(all []*crossing, layer int64) []*crossing {
	return slices.DeleteFunc(slices.Clone(all), func(c *crossing) bool { return c.layer != layer })
}

// The verdicts of the checks.
const (
	holds     = "holds"
	violated  = "violated"
	unchecked = "not checked"
	first     = "first choices"
	allPairs  = "all pairs of choices"
	other     = "other tokens"
)

// check compares each pair of layers with the next pair and with the activations.
func check(all []*crossing, loads []routing.Layer, r routing.Router) {
	for i, c := range all {
		c.next, c.counts, c.goesTo = unchecked, unchecked, 1
		known := c.follow(all, i, loads)
		if i+1 < len(all) && all[i+1].layer == c.after {
			switch {
			case slices.Equal(c.to, all[i+1].from):
				c.next = holds
			case known:
				c.next = violated
			}
		}
		at := slices.IndexFunc(loads, func(l routing.Layer) bool { return l.Index == c.layer })
		if at < 0 || r.TopK < 1 || loads[at].Sum() == 0 {
			continue
		}
		if c.counts = c.counted(loads[at], int64(r.TopK)); c.counts == allPairs {
			c.goesTo = int64(r.TopK)
		}
	}
}

// follow finds the layer that comes after pair i, by the activations, or else by the next
// pair; dense layers between the two route nothing. known is false where a layer may be
// missing in between.
func (c *crossing) follow(all []*crossing, i int, loads []routing.Layer) (known bool) {
	for _, l := range loads {
		if l.Index > c.layer && l.Sum() > 0 {
			c.after = l.Index
			return true
		}
	}
	switch {
	case i+1 < len(all):
		c.after = all[i+1].layer
	case i > 0: // as far as the layers before it
		c.after = 2*c.layer - all[i-1].layer
	default:
		c.after = c.layer + 1
	}
	return c.after == c.layer+1
}

// counted tells what the transitions count: one for each token, or k² and then k for
// each token of each expert.
func (c *crossing) counted(l routing.Layer, k int64) string {
	choices := l.Sum()
	within := func(times int64) bool {
		for e, n := range c.from {
			if n > times*l.Counts[e] {
				return false
			}
		}
		return true
	}
	switch {
	case c.sum*k == choices && within(1):
		return first
	case c.sum == choices*k && within(k):
		return allPairs
	}
	return other
}

// place works out what stays on its GPU; of is the GPU of each expert.
func (c *crossing) place(of []int, gpus int) {
	from, to, same := make([]float64, gpus), make([]float64, gpus), 0.0
	for e, g := range of {
		from[g] += float64(c.from[e])
		to[g] += float64(c.to[e])
	}
	for _, x := range c.cells {
		if of[x.from] == of[x.to] {
			same += float64(x.count)
		}
	}
	n, expected := float64(c.sum), 0.0
	for g := range from {
		expected += from[g] * to[g] / n
	}
	c.local, c.chance = same/n, expected/n
}

// expected is the tokens that independent layers give a transition.
func (c *crossing) expected(from, to int) float64 {
	return float64(c.from[from]) * float64(c.to[to]) / float64(c.sum)
}

// information is the mutual information of the two choices in bits, and what
// independent layers show of it: the mean of chi-square over 2 N ln 2. One choice a token
// is free in as many ways as there are experts less 1, k different ones in as many as
// there are experts less k, since the variance of each is p (1-p) and the p add up to k.
func (c *crossing) information() (bits, byChance float64) {
	for _, x := range c.cells {
		n := float64(x.count)
		bits += n / float64(c.sum) * math.Log2(n/c.expected(x.from, x.to))
	}
	free := max(used(c.from)-int(c.goesTo), 0) * max(used(c.to)-int(c.goesTo), 0)
	return max(bits, 0), float64(free) / (2 * float64(c.sum) * math.Ln2)
}

// entropy is that of the next choice in bits: the most that there is to know.
func (c *crossing) entropy() float64 {
	h := 0.0
	for _, n := range c.to {
		if n > 0 {
			p := float64(n) / float64(c.sum)
			h -= p * math.Log2(p)
		}
	}
	return h
}

func used(counts []int64) int {
	n := 0
	for _, c := range counts {
		if c > 0 {
			n++
		}
	}
	return n
}

// guessed is the part of the choices whose token goes on to the most likely expert, given
// theirs and without knowing it. Where a token goes on to several, it may be any of them.
func (c *crossing) guessed() (given, blind float64) {
	best := make([]int64, len(c.from))
	for _, x := range c.cells {
		best[x.from] = max(best[x.from], x.count)
	}
	choices := float64(c.sum) / float64(c.goesTo)
	for _, n := range best {
		given += float64(n) / choices
	}
	return given, float64(slices.Max(c.to)) / choices
}

// tokens is how many tokens chose an expert of the first layer.
func (c *crossing) tokens(expert int) float64 { return float64(c.from[expert]) / float64(c.goesTo) }

// topFifth is the part of the transitions that the busiest fifth of all pairs of
// experts has, pairs without a token included.
func (c *crossing) topFifth() float64 {
	counts := make([]int64, len(c.cells))
	for i, x := range c.cells {
		counts[i] = x.count
	}
	return routing.HotShare(counts, nil, len(c.from)*len(c.from)/5)
}

// strongest returns the cells by times chance, highest first; those that independent
// layers give fewer tokens than least come last.
func (c *crossing) strongest(least float64) []cell {
	order := slices.Clone(c.cells)
	times := func(x cell) float64 { return float64(x.count) / c.expected(x.from, x.to) }
	noise := func(x cell) int {
		if c.expected(x.from, x.to) < least {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(order, func(a, b cell) int {
		return cmp.Or(cmp.Compare(noise(a), noise(b)), cmp.Compare(times(b), times(a)), cmp.Compare(b.count, a.count))
	})
	return order
}

const (
	// noticeable is how many times chance a transition must be to be named.
	noticeable = 1.1
	// sure is the probability of chance, times all transitions of all layers, below which
	// one is named: of thousands some look strong.
	sure = 0.01
)

// standout is the strongest transition that chance does not explain among those of so
// many layers; ok is false where there is none. A token adds at most 1 to a transition, so
// that its count varies no more than Poisson's distribution.
func (c *crossing) standout(least float64, layers int) (x cell, ok bool) {
	trials := float64(len(c.from)*len(c.to)) * float64(layers)
	for _, x := range c.strongest(least) {
		expected := c.expected(x.from, x.to)
		if expected < least || float64(x.count) < noticeable*expected {
			break // those that follow are weaker
		}
		if trials*(distuv.Poisson{Lambda: expected}).Survival(float64(x.count-1)) < sure {
			return x, true
		}
	}
	return cell{}, false
}
