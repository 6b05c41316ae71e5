package loadimbalance

import (
	"context"
	"fmt"
	"math"

	"profilemate/workbench/result"
	"profilemate/workbench/routing"
)

// ranks are one layer's loads by rank, over all its steps.
type ranks struct {
	layer     int64
	steps     int
	loads     []float64 // sums over the steps
	busiest   []int     // steps in which each rank has the most, the lowest of equals
	mosts     float64   // sum over the steps of the busiest rank's load
	means     float64
	chance    float64 // what chance gives for mosts over means; NaN when unknown
	perStep   float64 // mean of the steps' max/mean
	worst     float64
	worstStep int64
}

// weighted is max/mean with every step's weight its tokens; NaN without a step.
func (r *ranks) weighted() float64 { return ratio(r.mosts, r.means) }

// averaged is max/mean of the sums over time, which hides what changes sides.
func (r *ranks) averaged() float64 {
	most, mean := routing.MaxAndMean(r.loads)
	return ratio(most, mean)
}

// ratio is a over b, NaN where b is not above 0.
func ratio(a, b float64) float64 {
	if !(b > 0) {
		return math.NaN()
	}
	return a / b
}

// byRank adds up a layer's steps by rank; of is the rank of each expert.
func byRank(ctx context.Context, s routing.Series, of []int, r routing.Router, chance *routing.Chance, ep int) (*ranks, error) {
	out := &ranks{layer: s.Layer, steps: len(s.Steps), loads: make([]float64, ep), busiest: make([]int, ep), perStep: math.NaN()}
	expected, sum := 0.0, 0.0
	for _, step := range s.Steps {
		loads := make([]float64, ep)
		for e, n := range step.Counts {
			loads[of[e]] += float64(n)
		}
		tokens, _ := r.Tokens(step.Sum())
		level, err := chance.At(ctx, tokens)
		if err != nil {
			return nil, fmt.Errorf("ranks of layer %d, step %d: %w", s.Layer, step.Number, err)
		}
		_, mean := routing.MaxAndMean(loads)
		expected += level.OverMean * mean
		sum += out.add(step.Number, loads)
	}
	out.chance = ratio(expected, out.means)
	out.perStep = ratio(sum, float64(out.steps))
	return out, nil
}

// add counts one step in and returns its max/mean.
func (r *ranks) add(step int64, loads []float64) float64 {
	most, mean := routing.MaxAndMean(loads)
	top := 0
	for i, v := range loads {
		r.loads[i] += v
		if v > loads[top] {
			top = i
		}
	}
	r.busiest[top]++
	r.mosts += most
	r.means += mean
	over := most / mean
	if over > r.worst {
		r.worst, r.worstStep = over, step
	}
	return over
}

// addRanks puts the figures of ranks into the result.
func addRanks(ctx context.Context, res *result.Result, list []routing.Series, r routing.Router, p Params) error {
	of := routing.LinearRanks(r.Experts, p.EP)
	chance := routing.NewRankChance(r, p.EP, uint64(p.Seed))
	all := make([]*ranks, len(list))
	for i, s := range list {
		var err error
		if all[i], err = byRank(ctx, s, of, r, chance, p.EP); err != nil {
			return err
		}
	}
	res.Add("rank-layers", "Imbalance of ranks by layer", rankLayersTable(all))
	res.Add("ranks", "Load of each rank", ranksTable(all, of))
	if len(all)*p.EP <= routing.MostCells {
		res.Charts = append(res.Charts, rankHeat(all, p.EP))
	}
	tellRanks(res, all, r, p)
	return nil
}
