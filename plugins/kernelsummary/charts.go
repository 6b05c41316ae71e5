package kernelsummary

import (
	"fmt"

	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// bar is one bar of a chart: its series is its family.
type bar struct {
	label, family, hover string
	ns                   int64
}

// bars makes a horizontal chart with one series per family, so that a family has
// one color and stands in the legend once. A series has no bar where the category
// belongs to another.
func bars(name, title, label string, list []bar) result.Chart {
	c := result.Chart{Name: name, Title: title, Kind: result.Bar, Horizontal: true, Stacked: true,
		X: result.Axis{Label: label}, Y: result.Axis{Label: "GPU time", Unit: "ns"}}
	at := map[string]int{}
	for i, b := range list {
		c.X.Categories = append(c.X.Categories, b.label)
		j, ok := at[b.family]
		if !ok {
			j = len(c.Series)
			at[b.family] = j
			c.Series = append(c.Series, result.Series{Name: b.family, Color: b.family,
				Y: result.Absent(len(list)), Labels: make([]string, len(list))})
		}
		c.Series[j].Y[i] = result.Number(b.ns)
		c.Series[j].Labels[i] = b.hover
	}
	return c
}

func (s *summary) kernelChart(top int) result.Chart {
	shown := min(top, len(s.kernels))
	list, sum := make([]bar, shown), int64(0)
	for i, k := range s.kernels[:shown] {
		list[i] = bar{label: k.short, family: k.family, ns: k.stats.Total,
			hover: fmt.Sprintf("%.1f %% in %s: %s", s.share(k.stats.Total), result.Count(k.stats.Count, "instance"), k.fullName())}
		sum += k.stats.Total
	}
	c := bars("top-kernels", "Kernels with the longest total", "kernel", list)
	if shown < len(s.kernels) {
		c.Note = fmt.Sprintf("%d of %s; the bars take %.1f %% of the GPU time.", shown, result.Count(int64(len(s.kernels)), "kernel"), s.share(sum))
	}
	return c
}

func (s *summary) familyChart() result.Chart {
	var list []bar
	for _, f := range s.families() {
		list = append(list, bar{label: f.name, family: f.name, ns: f.total,
			hover: fmt.Sprintf("%.1f %% in %s", s.share(f.total), result.Count(f.instances, "instance"))})
	}
	return bars("family-time", "GPU time by family", "family", list)
}

func (k kernel) fullName() string {
	if !k.named {
		return trace.NoName
	}
	return k.name
}
