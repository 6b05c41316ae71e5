package kerneldistribution

import (
	"fmt"
	"math"

	"profilemate/workbench/result"
	"profilemate/workbench/trace/names"
)

// histograms returns a chart for each of the kernels with the longest total.
func (s *summary) histograms() []result.Chart {
	var list []result.Chart
	for i := range s.kernels[:min(s.params.Top, len(s.kernels))] {
		list = append(list, s.kernels[i].histogramChart(i+1))
	}
	return list
}

func (k *kernel) histogramChart(number int) result.Chart {
	c := result.Chart{Name: fmt.Sprintf("histogram-%d", number), Group: "histogram", Title: k.label(), Kind: result.Bar,
		X: result.Axis{Label: "time of an instance, from"}, Y: result.Axis{Label: "instances"},
		Note: fmt.Sprintf("p50 %s, p95 %s, p99 %s, longest %s of %s.", rounded(k.stats.Median), rounded(k.p95), rounded(k.p99),
			result.Duration(k.stats.Max), result.Count(k.stats.Count, "instance"))}
	family, _ := names.Family(k.name)
	series := result.Series{Name: family, Color: family}
	h := k.histogram
	for i, n := range h.instances {
		c.X.Categories = append(c.X.Categories, result.Duration(h.edges[i]))
		series.Y = append(series.Y, result.Number(n))
		series.Labels = append(series.Labels, fmt.Sprintf("%s to %s: %.1f %% of the instances, %.1f %% of the time",
			result.Duration(h.edges[i]), result.Duration(h.edges[i+1]), result.Share(n, k.stats.Count), result.Share(h.time[i], k.stats.Total)))
	}
	c.Series = []result.Series{series}
	return c
}

// rounded writes a time in ns that may have a fraction.
func rounded(ns float64) string { return result.Duration(int64(math.Round(ns))) }

// spreadChart shows p99 against p50, a point for each kernel, one series for each
// family, and the line on which both are equal. A logarithmic axis has no place for
// kernels of 0 ns.
func (s *summary) spreadChart() result.Chart {
	c := result.Chart{Name: "spread", Title: "p99 against p50 of each kernel", Kind: result.Scatter,
		X: result.Axis{Label: "p50", Unit: "ns", Log: true}, Y: result.Axis{Label: "p99", Unit: "ns", Log: true},
		Note: "A point on the dashed line does not vary; the higher above it, the longer its slowest instances. The area is the share of the time."}
	at := map[string]int{}
	low, high := math.Inf(1), 0.0
	for i := range s.kernels {
		k := &s.kernels[i]
		if k.stats.Median <= 0 {
			continue
		}
		family, _ := names.Family(k.name)
		j, ok := at[family]
		if !ok {
			j = len(c.Series)
			at[family] = j
			c.Series = append(c.Series, result.Series{Name: family, Color: family})
		}
		low, high = min(low, k.stats.Median), max(high, k.p99)
		p := &c.Series[j]
		p.X, p.Y = append(p.X, result.Number(k.stats.Median)), append(p.Y, result.Number(k.p99))
		p.Sizes = append(p.Sizes, result.Number(float64(k.stats.Total)/float64(max(1, s.kernels[0].stats.Total))))
		p.Labels = append(p.Labels, fmt.Sprintf("%s: %.1f %% in %s, p99 %.1f × p50", k.label(), s.share(k.stats.Total),
			result.Count(k.stats.Count, "instance"), k.p99/k.stats.Median))
	}
	if high > low {
		ends := []result.Number{result.Number(low), result.Number(high)}
		c.Series = append(c.Series, result.Series{Name: "p99 = p50", Kind: result.Line, X: ends, Y: ends, Color: "roof", Dashed: true})
	}
	return c
}
