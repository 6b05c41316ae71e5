package imbalance

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"profilemate/frames"
)

// model is what is known of the router.
type model struct {
	experts int
	topK    int    // 0: unknown
	guessed string // what the number of experts rests on when nobody states it, "" otherwise
}

// mostExperts is more than any model has; metadata that say more are not believed.
const mostExperts = 1 << 16

// setting takes the model from the artifact's metadata. Experts that have rows count
// even where the metadata say fewer.
func setting(metadata map[string]string, topK int, steps *frames.Frame) model {
	m := model{topK: topK}
	if n, err := strconv.Atoi(metadata["experts"]); err == nil && n <= mostExperts {
		m.experts = n
	}
	if topK == 0 {
		m.topK, _ = strconv.Atoi(metadata["top_k"])
	}
	seen := int(slices.Max(steps.Ints("expert"))) + 1
	if m.experts == 0 {
		m.guessed = "the highest expert with a row"
	}
	m.experts = max(m.experts, seen)
	return m
}

// point is one step of one layer.
type point struct {
	step   int64
	tokens int64 // choices over top-k, rounded; 0 when top-k is unknown
	whole  bool  // choices are a multiple of top-k
	spread
	chance level
	lucky  float64 // experts that chance leaves without a token; NaN when unknown
}

// series is one layer over its steps, in ascending order.
type series struct {
	layer  int64
	points []point
}

// gather measures every step of every layer. Rows of one step, layer and expert add
// up; experts without a row got no token.
func gather(ctx context.Context, steps *frames.Frame, m model, c *chance) ([]*series, error) {
	step, layer, expert, count := steps.Ints("step"), steps.Ints("layer"), steps.Ints("expert"), steps.Ints("count")
	rows := make([]int, len(step))
	for i := range rows {
		rows[i] = i
	}
	slices.SortStableFunc(rows, func(a, b int) int {
		return cmp.Or(cmp.Compare(layer[a], layer[b]), cmp.Compare(step[a], step[b]))
	})
	var list []*series
	counts, room := make([]int64, m.experts), make([]int64, m.experts)
	for at := 0; at < len(rows); {
		first := rows[at]
		clear(counts)
		for ; at < len(rows) && layer[rows[at]] == layer[first] && step[rows[at]] == step[first]; at++ {
			if e := expert[rows[at]]; e >= 0 {
				counts[e] += count[rows[at]]
			}
		}
		p, err := c.point(ctx, step[first], spreadOf(counts, room))
		if err != nil {
			return nil, fmt.Errorf("imbalance of layer %d, step %d: %w", layer[first], step[first], err)
		}
		if len(list) == 0 || list[len(list)-1].layer != layer[first] {
			list = append(list, &series{layer: layer[first]})
		}
		last := list[len(list)-1]
		last.points = append(last.points, p)
	}
	return list, nil
}

// point puts a step's spread beside its chance level.
func (c *chance) point(ctx context.Context, step int64, s spread) (point, error) {
	p := point{step: step, spread: s, whole: true, lucky: math.NaN()}
	if c.topK > 0 {
		k := int64(c.topK)
		p.tokens, p.whole = (s.sum+k/2)/k, s.sum%k == 0
		if c.topK <= c.experts && p.tokens > 0 {
			p.lucky = c.deadByChance(p.tokens)
		}
	}
	var err error
	p.chance, err = c.at(ctx, p.tokens)
	return p, err
}

// values returns one figure of each point.
func (s *series) values(of func(point) float64) []float64 {
	list := make([]float64, len(s.points))
	for i, p := range s.points {
		list[i] = of(p)
	}
	return list
}

func overMean(p point) float64       { return p.overMean }
func cv(p point) float64             { return p.cv }
func chanceOverMean(p point) float64 { return p.chance.overMean }
func chanceCV(p point) float64       { return p.chance.cv }

func deadExperts(p point) float64 {
	if p.sum == 0 {
		return math.NaN()
	}
	return float64(p.dead)
}

// mean is the mean of the values that are there; NaN when none is.
func mean(values []float64) float64 {
	sum, n := 0.0, 0
	for _, v := range values {
		if !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	if n == 0 {
		return math.NaN()
	}
	return sum / float64(n)
}

// name is how the layer is called in sentences and charts.
func (s *series) name() string { return layerName(s.layer) }

func layerName(layer int64) string {
	if layer < 0 {
		return "unknown layer"
	}
	return fmt.Sprintf("layer %d", layer)
}
