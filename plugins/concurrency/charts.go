package concurrency

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"profilemate/workbench/result"
)

// drawn is how many devices a chart shows.
const drawn = 16

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

// bars returns a chart of bars that lie down, one for each device.
func (v *view) bars(name, title string) (result.Chart, []device) {
	c := result.Chart{Name: name, Title: title, Kind: result.Bar, Horizontal: true, Stacked: true,
		X: result.Axis{Label: "device"}, Y: result.Axis{Label: "time", Unit: "ns"}}
	shown := v.devices[:min(drawn, len(v.devices))]
	for i := range shown {
		c.X.Categories = append(c.X.Categories, v.label(&shown[i]))
	}
	if len(shown) < len(v.devices) {
		c.Note = fmt.Sprintf("%d of %d devices.", len(shown), len(v.devices))
	}
	return c, shown
}

// overlapChart shows the busy time by what ran beside what.
func (v *view) overlapChart() result.Chart {
	c, shown := v.bars("overlap", "Busy time by what ran beside what")
	list := []result.Series{{Name: "compute"}, {Name: "compute beside communication"}, {Name: "compute beside copies"},
		{Name: "communication alone", Color: "communication"}, {Name: "copies alone", Color: "copy"}}
	var totals [5]int64
	for i := range shown {
		p := shown[i].parts()
		for j, y := range []int64{p.compute, p.besideTalk, p.besideCopy, p.talk, p.copying} {
			list[j].Y = append(list[j].Y, result.Number(y))
			totals[j] += y
		}
	}
	for j, s := range list {
		if totals[j] > 0 {
			c.Series = append(c.Series, s)
		}
	}
	if slices.ContainsFunc(shown, func(d device) bool { return d.veiled }) {
		c.Note = strings.TrimSpace(c.Note + " Hidden graph work may have run beside what is shown.")
	}
	return c
}

// levelChart shows the window by how much work ran at once.
func (v *view) levelChart() result.Chart {
	c, shown := v.bars("level-time", "Time by how much work ran at once")
	unknown := result.Series{Name: "unknown", Color: "other"}
	hidden := int64(0)
	for i := range shown {
		for n, l := range v.shownLevels(&shown[i]) {
			for len(c.Series) <= n {
				c.Series = append(c.Series, result.Series{Y: missing(len(shown))})
			}
			s := &c.Series[n]
			s.Y[i] = result.Number(l.time)
			switch {
			case l.running == 0:
				s.Name = "nothing"
			case l.more || s.Name == fmt.Sprintf("%d or more at once", l.running):
				s.Name = fmt.Sprintf("%d or more at once", l.running)
			default:
				s.Name = fmt.Sprintf("%d at once", l.running)
			}
		}
		unknown.Y = append(unknown.Y, result.Number(shown[i].unknown.Total()))
		hidden += shown[i].unknown.Total()
	}
	if hidden > 0 {
		c.Series = append(c.Series, unknown)
	}
	return c
}

func missing(n int) []result.Number {
	out := make([]result.Number, n)
	for i := range out {
		out[i] = result.Number(math.NaN())
	}
	return out
}
