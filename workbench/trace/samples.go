package trace

import (
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
// part of the memory. They are never given more than what they replace. Values are
// counted a run at a time: the counts of one group then stay in the cache meanwhile.
type Samples struct {
	open   []uint32 // that came last; neither in count nor in total yet
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
	if n := len(s.open); n < cap(s.open) && v <= math.MaxUint32 {
		s.open = s.open[:n+1]
		s.open[n] = uint32(v)
		return
	}
	s.add(v)
}

// add appends a value that is wide or that finds no room.
func (s *Samples) add(v int64) {
	if v > math.MaxUint32 {
		s.count++
		s.total += v
		s.wide = append(s.wide, v)
		return
	}
	if room := cap(s.open); s.settle() {
		s.open = make([]uint32, 0, min(max(2*room, firstChunk), lastChunk))
	}
	s.open = append(s.open, uint32(v))
}

// settle lists or counts the open values. It reports whether their memory is part of
// the list now.
func (s *Samples) settle() (listed bool) {
	s.count += int64(len(s.open))
	s.total += sum(s.open)
	if s.counts != nil {
		s.tallyAll(s.open)
		s.open = s.open[:0]
		return false
	}
	if len(s.open) > 0 {
		s.chunks = append(s.chunks, s.open)
		s.narrow += int64(len(s.open))
	}
	s.open = nil
	if s.narrow >= manyValues {
		s.fold()
	}
	return true
}

func sum(list []uint32) int64 {
	total := int64(0)
	for _, v := range list {
		total += int64(v)
	}
	return total
}

// fold turns the list into counts, as far as that needs less memory.
func (s *Samples) fold() {
	listed := s.chunks
	s.chunks, s.narrow, s.counts = nil, 0, []*countPage{}
	for _, chunk := range listed {
		s.tallyAll(chunk)
	}
}

// tallyAll counts values, or lists them where that takes less memory.
func (s *Samples) tallyAll(list []uint32) {
	for _, v := range list {
		if page := v / pageSpan; int(page) < len(s.counts) {
			if p := s.counts[page]; p != nil && p[v%pageSpan] < math.MaxUint32 {
				p[v%pageSpan]++
				continue
			}
		}
		if !s.tally(int64(v), 1) {
			s.keep(v)
		}
	}
}

// keep appends a value to the list, which grows by chunks: nothing is copied while
// it grows or when two are joined.
func (s *Samples) keep(v uint32) {
	last := len(s.chunks) - 1
	if last < 0 || len(s.chunks[last]) == cap(s.chunks[last]) {
		size := firstChunk
		if last >= 0 {
			size = min(2*cap(s.chunks[last]), lastChunk)
		}
		s.chunks = append(s.chunks, make([]uint32, 0, size))
		last++
	}
	s.chunks[last] = append(s.chunks[last], v)
	s.narrow++
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
	s.settle()
	after.settle()
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
					s.keep(uint32(v))
				}
			}
		}
	}
	s.chunks = append(s.chunks, after.chunks...)
	s.narrow += after.narrow
}

// Len returns the number of values.
func (s *Samples) Len() int64 { return s.count + int64(len(s.open)) }

// Total returns the sum of the values.
func (s *Samples) Total() int64 { return s.total + sum(s.open) }

// Sorted returns all values in ascending order. It uses the memory of scratch,
// which may be nil, where that is large enough.
func (s *Samples) Sorted(scratch []int64) []int64 {
	s.settle()
	list := slices.Grow(scratch[:0], int(s.count))
	listed, _ := s.listed(nil)
	s.ascend(listed, func(v, times int64) {
		for range times {
			list = append(list, v)
		}
	})
	return list
}

// Describe computes what the function Describe does of all values, without holding a
// list of those that are counted. It uses the memory of scratch, which may be nil,
// and returns it for the next call.
func (s *Samples) Describe(scratch []uint32) (Stats, []uint32) {
	s.settle()
	listed, scratch := s.listed(scratch)
	d := describe(s.count, s.total)
	s.ascend(listed, d.add)
	return d.end(), scratch
}

// listed returns the narrow values that are not counted, in ascending order, and the
// memory that they lie in. It sorts the wide ones.
func (s *Samples) listed(scratch []uint32) (list, memory []uint32) {
	slices.Sort(s.wide)
	n := int(s.narrow)
	scratch = slices.Grow(scratch[:0], 2*n)
	for _, chunk := range s.chunks {
		scratch = append(scratch, chunk...)
	}
	return sortWords(scratch, scratch[n:2*n]), scratch
}

// ascend visits each value, in order, and how often it occurred: what the lists and
// the counts hold together, so that it does not matter which of them a value is in.
// Counted values are narrow.
func (s *Samples) ascend(listed []uint32, visit func(v, times int64)) {
	for page, list := range s.counts {
		if list == nil {
			continue
		}
		for i, n := range list {
			if n == 0 {
				continue
			}
			v := uint32(page*pageSpan + i)
			before := 0
			for before < len(listed) && listed[before] < v {
				before++
			}
			runs(listed[:before], visit)
			same := before
			for same < len(listed) && listed[same] == v {
				same++
			}
			visit(int64(v), int64(n)+int64(same-before))
			listed = listed[same:]
		}
	}
	runs(listed, visit)
	runs(s.wide, visit)
}
