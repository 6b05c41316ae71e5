package roofline

import (
	"math"

	"profilemate/frames"
	"profilemate/workbench/analysis/launch/roof"
)

// pointTable is the table of points. unit is FLOP, or OP for integer operations.
func pointTable(name string, points []roof.Point, unit string) *frames.Frame {
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
		{Name: "roof_from", Kind: frames.String, Doc: "where peak and bandwidth come from: report (at the clock during profiling), data sheet (at the boost clock) or given"},
		{Name: "method", Kind: frames.String, Doc: "exact (a counter), rate (a printed rate times the cycles), estimate (512 FLOP a tensor instruction)"},
		{Name: "device", Kind: frames.String},
		{Name: "kernel", Kind: frames.String, Doc: "kernel name"},
	})
	for _, p := range points {
		b.Row(text(p.Function), text(p.ID.Grid), text(p.ID.Block), p.Amount.Label(), text(p.Path), p.Launches, p.Time, p.Share,
			p.Ops.Cell(), number(p.Ops.Value/float64(p.Launches)), p.Bytes.Cell(), number(p.Intensity), number(p.Rate), number(p.Roof), number(p.OfRoof()), text(p.Side()),
			text(p.Class()), whole(p.Headroom()), number(p.Peak), number(100*p.Rate/p.Peak), number(p.Bandwidth), number(p.Ridge),
			text(roofFrom(p)), text(p.Method), text(p.ID.Device), text(p.ID.Name))
	}
	return b.Frame()
}

// roofFrom says where the ceilings of a point come from.
func roofFrom(p roof.Point) string {
	if p.PeakFrom == p.BandwidthFrom || p.BandwidthFrom == "" {
		return p.PeakFrom
	}
	if p.PeakFrom == "" {
		return p.BandwidthFrom
	}
	return p.PeakFrom + ", bandwidth " + p.BandwidthFrom
}

// kernelTable has a row for every kernel, also for those without operations.
func kernelTable(profile *roof.Profile, level string) *frames.Frame {
	b := frames.NewBuilder("kernels", frames.Schema{
		{Name: "function", Kind: frames.String, Doc: "kernel name, shortened"},
		{Name: "grid", Kind: frames.String},
		{Name: "block", Kind: frames.String},
		{Name: "launches", Kind: frames.Int64},
		{Name: "time", Kind: frames.Int64, Unit: "ns", Doc: "GPU time of all launches"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the GPU time of the launches looked at"},
		{Name: "bytes", Kind: frames.Int64, Unit: "B", Doc: roof.LevelName(level) + " traffic of all launches"},
		{Name: "traffic", Kind: frames.Float64, Unit: "B/s", Doc: "bytes over time"},
		{Name: "bandwidth", Kind: frames.Float64, Unit: "B/s", Doc: roof.LevelName(level) + " bandwidth in the report, weighted by time"},
		{Name: "of_bandwidth", Kind: frames.Float64, Unit: "%", Doc: "traffic over bandwidth"},
		{Name: "sm_pct", Kind: frames.Float64, Unit: "%", Doc: "ncu's compute throughput, weighted by time"},
		{Name: "memory_pct", Kind: frames.Float64, Unit: "%", Doc: "ncu's memory throughput: the busiest of DRAM, L2, L1 and their pipes"},
		{Name: "dram_pct", Kind: frames.Float64, Unit: "%", Doc: "ncu's DRAM throughput"},
		{Name: "waves", Kind: frames.Float64, Doc: "waves of blocks over the device"},
		{Name: "class", Kind: frames.String, Doc: "ncu's speed-of-light class"},
		{Name: "device", Kind: frames.String},
		{Name: "kernel", Kind: frames.String, Doc: "kernel name"},
	})
	for _, k := range profile.Kernels {
		traffic := math.NaN()
		if !k.Bytes.Missing {
			traffic = k.Bytes.Value * 1e9 / float64(k.Time)
		}
		b.Row(text(k.Function), text(k.ID.Grid), text(k.ID.Block), k.Launches, k.Time, 100*float64(k.Time)/float64(profile.Time),
			k.Bytes.Cell(), number(traffic), number(k.Bandwidth.Value()), number(100*traffic/k.Bandwidth.Value()),
			number(k.SM.Value()), number(k.Memory.Value()), number(k.DRAM.Value()), number(k.Waves.Value()),
			text(k.Class()), text(k.ID.Device), text(k.ID.Name))
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
