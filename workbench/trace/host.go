package trace

import (
	"cmp"
	"slices"
	"strings"

	"profilemate/frames"
)

// CallRole says what an API call means for the timeline.
type CallRole uint8

// The roles. Those from DeviceWait to BlockingCopy hold the host until the GPU has
// done the work before them; so may a MemoryCall.
const (
	OtherCall    CallRole = iota
	LaunchCall            // launches a kernel
	GraphLaunch           // launches a CUDA graph
	AsyncCopy             // a copy or set that need not wait
	DeviceWait            // waits for all work of a device or context
	StreamWait            // waits for the work of a stream
	EventWait             // waits for an event
	BlockingCopy          // a copy without Async in its name
	MemoryCall            // allocates or frees memory outside of a stream's order
)

// Waits reports whether calls of the role hold the host until the GPU has done work.
func (r CallRole) Waits() bool { return r >= DeviceWait && r <= BlockingCopy }

// String returns the role in words.
func (r CallRole) String() string {
	return [...]string{"other", "launch", "graph launch", "asynchronous copy", "device synchronize", "stream synchronize",
		"event synchronize", "blocking copy", "memory management"}[r]
}

// callRules tell the role from a part of the name; the first that matches wins.
// What describes a graph, an attribute or a capture neither launches nor copies.
var callRules = []struct {
	part string
	role CallRole
}{
	{"GraphLaunch", GraphLaunch}, {"Graph", OtherCall}, {"Capture", OtherCall}, {"LaunchHostFunc", OtherCall}, {"Attribute", OtherCall},
	{"Launch", LaunchCall},
	{"DeviceSynchronize", DeviceWait}, {"CtxSynchronize", DeviceWait}, {"ThreadSynchronize", DeviceWait},
	{"StreamSynchronize", StreamWait}, {"EventSynchronize", EventWait},
	{"Async", AsyncCopy}, {"Memset", AsyncCopy},
	{"Memcpy", BlockingCopy},
	{"Malloc", MemoryCall}, {"MemAlloc", MemoryCall}, {"HostAlloc", MemoryCall}, {"Free", MemoryCall},
	{"HostRegister", MemoryCall}, {"HostUnregister", MemoryCall},
}

// RoleOf returns the role of a CUDA runtime or driver function by its name, with or
// without the suffix of a version.
func RoleOf(name string) CallRole {
	for _, rule := range callRules {
		if !strings.Contains(name, rule.part) {
			continue
		}
		if rule.part == "Async" && !strings.Contains(name, "Memcpy") && !strings.Contains(name, "Memset") {
			return OtherCall
		}
		return rule.role
	}
	return OtherCall
}

// Host is what the host did in the CUDA API: its calls with their names.
type Host struct {
	Calls
	Name   []int32 // index in Names, -1 for none
	Names  []string
	Failed []bool // calls that returned an error; nil for none
	Odd    int64  // rows left out: no times, an end before the start, or times that cannot be

	roles []CallRole // by name
}

// HostFields returns the columns that HostOf reads of an nsys table of API calls.
func HostFields() []frames.Field {
	return Columns("start end pid tid correlation_id result", frames.Field{Name: "name", Kind: frames.String})
}

// HostOf takes the calls from an nsys table of API calls with the columns of
// HostFields, of which name and result may be missing; nil is one without rows. Rows
// whose times cannot be are left out and counted.
func HostOf(f *frames.Frame) (*Host, error) {
	h := &Host{}
	if f == nil || f.Len() == 0 {
		return h, nil
	}
	f, h.Odd = plausible(f)
	calls, err := CallsOf(f)
	if err != nil {
		return nil, err
	}
	h.Calls = *calls
	h.Name, h.Names = namesOf(f.Column("name"), nil, nil)
	if h.Name == nil {
		h.Name = slices.Repeat([]int32{-1}, f.Len())
	}
	h.setRoles()
	h.setFailed(f.Column("result"))
	return h, nil
}

// plausible returns the rows whose times can be, and how many are not among them.
func plausible(f *frames.Frame) (*frames.Frame, int64) {
	start, end := f.Column("start"), f.Column("end")
	if start == nil || end == nil {
		return f, 0
	}
	good := func(i int) bool {
		return !start.IsNull(i) && !end.IsNull(i) && believable(start.Int(i), end.Int(i))
	}
	for i := range f.Len() {
		if !good(i) {
			kept := f.Filter(good)
			return kept, int64(f.Len() - kept.Len())
		}
	}
	return f, 0
}

// setRoles tells the roles of the names that are used: a dictionary may hold every
// string of a trace.
func (h *Host) setRoles() {
	h.roles = make([]CallRole, len(h.Names))
	seen := make([]bool, len(h.Names))
	for _, name := range h.Name {
		if name >= 0 && !seen[name] {
			seen[name], h.roles[name] = true, RoleOf(h.Names[name])
		}
	}
}

func (h *Host) setFailed(results *frames.Column) {
	if results == nil {
		return
	}
	for i := range h.Len() {
		if results.Int(i) == 0 {
			continue
		}
		if h.Failed == nil {
			h.Failed = make([]bool, h.Len())
		}
		h.Failed[i] = true
	}
}

// NameOf returns the function of call i, "" where it is not known.
func (h *Host) NameOf(i int32) string {
	if h.Name[i] < 0 {
		return ""
	}
	return h.Names[h.Name[i]]
}

// Role returns the role of call i.
func (h *Host) Role(i int32) CallRole {
	if h.Name[i] < 0 {
		return OtherCall
	}
	return h.roles[h.Name[i]]
}

// Thread is one thread that calls CUDA.
type Thread struct {
	Pid, Tid int64
	Rows     []int32 // its calls, in order of start, of those that start together the longer first
}

// Threads returns the threads that call CUDA, in order of process and number.
func (h *Host) Threads() []Thread {
	numbers := newNumbering()
	group := make([]int32, h.Len())
	for i := range group {
		group[i] = numbers.of(threadKey{h.Pid[i], h.Tid[i], -1})
	}
	var out []Thread
	for g, rows := range buckets(group, len(numbers.keys)) {
		order(rows, h.Start, h.End)
		out = append(out, Thread{numbers.keys[g].pid, numbers.keys[g].tid, rows})
	}
	slices.SortFunc(out, func(a, b Thread) int {
		return cmp.Or(cmp.Compare(a.Pid, b.Pid), cmp.Compare(a.Tid, b.Tid))
	})
	return out
}
