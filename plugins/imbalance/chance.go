package imbalance

import (
	"context"
	"math"
	"math/bits"
	"math/rand/v2"
)

// level is what a router without preference gives on average.
type level struct {
	overMean, cv float64
}

// chance works out levels for one router by simulation. A level depends on the
// router, the number of tokens and the seed alone, not on what was asked before.
type chance struct {
	experts, topK int
	seed          uint64
	known         map[int64]level
}

func newChance(m model, seed uint64) *chance {
	return &chance{experts: m.experts, topK: m.topK, seed: seed, known: map[int64]level{}}
}

const (
	exactTokens  = 64        // up to here each number of tokens is simulated itself
	perOctave    = 4         // beyond, so many numbers of tokens between T and 2T
	budget       = 4 << 20   // choices spent on one level, about 20 ms
	fewest, most = 128, 4000 // trials

	// Loads are taken as normal at so many tokens per expert, and with fewer where a
	// step has so many choices that simulating them takes long. The skew that is left
	// out moves max/mean by less than 0.001 in the one case and 0.003 in the other.
	normalMean   = 2048
	leastMean    = 256
	exactChoices = 1 << 17
)

// at returns the level for a step of so many tokens; NaN when the router is not known
// or there is no token.
func (c *chance) at(ctx context.Context, tokens int64) (level, error) {
	if c.topK < 1 || c.topK > c.experts || tokens < 1 {
		return level{math.NaN(), math.NaN()}, nil
	}
	if tokens <= exactTokens {
		return c.node(ctx, tokens)
	}
	below, above := bracket(tokens)
	low, err := c.node(ctx, below)
	if err != nil || below == tokens {
		return low, err
	}
	high, err := c.node(ctx, above)
	if err != nil {
		return low, err
	}
	w := math.Log(float64(tokens)/float64(below)) / math.Log(float64(above)/float64(below))
	return level{millionth(1 + blend(low.overMean-1, high.overMean-1, w)), millionth(blend(low.cv, high.cv, w))}, nil
}

// bracket returns the simulated numbers of tokens around one: both excess and CV fall
// with about the root of the tokens, so that a power law between them is close.
func bracket(tokens int64) (below, above int64) {
	i := math.Floor(perOctave * math.Log2(float64(tokens)))
	node := func(i float64) int64 { return int64(math.Round(math.Exp2(i / perOctave))) }
	for node(i) > tokens {
		i--
	}
	for node(i+1) <= tokens {
		i++
	}
	return node(i), node(i + 1)
}

// blend interpolates between a and b, in logarithms where both are above 0.
func blend(a, b, w float64) float64 {
	if a > 0 && b > 0 {
		return math.Exp((1-w)*math.Log(a) + w*math.Log(b))
	}
	return (1-w)*a + w*b
}

func (c *chance) node(ctx context.Context, tokens int64) (level, error) {
	if l, ok := c.known[tokens]; ok {
		return l, nil
	}
	src := rand.NewPCG(c.seed, uint64(tokens)<<32^uint64(c.experts)<<16^uint64(c.topK))
	choices := float64(tokens) * float64(c.topK)
	mean, total := choices/float64(c.experts), level{}
	draw, trials := c.choose(src, tokens), min(max(int(budget/choices), fewest), most)
	if mean >= normalMean || choices > exactChoices && mean >= leastMean {
		draw, trials = c.normal(src, tokens), most
	}
	loads := make([]float64, c.experts)
	for range trials {
		if err := ctx.Err(); err != nil {
			return level{}, err
		}
		draw(loads)
		total = total.plus(loads, mean)
	}
	l := level{millionth(total.overMean / float64(trials)), millionth(total.cv / float64(trials))}
	c.known[tokens] = l
	return l, nil
}

// millionth drops the digits that a simulation has no say in and that differ between
// processors.
func millionth(v float64) float64 { return math.Round(v*1e6) / 1e6 }

func (l level) plus(loads []float64, mean float64) level {
	most, squares := 0.0, 0.0
	for _, n := range loads {
		most = max(most, n)
		squares += (n - mean) * (n - mean)
	}
	return level{l.overMean + most/mean, l.cv + math.Sqrt(squares/float64(len(loads)))/mean}
}

// choose lets each token take k different experts: the first k places of a
// Fisher-Yates shuffle that goes on from the last token's order.
func (c *chance) choose(src *rand.PCG, tokens int64) func(loads []float64) {
	order := make([]int, c.experts)
	for i := range order {
		order[i] = i
	}
	return func(loads []float64) {
		clear(loads)
		for range tokens {
			for j := range c.topK {
				// The high word of a 128-bit product is uniform below n, to n parts in 2^64.
				high, _ := bits.Mul64(src.Uint64(), uint64(c.experts-j))
				at := j + int(high)
				order[j], order[at] = order[at], order[j]
				loads[order[j]]++
			}
		}
	}
}

// normal draws the loads of very many tokens: each has variance T p (1-p) with p =
// k/E, and they add up to T k, so that any two have correlation -1/(E-1).
func (c *chance) normal(src *rand.PCG, tokens int64) func(loads []float64) {
	rng := rand.New(src)
	e, p := float64(c.experts), float64(c.topK)/float64(c.experts)
	mean := float64(tokens) * p
	scale := math.Sqrt(mean * (1 - p) * e / max(e-1, 1))
	return func(loads []float64) {
		sum := 0.0
		for i := range loads {
			loads[i] = rng.NormFloat64()
			sum += loads[i]
		}
		for i := range loads {
			loads[i] = mean + scale*(loads[i]-sum/e)
		}
	}
}

// deadByChance is the number of experts that get no token by luck, E (1-k/E)^T.
func (c *chance) deadByChance(tokens int64) float64 {
	e := float64(c.experts)
	return e * math.Pow(1-float64(c.topK)/e, float64(tokens))
}
