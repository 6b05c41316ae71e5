package memorycopies

import (
	"fmt"
	"maps"
	"math/bits"
	"slices"

	"profilemate/workbench/result"
)

// mostSizes is how many sizes a series shows one by one; beyond, sizes that agree
// in their first three bits are one point.
const mostSizes = 200

// bandwidthChart shows bandwidth by size, a series for each kind of memory.
// Logarithmic axes have no place for what has no size or no time.
func (s *summary) bandwidthChart() result.Chart {
	c := result.Chart{Name: "bandwidth", Title: "Bandwidth by size", Kind: result.Scatter,
		X: result.Axis{Label: "size", Unit: "B", Log: true}, Y: result.Axis{Label: "bandwidth", Unit: "B/s", Log: true},
		Note: "One point for each size: bytes by GPU time of all copies of that size."}
	for _, k := range s.kinds {
		bySize := groupSizes(k.list, func(bytes int64) int64 { return bytes })
		if len(bySize) > mostSizes {
			bySize = groupSizes(k.list, coarse)
			c.Note = "One point for sizes that differ by less than a quarter: bytes by GPU time of all copies of those sizes."
		}
		if series := sizeSeries(k.label(), bySize); len(series.X) > 0 {
			c.Series = append(c.Series, series)
		}
	}
	return c
}

// coarse keeps the first three bits of a size.
func coarse(bytes int64) int64 {
	drop := max(0, bits.Len64(uint64(bytes))-3)
	return bytes >> drop << drop
}

func groupSizes(list []op, key func(int64) int64) map[int64]*volume {
	out := map[int64]*volume{}
	for _, o := range list {
		k := key(o.bytes)
		if out[k] == nil {
			out[k] = &volume{}
		}
		out[k].add(o)
	}
	return out
}

func sizeSeries(name string, bySize map[int64]*volume) result.Series {
	series := result.Series{Name: name}
	for _, size := range slices.Sorted(maps.Keys(bySize)) {
		v := bySize[size]
		rate, ok := v.bandwidth().(float64)
		if !ok {
			continue
		}
		series.X = append(series.X, result.Number(float64(v.bytes)/float64(v.count)))
		series.Y = append(series.Y, result.Number(rate))
		series.Labels = append(series.Labels, fmt.Sprintf("%d × %s at %s, %s", v.count, result.Size(v.bytes/v.count), result.Rate(rate), result.Duration(v.time)))
	}
	return series
}

func (s *summary) timeChart() result.Chart {
	c := result.Chart{Name: "time", Title: "GPU time by direction", Kind: result.Bar, Horizontal: true,
		X: result.Axis{Label: "direction"}, Y: result.Axis{Label: "GPU time", Unit: "ns"}}
	series := result.Series{Name: "GPU time", Color: "copy"}
	for _, d := range s.directions {
		c.X.Categories = append(c.X.Categories, d.name)
		series.Y = append(series.Y, result.Number(d.time.Total))
		series.Labels = append(series.Labels, fmt.Sprintf("%.1f %%: %s in %d", result.Share(d.time.Total, s.total), result.Size(d.bytes.Total), d.time.Count))
	}
	c.Series = []result.Series{series}
	return c
}
