package bottlenecks

import (
	"cmp"
	"math"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/analysis/launch"
)

func kernelTable(p *launch.Profile, list []kernel) *frames.Frame {
	percent := func(name, doc string) frames.Field {
		return frames.Field{Name: name, Kind: frames.Float64, Unit: "%", Doc: doc}
	}
	b := frames.NewBuilder("bottlenecks", launch.Schema(
		frames.Field{Name: "class", Kind: frames.String, Doc: "of ncu's rule SOLBottleneck"},
		frames.Field{Name: "limit", Kind: frames.String, Doc: "memory or compute where the class names one"},
		frames.Field{Name: "unit", Kind: frames.String, Doc: "busiest of DRAM, L2 and L1"},
		percent("sm_pct", "throughput of the busiest compute unit, of its peak"),
		percent("memory_pct", "throughput of the busiest memory unit, of its peak"),
		percent("dram_pct", "throughput of DRAM, of its peak"),
		percent("l2_pct", "throughput of L2, of its peak"),
		percent("l1_pct", "throughput of L1, of its peak"),
		frames.Field{Name: "waves", Kind: frames.Float64, Doc: "waves of blocks over the device"},
		frames.Field{Name: "side", Kind: frames.String, Doc: "side of the ridge under the DRAM roof"},
		frames.Field{Name: "work", Kind: frames.String, Doc: "precision and path that the side is for: the work that would take longest at its peak"},
		frames.Field{Name: "intensity", Kind: frames.Float64, Unit: "FLOP/B", Doc: "its operations per byte of DRAM"},
		frames.Field{Name: "ridge", Kind: frames.Float64, Unit: "FLOP/B", Doc: "peak rate over DRAM bandwidth"},
	))
	for _, k := range list {
		p.Row(b, k.Kernel, launch.Text(k.class), launch.Text(launch.Limit(k.class)), launch.Text(k.unit),
			launch.Number(k.sm), launch.Number(k.memory), launch.Number(k.dram), launch.Number(k.l2), launch.Number(k.l1), launch.Number(k.waves),
			launch.Text(k.ridge.side()), launch.Text(k.ridge.work), launch.Number(k.ridge.intensity), launch.Number(k.ridge.ridge))
	}
	return b.Frame()
}

// total is the kernels of one class.
type total struct {
	class             string
	kernels, launches int64
	time              int64
}

func classTable(p *launch.Profile, list []kernel) *frames.Frame {
	b := frames.NewBuilder("classes", frames.Schema{
		{Name: "class", Kind: frames.String, Doc: "of ncu's rule SOLBottleneck; missing without throughputs"},
		{Name: "kernels", Kind: frames.Int64},
		{Name: "launches", Kind: frames.Int64},
		{Name: "time", Kind: frames.Int64, Unit: "ns"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the GPU time of the launches looked at"},
	})
	for _, t := range totals(list) {
		var time any
		share := math.NaN()
		if p.Timed {
			time, share = t.time, 100*float64(t.time)/float64(p.Time)
		}
		b.Row(launch.Text(t.class), t.kernels, t.launches, time, launch.Number(share))
	}
	return b.Frame()
}

// totals adds the classes up, most time first.
func totals(list []kernel) []total {
	var out []total
	for _, k := range list {
		at := slices.IndexFunc(out, func(t total) bool { return t.class == k.class })
		if at < 0 {
			at, out = len(out), append(out, total{class: k.class})
		}
		out[at].kernels++
		out[at].launches += k.Launches()
		out[at].time += k.Time
	}
	slices.SortStableFunc(out, func(a, b total) int { return cmp.Compare(b.time, a.time) })
	return out
}
