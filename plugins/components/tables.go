package components

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/result"
	"profilemate/workbench/trace/names"
)

func (m *model) componentTable() *frames.Frame {
	b := frames.NewBuilder("components", frames.Schema{
		{Name: "component", Kind: frames.String, Doc: "part of the model"},
		{Name: "gpu_busy", Kind: frames.Int64, Unit: "ns", Doc: "time that devices are busy with it; missing where the trace does not show its work"},
		{Name: "gpu_share", Kind: frames.Float64, Unit: "%", Doc: "of the time the devices are busy; adds up to 100"},
		{Name: "host_self", Kind: frames.Int64, Unit: "ns", Doc: "host time in its innermost ranges; missing where there is no range"},
		{Name: "host_share", Kind: frames.Float64, Unit: "%", Doc: "of the host time in ranges; adds up to 100"},
		{Name: "ranges", Kind: frames.Int64, Doc: "ranges of it that lie in no other range of it"},
		{Name: "gpu_sum", Kind: frames.Int64, Unit: "ns", Doc: "durations of its kernels, copies and sets"},
		{Name: "pieces", Kind: frames.Int64, Doc: "kernels, copies, sets and whole graphs"},
	})
	for _, c := range m.components {
		b.Row(append([]any{c.name}, m.cells(c)...)...)
	}
	return b.Frame()
}

// cells are those of a row after its name. What cannot be known is missing.
func (m *model) cells(c *component) []any {
	out := make([]any, 7)
	if m.knows(c) {
		out[0], out[1], out[5], out[6] = c.busy, result.Share(c.busy, m.busy), c.sum, c.ops
	}
	if c.component < m.graph() && m.host > 0 {
		out[2], out[3], out[4] = c.host, result.Share(c.host, m.host), c.ranges
		if c.component == m.other() {
			out[4] = nil
		}
	}
	return out
}

// knows reports whether the trace tells the GPU time of a component.
func (m *model) knows(c *component) bool { return m.a.Ops.Len() > 0 && !m.hidden[c.component] }

// family is one row of the table of what kernels' names say.
type family struct {
	component, name string
	kernels, sum    int64
}

// Work that has no kernel's name.
const (
	memoryFamily = "memory copy or set"
	wholeFamily  = "whole graph, kernels unknown"
)

// addFamilies adds up the durations of each component by what the names of kernels
// say.
func (m *model) addFamilies() {
	type kind struct{ place, name int32 }
	kinds := map[kind]*family{}
	for i, number := range m.ops {
		k := kind{number, m.nameOf(i)}
		f := kinds[k]
		if f == nil {
			f = &family{component: m.names[m.places[number].component], name: m.familyOf(k.name)}
			kinds[k] = f
		}
		f.kernels++
		f.sum += m.a.Ops.End[i] - m.a.Ops.Start[i]
	}
	sums := map[family]family{}
	for _, f := range kinds {
		key := family{component: f.component, name: f.name}
		sum := sums[key]
		sums[key] = family{f.component, f.name, sum.kernels + f.kernels, sum.sum + f.sum}
	}
	rank := map[string]int{}
	for i, c := range m.components {
		rank[c.name] = i
	}
	m.families = slices.SortedFunc(maps.Values(sums), func(a, b family) int {
		return cmp.Or(cmp.Compare(rank[a.component], rank[b.component]), cmp.Compare(b.sum, a.sum), strings.Compare(a.name, b.name))
	})
}

// Names of work that is no kernel, or a kernel without one, beside the codes of those
// that have one.
const (
	noName int32 = -1 - iota
	memoryName
	wholeName
)

// nameOf returns the code of an op's name.
func (m *model) nameOf(i int) int32 {
	switch c := m.a.Names; {
	case i >= m.a.Ops.Len()-m.a.Wholes:
		return wholeName
	case i >= m.a.Kernels:
		return memoryName
	case c == nil || c.IsNull(i):
		return noName
	default:
		return c.Codes()[i]
	}
}

func (m *model) familyOf(name int32) string {
	switch name {
	case wholeName:
		return wholeFamily
	case memoryName:
		return memoryFamily
	case noName:
		return names.Other
	}
	known, _ := names.Family(m.a.Names.Dictionary().String(name))
	return known
}

func (m *model) familyTable() *frames.Frame {
	b := frames.NewBuilder("families", frames.Schema{
		{Name: "component", Kind: frames.String, Doc: "part of the model, by ranges"},
		{Name: "family", Kind: frames.String, Doc: "kind of work, by the name of the kernel alone"},
		{Name: "gpu_sum", Kind: frames.Int64, Unit: "ns", Doc: "durations of the kernels"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the durations of the component"},
		{Name: "pieces", Kind: frames.Int64, Doc: "kernels, copies, sets and whole graphs"},
	})
	whole := map[string]int64{}
	for _, c := range m.components {
		whole[c.name] = c.sum
	}
	for _, f := range m.families {
		b.Row(f.component, f.name, f.sum, result.Share(f.sum, whole[f.component]), f.kernels)
	}
	return b.Frame()
}

// layered reports whether names give layers.
func (m *model) layered() bool {
	return slices.ContainsFunc(m.layers, func(c *component) bool { return c.layer != noLayer })
}

func (m *model) layerTable() *frames.Frame {
	b := frames.NewBuilder("layers", frames.Schema{
		{Name: "layer", Kind: frames.Int64, Doc: "number of the layer; missing for what is in none"},
		{Name: "component", Kind: frames.String, Doc: "part of the model"},
		{Name: "gpu_busy", Kind: frames.Int64, Unit: "ns", Doc: "time that devices are busy with it; missing where the trace does not show its work"},
		{Name: "gpu_share", Kind: frames.Float64, Unit: "%", Doc: "of the time the devices are busy; adds up to 100"},
		{Name: "host_self", Kind: frames.Int64, Unit: "ns", Doc: "host time in its innermost ranges; missing where there is no range"},
		{Name: "host_share", Kind: frames.Float64, Unit: "%", Doc: "of the host time in ranges; adds up to 100"},
	})
	for _, c := range m.layers {
		layer := any(int(c.layer))
		if c.layer == noLayer {
			layer = nil
		}
		b.Row(append([]any{layer, c.name}, m.cells(c)[:4]...)...)
	}
	return b.Frame()
}
