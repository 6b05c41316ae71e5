package pages

import (
	"encoding/binary"
	"math/bits"
)

const (
	// shapeWords is how many words of serial types a shape has at most. Records with
	// more columns before the last wanted one are walked one by one.
	shapeWords = 8
	// shapeBits is the binary logarithm of the number of shapes that are remembered.
	// The kernels of a real trace have some dozens.
	shapeBits = 8
)

// serials are the serial types of a record up to the last wanted column, one byte
// each, with zeros behind them.
type serials [shapeWords]uint64

// shape is where the values lie in a record with these serial types. The rows of a
// table have few shapes, so that looking one up takes a fraction of walking it.
type shape struct {
	types serials
	known bool
	spots []spot // by step, counted from the first value
	bytes uint32 // of all values up to the last wanted one
}

// shapes remembers the shapes met last, each in the place that its serial types hash
// to. Shapes that share a place displace each other, which costs time only.
type shapes struct {
	words int     // of serial types; 0 when there are too many to remember
	last  uint64  // the bits of the last word that count
	types serials // of the record at hand
	list  [1 << shapeBits]shape
}

func newShapes(pl *plan) *shapes {
	words := (pl.walked + 7) / 8
	s := &shapes{words: words, last: ^uint64(0) >> (8 * (8*words - pl.walked))}
	spots := make([]spot, len(s.list)*len(pl.steps))
	for i := range s.list {
		s.list[i].spots = spots[i*len(pl.steps):][:len(pl.steps):len(pl.steps)]
	}
	if words > shapeWords {
		s.words = 0
	}
	return s
}

// of returns the shape of the record whose serial types begin at p[at], at least as
// many as are walked. p must have eight bytes more. The shape is valid until the next
// call.
func (s *shapes) of(pl *plan, p []byte, at int) *shape {
	types := s.types[:s.words]
	hash := uint64(0)
	for i := range types {
		word := binary.LittleEndian.Uint64(p[at+8*i:])
		if i == len(types)-1 {
			word &= s.last
		}
		types[i] = word
		hash = bits.RotateLeft64(hash, 23) ^ word
	}
	found := &s.list[hash*0x9E3779B97F4A7C15>>(64-shapeBits)]
	differs := uint64(0)
	for i, word := range found.types[:len(types)] {
		differs |= word ^ types[i]
	}
	if differs != 0 || !found.known || len(types) == 0 {
		found.types, found.known = s.types, true
		found.walk(pl, p[at:])
	}
	return found
}

// walk finds the values of a record with these serial types, of which a value that
// one byte cannot tell the width of takes tooLong bytes.
func (s *shape) walk(pl *plan, types []byte) {
	value, c := uint32(0), 0
	for i, step := range pl.steps {
		for range step.skip {
			value += widths[types[c]]
			c++
		}
		serial := types[c]
		c++
		s.spots[i] = spot{value, uint32(serial)}
		value += widths[serial]
	}
	s.bytes = value
}
