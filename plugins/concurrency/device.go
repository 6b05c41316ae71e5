package concurrency

import (
	"cmp"
	"slices"

	"profilemate/workbench/trace"
)

// device is what is found of one place.
type device struct {
	trace.Place
	window                         trace.Interval
	veiled                         bool      // hidden graph work may have run beside what is seen
	busy, unknown                  trace.Set // unknown: not busy, but hidden graph work may have run
	computing, talking, copying    trace.Set // copying holds memory sets too
	levels                         []int64   // ns with n pieces of work at once, by n; unknown time is not in the first
	streams                        []stream
	kernels, talks, copies, graphs int64 // how many
}

// stream is the work of one CUDA stream of a device.
type stream struct {
	number                 int64
	work                   []int32 // rows of the timeline, in order of start
	kernels, talks, copies int64
	busy                   trace.Set
	alone                  int64 // ns in which no other stream of the device ran
}

func (v *view) measure(place trace.Place) device {
	t := v.timeline
	d := device{Place: place, window: t.Window(place.Rows), busy: t.Busy(place.Rows)}
	d.unknown = v.hidden.Of(place.Pid).Clip(d.window).Without(d.busy)
	d.veiled = v.hidden.Of(place.Pid).TotalIn(d.window) > 0
	var computing, talking, copying []int32
	for _, row := range place.Rows {
		switch {
		case v.isTalk(row):
			talking = append(talking, row)
		case t.Kind[row] == trace.CopyOp || t.Kind[row] == trace.SetOp:
			copying = append(copying, row)
		default:
			computing = append(computing, row)
			if t.Kind[row] == trace.GraphOp {
				d.graphs++
			}
		}
	}
	d.computing, d.talking, d.copying = t.Busy(computing), t.Busy(talking), t.Busy(copying)
	d.kernels, d.talks, d.copies = int64(len(computing))-d.graphs, int64(len(talking)), int64(len(copying))
	d.levels = v.levels(&d)
	v.findStreams(&d)
	return d
}

// isTalk reports whether a row is a communication kernel.
func (v *view) isTalk(row int32) bool {
	return v.timeline.Kind[row] == trace.KernelOp && v.talks[v.timeline.Name[row]]
}

// levels returns how long n pieces of work ran at once, by n: all of the window but
// what is unknown. Work of no length widens the window without being at any level,
// so the first is what the others leave.
func (v *view) levels(d *device) []int64 {
	starts, ends := make([]int64, len(d.Rows)), make([]int64, len(d.Rows))
	for i, row := range d.Rows {
		starts[i], ends[i] = v.timeline.Start[row], v.timeline.End[row]
	}
	levels := trace.TimeAt(starts, ends)
	if len(levels) == 0 {
		levels = []int64{0}
	}
	levels[0] = d.window.Duration() - d.busy.Total() - d.unknown.Total()
	return levels
}

// atOnce returns how long at least two pieces of work ran, in ns, and how many ran
// at most.
func (d *device) atOnce() (time int64, most int) {
	for n, t := range d.levels {
		if n >= 2 {
			time += t
		}
		if t > 0 {
			most = n
		}
	}
	return time, most
}

// findStreams splits the work of a device by stream.
func (v *view) findStreams(d *device) {
	at := map[int64]int{}
	for _, row := range d.Rows {
		number := v.timeline.Stream[row]
		i, ok := at[number]
		if !ok {
			i = len(d.streams)
			at[number] = i
			d.streams = append(d.streams, stream{number: number})
		}
		s := &d.streams[i]
		s.work = append(s.work, row)
		switch {
		case v.isTalk(row):
			s.talks++
		case v.timeline.Kind[row] == trace.KernelOp:
			s.kernels++
		case v.timeline.Kind[row] == trace.CopyOp || v.timeline.Kind[row] == trace.SetOp:
			s.copies++
		}
	}
	var starts, ends []int64
	for i := range d.streams {
		s := &d.streams[i]
		s.busy = v.timeline.Busy(s.work)
		for _, part := range s.busy {
			starts, ends = append(starts, part.Start), append(ends, part.End)
		}
	}
	shared := sharedTime(starts, ends)
	for i := range d.streams {
		s := &d.streams[i]
		s.alone = s.busy.Without(shared).Total()
	}
	slices.SortStableFunc(d.streams, func(a, b stream) int {
		return cmp.Or(cmp.Compare(b.busy.Total(), a.busy.Total()), cmp.Compare(a.number, b.number))
	})
}

// sharedTime returns the time that at least two of the intervals cover.
func sharedTime(starts, ends []int64) trace.Set {
	var list []trace.Interval
	for level := range trace.Levels(starts, ends) {
		if level.Running >= 2 {
			list = append(list, level.Interval)
		}
	}
	return trace.Union(list)
}

// parts splits the busy time of a device by what ran beside what, in ns. They add
// up to it.
type parts struct{ compute, besideTalk, besideCopy, talk, copying int64 }

func (d *device) parts() parts {
	both := d.computing.Overlap(d.talking)
	copied := d.computing.Overlap(d.copying).Without(d.talking)
	return parts{
		compute:    d.computing.Total() - both.Total() - copied.Total(),
		besideTalk: both.Total(),
		besideCopy: copied.Total(),
		talk:       d.talking.Without(d.computing).Total(),
		copying:    d.copying.Without(d.computing).Without(d.talking).Total(),
	}
}
