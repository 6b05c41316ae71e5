package synchronization

import (
	"cmp"
	"slices"

	"profilemate/workbench/trace"
)

// wait is one blocking call. Times are in ns.
type wait struct {
	trace.Interval
	call                int32
	busy, idle, unknown int64 // what the GPU did; they add up to the call
	after               int64 // how long the GPU had no work after it
}

// blocks reports whether a call may hold the host.
func (v *view) blocks(call int32) bool {
	role := v.host.Role(call)
	return role.Waits() || role == trace.MemoryCall || v.pageable[call]
}

// findWaits lists the blocking calls and what the GPU did meanwhile.
func (v *view) findWaits() {
	for _, thread := range v.host.Threads() {
		last := -1
		for _, row := range thread.Rows {
			if !v.blocks(row) {
				continue
			}
			call := trace.Interval{Start: v.host.Start[row], End: v.host.End[row]}
			if last >= 0 && call.Start < v.waits[last].End && call.End <= v.waits[last].End {
				continue // inside another
			}
			last = len(v.waits)
			v.waits = append(v.waits, v.measure(thread.Pid, row, call))
		}
	}
	slices.SortStableFunc(v.waits, func(a, b wait) int {
		return cmp.Or(cmp.Compare(v.host.Pid[a.call], v.host.Pid[b.call]), cmp.Compare(a.Start, b.Start))
	})
	for i := range v.waits {
		v.findAfter(i)
	}
}

func (v *view) measure(pid int64, row int32, call trace.Interval) wait {
	w := wait{Interval: call, call: row}
	busy := v.busy[pid]
	w.busy = busy.TotalIn(call)
	if len(busy) == 0 {
		w.unknown = call.Duration()
		return w
	}
	w.unknown = v.hidden.Of(pid).Clip(call).Without(busy.Clip(call)).Total()
	w.idle = call.Duration() - w.busy - w.unknown
	return w
}

// findAfter measures the time without work after a wait, until the next work or the
// next wait of the process. Where nothing follows there is none: what came after the
// last work is not in the trace's power to judge. Nor is there any where hidden work
// may have run.
func (v *view) findAfter(i int) {
	w := &v.waits[i]
	pid := v.host.Pid[w.call]
	busy := v.busy[pid]
	if w.busy == 0 || len(busy) == 0 || w.End >= busy.Span().End {
		return
	}
	until := busy.Span().End
	next, _ := slices.BinarySearchFunc(v.waits[i+1:], w.End, func(o wait, t int64) int {
		if v.host.Pid[o.call] == pid && o.Start < t {
			return -1
		}
		return 1
	})
	if at := i + 1 + next; at < len(v.waits) && v.host.Pid[v.waits[at].call] == pid {
		until = min(until, v.waits[at].Start)
	}
	gaps := busy.Gaps(trace.Interval{Start: w.End, End: until})
	if len(gaps) == 0 || gaps[0].Start != w.End || v.hidden.Of(pid).TotalIn(gaps[0]) > 0 {
		return
	}
	w.after = gaps[0].Duration()
}

// sum adds up waits.
type sum struct {
	pid, tid            int64
	name                string
	role                trace.CallRole
	pageable            bool
	times               trace.Samples
	busy, idle, unknown int64
	after               int64
	durations           []int64 // sorted
}

func (s *sum) add(w wait) {
	s.times.Add(w.Duration())
	s.busy += w.busy
	s.idle += w.idle
	s.unknown += w.unknown
	s.after += w.after
}

// kind says in words why a call blocks.
func (s *sum) kind() string {
	if s.pageable {
		return "copy of pageable memory"
	}
	return s.role.String()
}

// byCall adds up the waits by thread and function, the longest total first.
func (v *view) byCall() []*sum {
	type key struct {
		pid, tid int64
		name     string
		pageable bool
	}
	known := map[key]*sum{}
	var list []*sum
	for _, w := range v.waits {
		k := key{v.host.Pid[w.call], v.host.Tid[w.call], v.host.NameOf(w.call), v.pageable[w.call]}
		s := known[k]
		if s == nil {
			s = &sum{pid: k.pid, tid: k.tid, name: k.name, role: v.host.Role(w.call), pageable: k.pageable}
			known[k] = s
			list = append(list, s)
		}
		s.add(w)
	}
	return ordered(list)
}

// ordered sorts by total and sorts the values of each sum.
func ordered(list []*sum) []*sum {
	slices.SortStableFunc(list, func(a, b *sum) int {
		return cmp.Or(cmp.Compare(b.times.Total(), a.times.Total()), cmp.Compare(a.pid, b.pid), cmp.Compare(a.tid, b.tid), cmp.Compare(a.name, b.name))
	})
	for _, s := range list {
		s.durations = s.times.Sorted(nil)
	}
	return list
}

// window returns the time from the first begin to the last end of a call of a
// process.
func (v *view) window(pid int64) trace.Interval {
	var w trace.Interval
	any := false
	for i, p := range v.host.Pid {
		if p != pid {
			continue
		}
		if !any {
			w, any = trace.Interval{Start: v.host.Start[i], End: v.host.End[i]}, true
		}
		w = trace.Interval{Start: min(w.Start, v.host.Start[i]), End: max(w.End, v.host.End[i])}
	}
	return w
}
