package stats

import (
	"cmp"

	"profilemate/frames"
	"profilemate/workbench/trace"
)

// nothing is the fold of reports that read nothing of their own.
type nothing struct{}

func (nothing) scan(*scene, string, *frames.Batch) {}
func (nothing) merge(fold)                         {}
func (nothing) odd() int64                         { return 0 }

// rangeSum is nvtx_sum and nvtx_pushpop_sum.
type rangeSum struct{ pushPop bool }

func newRangeSum(Choice) maker   { return rangeSum{} }
func newPushPopSum(Choice) maker { return rangeSum{pushPop: true} }

func (m rangeSum) wants() want   { return wantRanges }
func (m rangeSum) reads() []read { return nil }
func (m rangeSum) fold() fold    { return &rangeTimes{} }

// rangeTimes only counts what is left out.
type rangeTimes struct {
	nothing
	wrong int64
}

func (f *rangeTimes) odd() int64 { return f.wrong }
func (f *rangeTimes) merge(fold) {}

// rangeKey is what ranges are summed by.
type rangeKey struct {
	name  name
	style string
}

func (k rangeKey) compare(o rangeKey) int {
	return cmp.Or(k.name.compare(o.name), cmp.Compare(k.style, o.style))
}

// rangeName returns the name of a range as nsys prints it.
func rangeName(r *trace.Ranges, code int32) name {
	if code < 0 {
		return name{}
	}
	return name{r.Names[code], true}
}

// finish adds up host times. A range that was never closed lasts to the last event.
func (m rangeSum) finish(s *scene, f fold) (*Table, error) {
	type key struct {
		code  int32
		style trace.Style
	}
	times, ranges := tally[key]{}, s.ranges
	for i, style := range ranges.Style {
		if style == trace.NoRange || m.pushPop && style != trace.PushPop {
			continue
		}
		k, end := key{code: -1, style: style}, ranges.End[i]
		if ranges.Name != nil {
			k.code = ranges.Name[i]
		}
		if ranges.Open != nil && ranges.Open[i] {
			end = ranges.LastEvent
		}
		times.add(k, end-ranges.Start[i])
	}
	f.(*rangeTimes).wrong = times.odd
	list := rekeyed(&times, func(k key) rangeKey { return rangeKey{rangeName(ranges, k.code), k.style.String()} }).entries(rangeKey.compare)
	byTotal(list)
	if m.pushPop {
		return timeTable(list, "Instances", func(r *Row, k rangeKey) { r.name(k.name) }, "Range"), nil
	}
	return timeTable(list, "Instances", func(r *Row, k rangeKey) { r.str(k.style).name(k.name) }, "Style", "Range"), nil
}
