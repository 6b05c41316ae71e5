package routing

import (
	"encoding/binary"
	"math"
)

// MostExperts is the most experts of a layer that token-level counting takes. No model
// has as many; a higher id is damage.
const MostExperts = 4096

// NoExpert stands in 16-bit ids for a choice that was not recorded.
const NoExpert = math.MaxUint16

// ID is the type that token-level ids are counted in: 8 bits where all ids fit, since
// counting is bound by memory.
type ID interface{ uint8 | uint16 }

// Shape is the layout of token-level ids: for each token its layers, for each layer the
// TopK experts it chose.
type Shape struct{ Layers, TopK int }

// Width is the number of ids of one token.
func (s Shape) Width() int { return s.Layers * s.TopK }

// block is how many tokens are counted layer by layer before the next ones: few enough
// that their ids stay in the first caches, many enough that a layer's counts do.
const block = 1024

// Choices counts the choices of each expert from token-level ids. It is a fold: workers
// count parts of the tokens, and Merge adds them up. It is not safe for concurrent use.
type Choices struct {
	shape   Shape
	layers  []layerChoices
	scratch [MostExperts]uint32
}

// layerChoices is what a layer's rows hold.
type layerChoices struct {
	counts []int64 // by expert, as long as the highest one seen needs
	whole  int64   // rows that count
	zero   int64   // rows that name expert 0 alone, TopK times
	broken int64   // rows with an id that is missing or too high
}

// NewChoices returns empty counts.
func NewChoices(s Shape) *Choices { return &Choices{shape: s, layers: make([]layerChoices, s.Layers)} }

// Count adds whole tokens to c. A row of a layer that names expert 0 alone, TopK times,
// is no choice: recorders leave it for dense layers and for tokens they did not see. With
// top-1 it cannot be told from a choice and counts.
func Count[T ID](c *Choices, ids []T) {
	width := c.shape.Width()
	for at := 0; at < len(ids); at += block * width {
		part := ids[at:min(at+block*width, len(ids))]
		for l := range c.layers {
			countLayer(c, l, part)
		}
	}
}

func countLayer[T ID](c *Choices, l int, ids []T) {
	k, width := c.shape.TopK, c.shape.Width()
	if narrow, ok := any(ids).([]uint8); ok && k > 1 && k <= 8 {
		c.countWords(l, narrow)
		return
	}
	rows, zero, broken := int64(0), int64(0), int64(0)
	for at := l * k; at+k <= len(ids); at += width {
		row := ids[at : at+k : at+k]
		switch {
		case zeros(row):
			zero++
			continue
		case !within(row, MostExperts):
			broken++
			continue
		}
		rows++
		for _, id := range row {
			c.scratch[int(id)%MostExperts]++
		}
	}
	c.layers[l].take(c.scratch[:], rows, zero, broken)
}

// countWords counts rows of 2 to 8 ids of 8 bits, each row as one word: no id needs a
// check, and the row is read once.
func (c *Choices) countWords(l int, ids []uint8) {
	k, width := c.shape.TopK, c.shape.Width()
	counts := (*[words]uint32)(c.scratch[:])
	rows, zero := int64(0), int64(0)
	for at := l * k; at+k <= len(ids); at += width {
		word := wordAt(ids, at, k)
		if word == 0 {
			zero++
			continue
		}
		rows++
		if k == 8 { // written out it takes four fifths of the time
			counts[uint8(word)]++
			counts[uint8(word>>8)]++
			counts[uint8(word>>16)]++
			counts[uint8(word>>24)]++
			counts[uint8(word>>32)]++
			counts[uint8(word>>40)]++
			counts[uint8(word>>48)]++
			counts[word>>56]++
			continue
		}
		for range k {
			counts[uint8(word)]++
			word >>= 8
		}
	}
	c.layers[l].take(counts[:], rows, zero, 0)
}

// wordAt returns the k ids from at on, at most 8, the first in the lowest byte.
func wordAt(ids []uint8, at, k int) uint64 {
	if k == 8 {
		return binary.LittleEndian.Uint64(ids[at:])
	}
	word := uint64(0)
	for i, id := range ids[at : at+k] {
		word |= uint64(id) << (8 * i)
	}
	return word
}

// take moves counts into the layer and leaves them zero.
func (l *layerChoices) take(counts []uint32, whole, zero, broken int64) {
	l.whole, l.zero, l.broken = l.whole+whole, l.zero+zero, l.broken+broken
	used := len(counts)
	for used > 0 && counts[used-1] == 0 {
		used--
	}
	l.grow(used)
	for e, n := range counts[:used] {
		l.counts[e] += int64(n)
	}
	clear(counts[:used])
}

func (l *layerChoices) grow(experts int) {
	if more := experts - len(l.counts); more > 0 {
		l.counts = append(l.counts, make([]int64, more)...)
	}
}

// Merge adds what another worker counted. Both have the same shape.
func (c *Choices) Merge(o *Choices) {
	for i := range c.layers {
		l, from := &c.layers[i], &o.layers[i]
		l.grow(len(from.counts))
		for e, n := range from.counts {
			l.counts[e] += n
		}
		l.whole, l.zero, l.broken = l.whole+from.whole, l.zero+from.zero, l.broken+from.broken
	}
}

// Counts returns the choices of a layer by expert, as long as the highest expert seen
// needs. The slice is owned by c.
func (c *Choices) Counts(layer int) []int64 { return c.layers[layer].counts }

// Rows returns how many tokens of a layer count, how many name expert 0 alone, and how
// many have an id that is missing or too high.
func (c *Choices) Rows(layer int) (whole, zero, broken int64) {
	l := c.layers[layer]
	return l.whole, l.zero, l.broken
}

// Experts returns one more than the highest expert seen in any layer.
func (c *Choices) Experts() int {
	experts := 0
	for _, l := range c.layers {
		experts = max(experts, len(l.counts))
	}
	return experts
}

// Routed returns the layers that route: those with a row that names more than expert 0.
// With top-1 a layer that names expert 0 alone is taken for a dense one, unless all are.
func (c *Choices) Routed() []int {
	var routed, used []int
	for i, l := range c.layers {
		if l.whole > 0 {
			used = append(used, i)
		}
		if len(l.counts) > 1 {
			routed = append(routed, i)
		}
	}
	if len(routed) == 0 {
		return used
	}
	return routed
}

func within[T ID](row []T, experts int) bool {
	top := T(0)
	for _, id := range row {
		top = max(top, id)
	}
	return int(top) < experts
}

// Transitions counts, for each layer and the next one that routes, which experts follow
// which: all TopK² pairs of a token. It is a fold like Choices.
type Transitions struct {
	shape   Shape
	layers  []int
	experts int
	cells   [][]uint32 // by place of the earlier layer in layers
	room    uint64
}

// NewTransitions returns empty counts between neighbors of the given layers; see
// NewPairs.
func NewTransitions(s Shape, layers []int, experts int) *Transitions {
	return &Transitions{shape: s, layers: layers, experts: experts, cells: matrices(max(len(layers)-1, 0), experts), room: cellRoom}
}

// CountTransitions adds whole tokens to t. A token whose row of either layer does not
// count, as in Count, is left out there. It fails where a count could wrap.
func CountTransitions[T ID](t *Transitions, ids []T) error {
	width := t.shape.Width()
	if err := takeRoom(&t.room, len(ids)/max(width, 1), t.shape.TopK); err != nil {
		return err
	}
	for at := 0; at < len(ids); at += pairBlock * width {
		part := ids[at:min(at+pairBlock*width, len(ids))]
		for i := range t.cells {
			followLayer(t.cells[i], t.experts, t.shape, t.layers[i], t.layers[i+1], part)
		}
	}
	return nil
}

func followLayer[T ID](cells []uint32, experts int, s Shape, from, to int, ids []T) {
	k := s.TopK
	for width := s.Width(); len(ids) >= width; ids = ids[width:] {
		row, next := ids[from*k:][:k], ids[to*k:][:k]
		if !within(row, experts) || !within(next, experts) || zeros(row) || zeros(next) {
			continue
		}
		for _, a := range row {
			line := cells[int(a)*experts:][:experts:experts]
			for _, b := range next {
				if int(b) < len(line) {
					line[b]++
				}
			}
		}
	}
}

// zeros reports whether a row of more than one choice names expert 0 alone.
func zeros[T ID](row []T) bool {
	all := T(0)
	for _, id := range row {
		all |= id
	}
	return all == 0 && len(row) > 1
}

// Merge adds what another worker counted. It fails where a count could wrap.
func (t *Transitions) Merge(o *Transitions) error { return merge(t.cells, o.cells, &t.room, o.room) }

// Each calls f with every expert and the one in the next layer that follows it, for the
// layer at place i of the layers, in ascending order.
func (t *Transitions) Each(i int, f func(expert, next int, count int64)) {
	for j, n := range t.cells[i] {
		if n > 0 {
			f(j/t.experts, j%t.experts, int64(n))
		}
	}
}
