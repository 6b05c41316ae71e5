package trace

import (
	"math"

	"profilemate/frames"
	"profilemate/workbench/fault"
)

// Style is how an NVTX range is opened and closed.
type Style uint8

// The styles. Marks and the rows that declare a domain or a thread are NoRange.
const (
	NoRange  Style = iota
	PushPop        // opened and closed on one thread, last opened first closed
	StartEnd       // closed by its id, in any order and on any thread
)

// String returns the style as nsys reports print it: PushPop, StartEnd, and
// Unknown for what is no range.
func (s Style) String() string {
	switch s {
	case PushPop:
		return "PushPop"
	case StartEnd:
		return "StartEnd"
	}
	return "Unknown"
}

// Ranges are NVTX ranges as columns of equal length. Row i is row i of the table
// that they come from, so rows that are no range are among them.
type Ranges struct {
	Start, End []int64 // ns; the end of an open range is LastRange
	Pid, Tid   []int64 // process, and thread that began the range
	Style      []Style
	Open       []bool  // ranges that were never closed; nil for none
	Away       []bool  // ranges that another thread closed, which nothing is projected onto; nil for none
	Name       []int32 // index in Names, -1 where there is no message
	Names      []string
	Domain     []int32 // number of the domain, -1 for the default one; nil where all are in that

	LastRange int64 // latest start or end of a range, in ns: where nsys closes open ranges in its projections
	LastEvent int64 // the same of all rows, marks included: where nsys closes them in its sums
}

// Len returns the number of rows.
func (r *Ranges) Len() int { return len(r.Start) }

// NameOf returns the name of row i as nsys prints it, "domain:message" or the
// message alone in the default domain, and "" where there is none.
func (r *Ranges) NameOf(i int) string {
	if r.Name == nil || r.Name[i] < 0 {
		return ""
	}
	return r.Names[r.Name[i]]
}

// usable reports whether row i is a range that can hold something.
func (r *Ranges) usable(i int) bool {
	return r.Style[i] != NoRange && r.End[i] >= r.Start[i] && (r.Away == nil || !r.Away[i])
}

// RangesOf takes the ranges from an nsys table of NVTX events: the columns start,
// end, pid and tid, and where they are there type, end_tid, text and domain. All
// rows are push/pop ranges without a column type. It is Misuse when one of the first
// four is missing. Columns that need no change are kept, not copied.
func RangesOf(f *frames.Frame) (*Ranges, error) {
	start, err := intsOf(f, "start", "end", "pid", "tid")
	if err != nil {
		return nil, err
	}
	r := &Ranges{Start: start[0], End: start[1], Pid: start[2], Tid: start[3], Style: stylesOf(f), Open: f.Column("end").Nulls()}
	r.Domain = domainsOf(f.Column("domain"))
	r.Away = awayOf(f.Column("end_tid"), r.Tid)
	r.Name, r.Names = namesOf(f.Column("text"), f.Column("domain"), r.Domain)
	r.close()
	return r, nil
}

// intsOf returns the named columns of integers.
func intsOf(f *frames.Frame, names ...string) ([][]int64, error) {
	out := make([][]int64, len(names))
	for i, name := range names {
		if out[i] = f.Ints(name); out[i] == nil && (f.Len() > 0 || !f.Has(name)) {
			return nil, fault.Errorf(fault.Misuse, "table %s: no column %q of integers", f.Name(), name)
		}
	}
	return out, nil
}

// stylesOf reads the column type, in which both kinds of ranges, native and
// imported, have the same word.
func stylesOf(f *frames.Frame) []Style {
	out := make([]Style, f.Len())
	c := f.Column("type")
	if c == nil || c.Dictionary() == nil {
		for i := range out {
			out[i] = PushPop
		}
		return out
	}
	style := make([]Style, c.Dictionary().Len())
	for code := range style {
		switch c.Dictionary().String(int32(code)) {
		case "push-pop":
			style[code] = PushPop
		case "start-end":
			style[code] = StartEnd
		}
	}
	for i, code := range c.Codes() {
		if !c.IsNull(i) && code >= 0 && int(code) < len(style) {
			out[i] = style[code]
		}
	}
	return out
}

// awayOf marks the ranges whose end has a thread of its own. nsys leaves the column
// empty where it is the one that began the range.
func awayOf(end *frames.Column, tid []int64) []bool {
	if end == nil || end.Ints() == nil {
		return nil
	}
	var out []bool
	for i, t := range end.Ints() {
		if end.IsNull(i) || t == tid[i] {
			continue
		}
		if out == nil {
			out = make([]bool, len(tid))
		}
		out[i] = true
	}
	return out
}

func domainsOf(domain *frames.Column) []int32 {
	if domain == nil || domain.Codes() == nil {
		return nil
	}
	return codesOf(domain)
}

// codesOf returns the codes of a column of strings, -1 for a missing one and for one
// that its dictionary does not have.
func codesOf(c *frames.Column) []int32 {
	known := func(i int) bool {
		code := c.Codes()[i]
		return !c.IsNull(i) && code >= 0 && int(code) < c.Dictionary().Len()
	}
	all := true
	for i := range c.Codes() {
		all = all && known(i)
	}
	if all {
		return c.Codes()
	}
	out := make([]int32, c.Len())
	for i, code := range c.Codes() {
		if out[i] = -1; known(i) {
			out[i] = code
		}
	}
	return out
}

// namesOf joins messages with the names of their domains, whose codes of each row
// are in.
func namesOf(text, domain *frames.Column, in []int32) ([]int32, []string) {
	if text == nil || text.Dictionary() == nil {
		return nil, nil
	}
	name := codesOf(text)
	names := make([]string, text.Dictionary().Len())
	for code := range names {
		names[code] = text.Dictionary().String(int32(code))
	}
	if in == nil {
		return name, names
	}
	return prefixed(name, names, domain.Dictionary(), in)
}

// prefixed gives the messages that stand in a domain names of their own.
func prefixed(name []int32, names []string, domains *frames.Dictionary, in []int32) ([]int32, []string) {
	type pair struct{ domain, text int32 }
	known := map[pair]int32{}
	out := make([]int32, len(name))
	last, lastCode := pair{-1, -1}, int32(-1)
	for i, text := range name {
		out[i] = text
		if text < 0 || in[i] < 0 {
			continue
		}
		if p := (pair{in[i], text}); p != last {
			code, ok := known[p]
			if !ok {
				code = int32(len(names))
				names = append(names, domains.String(p.domain)+":"+names[text])
				known[p] = code
			}
			last, lastCode = p, code
		}
		out[i] = lastCode
	}
	return out, names
}

// close finds the last times and ends the open ranges there.
func (r *Ranges) close() {
	r.LastRange, r.LastEvent = math.MinInt64, math.MinInt64
	open := false
	for i, start := range r.Start {
		last := start
		if r.Open == nil || !r.Open[i] {
			last = max(last, r.End[i])
		} else {
			open = true
		}
		r.LastEvent = max(r.LastEvent, last)
		if r.Style[i] != NoRange {
			r.LastRange = max(r.LastRange, last)
		}
	}
	if r.LastEvent == math.MinInt64 {
		r.LastEvent = 0
	}
	if r.LastRange == math.MinInt64 {
		r.LastRange = 0
	}
	if open {
		r.closeOpen()
	}
}

// closeOpen writes the ends of open ranges into a column of its own. A mark, which
// has no end, ends where it starts and is not open.
func (r *Ranges) closeOpen() {
	end, open := make([]int64, len(r.End)), make([]bool, len(r.End))
	copy(end, r.End)
	for i, missing := range r.Open {
		switch {
		case !missing:
		case r.Style[i] == NoRange:
			end[i] = r.Start[i]
		default:
			end[i], open[i] = r.LastRange, true
		}
	}
	r.End, r.Open = end, open
}
