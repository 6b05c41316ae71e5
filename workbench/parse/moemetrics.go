package parse

import (
	"context"
	"math"

	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// chanceSeed is the seed of the chance level, that of the analyses.
const chanceSeed = 1

// hotShare is the part of the experts whose share is told.
const hotShare = 0.1

// MoEMetrics is moe_metrics.json: what the tracker's summary has no key for. A figure
// that is not known is null.
type MoEMetrics struct {
	Format   string            `json:"format"`
	Experts  int               `json:"experts"`
	Tables   map[string]int    `json:"tables"`   // rows of those that the recording has
	Metadata map[string]string `json:"metadata"` // what the reader worked out, and from what
	Layers   []LayerMetrics    `json:"layers"`
	Findings []result.Finding  `json:"findings"`
}

// LayerMetrics are the figures of one layer; see routing.Spread for their formulas. The
// chance level is that of a router that chooses at random, for as many tokens.
type LayerMetrics struct {
	Layer          int64    `json:"layer"` // -1: unknown
	Tokens         *int64   `json:"tokens"`
	OverMean       *float64 `json:"max_over_mean"`
	Balancedness   *float64 `json:"balancedness"`
	MaxVio         *float64 `json:"max_vio"`
	CV             *float64 `json:"cv"`
	Gini           *float64 `json:"gini"`
	Entropy        *float64 `json:"normalized_entropy"`
	Effective      *float64 `json:"effective_experts"` // exp of the entropy
	Jain           *float64 `json:"jain"`
	HotSharePct    *float64 `json:"hot_10pct_share_pct"` // share of the busiest tenth of the experts
	Hottest        int      `json:"hottest_expert"`
	Dead           []int    `json:"dead_experts"`
	ChanceOverMean *float64 `json:"chance_max_over_mean"`
	ChanceCV       *float64 `json:"chance_cv"`
	ChancePValue   *float64 `json:"chance_p_value"` // that chance is at least as uneven (chi-square)
	PairSum        *int64   `json:"pair_sum"`
	PairSumImplied *int64   `json:"pair_sum_implied"` // tokens k (k-1)/2
}

func layerMetrics(ctx context.Context, l routing.Layer, s routing.Spread, r routing.Router, c *routing.Chance) (LayerMetrics, error) {
	m := LayerMetrics{Layer: l.Index, OverMean: finite(s.OverMean), Balancedness: finite(s.Balancedness()), MaxVio: finite(s.MaxVio()),
		CV: finite(s.CV), Gini: finite(s.Gini), Entropy: finite(s.Entropy), Effective: finite(math.Pow(float64(len(l.Counts)), s.Entropy)),
		Jain: finite(s.Jain()), Hottest: s.Hottest, Dead: []int{}, ChancePValue: finite(r.ChiSquare(s))}
	hot := max(1, int(math.Round(hotShare*float64(len(l.Counts)))))
	m.HotSharePct = finite(100 * routing.HotShare(l.Counts, nil, hot))
	for e, n := range l.Counts {
		if n == 0 {
			m.Dead = append(m.Dead, e)
		}
	}
	tokens, whole := r.Tokens(s.Sum)
	if r.Known() && whole {
		m.Tokens = &tokens
	}
	level, err := c.At(ctx, tokens)
	m.ChanceOverMean, m.ChanceCV = finite(level.OverMean), finite(level.CV)
	return m, err
}
