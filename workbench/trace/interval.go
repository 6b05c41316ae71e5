package trace

import "slices"

// Interval is the time from Start up to, but without, End, in ns.
type Interval struct {
	Start, End int64
}

// Duration returns End - Start in ns.
func (i Interval) Duration() int64 { return i.End - i.Start }

// Set is time as intervals in ascending order that are not empty and neither
// overlap nor touch. The zero Set is no time at all. The functions of this package
// that return a Set keep this, and those that take one rely on it.
type Set []Interval

// Merge returns the time that the intervals from start[i] to end[i] cover
// together. Intervals that overlap or touch become one, and those that end at or
// before their start are left out. It takes O(n) for intervals in order of start and
// O(n log n) otherwise. It panics when the columns differ in length.
func Merge(start, end []int64) Set {
	if inOrder(start) {
		out := Set{}
		for i, s := range start {
			out = out.extend(Interval{s, end[i]})
		}
		return out
	}
	return Union(pairs(start, end))
}

// Union is Merge for intervals. It reorders list.
func Union(list []Interval) Set {
	slices.SortFunc(list, byStart)
	out := Set{}
	for _, i := range list {
		out = out.extend(i)
	}
	return out
}

// Busy returns how long the intervals from start[i] to end[i] last together in ns,
// time under several of them counted once: Merge(start, end).Total() without
// making the set.
func Busy(start, end []int64) int64 {
	if !inOrder(start) {
		return Union(pairs(start, end)).Total()
	}
	total, until := int64(0), int64(0)
	for i, s := range start {
		if i == 0 {
			until = s
		}
		if e := end[i]; e > until && e > s {
			total += e - max(s, until)
			until = e
		}
	}
	return total
}

// extend adds an interval that does not start before the last one.
func (s Set) extend(i Interval) Set {
	if i.End <= i.Start {
		return s
	}
	if last := len(s) - 1; last >= 0 && i.Start <= s[last].End {
		s[last].End = max(s[last].End, i.End)
		return s
	}
	return append(s, i)
}

// Total returns how long the set lasts in ns.
func (s Set) Total() int64 {
	total := int64(0)
	for _, i := range s {
		total += i.Duration()
	}
	return total
}

// Span returns the time from the first start to the last end, and the zero
// Interval for an empty set.
func (s Set) Span() Interval {
	if len(s) == 0 {
		return Interval{}
	}
	return Interval{s[0].Start, s[len(s)-1].End}
}

// Clip returns the part of the set within the window, in O(log n + k) for k
// intervals. It shares no memory with s.
func (s Set) Clip(window Interval) Set {
	out := Set{}
	for _, i := range s[s.after(window.Start):] {
		if i.Start >= window.End {
			break
		}
		out = out.extend(Interval{max(i.Start, window.Start), min(i.End, window.End)})
	}
	return out
}

// TotalIn returns how long the set lasts within the window in ns.
func (s Set) TotalIn(window Interval) int64 {
	total := int64(0)
	for _, i := range s[s.after(window.Start):] {
		if i.Start >= window.End {
			break
		}
		total += min(i.End, window.End) - max(i.Start, window.Start)
	}
	return total
}

// after returns the index of the first interval that ends after t, len(s) when
// none does.
func (s Set) after(t int64) int {
	at, _ := slices.BinarySearchFunc(s, t, func(i Interval, t int64) int {
		if i.End <= t {
			return -1
		}
		return 1 // never equal, so the place is that of the first beyond
	})
	return at
}

// Gaps returns the part of the window that the set does not cover. With s.Span()
// as the window it is the time between the intervals.
func (s Set) Gaps(window Interval) Set {
	out := Set{}
	from := window.Start
	for _, i := range s[s.after(window.Start):] {
		if i.Start >= window.End {
			break
		}
		out = out.extend(Interval{from, i.Start})
		from = i.End
	}
	return out.extend(Interval{from, window.End})
}

// Overlap returns the time that is in both sets, in O(n + m).
func (s Set) Overlap(other Set) Set {
	out := Set{}
	for i, j := 0, 0; i < len(s) && j < len(other); {
		out = out.extend(Interval{max(s[i].Start, other[j].Start), min(s[i].End, other[j].End)})
		if s[i].End <= other[j].End {
			i++
		} else {
			j++
		}
	}
	return out
}

// Without returns the time that is in s and not in other, in O(n + m).
func (s Set) Without(other Set) Set {
	out := Set{}
	j := 0
	for _, i := range s {
		for j < len(other) && other[j].End <= i.Start {
			j++
		}
		from := i.Start
		for k := j; k < len(other) && other[k].Start < i.End; k++ {
			out = out.extend(Interval{from, other[k].Start})
			from = other[k].End
		}
		out = out.extend(Interval{from, i.End})
	}
	return out
}

// Plus returns the time that is in either set.
func (s Set) Plus(other Set) Set {
	return Union(slices.Concat(s, other))
}

func inOrder(start []int64) bool { return slices.IsSorted(start) }

func pairs(start, end []int64) []Interval {
	list := make([]Interval, len(start))
	for i, s := range start {
		list[i] = Interval{s, end[i]}
	}
	return list
}

func byStart(a, b Interval) int {
	switch {
	case a.Start < b.Start:
		return -1
	case a.Start > b.Start:
		return 1
	}
	return 0
}
