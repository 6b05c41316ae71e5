package memorycopies

import (
	"fmt"
	"slices"
	"strings"

	"profilemate/workbench/result"
)

func (s *summary) findings(r *result.Result) {
	if s.odd > 0 {
		r.Warn("The file may be damaged: export it again.",
			"%s with impossible times or sizes left out.", result.Count(s.odd, "operation"))
	}
	if len(s.kinds) == 0 {
		s.nothing(r)
		return
	}
	if slices.Contains(s.missing, "api_calls") {
		r.WarnAbsent([]string{"api_calls"}, "Capture with nsys profile --trace=cuda.", "The capture has no API calls: which copies hold the host is not known.")
	}
	s.overview(r)
	s.pageable(r)
	s.synchronous(r)
	s.small(r)
	s.slow(r)
}

func (s *summary) nothing(r *result.Result) {
	if slices.Contains(s.missing, "copies") && slices.Contains(s.missing, "sets") {
		r.WarnAbsent([]string{"copies", "sets"}, "If CUDA was not traced, capture with nsys profile --trace=cuda.", "The capture has no memory copies or sets: the program made none, or they were not traced.")
		return
	}
	r.Warn("", "There is no copy or set to show.")
}

func (s *summary) overview(r *result.Result) {
	var copies, sets volume
	for _, k := range s.kinds {
		sum := &copies
		if k.direction == setting {
			sum = &sets
		}
		v := k.volume()
		sum.count, sum.bytes, sum.time = sum.count+v.count, sum.bytes+v.bytes, sum.time+v.time
	}
	parts := []string{}
	for _, d := range s.directions[:min(3, len(s.directions))] {
		parts = append(parts, fmt.Sprintf("%s %.1f %%", d.name, result.Share(d.time.Total, s.total)))
	}
	var what []string
	if copies.count > 0 {
		what = append(what, fmt.Sprintf("%s moved %s", result.Count(copies.count, "copy"), result.Size(copies.bytes)))
	}
	if sets.count > 0 {
		what = append(what, fmt.Sprintf("%s filled %s", result.Count(sets.count, "memory set"), result.Size(sets.bytes)))
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: s.total,
		Text: fmt.Sprintf("%s in %s of GPU time: %s.", strings.Join(what, " and "), result.Duration(s.total), strings.Join(parts, ", "))})
}

// held is copies that hold the host.
type held struct {
	volume
	host       int64 // time of their calls in ns
	directions []string
}

// gather adds up the copies whose call is known and that keep accepts.
func (s *summary) gather(keep func(m memory, o op, c call) bool) held {
	var h held
	for _, k := range s.kinds {
		if k.direction == setting {
			continue
		}
		for _, o := range k.list {
			c, ok := s.calls[o.call]
			if !ok || !keep(k.memory, o, c) {
				continue
			}
			h.add(o)
			h.host += c.duration
			if !slices.Contains(h.directions, k.direction) {
				h.directions = append(h.directions, k.direction)
			}
		}
	}
	return h
}

func (s *summary) pageable(r *result.Result) {
	h := s.gather(func(m memory, _ op, c call) bool { return m.pageable() && !c.synchronous })
	if h.count == 0 {
		return
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Warning, StakeNs: h.host, Table: "directions", Column: "direction", Values: h.directions,
		Text: fmt.Sprintf("%s with pageable memory (%s, %s): their Async calls do not return before the data is copied or staged, and held the host for %s.",
			result.Count(h.count, "copy"), strings.Join(h.directions, ", "), result.Size(h.bytes), result.Duration(h.host)),
		Remedy: "Copy from and to pinned memory: cudaHostAlloc, or pin_memory() and non_blocking=True in PyTorch."})
}

// enough is how many bytes a synchronous copy may bring to a device before it is
// told of: the driver takes as many along with the command.
const enough = 64 << 10

func (s *summary) synchronous(r *result.Result) {
	h := s.gather(func(m memory, o op, c call) bool {
		return c.synchronous && m.direction != withinOne && (m.direction != toDevice || o.bytes > enough)
	})
	if h.count == 0 {
		return
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Warning, StakeNs: h.host, Table: "directions", Column: "direction", Values: h.directions,
		Text: fmt.Sprintf("%s made by synchronous calls (%s, %s) held the host for %s.",
			result.Count(h.count, "copy"), strings.Join(h.directions, ", "), result.Size(h.bytes), result.Duration(h.host)),
		Remedy: "Use cudaMemcpyAsync on a stream with pinned memory, and wait only where the data is needed."})
}

// From where on small copies are worth a warning.
const (
	manySmall  = 100
	muchOfTime = 50.0 // % of the time of all copies
)

func (s *summary) small(r *result.Result) {
	var small, all volume
	var list []op
	for _, k := range s.kinds {
		if k.direction == setting {
			continue
		}
		for _, o := range k.list {
			all.add(o)
			if o.bytes < int64(s.params.Small) {
				small.add(o)
				list = append(list, o)
			}
		}
	}
	if small.count == 0 {
		return
	}
	f := result.Finding{Severity: result.Info, StakeNs: small.time,
		Text: fmt.Sprintf("%s of %s have less than %s: they take %.1f %% of the copies' GPU time (%s, %s each) and move %.1f %% of the bytes.",
			result.Grouped(small.count), result.Count(all.count, "copy"), result.Count(int64(s.params.Small), "byte"), result.Share(small.time, all.time),
			result.Duration(small.time), result.Duration(small.time/small.count), result.Share(small.bytes, all.bytes))}
	if h := s.host(list); h.known > 0 {
		f.StakeNs += h.time
		f.Text = strings.TrimSuffix(f.Text, ".") + fmt.Sprintf("; their calls held the host for %s.", result.Duration(h.time))
	}
	if small.count >= manySmall && result.Share(small.time, all.time) >= muchOfTime {
		f.Severity = result.Warning
		f.Remedy = "Gather them into one buffer and copy once, or let a kernel write the data: each costs about a microsecond, whatever its size, and an API call."
	}
	r.Findings = append(r.Findings, f)
}

// Copies of at least large bytes are judged by their bandwidth; slow ones reach
// less than half of the fastest pinned copy.
const (
	large    = 1 << 20 // 1 MiB, as the sentences say
	slowness = 0.5
)

// slow compares the large copies between host and device to the fastest pinned one
// of their direction.
func (s *summary) slow(r *result.Result) {
	for _, direction := range []string{toDevice, fromDevice} {
		best, count := s.bestPinned(direction)
		if count == 0 {
			continue
		}
		r.Note("Pinned copies %s of 1 MiB and more reach %s at best (%s). A PCIe 4 link of 16 lanes gives about 25 GB/s, PCIe 5 about 55.",
			direction, result.Rate(best), result.Count(count, "copy"))
		var below volume
		lost := 0.0
		s.of(direction, func(o op) {
			if o.bytes >= large && o.duration > 0 && o.rate() < slowness*best {
				below.add(o)
				lost += float64(o.duration) - float64(o.bytes)/best*1e9
			}
		})
		if below.count > 0 {
			rate, _ := below.bandwidth().(float64)
			r.Findings = append(r.Findings, result.Finding{Severity: result.Warning, StakeNs: int64(lost), Table: "directions", Column: "direction", Values: []string{direction},
				Text: fmt.Sprintf("%s %s of 1 MiB and more run at %s, less than half of the fastest pinned one (%s): %s more than at that rate.",
					result.Count(below.count, "copy"), direction, result.Rate(rate), result.Rate(best), result.Duration(int64(lost))),
				Remedy: "See in the table memories whether they use pageable memory, and on the timeline whether several copies share the link."})
		}
	}
}

// rate is in bytes per second, of an operation that took time.
func (o op) rate() float64 { return float64(o.bytes) / float64(o.duration) * 1e9 }

// bestPinned returns the highest bandwidth of a large pinned copy of a direction in
// bytes per second, and how many there are.
func (s *summary) bestPinned(direction string) (best float64, count int64) {
	for _, k := range s.kinds {
		if k.direction != direction || !k.pinned() {
			continue
		}
		for _, o := range k.list {
			if o.bytes >= large && o.duration > 0 {
				best, count = max(best, o.rate()), count+1
			}
		}
	}
	return best, count
}
