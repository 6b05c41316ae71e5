package routing

import (
	"encoding/binary"
	"fmt"
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

// cellRoom is what a cell of a matrix holds; a token adds at most TopK² to one.
const cellRoom = math.MaxUint32

// Pairs counts, layer by layer, which experts tokens choose together. It is a fold like
// Choices.
type Pairs struct {
	shape   Shape
	layers  []int
	experts int
	cells   [][]uint32 // by place in layers: experts × experts, by order of choice
	room    uint64     // what a cell may still take
}

// NewPairs returns empty counts of the given layers. experts is one more than the
// highest id; tokens with a higher one are left out.
func NewPairs(s Shape, layers []int, experts int) *Pairs {
	return &Pairs{shape: s, layers: layers, experts: experts, cells: matrices(len(layers), experts), room: cellRoom}
}

func matrices(n, experts int) [][]uint32 {
	m := make([][]uint32, n)
	for i := range m {
		m[i] = make([]uint32, experts*experts)
	}
	return m
}

// MatrixBytes is the memory of n matrices of expert by expert, for a caller that bounds
// it.
func MatrixBytes(n, experts int) int64 { return 4 * int64(n) * int64(experts) * int64(experts) }

// pairBlock is how many tokens are counted layer by layer: so many that a layer's
// matrix, which fills the second cache, is loaded seldom.
const pairBlock = 16384

// CountPairs adds whole tokens to p. It fails where a count could wrap.
func CountPairs[T ID](p *Pairs, ids []T) error {
	width := p.shape.Width()
	if err := takeRoom(&p.room, len(ids)/max(width, 1), p.shape.TopK); err != nil {
		return err
	}
	for at := 0; at < len(ids); at += pairBlock * width {
		part := ids[at:min(at+pairBlock*width, len(ids))]
		for i, l := range p.layers {
			pairLayer(p.cells[i], p.experts, p.shape, part[l*p.shape.TopK:])
		}
	}
	return nil
}

func takeRoom(room *uint64, tokens, topK int) error {
	need := uint64(tokens) * uint64(topK) * uint64(topK)
	if need > *room {
		return fmt.Errorf("counting pairs: more tokens than counts of 32 bits hold")
	}
	*room -= need
	return nil
}

// pairLayer counts pairs in the order of choice, so that no row is sorted: the two
// orders are added up when they are read.
func pairLayer[T ID](cells []uint32, experts int, s Shape, ids []T) {
	k := s.TopK
	if narrow, ok := any(ids).([]uint8); ok && k <= 8 && experts == words {
		pairWords((*[words * words]uint32)(cells), s, narrow)
		return
	}
	for at, width := 0, s.Width(); at+k <= len(ids); at += width {
		row := ids[at : at+k : at+k]
		if !within(row, experts) {
			continue
		}
		for i, a := range row[:k-1] {
			line := cells[int(a)*experts:][:experts:experts]
			for _, b := range row[i+1:] {
				if int(b) < len(line) {
					line[b]++
				}
			}
		}
	}
}

// words is the number of experts whose ids fill 8 bits.
const words = 256

// pairWords is pairLayer for rows of at most 8 ids of 8 bits.
func pairWords(cells *[words * words]uint32, s Shape, ids []uint8) {
	k := s.TopK
	for at, width := 0, s.Width(); at+k <= len(ids); at += width {
		word := wordAt(ids, at, k)
		if k == 8 {
			pairEight(cells, word)
			continue
		}
		for left := k - 1; left > 0; left-- {
			a := uint16(word) << 8
			word >>= 8
			for rest, n := word, left; n > 0; n-- {
				cells[a|uint16(rest&0xff)]++
				rest >>= 8
			}
		}
	}
}

// pairEight counts the 28 pairs of a word of 8 ids. Written out it takes two thirds of
// the time of the loops.
func pairEight(cells *[words * words]uint32, word uint64) {
	b, c, d := uint16(word>>8&0xff), uint16(word>>16&0xff), uint16(word>>24&0xff)
	e, f, g, h := uint16(word>>32&0xff), uint16(word>>40&0xff), uint16(word>>48&0xff), uint16(word>>56)
	line := uint16(word) << 8
	cells[line|b]++
	cells[line|c]++
	cells[line|d]++
	cells[line|e]++
	cells[line|f]++
	cells[line|g]++
	cells[line|h]++
	line = b << 8
	cells[line|c]++
	cells[line|d]++
	cells[line|e]++
	cells[line|f]++
	cells[line|g]++
	cells[line|h]++
	line = c << 8
	cells[line|d]++
	cells[line|e]++
	cells[line|f]++
	cells[line|g]++
	cells[line|h]++
	line = d << 8
	cells[line|e]++
	cells[line|f]++
	cells[line|g]++
	cells[line|h]++
	line = e << 8
	cells[line|f]++
	cells[line|g]++
	cells[line|h]++
	line = f << 8
	cells[line|g]++
	cells[line|h]++
	cells[g<<8|h]++
}

func within[T ID](row []T, experts int) bool {
	top := T(0)
	for _, id := range row {
		top = max(top, id)
	}
	return int(top) < experts
}

// Merge adds what another worker counted. It fails where a count could wrap.
func (p *Pairs) Merge(o *Pairs) error { return merge(p.cells, o.cells, &p.room, o.room) }

func merge(into, from [][]uint32, room *uint64, other uint64) error {
	used := cellRoom - other
	if used > *room {
		return fmt.Errorf("adding up pairs: more tokens than counts of 32 bits hold")
	}
	*room -= used
	for i := range into {
		for j, n := range from[i] {
			into[i][j] += n
		}
	}
	return nil
}

// Each calls f with every unordered pair, a below b, that the layer at place i of the
// layers has a token for, in ascending order.
func (p *Pairs) Each(i int, f func(a, b int, tokens int64)) {
	cells, e := p.cells[i], p.experts
	for a := range e {
		for b := a + 1; b < e; b++ {
			if n := int64(cells[a*e+b]) + int64(cells[b*e+a]); n > 0 {
				f(a, b, n)
			}
		}
	}
}

// Twice returns how often a token of the layer at place i names one expert twice, which
// no router does; rows that name expert 0 alone are not of those.
func (p *Pairs) Twice(i int, zero int64) int64 {
	n := int64(0)
	for e := range p.experts {
		n += int64(p.cells[i][e*p.experts+e])
	}
	k := int64(p.shape.TopK)
	return n - zero*k*(k-1)/2
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
