package trace

import "slices"

// Work is the GPU work that one NVTX range holds, that of the ranges below it
// included. Without any, all is 0.
type Work struct {
	Launches int64 // API calls that the work came of (distinct correlation ids): one for all nodes of a graph launch
	Ops      int64 // pieces of work
	Sum      int64 // their durations added up, in ns
	Busy     int64 // time during which at least one ran, in ns
	First    int64 // earliest start, in ns
	Last     int64 // latest end, in ns
	until    int64 // latest end so far, while they are counted
}

// Span returns the time from the first start to the last end in ns, gaps included:
// what nsys calls projected duration.
func (w Work) Span() int64 { return w.Last - w.First }

// Work adds up the GPU work of every range, by row of the Ranges. ops are those
// that were projected. It takes O(work × depth), and sorts ops that are not in order
// of start.
func (p *Projection) Work(ops *Ops) []Work {
	out := make([]Work, p.nesting.ranges.Len())
	p.countLaunches(out)
	var list []int32
	for _, i := range inTime(ops.Start) {
		list = p.Enclosing(int(i), list[:0])
		for _, row := range list {
			out[row].add(ops.Start[i], ops.End[i])
		}
	}
	return out
}

// countLaunches counts each call once, with the work that comes first.
func (p *Projection) countLaunches(out []Work) {
	highest := int32(-1)
	for _, call := range p.Call {
		highest = max(highest, call)
	}
	seen := make([]bool, highest+1)
	var list []int32
	for i, call := range p.Call {
		if call < 0 || seen[call] {
			continue
		}
		seen[call] = true
		list = p.Enclosing(i, list[:0])
		for _, row := range list {
			out[row].Launches++
		}
	}
}

// add counts work that starts no earlier than that before.
func (w *Work) add(start, end int64) {
	if w.Ops == 0 {
		w.First, w.Last, w.until = start, end, start
	}
	w.Ops++
	w.Sum += end - start
	w.Last = max(w.Last, end)
	if end > w.until {
		w.Busy += end - max(start, w.until)
		w.until = end
	}
}

// inTime returns the rows in order of start, equal ones in order of row.
func inTime(start []int64) []int32 {
	rows := make([]int32, len(start))
	for i := range rows {
		rows[i] = int32(i)
	}
	if slices.IsSorted(start) {
		return rows
	}
	order(rows, start, start)
	return rows
}
