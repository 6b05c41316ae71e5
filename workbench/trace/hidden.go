package trace

import (
	"math"
	"slices"
)

// Hidden is the work of CUDA graphs that the trace does not show: launches without
// a row on the GPU's side, as a graph-level trace of nsys up to 2023.4 leaves them.
// The zero Hidden is none.
type Hidden struct {
	Launches  int64           // launches whose work is not shown
	byProcess map[int64]Set   // when the work of them may have run
	count     map[int64]int64 // launches by process
}

// HiddenGraphs finds the graph launches among the calls that no work of the
// timeline came of. Failed calls launch nothing. Their work may have run from the
// begin of the launch until the end of the next call that waits for the whole
// device. Where a process uses several devices such a call waits for one of them
// only, which the trace does not tell, so that the time has no end; nor has it where
// the host never waited. It takes O((calls + work) log n).
func HiddenGraphs(h *Host, calls *Lookup, t *Timeline) *Hidden {
	out := &Hidden{byProcess: map[int64]Set{}, count: map[int64]int64{}}
	devices := devicesOf(t)
	waits := h.deviceWaits()
	open := map[int64][]Interval{}
	launched := func(call int32) bool { return h.Role(call) == GraphLaunch && (h.Failed == nil || !h.Failed[call]) }
	for _, call := range unseen(calls, launched, &t.Ops) {
		pid := h.Pid[call]
		out.Launches++
		out.count[pid]++
		end := int64(math.MaxInt64 / 2)
		if devices[pid] != severalDevices {
			end = waits.after(pid, h.End[call])
		}
		open[pid] = append(open[pid], Interval{h.Start[call], end})
	}
	for pid, list := range open {
		out.byProcess[pid] = Union(list)
	}
	return out
}

// unseen returns the calls that launched something and that no work came of, in order
// of their rows. Calls that share an id are one launch: the one that is found.
func unseen(calls *Lookup, launched func(call int32) bool, work *Ops) []int32 {
	c := calls.calls
	seen := make([]bool, c.Len())
	for i, correlation := range work.Correlation {
		if call := calls.Find(work.Pid[i], correlation); call >= 0 {
			seen[call] = true
		}
	}
	var out []int32
	for row := range int32(c.Len()) {
		if !launched(row) {
			continue
		}
		if call := calls.Find(c.Pid[row], c.Correlation[row]); call < 0 || call == row && !seen[call] {
			out = append(out, row)
		}
	}
	return out
}

const severalDevices = math.MinInt64

// devicesOf returns the one device of each process that has work, severalDevices
// where it uses more.
func devicesOf(t *Timeline) map[int64]int64 {
	devices := map[int64]int64{}
	for i, pid := range t.Pid {
		device := t.Device[i]
		if before, ok := devices[pid]; ok && before != device {
			device = severalDevices
		}
		devices[pid] = device
	}
	return devices
}

// Of returns when hidden work of a process may have run.
func (h *Hidden) Of(pid int64) Set { return h.byProcess[pid] }

// LaunchesOf returns how many launches of a process are hidden.
func (h *Hidden) LaunchesOf(pid int64) int64 { return h.count[pid] }

// waitList holds the calls of each process that wait for a whole device, in order
// of start.
type waitList map[int64][]Interval

func (h *Host) deviceWaits() waitList {
	out := waitList{}
	for i := range int32(h.Len()) {
		if h.Role(i) == DeviceWait && (h.Failed == nil || !h.Failed[i]) {
			out[h.Pid[i]] = append(out[h.Pid[i]], Interval{h.Start[i], h.End[i]})
		}
	}
	for _, list := range out {
		slices.SortFunc(list, byStart)
	}
	return out
}

// after returns the end of the first call that begins at t or later, the end of
// time when there is none.
func (w waitList) after(pid, t int64) int64 {
	list := w[pid]
	at, _ := slices.BinarySearchFunc(list, t, func(i Interval, t int64) int {
		if i.Start < t {
			return -1
		}
		return 1
	})
	if at == len(list) {
		return math.MaxInt64 / 2
	}
	return list[at].End
}
