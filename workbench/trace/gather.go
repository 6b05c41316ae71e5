package trace

import (
	"cmp"
	"slices"
)

// Gather adds up the work of groups of ranges. of appends the groups that op i
// belongs to; one that it names twice counts once. Busy is counted on each GPU by
// itself and added up; First and Last are those of all GPUs. It takes
// O(work × groups of each), and sorts ops that are not in order of start.
func (a *Attribution) Gather(groups int, of func(i int, list []int32) []int32) []Work {
	g := &gatherer{a: a, out: make([]Work, groups), seen: make([]int32, groups), lane: make([]int32, groups), launched: make([]bool, a.Calls.Len())}
	var list []int32
	for lane, rows := range buckets(a.GPU, len(a.GPUs)) {
		order(rows, a.Ops.Start, a.Ops.Start)
		for _, i := range rows {
			list = of(int(i), list[:0])
			g.add(i, int32(lane), list)
		}
	}
	return g.out
}

type gatherer struct {
	a        *Attribution
	out      []Work
	seen     []int32 // by group: the last op that counted, +1
	lane     []int32 // by group: the last GPU that counted, +1
	launched []bool  // by call: counted
}

func (g *gatherer) add(i, lane int32, groups []int32) {
	call := g.a.Call[i]
	launch := int64(0)
	if call >= 0 && !g.launched[call] {
		g.launched[call], launch = true, 1
	}
	for _, group := range groups {
		if g.seen[group] == i+1 {
			continue
		}
		g.seen[group] = i + 1
		w := &g.out[group]
		w.Launches += launch
		start, end := g.a.Ops.Start[i], g.a.Ops.End[i]
		if g.lane[group] != lane+1 {
			w.until = start // what ran on another GPU does not hide this work
		}
		w.add(start, end)
		w.First = min(w.First, start)
		g.lane[group] = lane + 1
	}
}

// Enclosed returns a function for Gather: the groups of all ranges that an op
// belongs to, by group of each row of the Ranges, -1 for none.
func (a *Attribution) Enclosed(group []int32) func(i int, list []int32) []int32 {
	return func(i int, list []int32) []int32 { return grouped(a.Projection, group, i, list) }
}

// grouped appends the groups of the ranges around op i.
func grouped(p *Projection, group []int32, i int, list []int32) []int32 {
	from := len(list)
	list = p.Enclosing(i, list)
	kept := list[:from]
	for _, row := range list[from:] {
		if group[row] >= 0 {
			kept = append(kept, group[row])
		}
	}
	return kept
}

// HiddenLaunches counts, by group of ranges, the graph launches whose work the trace
// does not show. group is that of each row of the Ranges, -1 for none. It is nil
// where nothing is hidden.
func (a *Attribution) HiddenLaunches(group []int32, groups int) []int64 {
	if a.Hidden.Len() == 0 {
		return nil
	}
	out := make([]int64, groups)
	var list []int32
	for i := range a.Hidden.Len() {
		list = grouped(a.HiddenRanges, group, i, list[:0])
		slices.Sort(list)
		for _, g := range slices.Compact(list) {
			out[g]++
		}
	}
	return out
}

// Divide splits the time during which GPUs are busy among groups, by group of each
// op. Where several run on a GPU at once, each group that has work there gets an
// equal part, however much of it there is: so the parts add up to the busy time, on
// each GPU by itself, to the nanosecond. It takes O(n log n).
func (a *Attribution) Divide(group []int32, groups int) []int64 {
	out := make([]int64, groups)
	for _, rows := range buckets(a.GPU, len(a.GPUs)) {
		divide(a.Ops, rows, group, out)
	}
	return out
}

func divide(ops *Ops, rows []int32, group []int32, out []int64) {
	starts := rows
	order(starts, ops.Start, ops.Start)
	ends := slices.Clone(rows)
	slices.SortStableFunc(ends, func(a, b int32) int { return cmp.Compare(ops.End[a], ops.End[b]) })
	running := make([]int32, len(out))
	var active []int32 // groups that run, ascending
	at := int64(0)
	for i, j := 0, 0; j < len(ends); {
		next := ops.End[ends[j]]
		begins := i < len(starts) && ops.Start[starts[i]] <= next
		if begins {
			next = ops.Start[starts[i]]
		}
		share(out, active, next-at)
		at = next
		if begins {
			active = enter(active, running, group[starts[i]])
			i++
			continue
		}
		active = leave(active, running, group[ends[j]])
		j++
	}
}

func enter(active, running []int32, group int32) []int32 {
	if running[group]++; running[group] > 1 {
		return active
	}
	at, _ := slices.BinarySearch(active, group)
	return slices.Insert(active, at, group)
}

func leave(active, running []int32, group int32) []int32 {
	if running[group]--; running[group] > 0 {
		return active
	}
	at, _ := slices.BinarySearch(active, group)
	return slices.Delete(active, at, at+1)
}

// share gives each active group its part of a time; what cannot be divided goes to
// the first ones.
func share(out []int64, active []int32, time int64) {
	n := int64(len(active))
	if n == 0 || time <= 0 {
		return
	}
	for i, group := range active {
		out[group] += time / n
		if int64(i) < time%n {
			out[group]++
		}
	}
}
