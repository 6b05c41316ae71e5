package nvtxsummary

import (
	"cmp"
	"slices"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/analysis/nvtx"
	"profilemate/workbench/trace"
)

// summary is what the result is drawn from.
type summary struct {
	params Params
	a      *trace.Attribution
	groups []*group // the longest total first
	total  int64    // host time of all ranges in ns, nested ones in each level
	self   int64    // host time under at least one range of a thread, in ns
	names  int      // different names as recorded
	ranges int64
	busy   int64      // of all GPU work, in ns
	out    trace.Work // work outside any range
}

// group is one row of the table.
type group struct {
	key
	times  []int64 // of each range, in ns
	stats  trace.Stats
	self   int64 // ns
	nested bool  // some range takes part in the nesting, so that self is known
	names  map[int32]bool
	span   int64 // projected time as nsys adds it up, in ns
	work   trace.Work
	hidden bool // a graph's work within is not in the trace
}

// key says which ranges count as one.
type key struct {
	named     bool
	name      string
	hasDomain bool
	domain    string
	style     trace.Style
}

// title is the name with its domain as nsys writes it.
func (k key) title() string {
	switch {
	case !k.named:
		return nvtx.Unnamed
	case k.hasDomain:
		return k.domain + ":" + k.name
	}
	return k.name
}

func summarize(a *trace.Attribution, p Params) *summary {
	s := &summary{params: p, a: a}
	rows := s.group()
	s.measure(rows)
	s.project(rows)
	slices.SortFunc(s.groups, func(a, b *group) int {
		return cmp.Or(cmp.Compare(b.stats.Total, a.stats.Total), strings.Compare(a.title(), b.title()), cmp.Compare(a.style, b.style))
	})
	return s
}

// group gives each range of the wanted styles its group: by row, -1 for none.
func (s *summary) group() []int32 {
	r := s.a.Ranges
	rows := make([]int32, r.Len())
	type raw struct {
		name  int32
		style trace.Style
	}
	seen := map[raw]int32{}
	groups := map[key]int32{}
	naming := nvtx.Naming(s.params.Names)
	for i, style := range r.Style {
		rows[i] = -1
		if !s.wants(style) {
			continue
		}
		one := raw{-1, style}
		if r.Name != nil {
			one.name = r.Name[i]
		}
		g, ok := seen[one]
		if !ok {
			k := s.keyOf(i, naming)
			if g, ok = groups[k]; !ok {
				g = int32(len(s.groups))
				groups[k] = g
				s.groups = append(s.groups, &group{key: k, names: map[int32]bool{}})
			}
			seen[one] = g
			s.groups[g].names[one.name] = true
		}
		rows[i] = g
	}
	s.names = len(seen)
	return rows
}

func (s *summary) wants(style trace.Style) bool {
	switch s.params.Style {
	case pushPop:
		return style == trace.PushPop
	case startEnd:
		return style == trace.StartEnd
	}
	return style != trace.NoRange
}

func (s *summary) keyOf(i int, naming func(string) string) key {
	k := key{style: s.a.Ranges.Style[i]}
	if text, ok := textAt(s.a.Events.Column("text"), i); ok {
		k.name, k.named = naming(text), true
	}
	k.domain, k.hasDomain = textAt(s.a.Events.Column("domain"), i)
	return k
}

func textAt(c *frames.Column, i int) (string, bool) {
	if c == nil || c.IsNull(i) {
		return "", false
	}
	return c.Str(i), true
}

// measure describes the host times.
func (s *summary) measure(rows []int32) {
	r, n := s.a.Ranges, s.a.Nesting
	for i, g := range rows {
		if g < 0 {
			continue
		}
		end := r.End[i]
		if r.Open != nil && r.Open[i] {
			end = r.LastEvent
		}
		one := s.groups[g]
		one.times = append(one.times, end-r.Start[i])
		if n.Depth[i] >= 0 {
			one.nested = true
			one.self += n.Self[i]
		}
	}
	for _, g := range s.groups {
		g.stats = trace.Describe(g.times)
		g.times = nil
		s.total += g.stats.Total
		s.self += g.self
		s.ranges += g.stats.Count
	}
}

// project adds up the GPU work of each group.
func (s *summary) project(rows []int32) {
	work := s.a.Gather(len(s.groups), s.a.Enclosed(rows))
	hidden := s.a.HiddenLaunches(rows, len(s.groups))
	for g := range s.groups {
		s.groups[g].work = work[g]
		s.groups[g].hidden = hidden != nil && hidden[g] > 0
	}
	for i, w := range s.a.Work(s.a.Ops) {
		if rows[i] >= 0 {
			s.groups[rows[i]].span += w.Span()
		}
	}
	all := s.a.Gather(2, func(i int, list []int32) []int32 {
		if s.a.Range[i] < 0 {
			list = append(list, 1)
		}
		return append(list, 0)
	})
	s.busy, s.out = all[0].Busy, all[1]
}
