package memoryusage

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

func (v *view) poolTable() *frames.Frame {
	b := frames.NewBuilder("memory", frames.Schema{
		{Name: "process", Kind: frames.Int64},
		{Name: "device", Kind: frames.Int64, Doc: "CUDA ordinal in the process; missing where the trace does not say"},
		{Name: "kind", Kind: frames.String, Doc: "of memory; missing where the trace does not say"},
		{Name: "peak", Kind: frames.Int64, Unit: "B", Doc: "most that was live at one time of the capture"},
		{Name: "peak_at", Kind: frames.Int64, Unit: "ns", Doc: "when, since the trace began"},
		{Name: "at_begin", Kind: frames.Int64, Unit: "B", Doc: "live when the capture began"},
		{Name: "at_end", Kind: frames.Int64, Unit: "B", Doc: "live after the last event"},
		{Name: "left", Kind: frames.Int64, Doc: "allocations that were not freed"},
		{Name: "allocations", Kind: frames.Int64},
		{Name: "releases", Kind: frames.Int64},
		{Name: "allocated", Kind: frames.Int64, Unit: "B", Doc: "all allocations added up"},
		{Name: "unknown_releases", Kind: frames.Int64, Doc: "of addresses that no allocation is recorded for"},
		{Name: "steady_allocations", Kind: frames.Int64, Doc: "in the second half of the GPU's window; missing without GPU work"},
		{Name: "steady_allocated", Kind: frames.Int64, Unit: "B", Doc: "of these"},
	})
	for _, p := range v.pools {
		churn, bytes := any(p.churn), any(p.churnBytes)
		if v.work.Duration() == 0 {
			churn, bytes = nil, nil
		}
		var peakAt any
		if p.peak > 0 {
			peakAt = p.peakAt
		}
		b.Row(p.pid, orMissing(p.device), textOrMissing(p.kind), p.peak, peakAt, p.start, p.live, p.left, p.allocated, p.released, p.total, p.unknown, churn, bytes)
	}
	return b.Frame()
}

func orMissing(v int64) any {
	if v < 0 {
		return nil
	}
	return v
}

func textOrMissing(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func (v *view) allocationTable() *frames.Frame {
	b := frames.NewBuilder("allocations", frames.Schema{
		{Name: "process", Kind: frames.Int64},
		{Name: "device", Kind: frames.Int64},
		{Name: "kind", Kind: frames.String},
		{Name: "bytes", Kind: frames.Int64, Unit: "B"},
		{Name: "from", Kind: frames.Int64, Unit: "ns", Doc: "since the trace began; missing for what was there when the capture began"},
		{Name: "lived", Kind: frames.Int64, Unit: "ns", Doc: "until it was freed; missing where it was not, or where its begin is not known"},
		{Name: "freed", Kind: frames.Bool},
		{Name: "name", Kind: frames.String, Doc: "variable, where it is one"},
	})
	type row struct {
		pool *pool
		allocation
	}
	var rows []row
	for _, p := range v.pools {
		for _, a := range p.allocations {
			rows = append(rows, row{p, a})
		}
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(b.bytes, a.bytes), cmp.Compare(a.from, b.from))
	})
	for _, one := range rows[:min(v.params.Top, len(rows))] {
		var from, lived any
		if !one.before {
			from = one.from
			if one.freed {
				lived = one.until - one.from
			}
		}
		b.Row(one.pool.pid, orMissing(one.pool.device), textOrMissing(one.pool.kind), one.bytes, from, lived, one.freed, textOrMissing(one.name))
	}
	return b.Frame()
}

// label names a pool; the process and the device are left out where there is one.
func (v *view) label(p *pool) string {
	text := cmp.Or(p.kind, "memory of unknown kind")
	for _, other := range v.pools {
		if other.device != p.device {
			text += fmt.Sprintf(", device %d", p.device)
			break
		}
	}
	for _, other := range v.pools {
		if other.pid != p.pid {
			text += fmt.Sprintf(", process %d", p.pid)
			break
		}
	}
	return text
}

// sentence begins with a capital.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// drawn is how many lines the chart shows.
const drawn = 8

// liveChart draws a line of steps for each pool, the largest peaks first.
func (v *view) liveChart() result.Chart {
	c := result.Chart{Name: "live", Title: "Live memory over time", Kind: result.Line,
		X: result.Axis{Label: "time since the trace began", Unit: "ns"}, Y: result.Axis{Label: "live memory", Unit: "B"}}
	pools := slices.Clone(v.pools)
	slices.SortStableFunc(pools, func(a, b *pool) int { return cmp.Compare(b.peak, a.peak) })
	for _, p := range pools[:min(drawn, len(pools))] {
		if p.peak > 0 {
			c.Series = append(c.Series, v.series(p))
		}
	}
	if len(pools) > drawn {
		c.Note = fmt.Sprintf("The %d with the largest peaks of %d.", drawn, len(pools))
	}
	return c
}

// series draws steps: a point before each change as well, and one at the end.
func (v *view) series(p *pool) result.Series {
	s := result.Series{Name: v.label(p)}
	point := func(t, bytes int64) {
		s.X, s.Y = append(s.X, result.Number(t)), append(s.Y, result.Number(bytes))
	}
	before := int64(0)
	for _, i := range trace.Thin(p.lives, v.params.Points/2) {
		if at := p.times[i]; at > v.begin {
			point(at, before)
		}
		point(p.times[i], p.lives[i])
		before = p.lives[i]
	}
	point(v.end, p.live)
	return s
}
