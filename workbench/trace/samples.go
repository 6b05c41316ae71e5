package trace

import (
	"math"
	"slices"
)

// Samples keeps every value of one group, such as the durations in ns of one
// kernel or the bytes of one kind of copy, so that its quantiles are exact: 4 bytes
// for a value below 2^32, which nearly all are, and 8 beyond. It grows by chunks:
// nothing is copied while it grows or when two are joined. The zero Samples is
// empty.
type Samples struct {
	chunks [][]uint32
	wide   []int64
	count  int64
	total  int64
}

const (
	firstChunk = 16
	lastChunk  = 1 << 14
)

// Add appends a value, which is not negative. The caller keeps the total within
// int64.
func (s *Samples) Add(v int64) {
	s.count++
	s.total += v
	if v > math.MaxUint32 {
		s.wide = append(s.wide, v)
		return
	}
	last := len(s.chunks) - 1
	if last < 0 || len(s.chunks[last]) == cap(s.chunks[last]) {
		size := firstChunk
		if last >= 0 {
			size = min(2*cap(s.chunks[last]), lastChunk)
		}
		s.chunks = append(s.chunks, make([]uint32, 0, size))
		last++
	}
	s.chunks[last] = append(s.chunks[last], uint32(v))
}

// Join adds all values of after, which must not be used any more.
func (s *Samples) Join(after *Samples) {
	s.chunks = append(s.chunks, after.chunks...)
	s.wide = append(s.wide, after.wide...)
	s.count += after.count
	s.total += after.total
}

// Len returns the number of values.
func (s *Samples) Len() int64 { return s.count }

// Total returns the sum of the values.
func (s *Samples) Total() int64 { return s.total }

// Sorted returns all values in ascending order. It uses the memory of scratch,
// which may be nil, where that is large enough.
func (s *Samples) Sorted(scratch []int64) []int64 {
	list := slices.Grow(scratch[:0], int(s.count))
	for _, chunk := range s.chunks {
		for _, v := range chunk {
			list = append(list, int64(v))
		}
	}
	list = append(list, s.wide...)
	slices.Sort(list)
	return list
}
