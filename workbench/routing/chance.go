package routing

import (
	"cmp"
	"context"
	"math"
	"math/bits"
	"math/rand/v2"
)

// Level is what a router without preference gives on average.
type Level struct {
	OverMean, CV float64
}

// Chance works out by simulation what a router gives whose tokens each choose k of E
// experts at random. A level depends on the router, the number of tokens and the seed
// alone, not on what was asked before. A Chance is not safe for concurrent use.
type Chance struct {
	router Router
	ranks  int   // loads are those of so many ranks; 0: of experts
	of     []int // rank of each expert; nil without ranks
	seed   uint64
	known  map[int64]Level
	nulls  map[int64]*Null
}

// NewChance returns the chance of a router, for the loads of its experts.
func NewChance(r Router, seed uint64) *Chance {
	return &Chance{router: r, seed: seed, known: map[int64]Level{}, nulls: map[int64]*Null{}}
}

// NewRankChance returns the chance of the loads of ranks that hold the experts in the
// order of their indexes (see LinearRanks).
func NewRankChance(r Router, ranks int, seed uint64) *Chance {
	c := NewChance(r, seed)
	c.ranks, c.of = ranks, LinearRanks(r.Experts, ranks)
	return c
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

// At returns the level for a step of so many tokens; NaN when the router is not known
// or there is no token. The error is that of the context.
func (c *Chance) At(ctx context.Context, tokens int64) (Level, error) {
	if !c.router.Known() || tokens < 1 {
		return Level{math.NaN(), math.NaN()}, nil
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
	return Level{millionth(1 + blend(low.OverMean-1, high.OverMean-1, w)), millionth(blend(low.CV, high.CV, w))}, nil
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

func (c *Chance) node(ctx context.Context, tokens int64) (Level, error) {
	if l, ok := c.known[tokens]; ok {
		return l, nil
	}
	draw, trials := c.draw(tokens)
	total, loads := Level{}, make([]float64, c.router.Experts)
	mean := float64(tokens) * float64(c.router.TopK) / float64(cmp.Or(c.ranks, c.router.Experts))
	for range trials {
		if err := ctx.Err(); err != nil {
			return Level{}, err
		}
		draw(loads)
		total = total.plus(c.fold(loads), mean)
	}
	l := Level{millionth(total.OverMean / float64(trials)), millionth(total.CV / float64(trials))}
	c.known[tokens] = l
	return l, nil
}

// draw returns a function that fills loads at random, and how often to call it.
func (c *Chance) draw(tokens int64) (draw func(loads []float64), trials int) {
	src := rand.NewPCG(c.seed, uint64(tokens)<<32^uint64(c.router.Experts)<<16^uint64(c.router.TopK))
	choices := float64(tokens) * float64(c.router.TopK)
	mean := choices / float64(c.router.Experts)
	if mean >= normalMean || choices > exactChoices && mean >= leastMean {
		return c.normal(src, tokens), most
	}
	return c.choose(src, tokens), min(max(int(budget/choices), fewest), most)
}

// fold adds up loads of experts by rank.
func (c *Chance) fold(loads []float64) []float64 {
	if c.ranks == 0 {
		return loads
	}
	ranks := make([]float64, c.ranks)
	for e, r := range c.of {
		ranks[r] += loads[e]
	}
	return ranks
}

// millionth drops the digits that a simulation has no say in and that differ between
// processors.
func millionth(v float64) float64 { return math.Round(v*1e6) / 1e6 }

func (l Level) plus(loads []float64, mean float64) Level {
	most, squares := 0.0, 0.0
	for _, n := range loads {
		most = max(most, n)
		squares += (n - mean) * (n - mean)
	}
	return Level{l.OverMean + most/mean, l.CV + math.Sqrt(squares/float64(len(loads)))/mean}
}

// choose lets each token take k different experts: the first k places of a
// Fisher-Yates shuffle that goes on from the last token's order.
func (c *Chance) choose(src *rand.PCG, tokens int64) func(loads []float64) {
	experts := c.router.Experts
	order := make([]int, experts)
	for i := range order {
		order[i] = i
	}
	return func(loads []float64) {
		clear(loads)
		for range tokens {
			for j := range c.router.TopK {
				// The high word of a 128-bit product is uniform below n, to n parts in 2^64.
				high, _ := bits.Mul64(src.Uint64(), uint64(experts-j))
				at := j + int(high)
				order[j], order[at] = order[at], order[j]
				loads[order[j]]++
			}
		}
	}
}

// normal draws the loads of very many tokens: each has variance T p (1-p) with p =
// k/E, and they add up to T k, so that any two have correlation -1/(E-1).
func (c *Chance) normal(src *rand.PCG, tokens int64) func(loads []float64) {
	rng := rand.New(src)
	e, p := float64(c.router.Experts), float64(c.router.TopK)/float64(c.router.Experts)
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

// DeadByChance is the number of experts that get no token by luck, E (1-k/E)^T; NaN
// when the router is not known or there is no token.
func (r Router) DeadByChance(tokens int64) float64 {
	if !r.Known() || tokens < 1 {
		return math.NaN()
	}
	e := float64(r.Experts)
	return e * math.Pow(1-float64(r.TopK)/e, float64(tokens))
}
