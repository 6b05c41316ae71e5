package nvtxtree

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"profilemate/workbench/result"
)

// treeChart draws the head of the table: the widest paths, in the order of the tree.
func (t *tree) treeChart() result.Chart {
	shown := t.widest()
	c := result.Chart{Name: "tree-time", Title: "Host time and GPU busy time by call path", Kind: result.Bar, Horizontal: true,
		X: result.Axis{Label: "range"}, Y: result.Axis{Label: "time", Unit: "ns"},
		Series: []result.Series{{Name: "host"}, {Name: "GPU busy"}}}
	for _, i := range shown {
		n := t.nodes[i]
		c.X.Categories = append(c.X.Categories, indent(n))
		t.addBars(&c, n, n.host, n.work.Busy)
	}
	if len(shown) < len(t.nodes) {
		c.Note = fmt.Sprintf("%d of %s. A range holds the time of those below it, which stand set in under it.", len(shown), result.Count(int64(len(t.nodes)), "path"))
	}
	return c
}

// widest returns the shown paths with the most time on either side, in the order of
// the tree. A parent is never narrower than its child, so no path is cut off its own.
func (t *tree) widest() []int32 {
	list := slices.Clone(t.shown)
	width := func(i int32) float64 {
		n := t.nodes[i]
		return max(result.Share(n.host, t.host), result.Share(n.work.Busy, t.busy))
	}
	slices.SortStableFunc(list, func(a, b int32) int {
		return cmp.Or(cmp.Compare(width(b), width(a)), cmp.Compare(t.nodes[a].depth, t.nodes[b].depth))
	})
	kept := map[int32]bool{}
	for _, i := range list[:min(t.params.Top, len(list))] {
		kept[i] = true
	}
	return slices.DeleteFunc(slices.Clone(t.shown), func(i int32) bool { return !kept[i] })
}

// ownChart shows what can be added up: each path without those below it.
func (t *tree) ownChart() result.Chart {
	list := t.byOwn()
	list = list[:min(t.params.Top, len(list))]
	c := result.Chart{Name: "own-time", Title: "Call paths with the most time of their own", Kind: result.Bar, Horizontal: true,
		X: result.Axis{Label: "path"}, Y: result.Axis{Label: "time under no range below", Unit: "ns"},
		Series: []result.Series{{Name: "host"}, {Name: "GPU busy"}}}
	for _, n := range list {
		c.X.Categories = append(c.X.Categories, t.path(n))
		t.addBars(&c, n, n.self, n.own.Busy)
	}
	return c
}

// byOwn sorts all paths by what they take of the host's or the GPU's time, whichever
// is more.
func (t *tree) byOwn() []*node {
	list := slices.Clone(t.nodes)
	width := func(n *node) float64 { return max(result.Share(n.self, t.host), result.Share(n.own.Busy, t.busy)) }
	slices.SortStableFunc(list, func(a, b *node) int { return cmp.Compare(width(b), width(a)) })
	return list
}

func (t *tree) addBars(c *result.Chart, n *node, host, busy int64) {
	add(&c.Series[0], float64(host), fmt.Sprintf("%.1f %% of the host time in ranges, %s: %s", result.Share(host, t.host), result.Count(n.calls, "range"), t.path(n)))
	if !t.knows(n) {
		add(&c.Series[1], math.NaN(), "not known: "+t.path(n))
		return
	}
	add(&c.Series[1], float64(busy), fmt.Sprintf("%.1f %% of the time the GPU is busy: %s", result.Share(busy, t.busy), t.path(n)))
}

func add(s *result.Series, value float64, hover string) {
	s.Y = append(s.Y, result.Number(value))
	s.Labels = append(s.Labels, hover)
}
