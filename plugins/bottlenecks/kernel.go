package bottlenecks

import (
	"math"

	"profilemate/frames"
	"profilemate/workbench/analysis/launch"
)

// kernel is what limits a kernel. What is missing is NaN or "".
type kernel struct {
	*launch.Kernel
	sm, memory, waves float64
	dram, l2, l1      float64 // throughput in % of peak
	class             string
	unit              string // busiest memory unit
	ridge             ridge
	counted           bool // DRAM bytes were
}

func measure(p *launch.Profile, k *launch.Kernel, jobs jobs) kernel {
	out := kernel{Kernel: k}
	for name, to := range map[string]*float64{"sm_pct": &out.sm, "memory_pct": &out.memory, "waves": &out.waves,
		"dram_pct": &out.dram, "l2_pct": &out.l2, "l1_pct": &out.l1} {
		*to = k.Mean(p.Column(name))
	}
	out.class = launch.SpeedOfLight(out.sm, out.memory, out.waves)
	out.unit = busiest(out.dram, out.l2, out.l1)
	out.ridge = ridgeOf(p, k, jobs)
	out.counted = !math.IsNaN(k.Sum(p.Column("dram_bytes")))
	return out
}

// busiest names the unit with the highest throughput: "" unless all are known.
func busiest(dram, l2, l1 float64) string {
	switch most := max(dram, l2, l1); { // NaN if any is
	case math.IsNaN(most):
		return ""
	case most == dram:
		return "DRAM"
	case most == l2:
		return "L2"
	}
	return "L1"
}

// job is the operations of a launch in one precision on one path.
type job struct {
	kind      string
	ops, peak float64
}

// jobs are by launch.
type jobs map[int64][]job

// jobsOf reads the table work, which may be nil. Work without a peak is left out.
func jobsOf(work *frames.Frame) jobs {
	if work == nil || !work.Has("launch") || !work.Has("ops") || !work.Has("peak") {
		return nil
	}
	out := jobs{}
	text := func(name string, row int) string {
		if c := work.Column(name); c != nil {
			return c.Str(row)
		}
		return ""
	}
	for i := range work.Len() {
		ops, peak := work.Column("ops").Float(i), work.Column("peak").Float(i)
		if ops > 0 && peak > 0 {
			id := work.Column("launch").Int(i)
			out[id] = append(out[id], job{text("precision", i) + " " + text("path", i), ops, peak})
		}
	}
	return out
}

// ridge is where a kernel lies beside the ridge of its main work under the DRAM
// roof: the work that would take longest at its peak. NaN and "" are not known.
type ridge struct {
	work             string
	intensity, ridge float64 // operations per byte of DRAM
}

// side is the side of the ridge, "" when it is not known.
func (r ridge) side() string {
	switch {
	case math.IsNaN(r.intensity) || math.IsNaN(r.ridge):
		return ""
	case r.intensity < r.ridge:
		return "memory side"
	}
	return "compute side"
}

func ridgeOf(p *launch.Profile, k *launch.Kernel, all jobs) ridge {
	ops, seconds := map[string]float64{}, map[string]float64{}
	var order []string
	ids := p.Column("launch")
	for _, row := range k.Rows {
		for _, j := range all[int64(ids(row))] {
			if ops[j.kind] == 0 {
				order = append(order, j.kind)
			}
			ops[j.kind] += j.ops
			seconds[j.kind] += j.ops / j.peak
		}
	}
	out := ridge{intensity: math.NaN(), ridge: math.NaN()}
	for _, kind := range order {
		if out.work == "" || seconds[kind] > seconds[out.work] {
			out.work = kind
		}
	}
	if bytes := k.Sum(p.Column("dram_bytes")); out.work != "" && bytes > 0 {
		out.intensity = ops[out.work] / bytes
		out.ridge = ops[out.work] / seconds[out.work] / k.Mean(p.Column("peak_dram"))
	}
	return out
}
