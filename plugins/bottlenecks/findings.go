package bottlenecks

import (
	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/result"
)

// table is where findings point.
const table = "bottlenecks"

// report says what limits the kernels that have most time, class by class.
func report(r *result.Result, list []kernel) {
	add := func(severity result.Severity, keep func(kernel) bool, remedy, format string) {
		var those []*launch.Kernel
		for _, k := range list {
			if keep(k) {
				those = append(those, k.Kernel)
			}
		}
		if len(those) > 0 {
			r.Findings = append(r.Findings, launch.About(severity, table, those, remedy, format, launch.Names(those)))
		}
	}
	add(result.Warning, func(k kernel) bool { return k.class == "" },
		"Profile with: ncu --section SpeedOfLight, or any --set but source.", "The profile has no throughputs of %s: what limits them cannot be told.")
	add(result.Info, func(k kernel) bool { return k.class != "" && !k.counted },
		"Profile with: ncu --set roofline (or --set full); --section SpeedOfLight_RooflineChart alone has fp64, fp32 and DRAM.",
		"The report does not tell the side of the ridge of %s: DRAM bytes were not counted.")
	add(result.Info, func(k kernel) bool { return k.class == launch.SmallGrid },
		"Give the kernel more blocks: a larger batch, a split of the reduction (split-K), or several launches at once on streams.",
		"Less than one wave of blocks, too few to fill the device: %s.")
	add(result.Info, func(k kernel) bool { return k.class == launch.Latency },
		"See the analyses stalls and occupancy for what the warps wait for.",
		"Neither compute nor memory is busy, the kernel waits: %s.")
	for _, k := range list {
		k.report(r)
	}
}

// report says of one kernel what memory its limit is, where the ridge says otherwise.
func (k kernel) report(r *result.Result) {
	side, limit := k.ridge.side(), launch.Limit(k.class)
	one := []*launch.Kernel{k.Kernel}
	switch {
	case limit == "memory" && k.unit != "" && k.unit != "DRAM" && side == "compute side":
		r.Findings = append(r.Findings, launch.About(result.Info, table, one,
			"Reuse data in registers and shared memory; fewer bytes of DRAM would not help.",
			"%s is limited by %s, not DRAM (memory %s, DRAM %s of peak), and lies on the compute side of the ridge (%.3g FLOP per byte, ridge at %.3g): both are true.",
			k.Label, k.unit, launch.Percent(k.memory), launch.Percent(k.dram), k.ridge.intensity, k.ridge.ridge))
	case limit == "memory" && k.unit == "DRAM":
		r.Findings = append(r.Findings, launch.About(result.Info, table, one,
			"Move fewer bytes: fuse it with its neighbors, or store smaller types.",
			"%s is limited by DRAM, at %s of its bandwidth.", k.Label, launch.Percent(k.dram)))
	}
}
