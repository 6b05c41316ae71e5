package imbalance

import (
	"context"
	"fmt"
	"math"

	"profilemate/frames"
	"profilemate/workbench/routing"
)

// point is one step of one layer.
type point struct {
	step   int64
	tokens int64 // choices over top-k, rounded; 0 when top-k is unknown
	whole  bool  // choices are a multiple of top-k
	routing.Spread
	chance routing.Level
	lucky  float64 // experts that chance leaves without a token; NaN when unknown
}

// series is one layer over its steps, in ascending order.
type series struct {
	layer  int64
	points []point
}

// gather measures every step of every layer.
func gather(ctx context.Context, steps *frames.Frame, r routing.Router, c *routing.Chance) ([]*series, error) {
	var list []*series
	room := make([]int64, r.Experts)
	for s := range routing.Steps(steps, r.Experts) {
		p := point{step: s.Number, Spread: routing.SpreadOf(s.Counts, room)}
		p.tokens, p.whole = r.Tokens(p.Sum)
		p.lucky = r.DeadByChance(p.tokens)
		var err error
		if p.chance, err = c.At(ctx, p.tokens); err != nil {
			return nil, fmt.Errorf("imbalance of layer %d, step %d: %w", s.Index, s.Number, err)
		}
		if len(list) == 0 || list[len(list)-1].layer != s.Index {
			list = append(list, &series{layer: s.Index})
		}
		last := list[len(list)-1]
		last.points = append(last.points, p)
	}
	return list, nil
}

// values returns one figure of each point.
func (s *series) values(of func(point) float64) []float64 {
	list := make([]float64, len(s.points))
	for i, p := range s.points {
		list[i] = of(p)
	}
	return list
}

func overMean(p point) float64       { return p.OverMean }
func cv(p point) float64             { return p.CV }
func chanceOverMean(p point) float64 { return p.chance.OverMean }
func chanceCV(p point) float64       { return p.chance.CV }

func deadExperts(p point) float64 {
	if p.Sum == 0 {
		return math.NaN()
	}
	return float64(p.Dead)
}

// name is how the layer is called in sentences and charts.
func (s *series) name() string { return routing.LayerName(s.layer) }
