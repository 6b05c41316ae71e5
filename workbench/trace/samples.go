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

// Spread describes values as nsys stats does, in the unit of the values.
type Spread struct {
	Count        int64
	Total        int64
	Mean, Median float64 // the median averages the middle two
	Min, Max     int64
	Deviation    float64 // standard deviation of a sample (divisor n-1); 0 for one value
}

// SpreadOf describes values in ascending order; it is zero without values.
func SpreadOf(sorted []int64) Spread {
	n := len(sorted)
	if n == 0 {
		return Spread{}
	}
	s := Spread{Count: int64(n), Min: sorted[0], Max: sorted[n-1]}
	for _, v := range sorted {
		s.Total += v
	}
	s.Mean = float64(s.Total) / float64(n)
	s.Median = float64(sorted[n/2])
	if n%2 == 0 {
		s.Median = (float64(sorted[n/2-1]) + s.Median) / 2
	}
	if n > 1 {
		squares := 0.0
		for _, v := range sorted {
			d := float64(v) - s.Mean
			squares += d * d
		}
		s.Deviation = math.Sqrt(squares / float64(n-1))
	}
	return s
}
