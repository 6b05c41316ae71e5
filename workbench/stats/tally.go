package stats

import (
	"cmp"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/trace"
)

// name is a text that may be missing.
type name struct {
	text  string
	known bool
}

// compare orders names as SQL does: missing ones first, the others by bytes.
func (n name) compare(o name) int {
	switch {
	case n.known && o.known:
		return cmp.Compare(n.text, o.text)
	case n.known:
		return 1
	case o.known:
		return -1
	}
	return 0
}

// nameAt returns a value of a column, missing where there is no column.
func nameAt(c *frames.Column, code int32) name {
	if c == nil || code < 0 {
		return name{}
	}
	return name{c.Dictionary().String(code), true}
}

// nameOf returns the text of a code in a dictionary; -1 and no dictionary are a
// missing one.
func nameOf(d *frames.Dictionary, code int32) name {
	if d == nil || code < 0 {
		return name{}
	}
	return name{d.String(code), true}
}

// codeAt returns the code of row i, -1 where it is missing or there is no column.
func codeAt(c *frames.Column, i int) int32 {
	if c == nil || c.IsNull(i) {
		return -1
	}
	return c.Codes()[i]
}

// tally gathers the values of each group. The zero tally is empty.
type tally[K comparable] struct {
	index map[K]*trace.Samples
	last  K
	at    *trace.Samples // of last; nil at first
	odd   int64          // values that cannot be
}

// add gives the group a value, in ns or in bytes; the greatest that is believed is the
// same for both.
func (t *tally[K]) add(key K, value int64) {
	if value < 0 || value > trace.Longest {
		t.odd++
		return
	}
	t.group(key).Add(value)
}

func (t *tally[K]) group(key K) *trace.Samples {
	if t.at != nil && t.last == key {
		return t.at
	}
	s := t.index[key]
	if s == nil {
		if t.index == nil {
			t.index = map[K]*trace.Samples{}
		}
		s = &trace.Samples{}
		t.index[key] = s
	}
	t.last, t.at = key, s
	return s
}

// merge adds what a later worker gathered.
func (t *tally[K]) merge(after *tally[K]) {
	for key, s := range after.index {
		t.group(key).Join(s)
	}
	t.odd += after.odd
}

// entry is a group with its statistics.
type entry[K comparable] struct {
	key    K
	spread trace.Stats
}

// entries describes the groups in an order of their keys, which must tell all of them
// apart.
func (t *tally[K]) entries(order func(a, b K) int) []entry[K] {
	out := make([]entry[K], 0, len(t.index))
	var scratch []uint32
	for key, s := range t.index {
		e := entry[K]{key: key}
		e.spread, scratch = s.Describe(scratch)
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b entry[K]) int { return order(a.key, b.key) })
	return out
}

// byTotal puts the longest total first and keeps the order among equals, as SQLite
// sorts its groups.
func byTotal[K comparable](list []entry[K]) {
	slices.SortStableFunc(list, func(a, b entry[K]) int { return cmp.Compare(b.spread.Total, a.spread.Total) })
}

// byTotalAndCount also puts fewer instances first among equals.
func byTotalAndCount[K comparable](list []entry[K]) {
	slices.SortStableFunc(list, func(a, b entry[K]) int {
		return cmp.Or(cmp.Compare(b.spread.Total, a.spread.Total), cmp.Compare(a.spread.Count, b.spread.Count))
	})
}

// timeTable makes the table of a summary of times: the columns that all have, and
// those that label adds.
func timeTable[K comparable](list []entry[K], count string, label func(r *Row, key K), labels ...string) *Table {
	total := int64(0)
	for _, e := range list {
		total += e.spread.Total
	}
	headers := []string{"Time (%)", "Total Time (ns)", count, "Avg (ns)", "Med (ns)", "Min (ns)", "Max (ns)", "StdDev (ns)"}
	return &Table{Headers: append(headers, labels...), Rows: func(emit func(*Row) error) error {
		var r Row
		for _, e := range list {
			r.reset()
			if total == 0 { // nothing to be a part of
				r.none(1)
			} else {
				r.tenths(float64(e.spread.Total) * 100 / float64(total))
			}
			r.int(e.spread.Total).int(e.spread.Count).times(e.spread)
			label(&r, e.key)
			if err := emit(&r); err != nil {
				return err
			}
		}
		return nil
	}}
}

// times adds mean, median, extremes and deviation. Without values nsys leaves all
// but the deviation empty, which is 0.0.
func (r *Row) times(s trace.Stats) *Row {
	if s.Count == 0 {
		return r.none(4).tenths(0)
	}
	return r.tenths(s.Mean).tenths(s.Median).int(s.Min).int(s.Max).tenths(s.StdDev)
}
