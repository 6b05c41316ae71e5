package launchoverhead

import (
	"cmp"
	"fmt"
	"slices"

	"profilemate/workbench/trace"
)

// class says what a launch waited for.
type class uint8

const (
	unclassified class = iota
	hostBound
	gpuBound
	classes // how many there are
)

// launch is one launch of a kernel or graph. Times are in ns.
type launch struct {
	row        int32 // of its first work
	call       int32 // -1 when it is not recorded
	nodes      int64 // kernels, copies and sets that ran for it
	start, end int64 // of all its work
	gpu        int64 // time in which its work ran
	class      class
	idle       int64 // how long the GPU had been dry, where it is host-bound
}

// device is what is found of one place.
type device struct {
	trace.Place
	window   trace.Interval // from the first to the last work, copies and sets included
	launches []launch       // in order of start
	total    *sums          // of all launches
}

// measure finds the launches of a place.
func (v *view) measure(place trace.Place) device {
	t := v.timeline
	d := device{Place: place, window: t.Window(place.Rows)}
	graphs := map[int64]int{} // index in launches by correlation id
	hidden := v.hidden.Of(place.Pid)
	until := t.Start[place.Rows[0]]
	for n, row := range place.Rows {
		if i, ok := graphs[t.Correlation[row]]; ok && t.Node[row] {
			d.launches[i].extend(t.Start[row], t.End[row])
		} else if launches(t, row) {
			l := launch{row: row, call: v.lookup.Find(t.Pid[row], t.Correlation[row]), nodes: 1,
				start: t.Start[row], end: t.End[row], gpu: t.End[row] - t.Start[row]}
			dry := trace.Interval{Start: until, End: t.Start[row]}
			if n > 0 && l.call >= 0 && hidden.TotalIn(dry) == 0 {
				l.classify(until, v.host.End[l.call])
			}
			if t.Node[row] {
				graphs[t.Correlation[row]] = len(d.launches)
			}
			d.launches = append(d.launches, l)
		}
		until = max(until, t.End[row])
	}
	return d
}

// launches reports whether a row stands for a launch: a kernel, a whole graph, or
// the first node of one, of which the others come later.
func launches(t *trace.Timeline, row int32) bool {
	return t.Node[row] || t.Kind[row] == trace.KernelOp || t.Kind[row] == trace.GraphOp
}

// classify compares when the device ran dry with when the call returned.
func (l *launch) classify(dry, returned int64) {
	l.class = gpuBound
	if dry < l.start && dry < returned {
		l.class, l.idle = hostBound, l.start-dry
	}
}

// extend adds a node that starts no earlier than those before.
func (l *launch) extend(start, end int64) {
	l.nodes++
	if end > l.end {
		l.gpu += end - max(start, l.end)
		l.end = end
	}
}

// queue returns how long a launch was queued in ns, and whether its work began
// before the call returned.
func (v *view) queue(l launch) (time int64, overlapped bool) {
	time = l.start - v.host.End[l.call]
	return max(time, 0), time < 0
}

// isGraph reports whether a graph was launched.
func (v *view) isGraph(l launch) bool {
	return v.timeline.Node[l.row] || v.timeline.Kind[l.row] == trace.GraphOp
}

// sums add up launches. Times are in ns.
type sums struct {
	count, graphs, known         int64 // launches, those of graphs, those whose call is recorded
	class                        [classes]int64
	overlapped, tiny             int64 // work that began before its call returned; work that is shorter than its call
	excess                       int64 // how much longer the calls of tiny work are
	idle                         int64
	call, queue, gpu             trace.Samples
	callsOf, queuesOf, durations []int64 // sorted, once they are described
}

// group is the launches of one kernel name, or of graphs of one size, on a device.
type group struct {
	sums
	device     *device
	name, full string // full is empty for a graph
	nodes      bool   // of graphs whose nodes are traced
}

func (v *view) add(s *sums, l launch) {
	s.count++
	s.class[l.class]++
	s.idle += l.idle
	s.gpu.Add(l.gpu)
	if v.isGraph(l) {
		s.graphs++
	}
	if l.call < 0 {
		return
	}
	s.known++
	call := v.host.End[l.call] - v.host.Start[l.call]
	queue, overlapped := v.queue(l)
	s.call.Add(call)
	s.queue.Add(queue)
	if overlapped {
		s.overlapped++
	}
	if l.gpu < call {
		s.tiny++
		s.excess += call - l.gpu
	}
}

// group adds up launches by device and name, the longest idle time first.
func (v *view) group() {
	type key struct {
		device int
		name   string
		graph  bool
	}
	known := map[key]*group{}
	short := v.timeline.ShortNames()
	for i := range v.devices {
		d := &v.devices[i]
		for _, l := range d.launches {
			k := key{i, v.timeline.NameOf(l.row), false}
			name := short[v.timeline.Name[l.row]]
			if v.timeline.Node[l.row] {
				name = fmt.Sprintf("CUDA graph of %d nodes", l.nodes)
				k = key{i, name, true}
			}
			g := known[k]
			if g == nil {
				g = &group{device: d, name: name, nodes: k.graph}
				if !v.isGraph(l) {
					g.full = k.name
				}
				known[k] = g
				v.groups = append(v.groups, g)
			}
			v.add(&g.sums, l)
		}
	}
	slices.SortStableFunc(v.groups, func(a, b *group) int {
		return cmp.Or(cmp.Compare(b.idle, a.idle), cmp.Compare(b.gpu.Total(), a.gpu.Total()), cmp.Compare(a.name, b.name))
	})
	for _, g := range v.groups {
		g.describe()
	}
}

// describe sorts the values of a group, once.
func (s *sums) describe() {
	s.callsOf, s.queuesOf, s.durations = s.call.Sorted(nil), s.queue.Sorted(nil), s.gpu.Sorted(nil)
}

// totalOf adds up the launches of a device.
func (v *view) totalOf(d *device) *sums {
	s := &sums{}
	for _, l := range d.launches {
		v.add(s, l)
	}
	s.describe()
	return s
}
