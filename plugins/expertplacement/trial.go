package expertplacement

import (
	"context"
	"fmt"
	"math"

	"profilemate/workbench/routing"
)

// The strategies.
const (
	linear       = "linear"
	packed       = "packed"
	global       = "global"
	hierarchical = "hierarchical"
)

// strategy is a way of placing experts by what was learned.
type strategy struct {
	name  string
	slots int
	place func(counts []int64) (routing.Placement, error)
}

func strategies(experts int, p Params) []strategy {
	eplb := func(name string, slots, groups, nodes int) strategy {
		c := routing.Cluster{Slots: slots, Groups: groups, Nodes: nodes, GPUs: p.GPUs}
		return strategy{name, slots, func(counts []int64) (routing.Placement, error) { return routing.Rebalance(counts, c) }}
	}
	list := []strategy{
		{linear, experts, func([]int64) (routing.Placement, error) { return routing.Linear(experts, p.GPUs), nil }},
		eplb(packed, experts, 1, 1),
		eplb(global, p.Replicas, 1, 1),
	}
	if p.Nodes > 1 && (routing.Cluster{Groups: p.Groups, Nodes: p.Nodes}).Hierarchical() {
		list = append(list, eplb(hierarchical, p.Replicas, p.Groups, p.Nodes))
	}
	return list
}

// trial is what a strategy would have done.
type trial struct {
	strategy
	layers         []outcome
	learned, test  sums
	reach          spans
	moves, useless int
}

// outcome is a trial in one layer.
type outcome struct {
	layer         int64
	placement     routing.Placement
	loads         []float64 // by GPU, over the test
	learned, test sums
	reach         span
	moves         int
	twins         []routing.Twin
	rounds        int  // placements that were learned
	single        bool // one step was both learned from and tested on
}

// sums are over steps.
type sums struct{ mosts, means float64 }

// imbalance is max/mean weighted by tokens; NaN without load.
func (s sums) imbalance() float64 {
	if s.means == 0 {
		return math.NaN()
	}
	return s.mosts / s.means
}

func (s sums) plus(o sums) sums { return sums{s.mosts + o.mosts, s.means + o.means} }

// try places every layer by the steps learned from, and tests it on the others.
func try(ctx context.Context, s strategy, list []routing.Series, w witness, p Params) (*trial, error) {
	t := &trial{strategy: s}
	for _, l := range list {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("placing layer %d: %w", l.Layer, err)
		}
		o, err := s.layer(l, p)
		if err != nil {
			return nil, fmt.Errorf("strategy %s: %w", s.name, err)
		}
		tokens := 0.0
		o.reach, tokens = w.fanOut(l.Layer, o.placement)
		t.reach = t.reach.plus(o.reach, tokens)
		t.layers = append(t.layers, o)
		t.learned, t.test = t.learned.plus(o.learned), t.test.plus(o.test)
		t.moves += o.moves
		t.useless += len(o.twins)
	}
	return t, nil
}

// layer tries the strategy in one layer, round by round. What it placed last is the
// placement of the outcome.
func (s strategy) layer(l routing.Series, p Params) (outcome, error) {
	experts := len(l.Steps[0].Counts)
	o := outcome{layer: l.Layer, single: len(l.Steps) == 1, placement: routing.Linear(experts, p.GPUs), loads: make([]float64, p.GPUs)}
	for _, r := range divide(l, p) {
		placement, err := s.place(routing.Add(r.learn, experts))
		if err != nil {
			return o, err
		}
		o.rounds++
		o.moves += placement.Moves(o.placement)
		o.placement = placement
		for g, load := range placement.Loads(routing.Add(r.test, experts)) {
			o.loads[g] += load
		}
		o.learned, o.test = o.learned.plus(sumOf(placement, r.learn)), o.test.plus(sumOf(placement, r.test))
	}
	o.twins = o.placement.Twins()
	return o, nil
}

func sumOf(p routing.Placement, steps []routing.Step) sums {
	var s sums
	for _, step := range steps {
		most, mean := routing.MaxAndMean(p.Loads(step.Counts))
		s = s.plus(sums{most, mean})
	}
	return s
}

// gain is the part of the busiest GPUs' load that a trial saves against another.
func (t *trial) gain(over *trial) float64 { return 1 - t.test.mosts/over.test.mosts }
