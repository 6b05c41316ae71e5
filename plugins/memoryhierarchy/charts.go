package memoryhierarchy

import (
	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/result"
)

// rateChart draws the levels of the kernels with most time; ok is false when no rate
// is known.
func rateChart(list []kernel, top int) (c result.Chart, ok bool) {
	c = result.Chart{Name: "rates", Title: "Bytes per second through each level", Kind: result.Bar, Horizontal: true,
		X: result.Axis{Label: "kernel"}, Y: result.Axis{Label: "rate", Unit: "B/s"},
		Series: []result.Series{{Name: "L1"}, {Name: "L2"}, {Name: "DRAM"}},
		Note:   "A level that is much lower than the one before it is spared by the cache between them."}
	for _, k := range list {
		rates := []float64{k.rate(k.l1), k.rate(k.l2()), k.rate(k.dram)}
		known := false
		for _, v := range rates {
			known = known || v >= 0
		}
		if !known || len(c.X.Categories) == top {
			continue
		}
		c.X.Categories = append(c.X.Categories, k.Label)
		for i, v := range rates {
			c.Series[i].Y = append(c.Series[i].Y, result.Number(v))
		}
	}
	return c, len(c.X.Categories) > 0
}

// coalescingChart draws the global loads and stores of the kernels with most time.
func coalescingChart(list []kernel, top int) (c result.Chart, ok bool) {
	c = result.Chart{Name: "coalescing", Title: "Sectors of a request to global memory", Kind: result.Bar, Horizontal: true,
		X: result.Axis{Label: "kernel and access"}, Y: result.Axis{Label: "sectors of a request", Unit: "sector/request"},
		Note: "32 neighboring values of 4 B take 4 sectors. Fewer are used where threads read one value together, which costs nothing."}
	seen, least := result.Series{Name: "seen", Color: "attention"}, result.Series{Name: "if all bytes were used", Color: "chance"}
	kernels := 0
	for _, k := range list {
		drawn := false
		for _, t := range k.accesses {
			if t.space != "global" || !(t.perRequest() > 0) || kernels == top {
				continue
			}
			drawn = true
			c.X.Categories = append(c.X.Categories, k.Label+", "+t.op)
			seen.Y = append(seen.Y, result.Number(t.perRequest()))
			seen.Labels = append(seen.Labels, t.name+", "+result.Count(int64(t.requests), "request"))
			least.Y = append(least.Y, result.Number(t.least()))
			least.Labels = append(least.Labels, usedText(t))
		}
		if drawn {
			kernels++
		}
	}
	c.Series = []result.Series{seen, least}
	return c, kernels > 0
}

func usedText(t traffic) string {
	if t.used >= 0 {
		return launch.Percent(100*t.used/sector) + " of the bytes are used"
	}
	return "not counted"
}
