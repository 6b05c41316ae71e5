package launchoverhead

import (
	"fmt"
	"math"

	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// drawn is how many devices a chart shows.
const drawn = 8

func (v *view) charts() []result.Chart {
	if len(v.devices) == 0 {
		return nil
	}
	return []result.Chart{v.launchTimes(), v.queueTimes()}
}

// label names a device as findings and charts do: the process is left out where
// there is one.
func (v *view) label(d *device) string {
	for i := range v.devices {
		if v.devices[i].Pid != d.Pid {
			return fmt.Sprintf("device %d of process %d", d.Device, d.Pid)
		}
	}
	return fmt.Sprintf("device %d", d.Device)
}

// launchTimes shows what a launch of each kernel takes where.
func (v *view) launchTimes() result.Chart {
	c := result.Chart{Name: "launch-times", Title: "Mean time of a launch on the host, in the queue and on the GPU", Kind: result.Bar, Horizontal: true, Stacked: true,
		X: result.Axis{Label: "kernel"}, Y: result.Axis{Label: "mean time", Unit: "ns"},
		Series: []result.Series{{Name: "call"}, {Name: "queue"}, {Name: "GPU"}}}
	shown := v.groups[:min(v.params.Top, len(v.groups))]
	for _, g := range shown {
		name := g.name
		if len(v.devices) > 1 {
			name += ", " + v.label(g.device)
		}
		c.X.Categories = append(c.X.Categories, name)
		for i, s := range []*trace.Samples{&g.call, &g.queue, &g.gpu} {
			y := math.NaN()
			if s.Len() > 0 {
				y = float64(s.Total()) / float64(s.Len())
			}
			c.Series[i].Y = append(c.Series[i].Y, result.Number(y))
			c.Series[i].Labels = append(c.Series[i].Labels, fmt.Sprintf("%s, the GPU waited for %s before them", result.Count(g.count, "launch"), result.Duration(g.idle)))
		}
	}
	if len(shown) < len(v.groups) {
		c.Note = fmt.Sprintf("The %d of %d for which the GPU waited longest.", len(shown), len(v.groups))
	}
	return c
}

// queueTimes shows how far ahead of the GPU the host is: the mean queue time of the
// launches in each part of the trace.
func (v *view) queueTimes() result.Chart {
	c := result.Chart{Name: "queue-time", Title: "How far the host is ahead of the GPU", Kind: result.Line,
		X: result.Axis{Label: "time since the trace began", Unit: "ns"}, Y: result.Axis{Label: "mean queue time", Unit: "ns"}}
	all := v.devices[0].window
	for i := range v.devices {
		w := v.devices[i].window
		all = trace.Interval{Start: min(all.Start, w.Start), End: max(all.End, w.End)}
	}
	for i := range v.devices[:min(drawn, len(v.devices))] {
		c.Series = append(c.Series, v.series(&v.devices[i], all))
	}
	if len(v.devices) > drawn {
		c.Note = fmt.Sprintf("%d of %d devices.", drawn, len(v.devices))
	}
	return c
}

func (v *view) series(d *device, all trace.Interval) result.Series {
	s := result.Series{Name: v.label(d)}
	bins := v.params.Bins
	width := float64(all.Duration()) / float64(bins)
	count, sum := make([]int64, bins), make([]int64, bins)
	for _, l := range d.launches {
		if l.call < 0 {
			continue
		}
		bin := 0
		if width > 0 {
			bin = min(bins-1, int(float64(l.start-all.Start)/width))
		}
		time, _ := v.queue(l)
		count[bin]++
		sum[bin] += time
	}
	for bin, n := range count {
		y := math.NaN()
		if n > 0 {
			y = float64(sum[bin]) / float64(n)
		}
		s.X, s.Y = append(s.X, result.Number(float64(all.Start)+(float64(bin)+0.5)*width)), append(s.Y, result.Number(y))
	}
	return s
}
