package memorycopies

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"profilemate/workbench/trace"
)

// summary is what the result is drawn from.
type summary struct {
	params     Params
	kinds      []*operations // longest total first
	directions []direction   // longest total first
	sizes      []sizeRow     // directions in that order, then by size
	calls      map[callID]call
	total      int64 // ns
	odd        int64
	missing    []string // tables that the artifact lacks
}

// direction is one row of the first table.
type direction struct {
	name        string
	time, bytes trace.Stats
}

// volume adds up operations.
type volume struct {
	count, bytes, time int64 // time in ns
}

func (v *volume) add(o op) {
	v.count++
	v.bytes += o.bytes
	v.time += o.duration
}

// bandwidth is in bytes per second; nil where there is no time to divide by or
// nothing was moved.
func (v volume) bandwidth() any {
	if v.time == 0 || v.bytes == 0 {
		return nil
	}
	return float64(v.bytes) / float64(v.time) * 1e9
}

func (o *operations) volume() volume {
	var v volume
	for _, op := range o.list {
		v.add(op)
	}
	return v
}

// label names the kind, without what the direction says already: "host to device,
// pinned".
func (m memory) label() string {
	switch {
	case m.direction == setting:
		return setting + ", " + m.target
	case m.direction == toDevice && m.target == "device":
		return m.direction + ", " + m.source
	case m.direction == fromDevice && m.source == "device":
		return m.direction + ", " + m.target
	case m.direction == withinOne && m.source == "device" && m.target == "device":
		return m.direction
	}
	return m.direction + ", " + m.source + " to " + m.target
}

func (m memory) pageable() bool { return m.source == "pageable" || m.target == "pageable" }

// pinned reports whether the host's side of a copy between host and device is
// pinned memory.
func (m memory) pinned() bool { return m.source == "pinned" || m.target == "pinned" }

const (
	toDevice   = "host to device"
	fromDevice = "device to host"
	withinOne  = "device to device"
)

// summarize adds up what was seen, each list with the longest total first and names
// in byte order among equals.
func (f *fold) summarize(ctx context.Context) (*summary, error) {
	s := &summary{params: f.params, kinds: f.order, calls: f.calls, odd: f.odd}
	totals := map[*operations]int64{}
	for _, k := range s.kinds {
		totals[k] = k.volume().time
		s.total += totals[k]
	}
	slices.SortFunc(s.kinds, func(a, b *operations) int {
		return cmp.Or(cmp.Compare(totals[b], totals[a]), strings.Compare(a.label(), b.label()))
	})
	for _, name := range directionNames(s.kinds) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		s.directions = append(s.directions, s.describe(name))
	}
	slices.SortFunc(s.directions, func(a, b direction) int {
		return cmp.Or(cmp.Compare(b.time.Total, a.time.Total), strings.Compare(a.name, b.name))
	})
	for _, d := range s.directions {
		s.sizes = append(s.sizes, s.classify(d.name)...)
	}
	return s, nil
}

func directionNames(kinds []*operations) []string {
	var names []string
	for _, k := range kinds {
		if !slices.Contains(names, k.direction) {
			names = append(names, k.direction)
		}
	}
	return names
}

// of calls fn for each operation of a direction.
func (s *summary) of(direction string, fn func(op)) {
	for _, k := range s.kinds {
		if k.direction == direction {
			for _, o := range k.list {
				fn(o)
			}
		}
	}
}

func (s *summary) describe(name string) direction {
	var times, sizes []int64
	s.of(name, func(o op) {
		times, sizes = append(times, o.duration), append(sizes, o.bytes)
	})
	return direction{name, trace.Describe(times), trace.Describe(sizes)}
}

// classes are the lower bounds of the classes of size, in bytes.
var classes = []struct {
	from int64
	name string
}{{0, "below 4 KiB"}, {4 << 10, "4 to 64 KiB"}, {64 << 10, "64 KiB to 1 MiB"}, {1 << 20, "1 to 16 MiB"}, {16 << 20, "16 to 256 MiB"}, {256 << 20, "256 MiB and more"}}

// sizeRow is one direction and class of size.
type sizeRow struct {
	direction, class string
	volume
}

func (s *summary) classify(direction string) []sizeRow {
	rows := make([]sizeRow, len(classes))
	s.of(direction, func(o op) {
		at := len(classes) - 1
		for classes[at].from > o.bytes {
			at--
		}
		rows[at].add(o)
	})
	var out []sizeRow
	for i, row := range rows {
		if row.count > 0 {
			row.direction, row.class = direction, classes[i].name
			out = append(out, row)
		}
	}
	return out
}

// host adds up the calls that made the operations: those known, and of these the
// synchronous ones.
type host struct {
	known, synchronous int64
	time               int64 // ns, of the known calls
}

func (s *summary) host(list []op) host {
	var h host
	for _, o := range list {
		if c, ok := s.calls[o.call]; ok {
			h.known++
			h.time += c.duration
			if c.synchronous {
				h.synchronous++
			}
		}
	}
	return h
}
