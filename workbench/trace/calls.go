package trace

import (
	"profilemate/frames"
)

// Calls are CUDA API calls on the host as columns of equal length, which are kept.
type Calls struct {
	Start, End  []int64 // ns
	Pid, Tid    []int64
	Correlation []int64 // ties a call to its GPU work within a process; 0 for none
}

// CallsOf takes the calls from an nsys table of API calls: the columns start, end,
// pid, tid and correlation_id. It is Misuse when one is missing.
func CallsOf(f *frames.Frame) (*Calls, error) {
	c, err := intsOf(f, "start", "end", "pid", "tid", "correlation_id")
	if err != nil {
		return nil, err
	}
	return &Calls{c[0], c[1], c[2], c[3], c[4]}, nil
}

// Len returns the number of calls.
func (c *Calls) Len() int { return len(c.Start) }

// Ops are pieces of GPU work (kernels, copies, sets, graph launches) as columns of
// equal length, which are kept.
type Ops struct {
	Start, End  []int64 // ns
	Pid         []int64
	Correlation []int64 // all nodes of one graph launch share one; 0 for none
}

// OpsOf takes the work from nsys tables of kernels, copies, sets and graph traces,
// one after the other: row i of the second table is row tables[0].Len()+i. A nil
// table has no rows. They need the columns start, end, pid and correlation_id, and it
// is Misuse when one is missing. The columns of a single table are kept.
func OpsOf(tables ...*frames.Frame) (*Ops, error) {
	out := &Ops{}
	for _, f := range tables {
		if f == nil || f.Len() == 0 {
			continue
		}
		c, err := intsOf(f, "start", "end", "pid", "correlation_id")
		if err != nil {
			return nil, err
		}
		if out.Len() == 0 {
			// Full capacity, so that an append copies instead of writing into the table.
			out = &Ops{clip(c[0]), clip(c[1]), clip(c[2]), clip(c[3])}
			continue
		}
		out.Start, out.End = append(out.Start, c[0]...), append(out.End, c[1]...)
		out.Pid, out.Correlation = append(out.Pid, c[2]...), append(out.Correlation, c[3]...)
	}
	return out, nil
}

func clip(values []int64) []int64 { return values[:len(values):len(values)] }

// Len returns the number of pieces of work.
func (o *Ops) Len() int { return len(o.Start) }

// Lookup finds API calls by process and correlation id. It is read-only once made,
// and then safe for concurrent use.
type Lookup struct {
	calls *Calls
	slots []int32 // row+1 of a call, 0 for an empty slot; at most half are taken
	mask  uint64
	// Twins is how many calls have the process and correlation id of another one and
	// are not found: backtraces and driver calls within runtime calls can do that.
	Twins int
}

// NewLookup indexes calls in O(n), 8 to 16 bytes each. A call without a correlation
// id (0) is not found. Of calls that share one, the outermost is found: the one that
// starts first, of those the longest, and of those the first row.
func NewLookup(c *Calls) *Lookup {
	size := uint64(16)
	for size < 2*uint64(c.Len()) {
		size *= 2
	}
	l := &Lookup{calls: c, slots: make([]int32, size), mask: size - 1}
	for row, correlation := range c.Correlation {
		if correlation != 0 {
			l.add(int32(row))
		}
	}
	return l
}

func (l *Lookup) add(row int32) {
	c := l.calls
	at := l.slot(c.Pid[row], c.Correlation[row])
	before := l.slots[at] - 1
	if before >= 0 {
		l.Twins++
		if outerFirst(span{c.Start[before], c.End[before], before}, span{c.Start[row], c.End[row], row}) < 0 {
			return
		}
	}
	l.slots[at] = row + 1
}

// Find returns the row of the call with the process and correlation id, and -1
// when there is none. It takes O(1).
func (l *Lookup) Find(pid, correlation int64) int32 {
	if correlation == 0 {
		return -1
	}
	return l.slots[l.slot(pid, correlation)] - 1
}

// slot returns the place of a key: where it stands, or the empty one where it would.
// Sixteen ids in a row share a cache line, since calls and their work come in order.
func (l *Lookup) slot(pid, correlation int64) uint64 {
	hash := (uint64(correlation)>>4 ^ uint64(pid)<<40) * 0x9e3779b97f4a7c15
	at := (hash>>32<<4 ^ uint64(correlation)&15) & l.mask
	for {
		row := l.slots[at] - 1
		if row < 0 || l.calls.Correlation[row] == correlation && l.calls.Pid[row] == pid {
			return at
		}
		at = (at + 1) & l.mask
	}
}
