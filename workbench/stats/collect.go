package stats

import (
	"slices"

	"profilemate/frames"
	"profilemate/workbench/trace"
)

// chunks keeps a column of unknown length without copying it while it grows.
type chunks[T any] [][]T

func (c *chunks[T]) add(values []T) { *c = append(*c, slices.Clone(values)) }

// join returns all values in one slice and lets the chunks go.
func (c *chunks[T]) join() []T {
	out := slices.Concat(*c...)
	*c = nil
	return out
}

// codesOf returns the codes of a column, -1 for a missing value, using the memory of
// scratch. Without a column all are missing.
func codesOf(c *frames.Column, rows int, scratch []int32) []int32 {
	scratch = scratch[:0]
	for i := range rows {
		scratch = append(scratch, codeAt(c, i))
	}
	return scratch
}

// callCollector keeps the API calls for lookup.
type callCollector struct{}

func (*callCollector) wants() want { return 0 }

func (*callCollector) reads() []read {
	return []read{{"api_calls", []string{"start", "end", "pid", "tid", "correlation_id", "full_name"}}}
}

func (*callCollector) fold() fold { return &callColumns{} }

func (*callCollector) finish(*scene, fold) (*Table, error) { return nil, nil }

func (*callCollector) done(s *scene, f fold) {
	c := f.(*callColumns)
	s.calls = &trace.Calls{Start: c.start.join(), End: c.end.join(), Pid: c.pid.join(), Tid: c.tid.join(), Correlation: c.correlation.join()}
	s.callNames, s.callDict = c.name.join(), c.dict
	s.lookup = trace.NewLookup(s.calls)
	if s.want&wantCallRange != 0 && s.ranges != nil {
		s.findCallRanges()
	}
}

type callColumns struct {
	start, end, pid, tid, correlation chunks[int64]
	name                              chunks[int32]
	dict                              *frames.Dictionary
	scratch                           []int32
}

func (c *callColumns) odd() int64 { return 0 }

func (c *callColumns) scan(_ *scene, _ string, b *frames.Batch) {
	c.start.add(b.Ints("start"))
	c.end.add(b.Ints("end"))
	c.pid.add(b.Ints("pid"))
	c.tid.add(b.Ints("tid"))
	c.correlation.add(b.Ints("correlation_id"))
	names := b.Column("full_name")
	c.dict = names.Dictionary()
	c.scratch = codesOf(names, b.Len(), c.scratch)
	c.name.add(c.scratch)
}

func (c *callColumns) merge(after fold) {
	o := after.(*callColumns)
	c.start, c.end = append(c.start, o.start...), append(c.end, o.end...)
	c.pid, c.tid = append(c.pid, o.pid...), append(c.tid, o.tid...)
	c.correlation, c.name = append(c.correlation, o.correlation...), append(c.name, o.name...)
	if c.dict == nil {
		c.dict = o.dict
	}
}

// workCollector keeps all GPU work for projection.
type workCollector struct{}

func (*workCollector) wants() want { return 0 }

func (*workCollector) reads() []read {
	columns := []string{"start", "end", "pid", "correlation_id"}
	return []read{{"kernels", columns}, {"copies", columns}, {"sets", columns}}
}

func (*workCollector) fold() fold { return &workColumns{} }

func (*workCollector) finish(*scene, fold) (*Table, error) { return nil, nil }

func (*workCollector) done(s *scene, f fold) {
	w := f.(*workColumns)
	s.work = &trace.Ops{
		Start: slices.Concat(w[0].start.join(), w[1].start.join(), w[2].start.join()),
		End:   slices.Concat(w[0].end.join(), w[1].end.join(), w[2].end.join()),
		Pid:   slices.Concat(w[0].pid.join(), w[1].pid.join(), w[2].pid.join()), Correlation: slices.Concat(
			w[0].correlation.join(), w[1].correlation.join(), w[2].correlation.join()),
	}
}

// workColumns are kernels, copies and sets.
type workColumns [3]struct{ start, end, pid, correlation chunks[int64] }

func (w *workColumns) odd() int64 { return 0 }

func (w *workColumns) scan(_ *scene, table string, b *frames.Batch) {
	at := &w[workTable(table)]
	at.start.add(b.Ints("start"))
	at.end.add(b.Ints("end"))
	at.pid.add(b.Ints("pid"))
	at.correlation.add(b.Ints("correlation_id"))
}

func (w *workColumns) merge(after fold) {
	for i := range w {
		a, o := &w[i], &after.(*workColumns)[i]
		a.start, a.end = append(a.start, o.start...), append(a.end, o.end...)
		a.pid, a.correlation = append(a.pid, o.pid...), append(a.correlation, o.correlation...)
	}
}

// workTable numbers the tables of GPU work in the order in which nsys lists them.
func workTable(table string) int {
	return slices.Index([]string{"kernels", "copies", "sets"}, table)
}
