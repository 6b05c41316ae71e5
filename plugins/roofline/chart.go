package roofline

import (
	"fmt"
	"math"

	"profilemate/workbench/analysis/launch/roof"
	"profilemate/workbench/result"
)

// ceiling is one ceiling of compute on the chart, or with precision "" the bandwidth.
type ceiling struct{ device, precision, path string }

// charts draws the points that have a place, none when there are none.
func charts(name string, points []roof.Point, unit, level string) []result.Chart {
	var drawn []roof.Point
	for _, p := range points {
		if p.Intensity > 0 && p.Rate > 0 {
			drawn = append(drawn, p)
		}
	}
	if len(drawn) == 0 {
		return nil
	}
	c := result.Chart{Name: name, Kind: result.Scatter, Title: "Roofline, " + roof.LevelName(level) + " traffic",
		X:    result.Axis{Label: "arithmetic intensity", Unit: unit + "/B", Log: true},
		Y:    result.Axis{Label: "achieved rate", Unit: unit + "/s", Log: true},
		Note: "Percentages are of the roof; point size is the share of GPU time; roofs are the report's peaks at the clocks during profiling, weighted by time; where it has none, the data sheet's; or what is given."}
	if unit == "OP" {
		c.Title = "Roofline of integer tensor operations, " + roof.LevelName(level) + " traffic"
	}
	c.Series = append(roofSeries(drawn, unit, level), pointSeries(drawn)...)
	return []result.Chart{c}
}

// span returns the powers of ten around all points and ridges, none on the edge.
func span(points []roof.Point) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, p := range points {
		low, high = math.Min(low, p.Intensity), math.Max(high, p.Intensity)
		if p.Ridge > 0 && !math.IsInf(p.Ridge, 0) {
			low, high = math.Min(low, p.Ridge), math.Max(high, p.Ridge)
		}
	}
	return math.Pow10(int(math.Ceil(math.Log10(low))) - 1), math.Pow10(int(math.Floor(math.Log10(high))) + 1)
}

// roofSeries draws, for each device, the slope of its bandwidth up to the farthest
// ridge, and each peak from its ridge on.
func roofSeries(points []roof.Point, unit, level string) []result.Series {
	low, high := span(points)
	ceilings, order := ceilingsOf(points)
	farthest := map[string]float64{}
	for _, r := range order {
		if r.precision != "" {
			ridge := ceilings[r].Value() / ceilings[ceiling{device: r.device}].Value()
			farthest[r.device] = math.Max(farthest[r.device], positiveOr(ridge, low))
		}
	}
	devices := len(farthest)
	var list []result.Series
	for _, r := range order {
		height := ceilings[r].Value()
		if math.IsNaN(height) {
			continue
		}
		name, start, end, slope := roof.LevelName(level)+" "+si(height, "B/s"), low, positiveOr(farthest[r.device], high), height
		if r.precision != "" {
			name = seriesName(r.precision, r.path) + " " + si(height, unit+"/s")
			start, end, slope = positiveOr(height/ceilings[ceiling{device: r.device}].Value(), low), high, 0
		}
		if devices > 1 && r.device != "" {
			name += " (" + r.device + ")"
		}
		list = append(list, roofLine(name, start, end, height, slope))
	}
	return list
}

// roofLine is a level line, or one through the origin when slope is not 0.
func roofLine(name string, start, end, level, slope float64) result.Series {
	s := result.Series{Name: name, Kind: result.Line, Color: "roof", X: result.Numbers([]float64{start, end})}
	for _, x := range []float64{start, end} {
		y := level
		if slope > 0 {
			y = x * slope
		}
		s.Y = append(s.Y, result.Number(y))
	}
	return s
}

// positiveOr returns v, or other when v is no length on a logarithmic axis.
func positiveOr(v, other float64) float64 {
	if v > 0 && !math.IsInf(v, 0) {
		return v
	}
	return other
}

// ceilingsOf averages the ceilings of the points by time, a kernel with two
// precisions counting once for the bandwidth. Roofs come in order of first use.
func ceilingsOf(points []roof.Point) (map[ceiling]roof.Mean, []ceiling) {
	ceilings, order := map[ceiling]roof.Mean{}, []ceiling{}
	add := func(r ceiling, v float64, time int64) {
		m, known := ceilings[r]
		if !known {
			order = append(order, r)
		}
		if !math.IsNaN(v) {
			m.Include(v, float64(time))
		}
		ceilings[r] = m
	}
	seen := map[*roof.Kernel]bool{}
	for _, p := range points {
		if !seen[p.Kernel] {
			seen[p.Kernel] = true
			add(ceiling{device: p.ID.Device}, p.Bandwidth, p.Time)
		}
		add(ceiling{p.ID.Device, p.Amount.Label(), p.Path}, p.Peak, p.Time)
	}
	return ceilings, order
}

// pointSeries makes one series of each precision and path, in order of first use.
func pointSeries(points []roof.Point) []result.Series {
	longest := 0.0
	for _, p := range points {
		longest = math.Max(longest, p.Share)
	}
	at := map[string]int{}
	var list []result.Series
	for _, p := range points {
		name := seriesName(p.Amount.Label(), p.Path)
		i, known := at[name]
		if !known {
			i = len(list)
			at[name] = i
			list = append(list, result.Series{Name: name})
		}
		s := &list[i]
		s.X, s.Y = append(s.X, result.Number(p.Intensity)), append(s.Y, result.Number(p.Rate))
		s.Sizes = append(s.Sizes, result.Number(p.Share/longest))
		label := p.Kernel.Label()
		if p.Roof > 0 {
			label += ", " + percent(p.OfRoof())
		}
		s.Labels = append(s.Labels, label)
	}
	return list
}

// seriesName is the precision, with the tensor instruction where there is one.
func seriesName(precision, path string) string {
	if path == "" || path == "cuda" || path == "tensor" {
		return precision
	}
	return precision + " " + path
}

// si writes a rate with a decimal prefix and three digits: "3.35 TB/s".
func si(v float64, unit string) string {
	prefixes := []string{"", "k", "M", "G", "T", "P", "E"}
	i := 0
	for ; math.Abs(v) >= 999.5 && i < len(prefixes)-1; i++ {
		v /= 1000
	}
	return fmt.Sprintf("%.3g %s%s", v, prefixes[i], unit)
}

// percent writes a percentage with three digits and no exponent.
func percent(v float64) string {
	switch {
	case v >= 99.95:
		return fmt.Sprintf("%.0f %%", v)
	case v >= 9.995:
		return fmt.Sprintf("%.1f %%", v)
	}
	return fmt.Sprintf("%.2f %%", v)
}
