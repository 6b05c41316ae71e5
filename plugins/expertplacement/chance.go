package expertplacement

import (
	"context"
	"fmt"
	"math"

	"profilemate/workbench/routing"
)

// chanceSeed is that of the simulation: the same steps give the same level.
const chanceSeed = 1

// chance is the max/mean that tokens which choose experts at random give GPUs with the
// experts in order, in the steps that are tested; NaN where the router is not known or
// the recording has no steps.
func chance(ctx context.Context, list []routing.Series, r routing.Router, whole bool, p Params) (float64, error) {
	if !r.Known() || whole || p.GPUs > r.Experts {
		return math.NaN(), nil
	}
	levels, all := routing.NewRankChance(r, p.GPUs, chanceSeed), sums{}
	for _, s := range list {
		for _, round := range divide(s, p) {
			for _, step := range round.test {
				tokens, _ := r.Tokens(step.Sum())
				level, err := levels.At(ctx, tokens)
				if err != nil {
					return 0, fmt.Errorf("chance of layer %d, step %d: %w", s.Layer, step.Number, err)
				}
				mean := float64(step.Sum()) / float64(p.GPUs)
				all = all.plus(sums{level.OverMean * mean, mean})
			}
		}
	}
	return all.imbalance(), nil
}
