package timeline

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// laneKind is what a lane shows.
type laneKind int

const (
	streamLane laneKind = iota
	threadLane
	phaseLane
)

// String returns the kind as the table shows it.
func (k laneKind) String() string { return [...]string{"stream", "thread", "phase"}[k] }

// lane is one row of the timeline.
type lane struct {
	kind        laneKind
	name        string
	pid, device int64 // the device is -1 where there is none
	id          int64 // stream or thread, -1 where the trace does not say
	busy        trace.Set
	unknown     trace.Set // not busy, but hidden graph work may have run
	events      int64     // in the window
	folded      int64     // lanes that share this one, which then has no id; 0 for one that does not
}

// findLanes makes the lanes of streams, threads and phases.
func (v *view) findLanes() {
	v.several = len(v.pids()) > 1
	for _, list := range [][]lane{v.streams(), v.threads(), v.phases()} {
		v.lanes = append(v.lanes, v.fold(list)...)
	}
	for i := range v.lanes {
		l := &v.lanes[i]
		if l.kind == streamLane {
			l.unknown = v.hidden.Of(l.pid).Clip(v.window).Without(l.busy)
		}
	}
}

// pids returns the processes that are shown.
func (v *view) pids() map[int64]bool {
	seen := map[int64]bool{}
	for _, pid := range v.host.Pid {
		if v.shows(pid) {
			seen[pid] = true
		}
	}
	for _, place := range v.places {
		seen[place.Pid] = true
	}
	return seen
}

// of names a process where there are several.
func (v *view) of(pid int64) string {
	if !v.several {
		return ""
	}
	return fmt.Sprintf(" of process %d", pid)
}

func (v *view) streams() []lane {
	var out []lane
	for _, place := range v.places {
		rows := map[int64][]int32{}
		for _, row := range place.Rows {
			if _, ok := v.within(row); ok {
				stream := v.timeline.Stream[row]
				rows[stream] = append(rows[stream], row)
			}
		}
		for stream, list := range rows {
			name := fmt.Sprintf("device %d%s, stream %d", place.Device, v.of(place.Pid), stream)
			if stream < 0 {
				name = fmt.Sprintf("device %d%s", place.Device, v.of(place.Pid))
			}
			out = append(out, lane{kind: streamLane, name: name, pid: place.Pid, device: place.Device, id: stream,
				busy: v.timeline.Busy(list).Clip(v.window), events: int64(len(list))})
		}
	}
	sortLanes(out)
	return out
}

func (v *view) threads() []lane {
	var out []lane
	for _, thread := range v.host.Threads() {
		if !v.shows(thread.Pid) {
			continue
		}
		l := lane{kind: threadLane, name: fmt.Sprintf("thread %d%s, CUDA calls", thread.Tid, v.of(thread.Pid)), pid: thread.Pid, device: -1, id: thread.Tid}
		var calls []trace.Interval
		for _, row := range thread.Rows {
			if v.host.End[row] >= v.window.Start && v.host.Start[row] < v.window.End {
				calls = append(calls, trace.Interval{Start: v.host.Start[row], End: v.host.End[row]})
			}
		}
		if l.events = int64(len(calls)); l.events > 0 {
			l.busy = trace.Union(calls).Clip(v.window)
			out = append(out, l)
		}
	}
	sortLanes(out)
	return out
}

// phases makes a lane of each phase of each thread that has steps.
func (v *view) phases() []lane {
	if v.steps == nil {
		return nil
	}
	type key struct {
		lane  int32
		phase trace.Phase
	}
	at := map[key]int{}
	var out []lane
	var times [][]trace.Interval
	for _, step := range v.steps.List {
		on := v.steps.Lanes[step.Lane]
		time := trace.Interval{Start: v.ranges.Start[step.Row], End: v.ranges.End[step.Row]}
		if !v.shows(on.Pid) || time.End < v.window.Start || time.Start >= v.window.End {
			continue
		}
		k := key{step.Lane, step.Phase}
		i, ok := at[k]
		if !ok {
			i = len(out)
			at[k] = i
			name := fmt.Sprintf("thread %d%s, %s", on.Tid, v.of(on.Pid), cmp.Or(string(step.Phase), "empty step"))
			out, times = append(out, lane{kind: phaseLane, name: name, pid: on.Pid, device: -1, id: on.Tid}), append(times, nil)
		}
		out[i].events++
		times[i] = append(times[i], time)
	}
	for i := range out {
		out[i].busy = trace.Union(times[i]).Clip(v.window)
	}
	sortLanes(out)
	return out
}

func sortLanes(list []lane) {
	slices.SortFunc(list, func(a, b lane) int {
		return cmp.Or(cmp.Compare(a.pid, b.pid), cmp.Compare(a.device, b.device), cmp.Compare(a.id, b.id), cmp.Compare(a.name, b.name))
	})
}

// fold keeps the busiest lanes and puts the others into one for each device of a
// process, threads into one for each process.
func (v *view) fold(list []lane) []lane {
	if len(list) <= v.params.Lanes {
		return list
	}
	byTime := slices.Clone(list)
	slices.SortStableFunc(byTime, func(a, b lane) int { return cmp.Compare(b.busy.Total(), a.busy.Total()) })
	kept, rest := byTime[:v.params.Lanes:v.params.Lanes], byTime[v.params.Lanes:]
	sortLanes(rest)
	for len(rest) > 0 {
		n := 1
		for n < len(rest) && rest[n].pid == rest[0].pid && rest[n].device == rest[0].device {
			n++
		}
		kept = append(kept, v.join(rest[:n]))
		rest = rest[n:]
	}
	sortLanes(kept)
	return kept
}

// join makes one lane of several of a device or process.
func (v *view) join(list []lane) lane {
	one := lane{kind: list[0].kind, pid: list[0].pid, device: list[0].device, id: math.MaxInt64, folded: int64(len(list))}
	one.name = result.Count(one.folded, "other "+one.kind.String()) + v.of(one.pid)
	if one.kind == streamLane {
		one.name = fmt.Sprintf("device %d%s, %s", one.device, v.of(one.pid), result.Count(one.folded, "other stream"))
	}
	var times []trace.Interval
	for _, l := range list {
		one.events += l.events
		times = append(times, l.busy...)
	}
	one.busy = trace.Union(times)
	return one
}

// shares returns how much of each part a lane is busy in percent, NaN where that
// is not known.
func (v *view) shares(l *lane) []result.Number {
	busy, unknown := v.spread(l.busy), v.spread(l.unknown)
	out := make([]result.Number, v.bins)
	for i := range out {
		out[i] = result.Number(100 * float64(busy[i]) / float64(v.part(i).Duration()))
		if unknown[i] > 0 {
			out[i] = result.Number(math.NaN())
		}
	}
	return out
}

// spread returns how long a set within the window lasts in each part, in ns.
func (v *view) spread(set trace.Set) []int64 {
	out := make([]int64, v.bins)
	for _, i := range set {
		v.add(out, i)
	}
	return out
}

// add adds an interval within the window to its parts.
func (v *view) add(parts []int64, i trace.Interval) {
	for at := i.Start; at < i.End; {
		bin := (at - v.window.Start) / v.width
		next := min(v.window.Start+(bin+1)*v.width, i.End)
		parts[bin] += next - at
		at = next
	}
}
