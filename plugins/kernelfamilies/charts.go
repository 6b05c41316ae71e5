package kernelfamilies

import (
	"fmt"

	"profilemate/workbench/result"
	"profilemate/workbench/trace/names"
)

// colorOf names the color of a family: a family from the reader's own rules takes
// the next in turn.
func colorOf(family string) string {
	if _, ok := result.Palette[family]; ok {
		return family
	}
	return ""
}

// newSeries returns n absent bars.
func newSeries(name, color string, n int) result.Series {
	return result.Series{Name: name, Color: color, Y: result.Absent(n), Labels: make([]string, n)}
}

// familyChart shows the time of each family; the ambiguous part of all families is
// a series of its own in grey, stacked on what is certain.
func (s *summary) familyChart() result.Chart {
	n := len(s.families)
	c := result.Chart{Name: "family-time", Title: "GPU time by family", Kind: result.Bar, Horizontal: true, Stacked: true,
		X: result.Axis{Label: "family"}, Y: result.Axis{Label: "GPU time", Unit: "ns"}}
	doubtful := newSeries("ambiguous", colorOf(names.Other), n)
	all := int64(0)
	for i, f := range s.families {
		c.X.Categories = append(c.X.Categories, f.name)
		certain := newSeries(f.name, colorOf(f.name), n)
		certain.Y[i] = result.Number(f.sum.time - f.ambiguous.time)
		certain.Labels[i] = fmt.Sprintf("%.1f %% in %s; longest: %s", result.Share(f.sum.time, s.total), result.Count(f.sum.count, "instance"), f.kernels[0].short)
		c.Series = append(c.Series, certain)
		if f.ambiguous.time > 0 {
			doubtful.Y[i] = result.Number(f.ambiguous.time)
			doubtful.Labels[i] = fmt.Sprintf("%.1f %% of %s is in names that rules of other families match too", result.Share(f.ambiguous.time, f.sum.time), f.name)
			all += f.ambiguous.time
		}
	}
	if all > 0 {
		c.Series = append(c.Series, doubtful)
		c.Note = fmt.Sprintf("%.1f %% of the time is in names that rules of several families match.", result.Share(all, s.total))
	}
	return c
}

// deviceChart shows what each device does.
func (s *summary) deviceChart() result.Chart {
	c := result.Chart{Name: "device-time", Title: "GPU time by device and family", Kind: result.Bar, Horizontal: true, Stacked: true,
		X: result.Axis{Label: "device"}, Y: result.Axis{Label: "GPU time", Unit: "ns"}}
	for _, d := range s.devices {
		c.X.Categories = append(c.X.Categories, fmt.Sprintf("device %d", d.id))
	}
	for _, f := range s.families {
		series := newSeries(f.name, colorOf(f.name), len(s.devices))
		for i, d := range s.devices {
			if t, ok := d.families[f.name]; ok {
				series.Y[i] = result.Number(t.time)
				series.Labels[i] = fmt.Sprintf("%.1f %% of the device in %s", result.Share(t.time, d.sum.time), result.Count(t.count, "instance"))
			}
		}
		c.Series = append(c.Series, series)
	}
	return c
}
