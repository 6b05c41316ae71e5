package synchronization

import (
	"fmt"

	"profilemate/workbench/result"
)

// label names a row of the table of calls as findings and charts do: process and
// thread are left out where there is one.
func (v *view) label(s *sum, list []*sum) string {
	name := s.name
	if s.pageable {
		name += " of pageable memory"
	}
	processes, threads := map[int64]bool{}, map[int64]bool{}
	for _, o := range list {
		processes[o.pid], threads[o.tid] = true, true
	}
	switch {
	case len(processes) > 1:
		return fmt.Sprintf("%s, thread %d of process %d", name, s.tid, s.pid)
	case len(threads) > 1:
		return fmt.Sprintf("%s, thread %d", name, s.tid)
	}
	return name
}

// chart shows how long calls block and what the GPU does meanwhile.
func (v *view) chart(list []*sum) result.Chart {
	shown := list[:min(v.params.Top, len(list))]
	c := result.Chart{Name: "blocked-time", Title: "Time in blocking calls by what the GPU did", Kind: result.Bar, Horizontal: true, Stacked: true,
		X: result.Axis{Label: "call"}, Y: result.Axis{Label: "host time", Unit: "ns"},
		Series: []result.Series{{Name: "GPU busy"}, {Name: "GPU idle"}, {Name: "unknown"}}}
	hidden := int64(0)
	for _, s := range shown {
		c.X.Categories = append(c.X.Categories, v.label(s, list))
		for i, y := range []int64{s.busy, s.idle, s.unknown} {
			c.Series[i].Y = append(c.Series[i].Y, result.Number(y))
			c.Series[i].Labels = append(c.Series[i].Labels, result.Count(s.times.Len(), "call"))
		}
		hidden += s.unknown
	}
	if hidden == 0 {
		c.Series = c.Series[:2]
	}
	if len(shown) < len(list) {
		c.Note = fmt.Sprintf("The %d of %d with the longest total.", len(shown), len(list))
	}
	return c
}
