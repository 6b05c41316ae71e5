package gpuutilization

import (
	"cmp"
	"slices"

	"profilemate/workbench/trace"
)

// cause is why a GPU was idle.
type cause uint8

const (
	hostLate cause = iota
	synchronization
	copyWait
	launchLatency
	queued
	insideGraph
	noCall
	aroundHidden
	short
	hiddenWork
	causes // how many there are
)

// String returns the cause as tables and charts show it.
func (c cause) String() string {
	return [...]string{"host late", "synchronization", "copy wait", "launch latency", "queued", "inside a graph",
		"unknown, no launch recorded", "before or after hidden graph work", "short gaps", "unknown, hidden graph work"}[c]
}

// device is what is found of one place.
type device struct {
	trace.Place
	window  trace.Interval
	busy    trace.Set
	kernels int64     // ns in which a kernel or a whole graph ran
	unknown trace.Set // not busy, but hidden graph work may have run
	causes  [causes]sum
	gaps    []gap // those longer than the parameter, in order of time
}

// sum adds up gaps. Times are in ns.
type sum struct {
	gaps, time, longest int64
	split               split
}

// split is where the time of a gap goes, in ns. It adds up to the gap where the
// launching call is known and is 0 otherwise.
type split struct {
	waiting int64 // the launching thread waited for the GPU or was in a copy
	calls   int64 // it was in another CUDA call
	outside int64 // it was in none
	launch  int64 // from the begin of the launching call to the begin of the work
}

// gap is a time without work between two pieces of it.
type gap struct {
	trace.Interval
	before, next int32 // rows of the timeline
	call         int32 // that launched next, -1 when it is not known
	cause        cause
	split        split
	nvtx         int32 // range around the call, -1 for none
}

// idle returns how long the device was certainly without work, in ns.
func (d *device) idle() int64 {
	return d.window.Duration() - d.busy.Total() - d.unknown.Total()
}

func (v *view) measure(place trace.Place) device {
	t := v.timeline
	d := device{Place: place, window: t.Window(place.Rows), busy: t.Busy(place.Rows)}
	var computing []trace.Interval
	for _, row := range place.Rows {
		if t.Kind[row] == trace.KernelOp || t.Kind[row] == trace.GraphOp {
			computing = append(computing, trace.Interval{Start: t.Start[row], End: t.End[row]})
		}
	}
	d.kernels = trace.Union(computing).Total()
	d.unknown = v.hidden.Of(place.Pid).Clip(d.window).Without(d.busy)
	d.causes[hiddenWork] = sum{gaps: int64(len(d.unknown)), time: d.unknown.Total(), longest: longestOf(d.unknown)}
	v.findGaps(&d)
	return d
}

func longestOf(s trace.Set) int64 {
	longest := int64(0)
	for _, i := range s {
		longest = max(longest, i.Duration())
	}
	return longest
}

// findGaps walks the work in order of time and gives the time between a cause.
func (v *view) findGaps(d *device) {
	t := v.timeline
	last := d.Rows[0]
	for _, row := range d.Rows[1:] {
		if start, end := t.Start[row], t.End[last]; start > end {
			v.addGap(d, gap{Interval: trace.Interval{Start: end, End: start}, before: last, next: row, call: -1, nvtx: -1})
		}
		if t.End[row] > t.End[last] {
			last = row
		}
	}
}

// addGap counts one gap. The part of it in which hidden work may have run is
// counted elsewhere, and the rest has no next work that the trace shows.
func (v *view) addGap(d *device, g gap) {
	hidden := d.unknown.TotalIn(g.Interval)
	if hidden == g.Duration() {
		return
	}
	g.call = v.lookup.Find(v.timeline.Pid[g.next], v.timeline.Correlation[g.next])
	time := g.Duration() - hidden
	switch {
	case hidden > 0:
		g.cause = aroundHidden
	case time <= v.params.Gap.Nanoseconds():
		d.causes[short].add(time, split{})
		return
	default:
		v.explain(&g)
		d.gaps = append(d.gaps, g)
	}
	d.causes[g.cause].add(time, g.split)
}

func (s *sum) add(time int64, part split) {
	s.gaps++
	s.time += time
	s.longest = max(s.longest, time)
	s.split.waiting += part.waiting
	s.split.calls += part.calls
	s.split.outside += part.outside
	s.split.launch += part.launch
}

// explain tells the cause of a gap and splits its time; see the analysis's Doc.
func (v *view) explain(g *gap) {
	t := v.timeline
	if g.call < 0 {
		g.cause = noCall
		return
	}
	begin, end := v.host.Start[g.call], v.host.End[g.call]
	thread := v.threads[threadID{v.host.Pid[g.call], v.host.Tid[g.call]}]
	g.split = thread.split(g.Interval, begin)
	at := trace.Interval{Start: g.Start, End: g.Start + 1}
	switch {
	case t.Correlation[g.before] == t.Correlation[g.next] && v.host.Role(g.call) == trace.GraphLaunch:
		g.cause = insideGraph
	case end <= g.Start:
		g.cause = queued
	case begin <= g.Start && t.Kind[g.next] == trace.CopyOp:
		g.cause = copyWait
	case begin <= g.Start:
		g.cause = launchLatency
	case thread.waits.TotalIn(at) > 0:
		g.cause = synchronization
	case thread.copies.TotalIn(at) > 0:
		g.cause = copyWait
	default:
		g.cause = hostLate
	}
}

// split splits a gap at the begin of the launching call.
func (t *threadTimes) split(g trace.Interval, begin int64) split {
	before := trace.Interval{Start: g.Start, End: min(max(begin, g.Start), g.End)}
	s := split{launch: g.Duration() - before.Duration()}
	s.waiting = t.waits.Clip(before).Plus(t.copies.Clip(before)).Total()
	s.calls = t.calls.TotalIn(before) - s.waiting
	s.outside = before.Duration() - s.waiting - s.calls
	return s
}

// longestGaps returns the longest gaps of a device, the longest first, of equal
// ones the earlier.
func (d *device) longestGaps(n int) []gap {
	list := slices.Clone(d.gaps)
	slices.SortStableFunc(list, func(a, b gap) int { return cmp.Compare(b.Duration(), a.Duration()) })
	return list[:min(n, len(list))]
}
