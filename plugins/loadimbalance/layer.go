package loadimbalance

import (
	"context"
	"fmt"
	"math"

	"profilemate/workbench/routing"
)

// layer is one layer's counts, their figures and what chance gives each.
type layer struct {
	routing.Layer
	routing.Spread
	figures routing.Figures
	null    *routing.Null // nil when chance is not known
	tokens  int64         // 0 when top-k is unknown
	whole   bool
	p       float64 // probability of chance; NaN when unknown
	verdict string
}

// The verdicts on a layer.
const (
	uneven  = "uneven beyond chance"
	even    = "as chance would have it"
	unknown = "chance unknown"
	empty   = "no token"
)

const (
	// sure is the probability of chance, times the layers, below which a layer is uneven.
	sure = 0.01
	// fewestMean is the tokens per expert from which the chi-square is close.
	fewestMean = 1
)

func measure(ctx context.Context, list []routing.Layer, r routing.Router, p Params) ([]layer, error) {
	chance := routing.NewChance(r, uint64(p.Seed))
	hot := hotExperts(r, p)
	layers := make([]layer, len(list))
	for i, l := range list {
		m := layer{Layer: l, Spread: routing.SpreadOf(l.Counts, nil), figures: routing.FiguresOf(l.Counts, nil, hot)}
		m.tokens, m.whole = r.Tokens(m.Spread.Sum)
		var err error
		if m.null, err = chance.Null(ctx, m.tokens, hot); err != nil {
			return nil, fmt.Errorf("imbalance of layer %d: %w", l.Index, err)
		}
		m.judge(r, len(list))
		layers[i] = m
	}
	return layers, nil
}

// hotExperts is the number of experts that the hot share is of.
func hotExperts(r routing.Router, p Params) int {
	return max(int(math.Round(p.HotPart/100*float64(r.Experts))), 1)
}

func (l *layer) judge(r routing.Router, layers int) {
	l.p = r.ChiSquare(l.Spread)
	if float64(l.Spread.Sum) < fewestMean*float64(r.Experts) {
		l.p = l.null.Beyond(l.OverMean)
	}
	switch {
	case l.Spread.Sum == 0:
		l.verdict = empty
	case l.null == nil:
		l.verdict = unknown
	case l.p*float64(layers) < sure:
		l.verdict = uneven
	default:
		l.verdict = even // also where every token takes every expert and there is no p
	}
}

// chance is the mean of a figure by chance; NaN when unknown.
func (l *layer) chance(f routing.Figure) float64 {
	if l.null == nil {
		return math.NaN()
	}
	return l.null.Mean[f]
}

// excess is how far max/mean lies above chance, or above 1 where that is unknown.
func (l *layer) excess() float64 {
	if l.null == nil {
		return l.OverMean - 1
	}
	return l.OverMean - l.chance(routing.OverMean)
}
