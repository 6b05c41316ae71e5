package routing_test

import (
	"bytes"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"profilemate/workbench/routing"
)

// drawn makes tokens that choose k of e experts at random in each layer.
func drawn(seed uint64, tokens int, s routing.Shape, e int) []uint16 {
	r := rand.New(rand.NewPCG(seed, 2))
	ids := make([]uint16, 0, tokens*s.Width())
	for range tokens * s.Layers {
		row := len(ids)
		for len(ids) < row+s.TopK {
			if id := uint16(r.IntN(e)); !slices.Contains(ids[row:], id) {
				ids = append(ids, id)
			}
		}
	}
	return ids
}

// narrow returns ids in 8 bits.
func narrow(ids []uint16) []uint8 {
	out := make([]uint8, len(ids))
	for i, id := range ids {
		out[i] = uint8(id)
	}
	return out
}

type cell struct{ layer, a, b int }

// plain counts as the definitions say, one token at a time with maps: the oracle.
func plain(ids []uint16, s routing.Shape) (choices, pairs, next map[cell]int64) {
	choices, pairs, next = map[cell]int64{}, map[cell]int64{}, map[cell]int64{}
	for ; len(ids) > 0; ids = ids[s.Width():] {
		for l := range s.Layers {
			row := ids[l*s.TopK:][:s.TopK]
			for i, a := range row {
				choices[cell{l, int(a), 0}]++
				for _, b := range row[i+1:] {
					pairs[cell{l, int(min(a, b)), int(max(a, b))}]++
				}
				if l+1 < s.Layers {
					for _, b := range ids[(l+1)*s.TopK:][:s.TopK] {
						next[cell{l, int(a), int(b)}]++
					}
				}
			}
		}
	}
	return choices, pairs, next
}

// folded counts with two workers, the second in 8 bits, and merges.
func folded(t *testing.T, ids []uint16, s routing.Shape, e int) (choices, pairs, next map[cell]int64) {
	t.Helper()
	half := len(ids) / s.Width() / 3 * s.Width()
	a, b := ids[:half], narrow(ids[half:])
	c, c2 := routing.NewChoices(s), routing.NewChoices(s)
	routing.Count(c, a)
	routing.Count(c2, b)
	c.Merge(c2)
	layers := c.Routed()
	p, p2 := routing.NewPairs(s, layers, e), routing.NewPairs(s, layers, e)
	n, n2 := routing.NewTransitions(s, layers, e), routing.NewTransitions(s, layers, e)
	for _, err := range []error{routing.CountPairs(p, a), routing.CountPairs(p2, b), p.Merge(p2),
		routing.CountTransitions(n, a), routing.CountTransitions(n2, b), n.Merge(n2)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	choices, pairs, next = map[cell]int64{}, map[cell]int64{}, map[cell]int64{}
	for i, l := range layers {
		for expert, count := range c.Counts(l) {
			if count > 0 {
				choices[cell{l, expert, 0}] = count
			}
		}
		p.Each(i, func(a, b int, count int64) { pairs[cell{l, a, b}] = count })
		if i+1 < len(layers) {
			n.Each(i, func(a, b int, count int64) { next[cell{l, a, b}] = count })
		}
	}
	return choices, pairs, next
}

func equal(a, b map[cell]int64) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return true
}

// Folds by two workers, in 8 and in 16 bits, give what counting token by token gives,
// and the identities of co-selection and affinity hold: pairs add up to T k (k-1)/2, an
// expert's pairs to (k-1) times its choices, its transitions to k times its choices.
func TestFoldsAgainstPlainCounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		tokens, experts int
		shape           routing.Shape
	}{{5000, 16, routing.Shape{Layers: 3, TopK: 2}}, {700, 256, routing.Shape{Layers: 5, TopK: 8}},
		{900, 9, routing.Shape{Layers: 2, TopK: 1}}, {1, 4, routing.Shape{Layers: 1, TopK: 4}}, {9000, 64, routing.Shape{Layers: 2, TopK: 6}}} {
		ids := drawn(7, c.tokens, c.shape, c.experts)
		choices, pairs, next := folded(t, ids, c.shape, c.experts)
		wantChoices, wantPairs, wantNext := plain(ids, c.shape)
		if !equal(choices, wantChoices) || !equal(pairs, wantPairs) || !equal(next, wantNext) {
			t.Errorf("%+v: the folds differ from plain counts", c)
		}
		identities(t, c.shape, int64(c.tokens), choices, pairs, next)
	}
}

func identities(t *testing.T, s routing.Shape, tokens int64, choices, pairs, next map[cell]int64) {
	t.Helper()
	k := int64(s.TopK)
	sums, of, follow := make([]int64, s.Layers), map[cell]int64{}, map[cell]int64{}
	for c, n := range pairs {
		sums[c.layer] += n
		of[cell{c.layer, c.a, 0}] += n
		of[cell{c.layer, c.b, 0}] += n
	}
	for c, n := range next {
		follow[cell{c.layer, c.a, 0}] += n
	}
	for l, sum := range sums {
		if sum != tokens*k*(k-1)/2 {
			t.Errorf("layer %d: pairs add up to %d, want %d", l, sum, tokens*k*(k-1)/2)
		}
	}
	for c, n := range choices {
		if of[c] != (k-1)*n {
			t.Errorf("%+v: its pairs add up to %d, want %d", c, of[c], (k-1)*n)
		}
		if c.layer+1 < s.Layers && follow[c] != k*n {
			t.Errorf("%+v: its transitions add up to %d, want %d", c, follow[c], k*n)
		}
	}
}

// Rows that recorders leave for what they did not see count nowhere: expert 0 alone,
// a missing id, an id that no model has. A layer of such rows does not route.
func TestRowsThatDoNotCount(t *testing.T) {
	t.Parallel()
	s := routing.Shape{Layers: 3, TopK: 2}
	ids := []uint16{ // layer 0, layer 1 (dense), layer 2
		0, 1, 0, 0, 3, 2,
		0, 0, 0, 0, 2, 0,
		5, 0, 0, 0, routing.NoExpert, 1,
		1, 0, 0, 0, 1, 5000,
	}
	c := routing.NewChoices(s)
	routing.Count(c, ids)
	if got := c.Routed(); !slices.Equal(got, []int{0, 2}) {
		t.Errorf("layers that route: %v", got)
	}
	if got := c.Counts(0); !slices.Equal(got, []int64{3, 2, 0, 0, 0, 1}) {
		t.Errorf("choices of layer 0: %v", got)
	}
	if whole, zero, broken := c.Rows(0); whole != 3 || zero != 1 || broken != 0 {
		t.Errorf("layer 0: %d, %d, %d rows", whole, zero, broken)
	}
	if whole, zero, broken := c.Rows(2); whole != 2 || zero != 0 || broken != 2 {
		t.Errorf("layer 2: %d, %d, %d rows", whole, zero, broken)
	}
	p := routing.NewPairs(s, c.Routed(), c.Experts())
	n := routing.NewTransitions(s, c.Routed(), c.Experts())
	if routing.CountPairs(p, ids) != nil || routing.CountTransitions(n, ids) != nil {
		t.Fatal("counting failed")
	}
	var got []cell
	p.Each(0, func(a, b int, tokens int64) { got = append(got, cell{int(tokens), a, b}) })
	if want := []cell{{2, 0, 1}, {1, 0, 5}}; !slices.Equal(got, want) {
		t.Errorf("pairs of layer 0: %v, want %v", got, want)
	}
	if p.Twice(0, 1) != 0 {
		t.Errorf("%d rows name an expert twice", p.Twice(0, 1))
	}
	sum := int64(0)
	n.Each(0, func(_, _ int, count int64) { sum += count })
	if sum != 4 { // only the first token counts in both layers
		t.Errorf("%d transitions, want 4", sum)
	}
}

// A router never names an expert twice; who does is counted.
func TestTwice(t *testing.T) {
	t.Parallel()
	s := routing.Shape{Layers: 1, TopK: 3}
	p := routing.NewPairs(s, []int{0}, 4)
	if err := routing.CountPairs(p, []uint8{1, 2, 1, 0, 1, 2, 0, 0, 0}); err != nil {
		t.Fatal(err)
	}
	if got := p.Twice(0, 1); got != 1 {
		t.Errorf("twice: %d, want 1", got)
	}
}

// Where rows repeat an expert, more counts fall on one cell than 16 bits hold: the block
// is counted in wider ones. Here 20,000 rows of a block and of the next name expert 3
// eight times, 28 pairs each, and the others are distinct.
func TestRowsThatWouldWrap(t *testing.T) {
	t.Parallel()
	s := routing.Shape{Layers: 1, TopK: 8}
	for _, c := range []struct{ repeated, distinct int }{{20_000, 30_000}, {50_000, 0}, {0, 50_000}, {2340, 10}, {2341, 10}} {
		ids := bytes.Repeat([]byte{3, 3, 3, 3, 3, 3, 3, 3}, c.repeated)
		ids = append(ids, bytes.Repeat([]byte{9, 1, 255, 7, 3, 5, 0, 4}, c.distinct)...)
		p := routing.NewPairs(s, []int{0}, 256)
		if err := routing.CountPairs(p, ids); err != nil {
			t.Fatal(err)
		}
		if got := p.Twice(0, 0); got != 28*int64(c.repeated) {
			t.Errorf("%+v: twice %d", c, got)
		}
		pairs := 0
		p.Each(0, func(a, b int, tokens int64) {
			pairs++
			if tokens != int64(c.distinct) {
				t.Errorf("%+v: %d and %d: %d tokens", c, a, b, tokens)
			}
		})
		if want := min(c.distinct, 1) * 28; pairs != want {
			t.Errorf("%+v: %d pairs, want %d", c, pairs, want)
		}
	}
}

// Tokens that choose at random reach E (1-(1-k/E)^T) experts on average: the numbers of
// the table, and the mean of up to 4,000 draws within four standard errors.
func TestExpectedDistinct(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		experts, topK, tokens int
		want                  float64
	}{{64, 8, 32, 63.108}, {256, 8, 128, 251.601}, {128, 8, 64, 125.942}, {8, 2, 4, 5.46875}} {
		r := routing.Router{Experts: c.experts, TopK: c.topK}
		formula := float64(c.experts) - r.DeadByChance(int64(c.tokens))
		if math.Abs(formula-c.want) > 0.0005 {
			t.Errorf("%+v: formula %g", c, formula)
		}
		s := routing.Shape{Layers: 1, TopK: c.topK}
		var sum, squares float64
		draws := min(4000, 400_000/(c.tokens*c.topK))
		ids := drawn(11, draws*c.tokens, s, c.experts)
		for i := range draws {
			choices := routing.NewChoices(s)
			routing.Count(choices, ids[i*c.tokens*c.topK:][:c.tokens*c.topK])
			n := 0.0
			for _, count := range choices.Counts(0) {
				n += float64(min(count, 1))
			}
			sum, squares = sum+n, squares+n*n
		}
		mean := sum / float64(draws)
		deviation := math.Sqrt((squares/float64(draws) - mean*mean) / float64(draws))
		if math.Abs(mean-c.want) > 4*deviation {
			t.Errorf("%+v: %g distinct experts on average, %g standard errors away", c, mean, (mean-c.want)/deviation)
		}
	}
}
