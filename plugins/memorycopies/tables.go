package memorycopies

import (
	"profilemate/frames"
	"profilemate/workbench/result"
)

func (s *summary) directionTable() *frames.Frame {
	b := frames.NewBuilder("directions", frames.Schema{
		{Name: "direction", Kind: frames.String, Doc: "of the copies, or set"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the GPU time of all copies and sets"},
		{Name: "total", Kind: frames.Int64, Unit: "ns", Doc: "GPU time"},
		{Name: "count", Kind: frames.Int64, Doc: "copies or sets"},
		{Name: "bytes", Kind: frames.Int64, Unit: "B", Doc: "bytes copied or set"},
		{Name: "bandwidth", Kind: frames.Float64, Unit: "B/s", Doc: "bytes by GPU time; missing where nothing moved"},
		{Name: "avg", Kind: frames.Float64, Unit: "ns", Doc: "mean GPU time"},
		{Name: "median", Kind: frames.Float64, Unit: "ns", Doc: "middle GPU time, averaged over the middle two"},
		{Name: "min", Kind: frames.Int64, Unit: "ns", Doc: "shortest"},
		{Name: "max", Kind: frames.Int64, Unit: "ns", Doc: "longest"},
		{Name: "stddev", Kind: frames.Float64, Unit: "ns", Doc: "sample standard deviation of the GPU time, 0 for one"},
		{Name: "avg_bytes", Kind: frames.Float64, Unit: "B", Doc: "mean size"},
		{Name: "median_bytes", Kind: frames.Float64, Unit: "B", Doc: "middle size, averaged over the middle two"},
		{Name: "min_bytes", Kind: frames.Int64, Unit: "B", Doc: "smallest"},
		{Name: "max_bytes", Kind: frames.Int64, Unit: "B", Doc: "largest"},
		{Name: "stddev_bytes", Kind: frames.Float64, Unit: "B", Doc: "sample standard deviation of the size, 0 for one"},
	})
	for _, d := range s.directions {
		t, n := d.time, d.bytes
		b.Row(d.name, result.Share(t.Total, s.total), t.Total, t.Count, n.Total, volume{t.Count, n.Total, t.Total}.bandwidth(),
			t.Mean, t.Median, t.Min, t.Max, t.StdDev, n.Mean, n.Median, n.Min, n.Max, n.StdDev)
	}
	return b.Frame()
}

func (s *summary) memoryTable() *frames.Frame {
	b := frames.NewBuilder("memories", frames.Schema{
		{Name: "direction", Kind: frames.String, Doc: "of the copies, or set"},
		{Name: "source", Kind: frames.String, Doc: "memory read; missing for a set"},
		{Name: "target", Kind: frames.String, Doc: "memory written"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the GPU time of all copies and sets"},
		{Name: "total", Kind: frames.Int64, Unit: "ns", Doc: "GPU time"},
		{Name: "count", Kind: frames.Int64, Doc: "copies or sets"},
		{Name: "bytes", Kind: frames.Int64, Unit: "B", Doc: "bytes copied or set"},
		{Name: "bandwidth", Kind: frames.Float64, Unit: "B/s", Doc: "bytes by GPU time; missing where nothing moved"},
		{Name: "host_time", Kind: frames.Int64, Unit: "ns", Doc: "time in the API calls of the copies; missing where the trace has no call for any"},
		{Name: "synchronous", Kind: frames.Int64, Doc: "copies whose call has no Async in its name; missing where the trace has no call for any"},
	})
	for _, k := range s.kinds {
		v, h := k.volume(), s.host(k.list)
		var source, time, synchronous any
		if k.direction != setting {
			source = k.source
		}
		if h.known > 0 {
			time, synchronous = h.time, h.synchronous
		}
		b.Row(k.direction, source, k.target, result.Share(v.time, s.total), v.time, v.count, v.bytes, v.bandwidth(), time, synchronous)
	}
	return b.Frame()
}

func (s *summary) sizeTable() *frames.Frame {
	b := frames.NewBuilder("sizes", frames.Schema{
		{Name: "direction", Kind: frames.String, Doc: "of the copies, or set"},
		{Name: "size", Kind: frames.String, Doc: "class of size: from, up to but without"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the GPU time of all copies and sets"},
		{Name: "total", Kind: frames.Int64, Unit: "ns", Doc: "GPU time"},
		{Name: "count", Kind: frames.Int64, Doc: "copies or sets"},
		{Name: "bytes", Kind: frames.Int64, Unit: "B", Doc: "bytes copied or set"},
		{Name: "bandwidth", Kind: frames.Float64, Unit: "B/s", Doc: "bytes by GPU time; missing where nothing moved"},
	})
	for _, row := range s.sizes {
		b.Row(row.direction, row.class, result.Share(row.time, s.total), row.time, row.count, row.bytes, row.bandwidth())
	}
	return b.Frame()
}
