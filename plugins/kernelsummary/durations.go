package kernelsummary

import (
	"math"
	"slices"
)

// durations keeps all durations of one kernel name, in the order of the rows:
// 4 bytes each below 4.29 s, which nearly all are, and 8 beyond. It grows by
// chunks, so nothing is copied while it grows or when two are joined.
type durations struct {
	chunks [][]uint32
	wide   []int64
	count  int64
}

const (
	firstChunk = 16
	lastChunk  = 1 << 14
)

// add appends a duration in ns, which is not negative.
func (d *durations) add(ns int64) {
	d.count++
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
}

// join adds the durations of later rows.
func (d *durations) join(after durations) {
	d.chunks = append(d.chunks, after.chunks...)
	d.wide = append(d.wide, after.wide...)
	d.count += after.count
}

// appendTo appends all durations to list: the narrow ones first.
func (d *durations) appendTo(list []int64) []int64 {
	list = slices.Grow(list, int(d.count))
	for _, chunk := range d.chunks {
		for _, ns := range chunk {
			list = append(list, int64(ns))
		}
	}
	return append(list, d.wide...)
}

// stats describes the durations of one kernel name, in ns.
type stats struct {
	count          int64
	mean, median   float64
	shortest, most int64
	deviation      float64 // of a sample; 0 for one value
}

// describe computes the statistics of at least one duration. It reorders list.
func describe(list []int64, total int64) stats {
	n := len(list)
	s := stats{count: int64(n), mean: float64(total) / float64(n), shortest: slices.Min(list), most: slices.Max(list)}
	if n > 1 {
		squares := 0.0
		for _, ns := range list {
			d := float64(ns) - s.mean
			squares += d * d
		}
		s.deviation = math.Sqrt(squares / float64(n-1))
	}
	upper := selectNth(list, n/2)
	s.median = float64(upper)
	if n%2 == 0 {
		s.median = (float64(slices.Max(list[:n/2])) + float64(upper)) / 2
	}
	return s
}

// selectNth puts the n-th smallest value (from 0) in place n, with nothing greater
// before it, and returns it. Values repeat a lot, since GPUs count time in ticks:
// each round sets all that equal the pivot aside.
func selectNth(list []int64, n int) int64 {
	low, high := 0, len(list)
	for high-low > 1 {
		pivot := medianOf(list[low], list[low+(high-low)/2], list[high-1])
		less, i, more := low, low, high
		for i < more {
			switch v := list[i]; {
			case v < pivot:
				list[i], list[less] = list[less], v
				less++
				i++
			case v > pivot:
				more--
				list[i], list[more] = list[more], v
			default:
				i++
			}
		}
		switch {
		case n < less:
			high = less
		case n >= more:
			low = more
		default:
			return pivot
		}
	}
	return list[n]
}

func medianOf(a, b, c int64) int64 { return max(min(a, b), min(max(a, b), c)) }
