package routing

import (
	"encoding/binary"
	"fmt"
	"math"
)

// cellRoom is what a cell of a matrix holds; a token adds at most TopK² to one.
const cellRoom = math.MaxUint32

// Pairs counts, layer by layer, which experts tokens choose together. It is a fold like
// Choices.
type Pairs struct {
	shape   Shape
	layers  []int
	experts int
	cells   [][]uint32            // by place in layers: experts × experts, by order of choice
	room    uint64                // what a cell may still take
	near    *[words][words]uint16 // of the block that is counted; zero between blocks
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
// matrix, which fills the second cache, is loaded seldom, and fewer than 16 bits count.
const pairBlock = 32768

// CountPairs adds whole tokens to p. It fails where a count could wrap.
func CountPairs[T ID](p *Pairs, ids []T) error {
	width := p.shape.Width()
	if err := takeRoom(&p.room, len(ids)/max(width, 1), p.shape.TopK); err != nil {
		return err
	}
	for at := 0; at < len(ids); at += pairBlock * width {
		part := ids[at:min(at+pairBlock*width, len(ids))]
		for i, l := range p.layers {
			pairLayer(p, i, part[l*p.shape.TopK:])
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
func pairLayer[T ID](p *Pairs, place int, ids []T) {
	cells, experts, s := p.cells[place], p.experts, p.shape
	k := s.TopK
	if narrow, ok := any(ids).([]uint8); ok && k <= 8 && experts == words {
		if k == 8 {
			p.countEights(place, narrow)
		} else {
			pairWords((*[words * words]uint32)(cells), s, narrow)
		}
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

// countEights counts rows of 8 ids of 8 bits, a block of tokens in cells of 16 bits that
// stay in the nearest caches. A row of distinct ids adds one to a cell, so that a block
// fits; where ids repeat, cells may wrap. Then they add up to too little, and the block is
// counted again in cells that do not.
func (p *Pairs) countEights(place int, ids []uint8) {
	if p.near == nil {
		p.near = new([words][words]uint16)
	}
	rows := uint64(0)
	for at, width := 0, p.shape.Width(); at+8 <= len(ids); at += width {
		pairEight(p.near, binary.LittleEndian.Uint64(ids[at:]))
		rows++
	}
	cells := (*[words * words]uint32)(p.cells[place])
	if addNear(cells, p.near, 1) != rows*8*7/2 {
		addNear(cells, p.near, math.MaxUint32) // take it away again
		pairWords(cells, p.shape, ids)
	}
	clear(p.near[:])
}

// addNear adds near, each count taken sign times in arithmetic of 32 bits, to cells, and
// returns the sum of near.
func addNear(cells *[words * words]uint32, near *[words][words]uint16, sign uint32) uint64 {
	sum := uint64(0)
	for a := range near {
		line := (*[words]uint32)(cells[a*words:])
		for b, n := range near[a] {
			line[b] += sign * uint32(n)
			sum += uint64(n)
		}
	}
	return sum
}

// pairWords counts rows of at most 8 ids of 8 bits.
func pairWords(cells *[words * words]uint32, s Shape, ids []uint8) {
	k := s.TopK
	for at, width := 0, s.Width(); at+k <= len(ids); at += width {
		word := wordAt(ids, at, k)
		for left := k - 1; left > 0; left-- {
			a := uint16(word&0xff) << 8
			word >>= 8
			for rest, n := word, left; n > 0; n-- {
				cells[a|uint16(rest&0xff)]++
				rest >>= 8
			}
		}
	}
}

// pairEight counts the 28 pairs of a word of 8 ids. Written out, and with lines whose
// bounds need no check, it takes half of the time of the loops.
func pairEight(cells *[words][words]uint16, word uint64) {
	b, c, d := uint8(word>>8), uint8(word>>16), uint8(word>>24)
	e, f, g, h := uint8(word>>32), uint8(word>>40), uint8(word>>48), uint8(word>>56)
	line := &cells[uint8(word)]
	line[b]++
	line[c]++
	line[d]++
	line[e]++
	line[f]++
	line[g]++
	line[h]++
	line = &cells[b]
	line[c]++
	line[d]++
	line[e]++
	line[f]++
	line[g]++
	line[h]++
	line = &cells[c]
	line[d]++
	line[e]++
	line[f]++
	line[g]++
	line[h]++
	line = &cells[d]
	line[e]++
	line[f]++
	line[g]++
	line[h]++
	line = &cells[e]
	line[f]++
	line[g]++
	line[h]++
	line = &cells[f]
	line[g]++
	line[h]++
	cells[g][h]++
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
