package stats

import (
	"cmp"

	"profilemate/frames"
)

// callSum is cuda_api_sum and osrt_sum.
type callSum struct {
	table, name string
	bare        bool // function names lose their version
}

func newCallSum(Choice) maker   { return callSum{"api_calls", "full_name", true} }
func newSystemSum(Choice) maker { return callSum{"os_calls", "name", false} }

func (m callSum) wants() want { return 0 }

func (m callSum) reads() []read { return []read{{m.table, []string{"start", "end", m.name}}} }

func (m callSum) fold() fold { return &callTimes{column: m.name} }

// finish makes a row of each name as recorded: nsys groups by its number, which
// rises with the code.
func (m callSum) finish(_ *scene, f fold) (*Table, error) {
	times := f.(*callTimes)
	list := times.times.entries(cmp.Compare[int32])
	byTotal(list)
	return timeTable(list, "Num Calls", func(r *Row, code int32) {
		n := nameOf(times.dict, code)
		if m.bare {
			n.text = withoutVersion(n.text)
		}
		r.name(n)
	}, "Name"), nil
}

// withoutVersion cuts _v and the last four characters off a function's name. Like
// nsys it keeps longer versions: cudaGraphLaunch_v10000.
func withoutVersion(function string) string {
	const suffix = len("_v1234")
	if at := len(function) - suffix; at >= 0 && function[at:at+2] == "_v" {
		return function[:at]
	}
	return function
}

// callTimes gathers durations by function.
type callTimes struct {
	column string
	dict   *frames.Dictionary
	times  tally[int32]
}

func (f *callTimes) odd() int64 { return f.times.odd }

func (f *callTimes) scan(_ *scene, _ string, b *frames.Batch) {
	names := b.Column(f.column)
	f.dict = names.Dictionary()
	starts, ends := b.Ints("start"), b.Ints("end")
	for i := range starts {
		f.times.add(codeAt(names, i), ends[i]-starts[i])
	}
}

func (f *callTimes) merge(after fold) {
	o := after.(*callTimes)
	if f.dict == nil {
		f.dict = o.dict
	}
	f.times.merge(&o.times)
}

// callTrace is cuda_api_trace.
type callTrace struct{}

func newCallTrace(Choice) maker { return callTrace{} }

func (callTrace) wants() want { return wantThreads }

func (callTrace) reads() []read {
	return []read{{"api_calls", []string{"start", "end", "full_name", "result", "correlation_id", "pid", "tid"}}}
}

func (callTrace) fold() fold { return &callEvents{} }

// callKind is what many calls have in common.
type callKind struct {
	name             int32
	result, pid, tid int64
}

// callEvents keeps every call.
type callEvents struct {
	dict   *frames.Dictionary
	events events[callKind]
}

func (f *callEvents) odd() int64 { return 0 }

func (f *callEvents) scan(_ *scene, _ string, b *frames.Batch) {
	names := b.Column("full_name")
	f.dict = names.Dictionary()
	results, pids, tids := b.Ints("result"), b.Ints("pid"), b.Ints("tid")
	f.events.add(b, func(i int) callKind { return callKind{codeAt(names, i), results[i], pids[i], tids[i]} })
}

func (f *callEvents) merge(after fold) {
	o := after.(*callEvents)
	if f.dict == nil {
		f.dict = o.dict
	}
	f.events.merge(&o.events)
}

func (callTrace) finish(s *scene, f fold) (*Table, error) {
	calls := f.(*callEvents)
	return &Table{
		Headers: []string{"Start (ns)", "Duration (ns)", "Name", "Result", "CorrID", "Pid", "Tid", "T-Pri", "Thread Name"},
		Rows: func(emit func(*Row) error) error {
			var r Row
			return inOrder([]*events[callKind]{&calls.events}, func(e event[callKind]) error {
				n := nameOf(calls.dict, e.kind.name)
				n.text = withoutVersion(n.text)
				r.reset().int(e.start).int(e.duration).name(n).int(e.kind.result).int(e.correlation)
				r.int(e.kind.pid).int(e.kind.tid).thread(s.threads[threadID{e.kind.pid, e.kind.tid}])
				return emit(&r)
			})
		},
	}, nil
}

// thread adds priority and name of a thread.
func (r *Row) thread(t threadName) *Row {
	if t.ranked {
		r.int(t.priority)
	} else {
		r.none(1)
	}
	return r.name(t.name)
}
