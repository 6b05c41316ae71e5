package launches

import (
	"math"
	"slices"

	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/result"
)

// kernel is the launches of a kernel. What is missing is NaN.
type kernel struct {
	*launch.Kernel
	first, fastest, slowest float64 // ns
	bytes                   float64
	work                    []float64 // in the order of work()
	percent                 []float64 // in the order of percentages()
	class                   string
}

func measure(p *launch.Profile, k *launch.Kernel) kernel {
	time := p.Column("time")
	out := kernel{Kernel: k, first: time(k.Rows[0]), fastest: math.Inf(1), slowest: math.Inf(-1), bytes: k.Sum(p.Column("dram_bytes"))}
	for _, row := range k.Rows {
		out.fastest, out.slowest = min(out.fastest, time(row)), max(out.slowest, time(row))
	}
	for _, f := range work() {
		out.work = append(out.work, k.Sum(p.Column(f.Name)))
	}
	for _, f := range percentages() {
		out.percent = append(out.percent, k.Mean(p.Column(f.Name)))
	}
	out.class = launch.SpeedOfLight(k.Mean(p.Column("sm_pct")), k.Mean(p.Column("memory_pct")), k.Mean(p.Column("waves")))
	return out
}

// mean is the mean time of a launch in ns, NaN when the profile is not timed.
func (k kernel) mean() float64 {
	if math.IsNaN(k.first) {
		return math.NaN()
	}
	return float64(k.Time) / float64(k.Launches())
}

// traffic is bytes of DRAM over time, in B/s.
func (k kernel) traffic() float64 {
	if k.Time == 0 {
		return math.NaN()
	}
	return k.bytes / float64(k.Time) * 1e9
}

// reportMissing says what the report lacks of kernels, and what would bring it.
func reportMissing(r *result.Result, list []kernel) {
	say := func(lacks func(kernel) bool, what, remedy string) {
		var those []*launch.Kernel
		for _, k := range list {
			if lacks(k) {
				those = append(those, k.Kernel)
			}
		}
		if len(those) == 0 {
			return
		}
		f := launch.About(result.Info, "kernels", those, remedy, "The report has no %s of %s.", what, launch.Names(those))
		f.StakeNs = 0
		r.Findings = append(r.Findings, f)
	}
	say(func(k kernel) bool { return math.IsNaN(k.bytes) }, "DRAM bytes",
		"Profile with: ncu --set full, or add --metrics dram__bytes_read.sum,dram__bytes_write.sum; integrated GPUs have no DRAM counters.")
	say(func(k kernel) bool { return !slices.ContainsFunc(k.work, func(v float64) bool { return v >= 0 }) }, "counts of operations",
		"Profile with: ncu --set roofline (or --set full); --section SpeedOfLight_RooflineChart alone has fp64 and fp32.")
	say(func(k kernel) bool { return k.class == "" }, "throughputs", "Profile with: ncu --section SpeedOfLight, or any --set but source.")
}

// report names the kernels whose launches lie far apart.
func report(r *result.Result, list []kernel, spread float64) {
	for _, k := range list {
		if k.Launches() < 2 || !(k.slowest >= spread*k.fastest) {
			continue
		}
		place := "another than the first is the slowest"
		if k.first == k.slowest {
			place = "the first is the slowest, as with cold caches"
		}
		r.Findings = append(r.Findings, launch.About(result.Info, "kernels", []*launch.Kernel{k.Kernel}, "Judge the kernel by its mean, or look at its launches.",
			"%d launches of %s take from %s to %s: %s.", k.Launches(), k.Label, result.Duration(int64(k.fastest)), result.Duration(int64(k.slowest)), place))
	}
}
