package kernelsummary

import (
	"math"
	"slices"
)

// durations keeps all durations of one kernel name: as they come while there are
// few, 4 bytes each below 4.29 s and 8 beyond, and then as counts by ns. GPUs count
// time in ticks and a kernel takes about as long every time, so that counts need a
// small part of the memory. They are never given more than what they replace.
type durations struct {
	chunks [][]uint32
	narrow int64 // values in chunks
	wide   []int64
	counts []*countPage // by duration / pageSpan; nil where none is
	pages  int64
	count  int64
}

const (
	firstChunk = 16
	lastChunk  = 1 << 12
	// manyValues is how many values a name has before they are counted.
	manyValues = 1 << 14
	pageSpan   = 1 << 9 // ns of a page of counts
	maxPages   = 1 << 15
)

// countPage is how often each of pageSpan successive durations occurred.
type countPage [pageSpan]uint32

// add appends a duration in ns, which is not negative.
func (d *durations) add(ns int64) {
	d.count++
	if d.counts != nil {
		if page := uint64(ns) / pageSpan; page < uint64(len(d.counts)) {
			if p := d.counts[page]; p != nil && p[ns%pageSpan] < math.MaxUint32 {
				p[ns%pageSpan]++
				return
			}
		}
		if d.tally(ns, 1) {
			return
		}
	}
	d.keep(ns)
	if d.narrow >= manyValues && d.counts == nil {
		d.fold()
	}
}

// keep appends a duration to the list.
func (d *durations) keep(ns int64) {
	if ns > math.MaxUint32 {
		d.wide = append(d.wide, ns)
		return
	}
	last := len(d.chunks) - 1
	if last < 0 || len(d.chunks[last]) == cap(d.chunks[last]) {
		size := firstChunk
		if last >= 0 {
			size = min(2*cap(d.chunks[last]), lastChunk)
		}
		d.chunks = append(d.chunks, make([]uint32, 0, size))
		last++
	}
	d.chunks[last] = append(d.chunks[last], uint32(ns))
	d.narrow++
}

// fold turns the list into counts, as far as that needs less memory.
func (d *durations) fold() {
	listed := d.chunks
	d.chunks, d.narrow, d.counts = nil, 0, []*countPage{}
	for _, chunk := range listed {
		for _, ns := range chunk {
			if !d.tally(int64(ns), 1) {
				d.keep(int64(ns))
			}
		}
	}
}

// tally counts a duration, unless that would need a page that its values so far do
// not pay for.
func (d *durations) tally(ns int64, times uint32) bool {
	page := ns / pageSpan
	if page >= maxPages {
		return false
	}
	if page >= int64(len(d.counts)) || d.counts[page] == nil {
		if (d.pages+1)*pageSpan > max(d.count, manyValues) {
			return false
		}
		if grow := page + 1 - int64(len(d.counts)); grow > 0 {
			d.counts = append(d.counts, make([]*countPage, grow)...)
		}
		d.counts[page] = new(countPage)
		d.pages++
	}
	if at := &d.counts[page][ns%pageSpan]; *at <= math.MaxUint32-times {
		*at += times
		return true
	}
	return false
}

// join adds the durations of later rows, which must not be used any more.
func (d *durations) join(after durations) {
	d.count += after.count
	d.wide = append(d.wide, after.wide...)
	if d.counts == nil {
		d.counts, after.counts = after.counts, nil
		d.pages = after.pages
	}
	for page, counts := range after.counts {
		if counts == nil {
			continue
		}
		for i, n := range counts {
			if ns := int64(page*pageSpan + i); n > 0 && !d.tally(ns, n) {
				for range n {
					d.keep(ns)
				}
			}
		}
	}
	d.chunks = append(d.chunks, after.chunks...)
	d.narrow += after.narrow
}

// tied is a duration in ns and how often it occurred.
type tied struct{ ns, times int64 }

// appendTo appends all durations to list in ascending order.
func (d *durations) appendTo(list []tied) []tied {
	rest := slices.Clone(d.wide)
	for _, chunk := range d.chunks {
		for _, ns := range chunk {
			rest = append(rest, int64(ns))
		}
	}
	slices.Sort(rest)
	next := 0
	before := func(ns int64) {
		for next < len(rest) && rest[next] < ns {
			list = appendTied(list, rest[next], 1)
			next++
		}
	}
	for page, counts := range d.counts {
		if counts == nil {
			continue
		}
		for i, n := range counts {
			if n > 0 {
				ns := int64(page*pageSpan + i)
				before(ns)
				list = appendTied(list, ns, int64(n))
			}
		}
	}
	before(math.MaxInt64)
	return list
}

func appendTied(list []tied, ns, times int64) []tied {
	if last := len(list) - 1; last >= 0 && list[last].ns == ns {
		list[last].times += times
		return list
	}
	return append(list, tied{ns, times})
}

// stats describes the durations of one kernel name, in ns.
type stats struct {
	count          int64
	mean, median   float64
	shortest, most int64
	deviation      float64 // of a sample; 0 for one value
}

// describe computes the statistics of at least one duration in ascending order.
func describe(list []tied, count, total int64) stats {
	s := stats{count: count, mean: float64(total) / float64(count), shortest: list[0].ns, most: list[len(list)-1].ns}
	if count > 1 {
		squares := 0.0
		for _, t := range list {
			d := float64(t.ns) - s.mean
			squares += float64(t.times) * d * d
		}
		s.deviation = math.Sqrt(squares / float64(count-1))
	}
	s.median = (float64(valueAt(list, (count-1)/2)) + float64(valueAt(list, count/2))) / 2
	return s
}

// valueAt returns the duration at a place, from 0, in ascending order.
func valueAt(list []tied, place int64) int64 {
	for _, t := range list {
		if place < t.times {
			return t.ns
		}
		place -= t.times
	}
	return list[len(list)-1].ns
}
