package routing

import (
	"context"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Figure is one of the figures that say how evenly counts lie.
type Figure int

// The figures, in the order they are told.
const (
	OverMean Figure = iota
	CV
	Gini
	Entropy
	Jain
	Hot
	figures
)

// Figures are the values of all figures of some counts; NaN where nothing was counted.
type Figures [figures]float64

// FiguresOf measures counts; hot is the number of experts whose share Hot is. room is
// as for SpreadOf.
func FiguresOf(counts, room []int64, hot int) Figures {
	s := SpreadOf(counts, room)
	return Figures{s.OverMean, s.CV, s.Gini, s.Entropy, s.Jain(), HotShare(counts, room, hot)}
}

// Null is what chance gives every figure.
type Null struct {
	Mean, Deviation Figures // over the trials
	overMean        []float64
}

// Null simulates the figures of a step of so many tokens; nil when the router is not
// known or there is no token. The error is that of the context. hot must not change
// between the calls of one Chance.
func (c *Chance) Null(ctx context.Context, tokens int64, hot int) (*Null, error) {
	if !c.router.Known() || tokens < 1 {
		return nil, nil
	}
	if n, ok := c.nulls[tokens]; ok {
		return n, nil
	}
	draw, trials := c.draw(tokens)
	n, squares := &Null{}, Figures{}
	loads := make([]float64, c.router.Experts)
	counts, room := make([]int64, len(loads)), make([]int64, len(loads))
	for range trials {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		draw(loads)
		for i, v := range loads {
			counts[i] = int64(math.Round(max(v, 0)))
		}
		f := FiguresOf(counts, room, hot)
		n.overMean = append(n.overMean, f[OverMean])
		for i, v := range f {
			n.Mean[i] += v
			squares[i] += v * v
		}
	}
	for i := range n.Mean {
		mean := n.Mean[i] / float64(trials)
		n.Deviation[i] = millionth(math.Sqrt(max(squares[i]/float64(trials)-mean*mean, 0)))
		n.Mean[i] = millionth(mean)
	}
	c.nulls[tokens] = n
	return n, nil
}

// Excess is how far a figure lies above chance, to a millionth, since the mean is no
// better; NaN for a nil Null.
func (n *Null) Excess(f Figure, value float64) float64 {
	if n == nil {
		return math.NaN()
	}
	return millionth(value - n.Mean[f])
}

// Z is how many deviations of chance a figure lies above its mean, to a thousandth; NaN
// for a nil Null and where chance does not vary, as for one token.
func (n *Null) Z(f Figure, value float64) float64 {
	if n == nil || n.Deviation[f] == 0 {
		return math.NaN()
	}
	return math.Round(1e3*(value-n.Mean[f])/n.Deviation[f]) / 1e3
}

// Beyond is the share of trials, the one observed counted among them, in which chance
// gives a max/mean at least as high: the empirical p-value. NaN for a nil Null.
func (n *Null) Beyond(overMean float64) float64 {
	if n == nil {
		return math.NaN()
	}
	reached := 1
	for _, v := range n.overMean {
		if v >= overMean-1e-9 {
			reached++
		}
	}
	return float64(reached) / float64(len(n.overMean)+1)
}

// ChiSquare is the probability that chance spreads so many tokens at least as
// unevenly, by Pearson's statistic with the variance of choices without replacement:
// (E-1)/E sum (c-mu)² / (T p (1-p)), which has E-1 degrees of freedom for T large. It
// is NaN when the router is not known, nothing was counted or every token takes every
// expert.
func (r Router) ChiSquare(s Spread) float64 {
	tokens, _ := r.Tokens(s.Sum)
	if !r.Known() || tokens < 1 || r.TopK == r.Experts {
		return math.NaN()
	}
	e, p := float64(r.Experts), float64(r.TopK)/float64(r.Experts)
	mean := float64(s.Sum) / e
	x := (e - 1) * s.CV * s.CV * mean * mean / (float64(tokens) * p * (1 - p))
	return distuv.ChiSquared{K: e - 1}.Survival(x)
}
