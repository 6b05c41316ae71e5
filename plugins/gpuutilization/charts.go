package gpuutilization

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
	charts := []result.Chart{v.overTime()}
	if c := v.idleCauses(); len(c.Series) > 0 {
		charts = append(charts, c)
	}
	return charts
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

// overTime shows the busy share in parts of the time of the whole trace, so that
// devices stand below one another. A part outside a device's window, or with time in
// it that is unknown, has no point.
func (v *view) overTime() result.Chart {
	low, high := 0.0, 100.0
	c := result.Chart{Name: "utilization", Title: "Busy share over time", Kind: result.Line,
		X: result.Axis{Label: "time since the trace began", Unit: "ns"}, Y: result.Axis{Label: "busy share", Unit: "%", Min: &low, Max: &high}}
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
	bins := int64(v.params.Bins)
	for i := range bins {
		bin := trace.Interval{Start: all.Start + fraction(all.Duration(), i, bins), End: all.Start + fraction(all.Duration(), i+1, bins)}
		if bin.Duration() == 0 {
			continue
		}
		y := math.NaN()
		if bin.Start < d.window.End && bin.End > d.window.Start && d.unknown.TotalIn(bin) == 0 {
			y = share(d.busy.TotalIn(bin), bin.Duration())
		}
		s.X = append(s.X, result.Number(bin.Start+bin.Duration()/2))
		s.Y = append(s.Y, result.Number(y))
	}
	return s
}

// fraction returns i parts of n of a duration, without overflow.
func fraction(duration, i, n int64) int64 { return duration/n*i + duration%n*i/n }

// idleCauses shows how long each device was not busy, by cause.
func (v *view) idleCauses() result.Chart {
	c := result.Chart{Name: "idle-causes", Title: "Time without work by cause", Kind: result.Bar, Horizontal: true, Stacked: true,
		X: result.Axis{Label: "device"}, Y: result.Axis{Label: "time", Unit: "ns"}}
	shown := v.devices[:min(drawn, len(v.devices))]
	for i := range shown {
		c.X.Categories = append(c.X.Categories, v.label(&shown[i]))
	}
	for why := range causes {
		s := result.Series{Name: why.String()}
		total := int64(0)
		for i := range shown {
			total += shown[i].causes[why].time
			s.Y = append(s.Y, result.Number(shown[i].causes[why].time))
		}
		if total > 0 {
			c.Series = append(c.Series, s)
		}
	}
	return c
}
