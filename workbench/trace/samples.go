package trace

import (
	"iter"
	"math"
	"slices"
)

// Samples keeps every value of one group, such as the durations in ns of one
// kernel or the bytes of one kind of copy, so that its quantiles are exact. The zero
// Samples is empty.
//
// Values are kept as they come while there are few, 4 bytes each below 2^32, which
// nearly all are, and 8 beyond; and then as counts by value. GPUs count time in
// ticks and a kernel takes about as long every time, so that counts need a small
// part of the memory. They are never given more than what they replace.
type Samples struct {
	chunks [][]uint32
	narrow int64 // values in chunks
	wide   []int64
	counts []*countPage // by value / pageSpan; nil where none is
	pages  int64
	count  int64
	total  int64
}

const (
	firstChunk = 16
	lastChunk  = 1 << 12
	manyValues = 1 << 14 // from here on values are counted
	pageSpan   = 1 << 9  // values of a page of counts
	maxPages   = 1 << 15
)

// countPage is how often each of pageSpan successive values occurred.
type countPage [pageSpan]uint32

// Add appends a value, which is not negative. The caller keeps the total within
// int64.
func (s *Samples) Add(v int64) {
	s.count++
	s.total += v
	if s.counts != nil {
		if page := uint64(v) / pageSpan; page < uint64(len(s.counts)) {
			if p := s.counts[page]; p != nil && p[v%pageSpan] < math.MaxUint32 {
				p[v%pageSpan]++
				return
			}
		}
		if s.tally(v, 1) {
			return
		}
	}
	s.keep(v)
	if s.narrow >= manyValues && s.counts == nil {
		s.fold()
	}
}

// keep appends a value to the list, which grows by chunks: nothing is copied while
// it grows or when two are joined.
func (s *Samples) keep(v int64) {
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
	s.narrow++
}

// fold turns the list into counts, as far as that needs less memory.
func (s *Samples) fold() {
	listed := s.chunks
	s.chunks, s.narrow, s.counts = nil, 0, []*countPage{}
	for _, chunk := range listed {
		for _, v := range chunk {
			if !s.tally(int64(v), 1) {
				s.keep(int64(v))
			}
		}
	}
}

// tally counts a value, unless that would need a page that the values so far do not
// pay for.
func (s *Samples) tally(v int64, times uint32) bool {
	page := v / pageSpan
	if page >= maxPages {
		return false
	}
	if page >= int64(len(s.counts)) || s.counts[page] == nil {
		if (s.pages+1)*pageSpan > max(s.count, manyValues) {
			return false
		}
		if grow := page + 1 - int64(len(s.counts)); grow > 0 {
			s.counts = append(s.counts, make([]*countPage, grow)...)
		}
		s.counts[page] = new(countPage)
		s.pages++
	}
	if at := &s.counts[page][v%pageSpan]; *at <= math.MaxUint32-times {
		*at += times
		return true
	}
	return false
}

// Join adds all values of after, which must not be used any more.
func (s *Samples) Join(after *Samples) {
	s.count += after.count
	s.total += after.total
	s.wide = append(s.wide, after.wide...)
	counts := after.counts
	if s.counts == nil {
		s.counts, s.pages, counts = counts, after.pages, nil
	}
	for page, list := range counts {
		if list == nil {
			continue
		}
		for i, n := range list {
			if v := int64(page*pageSpan + i); n > 0 && !s.tally(v, n) {
				for range n {
					s.keep(v)
				}
			}
		}
	}
	s.chunks = append(s.chunks, after.chunks...)
	s.narrow += after.narrow
}

// Len returns the number of values.
func (s *Samples) Len() int64 { return s.count }

// Total returns the sum of the values.
func (s *Samples) Total() int64 { return s.total }

// Sorted returns all values in ascending order. It uses the memory of scratch,
// which may be nil, where that is large enough.
func (s *Samples) Sorted(scratch []int64) []int64 {
	if s.counts == nil {
		return s.listed(scratch)
	}
	list := slices.Grow(scratch[:0], int(s.count))
	for v, times := range s.ascending(s.listed(nil)) {
		for range times {
			list = append(list, v)
		}
	}
	return list
}

// Describe computes what the function Describe does of all values, without holding a
// list of those that are counted. It uses the memory of scratch, which may be nil,
// and returns it for the next call.
func (s *Samples) Describe(scratch []int64) (Stats, []int64) {
	scratch = s.listed(scratch)
	return statsOf(s.count, s.total, s.ascending(scratch)), scratch
}

// listed returns the values that are not counted, in ascending order.
func (s *Samples) listed(scratch []int64) []int64 {
	list := slices.Grow(scratch[:0], int(s.narrow)+len(s.wide))
	for _, chunk := range s.chunks {
		for _, v := range chunk {
			list = append(list, int64(v))
		}
	}
	list = append(list, s.wide...)
	slices.Sort(list)
	return list
}

// ascending yields each value, in order, and how often it occurred: what the list and
// the counts hold together, so that it does not matter which of them a value is in.
func (s *Samples) ascending(listed []int64) iter.Seq2[int64, int64] {
	if s.counts == nil {
		return runs(listed)
	}
	return func(yield func(v, times int64) bool) {
		for page, list := range s.counts {
			if list == nil {
				continue
			}
			for i, n := range list {
				if n == 0 {
					continue
				}
				v := int64(page*pageSpan + i)
				before, _ := slices.BinarySearch(listed, v)
				for v, times := range runs(listed[:before]) {
					if !yield(v, times) {
						return
					}
				}
				listed = listed[before:]
				same, _ := slices.BinarySearch(listed, v+1)
				if !yield(v, int64(n)+int64(same)) {
					return
				}
				listed = listed[same:]
			}
		}
		runs(listed)(yield)
	}
}
