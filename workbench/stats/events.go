package stats

import (
	"cmp"
	"slices"

	"profilemate/frames"
)

// events keeps the rows of a table for a list by time: 28 bytes each, what many rows
// have in common being kept once as a kind. Rows that come in order of time, as
// nearly all exports have them, are not sorted.
type events[K comparable] struct {
	parts  []*part[K]
	kinds  *kinds[K] // of this worker
	sorted []place   // nil: as they stand
}

// part is a batch of rows.
type part[K comparable] struct {
	start, duration, correlation []int64
	kind                         []int32
	kinds                        *kinds[K]
}

// kinds numbers what rows have in common.
type kinds[K comparable] struct {
	index map[K]int32
	list  []K
	last  int32
}

func (k *kinds[K]) of(key K) int32 {
	if len(k.list) > 0 && k.list[k.last] == key {
		return k.last
	}
	number, ok := k.index[key]
	if !ok {
		number = int32(len(k.list))
		k.index[key] = number
		k.list = append(k.list, key)
	}
	k.last = number
	return number
}

// place is a row of a part.
type place struct{ part, row int32 }

// event is one row.
type event[K comparable] struct {
	start, duration, correlation int64
	kind                         K
}

// add keeps the rows of a batch, which has the columns start, end and
// correlation_id.
func (e *events[K]) add(b *frames.Batch, kind func(i int) K) {
	if e.kinds == nil {
		e.kinds = &kinds[K]{index: map[K]int32{}}
	}
	ends := b.Ints("end")
	p := &part[K]{start: slices.Clone(b.Ints("start")), correlation: slices.Clone(b.Ints("correlation_id")),
		duration: make([]int64, b.Len()), kind: make([]int32, b.Len()), kinds: e.kinds}
	for i, start := range p.start {
		p.duration[i] = ends[i] - start
		p.kind[i] = e.kinds.of(kind(i))
	}
	e.parts = append(e.parts, p)
}

func (e *events[K]) merge(after *events[K]) { e.parts = append(e.parts, after.parts...) }

// sort makes an index of rows that are not in order of time.
func (e *events[K]) sort() {
	rows, before, inOrder := 0, int64(0), true
	for i, p := range e.parts {
		rows += len(p.start)
		if len(p.start) > 0 {
			inOrder = inOrder && slices.IsSorted(p.start) && (i == 0 || before <= p.start[0])
			before = p.start[len(p.start)-1]
		}
	}
	if inOrder || e.sorted != nil {
		return
	}
	e.sorted = make([]place, 0, rows)
	for i, p := range e.parts {
		for row := range p.start {
			e.sorted = append(e.sorted, place{int32(i), int32(row)})
		}
	}
	slices.SortStableFunc(e.sorted, func(a, b place) int {
		return cmp.Compare(e.parts[a.part].start[a.row], e.parts[b.part].start[b.row])
	})
}

// cursor walks events by time.
type cursor[K comparable] struct {
	events *events[K]
	next   int // in sorted
	at     place
}

// start returns when the event under the cursor begins, and whether there is one.
func (c *cursor[K]) start() (int64, bool) {
	e := c.events
	if e.sorted != nil {
		if c.next == len(e.sorted) {
			return 0, false
		}
		c.at = e.sorted[c.next]
	}
	for int(c.at.part) < len(e.parts) && int(c.at.row) == len(e.parts[c.at.part].start) {
		c.at = place{c.at.part + 1, 0}
	}
	if int(c.at.part) == len(e.parts) {
		return 0, false
	}
	return e.parts[c.at.part].start[c.at.row], true
}

// take returns the event under the cursor and moves on.
func (c *cursor[K]) take() event[K] {
	p, row := c.events.parts[c.at.part], c.at.row
	c.next++
	c.at.row++
	return event[K]{p.start[row], p.duration[row], p.correlation[row], p.kinds.list[p.kind[row]]}
}

// inOrder calls emit with the events of all lists by time; of those that start
// together, the earlier list and the earlier row come first.
func inOrder[K comparable](lists []*events[K], emit func(event[K]) error) error {
	cursors := make([]cursor[K], len(lists))
	for i, e := range lists {
		e.sort()
		cursors[i].events = e
	}
	for {
		first, start := -1, int64(0)
		for i := range cursors {
			if at, ok := cursors[i].start(); ok && (first < 0 || at < start) {
				first, start = i, at
			}
		}
		if first < 0 {
			return nil
		}
		if err := emit(cursors[first].take()); err != nil {
			return err
		}
	}
}
