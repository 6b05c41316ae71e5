package expertactivation

import (
	"math"

	"profilemate/workbench/routing"
)

// The standings of an expert.
const (
	hot   = "hot"
	dead  = "dead"
	idle  = "no token"
	plain = ""
)

const (
	// beyondChance is how many deviations of chance a hot expert lies above its part.
	beyondChance = 4
	// unlucky is the number of experts left out by chance below which one means something.
	unlucky = 0.01
)

// layer is the use of one layer's experts.
type layer struct {
	routing.Layer
	routing.Spread
	tokens  int64   // 0 when top-k is unknown
	whole   bool    // choices are a multiple of top-k
	lucky   float64 // experts that chance leaves without a token; NaN when unknown
	experts []expert
}

// expert is the use of one expert.
type expert struct {
	count    int64
	times    float64 // the uniform share; NaN when the layer has no token
	z        float64 // deviations of chance above the uniform share; NaN when unknown
	standing string
}

// measure judges every expert of every layer; from is the multiple of the uniform
// share from which one is hot.
func measure(list []routing.Layer, r routing.Router, from float64) []layer {
	layers := make([]layer, len(list))
	for i, l := range list {
		m := layer{Layer: l, Spread: routing.SpreadOf(l.Counts, nil)}
		m.tokens, m.whole = r.Tokens(m.Spread.Sum)
		m.lucky = r.DeadByChance(m.tokens)
		mean := float64(m.Spread.Sum) / float64(len(l.Counts))
		p := float64(r.TopK) / float64(r.Experts)
		deviation := math.NaN()
		if r.Known() && m.tokens > 0 {
			deviation = math.Sqrt(float64(m.tokens) * p * (1 - p))
		}
		for _, n := range l.Counts {
			e := expert{count: n, times: float64(n) / mean, z: math.NaN()}
			if deviation > 0 {
				e.z = (float64(n) - mean) / deviation
			}
			e.standing = m.standing(e, from)
			m.experts = append(m.experts, e)
		}
		layers[i] = m
	}
	return layers
}

func (l *layer) standing(e expert, from float64) string {
	switch {
	case l.Spread.Sum == 0:
		return plain
	case e.count == 0 && l.lucky < unlucky:
		return dead
	case e.count == 0:
		return idle
	case e.times >= from && !(e.z < beyondChance):
		return hot
	}
	return plain
}

// with returns the experts of a standing, in order.
func (l *layer) with(standing string) []int {
	var list []int
	for i, e := range l.experts {
		if e.standing == standing {
			list = append(list, i)
		}
	}
	return list
}

// coverage is the part of the experts with a token, in percent; NaN when the layer has
// no token.
func (l *layer) coverage() float64 {
	if l.Spread.Sum == 0 {
		return math.NaN()
	}
	return 100 * float64(len(l.Counts)-l.Dead) / float64(len(l.Counts))
}
