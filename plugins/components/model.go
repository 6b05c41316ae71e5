package components

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/trace"
	"profilemate/workbench/trace/names"
)

// The rows that are no component of the model.
const (
	otherName   = names.Other
	graphName   = "graph replay, layer unknown"
	outsideName = "outside any range"
)

// noLayer is the layer of what no name gives one.
const noLayer = -1

// place is a component in a layer.
type place struct {
	component int32 // index in model.names
	layer     int32
}

// noComponent is that of a range whose name no rule knows, nor that of one around it.
const noComponent = -1

// model attributes the time of a trace to the components of a model.
type model struct {
	a     *trace.Attribution
	rules *names.Rules
	names []string // components in the order of their rules, then the three rows that are none

	at        []place          // by row of the ranges
	ambiguous map[string]int64 // self time in ns of names that rules of several components know
	ops       []int32          // by op: its place
	places    []place
	hidden    map[int32]bool // components with graph work that is not in the trace
	captured  int64          // ops that belong to a range by the node that was captured in it

	components []*component // as listed
	layers     []*component // by layer, as listed
	families   []family     // in the order of the components
	busy, host int64        // ns; busy of the components whose GPU time is known
}

// component is one row of a table.
type component struct {
	place
	name   string
	ranges int64 // that make it: those of it that do not lie in another one of it
	host   int64 // ns
	busy   int64 // ns
	sum    int64 // ns
	ops    int64
}

func newModel(a *trace.Attribution, rules *names.Rules) *model {
	return &model{a: a, rules: rules, names: append(rules.Families(), otherName, graphName, outsideName), ambiguous: map[string]int64{}, hidden: map[int32]bool{}}
}

func (m *model) other() int32   { return int32(len(m.names) - 3) }
func (m *model) graph() int32   { return int32(len(m.names) - 2) }
func (m *model) outside() int32 { return int32(len(m.names) - 1) }

// attribute finds the place of every range and op and adds their times up.
func (m *model) attribute(nodes *frames.Frame) {
	own := m.placeRanges()
	m.placeOps(m.capturedRanges(nodes))
	parts := m.addUp(own)
	m.layers = sorted(parts)
	m.components = sorted(m.merge(parts))
	for _, c := range m.components {
		if m.knows(c) {
			m.busy += c.busy
		}
		m.host += c.host
	}
	m.addFamilies()
}

// known is what the rules say of one name.
type known struct {
	place
	ambiguous bool
}

// placeRanges gives each range the place that its name says, and where it says
// none that of the range around it. It returns which ranges say a component that
// the range around them does not.
func (m *model) placeRanges() []bool {
	r, n := m.a.Ranges, m.a.Nesting
	m.at = make([]place, r.Len())
	for i := range m.at {
		m.at[i] = place{noComponent, noLayer}
	}
	own := make([]bool, r.Len())
	names := map[int32]known{}
	for _, row := range n.Ordered() {
		around := place{noComponent, noLayer}
		if p := n.Parent[row]; p >= 0 {
			around = m.at[p]
		}
		k := m.lookup(names, row)
		at := k.place
		if at.component == noComponent {
			at.component = around.component
		}
		if at.layer == noLayer {
			at.layer = around.layer
		}
		m.at[row] = at
		own[row] = k.component != noComponent && k.component != around.component
		if k.ambiguous {
			m.ambiguous[r.NameOf(int(row))] += n.Self[row]
		}
	}
	return own
}

func (m *model) lookup(seen map[int32]known, row int32) known {
	r := m.a.Ranges
	code := int32(-1)
	if r.Name != nil {
		code = r.Name[row]
	}
	if k, ok := seen[code]; ok {
		return k
	}
	k := known{place: place{noComponent, noLayer}}
	if name := r.NameOf(int(row)); name != "" {
		family, ambiguous := m.rules.Match(name)
		if at := slices.Index(m.names[:m.other()], family); at >= 0 {
			k.component, k.ambiguous = int32(at), ambiguous
		}
		if layer, ok := names.Layer(name); ok {
			k.layer = int32(min(layer, 1<<20))
		}
	}
	seen[code] = k
	return k
}

// placeOps gives each op its place. captured is the range in which the node of an op
// was captured, -1 for none; it is nil where no node is known.
func (m *model) placeOps(captured []int32) {
	m.ops = make([]int32, m.a.Ops.Len())
	numbers := map[place]int32{}
	var list []int32
	for i := range m.ops {
		at, row := m.placeOf(i, &list), int32(-1)
		if captured != nil {
			row = captured[i]
		}
		if row >= 0 && m.at[row].component != noComponent {
			at = m.at[row]
			m.captured++
		}
		number, ok := numbers[at]
		if !ok {
			number = int32(len(m.places))
			numbers[at] = number
			m.places = append(m.places, at)
		}
		m.ops[i] = number
	}
}

// placeOf returns the place that the launch of an op gives it.
func (m *model) placeOf(i int, list *[]int32) place {
	row := m.a.Range[i]
	if row >= 0 && m.at[row].component == noComponent {
		// Ranges that cross may hold the call without holding its shortest range.
		*list = m.a.Enclosing(i, (*list)[:0])
		for _, around := range *list {
			if m.at[around].component != noComponent {
				row = around
				break
			}
		}
	}
	switch {
	case row >= 0 && m.at[row].component != noComponent:
		return m.at[row]
	case m.a.FromGraph(i):
		return place{m.graph(), noLayer}
	case row < 0:
		return place{m.outside(), noLayer}
	}
	return place{m.other(), m.at[row].layer}
}

// parts are the places with their times.
type parts struct {
	model *model
	known map[place]*component
}

func (p *parts) at(at place) *component {
	c := p.known[at]
	if c == nil {
		c = &component{place: at, name: p.model.names[at.component]}
		p.known[at] = c
	}
	return c
}

// addUp sums the times of each place.
func (m *model) addUp(own []bool) []*component {
	p := &parts{model: m, known: map[place]*component{}}
	work := make([]*component, len(m.places))
	for number, busy := range m.a.Divide(m.ops, len(m.places)) {
		work[number] = p.at(m.places[number])
		work[number].busy = busy
	}
	for i, number := range m.ops {
		work[number].ops++
		work[number].sum += m.a.Ops.End[i] - m.a.Ops.Start[i]
	}
	for _, row := range m.a.Nesting.Ordered() {
		at := m.at[row]
		if at.component == noComponent {
			at.component = m.other()
		}
		c := p.at(at)
		c.host += m.a.Nesting.Self[row]
		if own[row] {
			c.ranges++
		}
	}
	m.hide(p)
	return slices.Collect(maps.Values(p.known))
}

// hide notes the components that graphs were launched in whose work is not in the
// trace.
func (m *model) hide(p *parts) {
	for _, row := range m.a.HiddenRanges.Range {
		at := place{m.graph(), noLayer}
		if row >= 0 && m.at[row].component != noComponent {
			at = m.at[row]
		}
		p.at(at)
		m.hidden[at.component] = true
	}
}

// merge adds up the layers of each component.
func (m *model) merge(parts []*component) []*component {
	byName := map[int32]*component{}
	var out []*component
	for _, p := range parts {
		c := byName[p.component]
		if c == nil {
			c = &component{place: place{p.component, noLayer}, name: p.name}
			byName[p.component] = c
			out = append(out, c)
		}
		c.ranges += p.ranges
		c.host += p.host
		c.busy += p.busy
		c.sum += p.sum
		c.ops += p.ops
	}
	return out
}

// sorted puts rows in order of layer (all alike in a list of components) and of
// time.
func sorted(list []*component) []*component {
	slices.SortFunc(list, func(a, b *component) int {
		return cmp.Or(cmp.Compare(a.layer, b.layer), cmp.Compare(b.busy, a.busy), cmp.Compare(b.host, a.host), strings.Compare(a.name, b.name))
	})
	return list
}
