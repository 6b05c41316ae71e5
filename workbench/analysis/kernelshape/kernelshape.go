// Package kernelshape groups the executions of kernels by name, grid and block: what
// one launch is compared with in another run.
package kernelshape

import (
	"cmp"
	"fmt"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/change"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
	"profilemate/workbench/trace/names"
)

// Shape is what the executions of a group have in common.
type Shape struct {
	Name        string // whole; empty where the trace has none
	Grid, Block [3]int64
}

// String returns the sizes as "64x1x1 x 128x1x1": grid, then block.
func (s Shape) String() string { return Sizes(s.Grid) + " x " + Sizes(s.Block) }

// Sizes writes the three sizes of a grid or block: "64x1x1".
func Sizes(d [3]int64) string { return fmt.Sprintf("%dx%dx%d", d[0], d[1], d[2]) }

// Group is a shape with its executions.
type Group struct {
	Shape
	Family string  // as names.Family tells it
	Times  []int64 // ns, in the order of the table, which is that of time
	Total  int64   // ns
	Graph  int64   // executions from CUDA graphs
}

// Mean is the mean time of an execution in ns, with its error.
func (g *Group) Mean() change.Figure { return change.BatchMeans(g.Times) }

// Need declares the table that a Tally scans.
func Need(doc string) analysis.Need {
	return analysis.Need{Table: "kernels", Doc: doc, Columns: trace.Columns("start end grid_x grid_y grid_z block_x block_y block_z graph_node_id",
		frames.Field{Name: "name", Kind: frames.String})}
}

type key struct {
	code        int32 // of the name; -1 for none
	grid, block [3]int64
}

// Tally gathers executions. The zero value is empty. It is not safe for concurrent use.
type Tally struct {
	dict   *frames.Dictionary
	index  map[key]int
	groups []Group
	Odd    int64 // rows left out: their times cannot be
}

// Scan adds the rows of a batch of the table that Need declares.
func (t *Tally) Scan(b *frames.Batch) error {
	name := b.Column("name")
	var err error
	if t.dict, err = trace.OneDictionary(t.dict, name.Dictionary()); err != nil {
		return err
	}
	starts, ends, codes, nodes := b.Ints("start"), b.Ints("end"), name.Codes(), b.Column("graph_node_id")
	sizes := [6][]int64{b.Ints("grid_x"), b.Ints("grid_y"), b.Ints("grid_z"), b.Ints("block_x"), b.Ints("block_y"), b.Ints("block_z")}
	for i, code := range codes {
		duration := ends[i] - starts[i]
		if duration < 0 || duration > trace.Longest {
			t.Odd++
			continue
		}
		k := key{code: code}
		if name.IsNull(i) {
			k.code = -1
		}
		for j := range 3 {
			k.grid[j], k.block[j] = at(sizes[j], i), at(sizes[j+3], i)
		}
		g := t.group(k)
		g.Times = append(g.Times, duration)
		g.Total += duration
		if nodes != nil && !nodes.IsNull(i) {
			g.Graph++
		}
	}
	return nil
}

// at is 0 for a size that the table lacks.
func at(list []int64, i int) int64 {
	if list == nil {
		return 0
	}
	return list[i]
}

func (t *Tally) group(k key) *Group {
	if t.index == nil {
		t.index = map[key]int{}
	}
	i, known := t.index[k]
	if !known {
		i = len(t.groups)
		t.index[k] = i
		t.groups = append(t.groups, Group{Shape: Shape{Grid: k.grid, Block: k.block}})
	}
	return &t.groups[i]
}

// Merge adds what another tally saw in the rows after this one's.
func (t *Tally) Merge(after *Tally) error {
	var err error
	if t.dict, err = trace.OneDictionary(t.dict, after.dict); err != nil {
		return err
	}
	for k, i := range after.index {
		g, o := t.group(k), &after.groups[i]
		g.Times = append(g.Times, o.Times...)
		g.Total += o.Total
		g.Graph += o.Graph
	}
	t.Odd += after.Odd
	return nil
}

// Groups returns the groups by total time, longest first. The caller must not change
// the times.
func (t *Tally) Groups() []Group {
	list := slices.Clone(t.groups)
	for k, i := range t.index {
		if k.code >= 0 {
			list[i].Name = t.dict.String(k.code)
		}
		list[i].Family, _ = names.Family(list[i].Name)
	}
	slices.SortFunc(list, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Total, a.Total), cmp.Compare(a.Name, b.Name), slices.Compare(a.Grid[:], b.Grid[:]), slices.Compare(a.Block[:], b.Block[:]))
	})
	return list
}

// Of tallies a whole table.
func Of(f *frames.Frame) ([]Group, int64, error) {
	t := &Tally{}
	if err := t.Scan(f); err != nil {
		return nil, 0, err
	}
	return t.Groups(), t.Odd, nil
}

// Table makes the table of groups: what a comparison of runs reads.
func Table(groups []Group) *frames.Frame {
	b := frames.NewBuilder("kernels", frames.Schema{
		{Name: "kernel", Kind: frames.String, Doc: "name, shortened"},
		{Name: "grid", Kind: frames.String}, {Name: "block", Kind: frames.String},
		{Name: "family", Kind: frames.String},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the time of all kernels"},
		{Name: "total", Kind: frames.Int64, Unit: "ns"},
		{Name: "instances", Kind: frames.Int64},
		{Name: "avg", Kind: frames.Float64, Unit: "ns"},
		{Name: "error", Kind: frames.Float64, Unit: "ns", Doc: "standard error of avg, by the means of batches of neighbors; missing with one instance"},
		{Name: "batches", Kind: frames.Int64, Doc: "batches behind the error"},
		{Name: "from_graphs", Kind: frames.Int64, Doc: "instances from CUDA graphs"},
		{Name: "name", Kind: frames.String, Doc: "whole name"},
	})
	all := int64(0)
	whole := make([]string, len(groups))
	for i, g := range groups {
		all += g.Total
		whole[i] = g.Name
	}
	short := names.ShortNames(whole)
	for i, g := range groups {
		mean := g.Mean()
		var failure, parts any
		if mean.Free > 0 {
			failure, parts = mean.Error, int64(mean.Free)+1
		}
		b.Row(label(short[i]), Sizes(g.Grid), Sizes(g.Block), g.Family, result.Share(g.Total, all), g.Total, int64(len(g.Times)), mean.Value, failure, parts, g.Graph, label(g.Name))
	}
	return b.Frame()
}

// label is missing where there is no name.
func label(name string) any {
	if name == "" {
		return nil
	}
	return name
}
