package roofline

import (
	"math"

	"profilemate/frames"
)

// pointTable is the table of points. unit is FLOP, or OP for integer operations.
func pointTable(name string, points []point, unit string) *frames.Frame {
	b := frames.NewBuilder(name, frames.Schema{
		{Name: "function", Kind: frames.String, Doc: "kernel name, shortened"},
		{Name: "grid", Kind: frames.String},
		{Name: "block", Kind: frames.String},
		{Name: "precision", Kind: frames.String, Doc: "type of the factors; tensor where tensor instructions computed it"},
		{Name: "path", Kind: frames.String, Doc: "cuda for ordinary instructions, else the tensor instruction and its sum"},
		{Name: "launches", Kind: frames.Int64},
		{Name: "time", Kind: frames.Int64, Unit: "ns", Doc: "GPU time of all launches"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the GPU time of the launches looked at"},
		{Name: "ops", Kind: frames.Int64, Unit: unit, Doc: "operations of all launches, an FMA being 2"},
		{Name: "ops_per_launch", Kind: frames.Float64, Unit: unit, Doc: "ops over launches"},
		{Name: "bytes", Kind: frames.Int64, Unit: "B", Doc: "traffic of all launches at the level"},
		{Name: "intensity", Kind: frames.Float64, Unit: unit + "/B", Doc: "operations over bytes"},
		{Name: "rate", Kind: frames.Float64, Unit: unit + "/s", Doc: "operations over time"},
		{Name: "roof", Kind: frames.Float64, Unit: unit + "/s", Doc: "the lower of peak and intensity times bandwidth"},
		{Name: "of_roof", Kind: frames.Float64, Unit: "%", Doc: "rate over roof"},
		{Name: "side", Kind: frames.String, Doc: "side of the ridge: which ceiling is the lower one at this intensity"},
		{Name: "class", Kind: frames.String, Doc: "ncu's speed-of-light class, of the busiest unit"},
		{Name: "headroom", Kind: frames.Int64, Unit: "ns", Doc: "time saved if the roof were reached"},
		{Name: "peak", Kind: frames.Float64, Unit: unit + "/s", Doc: "peak rate at the clock during profiling, weighted by time"},
		{Name: "of_peak", Kind: frames.Float64, Unit: "%", Doc: "rate over peak"},
		{Name: "bandwidth", Kind: frames.Float64, Unit: "B/s", Doc: "bandwidth of the level, weighted by time"},
		{Name: "ridge", Kind: frames.Float64, Unit: unit + "/B", Doc: "intensity at which peak and bandwidth meet"},
		{Name: "method", Kind: frames.String, Doc: "exact (a counter), rate (a printed rate times the cycles), estimate (512 FLOP a tensor instruction)"},
		{Name: "device", Kind: frames.String},
		{Name: "kernel", Kind: frames.String, Doc: "kernel name"},
	})
	for _, p := range points {
		b.Row(text(p.function), text(p.id.grid), text(p.id.block), p.amount.label(), text(p.path), p.launches, p.time, p.share,
			p.ops.cell(), number(p.ops.value/float64(p.launches)), p.bytes.cell(), number(p.intensity), number(p.rate), number(p.roof), number(p.ofRoof()), text(p.side()),
			text(p.class()), whole(p.headroom()), number(p.peak), number(100*p.rate/p.peak), number(p.bandwidth), number(p.ridge),
			text(p.method), text(p.id.device), text(p.id.name))
	}
	return b.Frame()
}

// kernelTable has a row for every kernel, also for those without operations.
func kernelTable(profile *profile, level string) *frames.Frame {
	b := frames.NewBuilder("kernels", frames.Schema{
		{Name: "function", Kind: frames.String, Doc: "kernel name, shortened"},
		{Name: "grid", Kind: frames.String},
		{Name: "block", Kind: frames.String},
		{Name: "launches", Kind: frames.Int64},
		{Name: "time", Kind: frames.Int64, Unit: "ns", Doc: "GPU time of all launches"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the GPU time of the launches looked at"},
		{Name: "bytes", Kind: frames.Int64, Unit: "B", Doc: levelName(level) + " traffic of all launches"},
		{Name: "traffic", Kind: frames.Float64, Unit: "B/s", Doc: "bytes over time"},
		{Name: "bandwidth", Kind: frames.Float64, Unit: "B/s", Doc: levelName(level) + " bandwidth in the report, weighted by time"},
		{Name: "of_bandwidth", Kind: frames.Float64, Unit: "%", Doc: "traffic over bandwidth"},
		{Name: "sm_pct", Kind: frames.Float64, Unit: "%", Doc: "ncu's compute throughput, weighted by time"},
		{Name: "memory_pct", Kind: frames.Float64, Unit: "%", Doc: "ncu's memory throughput: the busiest of DRAM, L2, L1 and their pipes"},
		{Name: "dram_pct", Kind: frames.Float64, Unit: "%", Doc: "ncu's DRAM throughput"},
		{Name: "waves", Kind: frames.Float64, Doc: "waves of blocks over the device"},
		{Name: "class", Kind: frames.String, Doc: "ncu's speed-of-light class"},
		{Name: "device", Kind: frames.String},
		{Name: "kernel", Kind: frames.String, Doc: "kernel name"},
	})
	for _, k := range profile.kernels {
		traffic := math.NaN()
		if !k.bytes.missing {
			traffic = k.bytes.value * 1e9 / float64(k.time)
		}
		b.Row(text(k.function), text(k.id.grid), text(k.id.block), k.launches, k.time, 100*float64(k.time)/float64(profile.time),
			k.bytes.cell(), number(traffic), number(k.bandwidth.value()), number(100*traffic/k.bandwidth.value()),
			number(k.sm.value()), number(k.memory.value()), number(k.dram.value()), number(k.waves.value()),
			text(k.class()), text(k.id.device), text(k.id.name))
	}
	return b.Frame()
}

// number, whole and text are cells of a table, nil for what is missing.
func number(v float64) any {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return v
}

func whole(v float64) any {
	if math.IsNaN(v) || math.Abs(v) >= math.MaxInt64 {
		return nil
	}
	return int64(math.Round(v))
}

func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}
