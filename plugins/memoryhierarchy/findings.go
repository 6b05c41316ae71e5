package memoryhierarchy

import (
	"fmt"
	"math"
	"strings"

	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/result"
)

const (
	table = "memory"

	captureMemory = "Profile with: ncu --section MemoryWorkloadAnalysis --section MemoryWorkloadAnalysis_Tables, or --set full."
	captureDRAM   = "Profile with: ncu --set full, or add --metrics dram__bytes_read.sum,dram__bytes_write.sum; integrated GPUs have no DRAM counters."
	captureSource = "Profile with: ncu --section SourceCounters, or --set full."

	excessTold   = 10 // % of sectors
	wasteTold    = 24 // bytes used of a sector's 32, below which a report without source counters is told of
	conflictTold = 10 // % of wavefronts
	dramTold     = 60 // % of the peak, the bound of ncu's speed-of-light rule
)

func report(r *result.Result, list []kernel) {
	reportMissing(r, list)
	for _, k := range list {
		k.reportCoalescing(r)
		k.reportBanks(r)
		k.reportSpills(r)
		k.reportDRAM(r)
	}
}

func reportMissing(r *result.Result, list []kernel) {
	say := func(missing func(kernel) bool, what, remedy string) {
		var found []*launch.Kernel
		for _, k := range list {
			if missing(k) {
				found = append(found, k.Kernel)
			}
		}
		if len(found) > 0 {
			r.Findings = append(r.Findings, launch.About(result.Warning, table, found, remedy, "The report has no %s of %s.", what, launch.Names(found)))
		}
	}
	say(func(k kernel) bool { return math.IsNaN(k.dram) }, "DRAM bytes", captureDRAM)
	say(func(k kernel) bool { return math.IsNaN(k.l1Hit) && math.IsNaN(k.l2Hit) }, "hit rates", captureMemory)
	say(func(k kernel) bool { return math.IsNaN(k.l1) }, "requests and sectors", captureMemory)
	say(func(k kernel) bool { return math.IsNaN(k.seen) && k.l1 > 0 && !k.Graph }, "sectors in excess, only the bytes used,", captureSource)
}

// reportCoalescing tells of sectors that better addresses would save, and how much
// of a sector each kind of access uses.
func (k kernel) reportCoalescing(r *result.Result) {
	const remedy = "Let neighboring threads of a warp touch neighboring addresses: swap loops or indices, go through shared memory (as a transpose does), or turn arrays of structures into structures of arrays."
	var wasteful []string
	for _, t := range k.accesses {
		if t.used < wasteTold && t.used > 0 && t.space == "global" {
			wasteful = append(wasteful, fmt.Sprintf("a %s takes %.1f sectors where %.1f would hold what it asks for (%.1f of 32 B used)",
				t.name, t.perRequest(), t.least(), t.used))
		}
	}
	detail := strings.Join(wasteful, "; ")
	switch {
	case k.excess() >= excessTold:
		if detail != "" {
			detail = ": " + detail
		}
		f := k.about(result.Warning, remedy, "%s is not coalesced: %s of its %s to global memory would be saved by better addresses%s.",
			k.Label, launch.Percent(k.excess()), result.Count(int64(k.seen), "sector"), detail)
		r.Findings = append(r.Findings, f)
	case detail != "" && math.IsNaN(k.excess()):
		r.Findings = append(r.Findings, k.about(result.Warning, remedy, "%s may not be coalesced: %s.", k.Label, detail))
	case detail != "":
		r.Findings = append(r.Findings, k.about(result.Info, "Hold values that threads read together in registers or shared memory, so that they are loaded once.",
			"%s: %s, yet no order of addresses within an instruction would save a sector. Threads of a warp read the same values, or requests are narrow.", k.Label, detail))
	}
}

func (k kernel) about(severity result.Severity, remedy, format string, args ...any) result.Finding {
	return launch.About(severity, table, []*launch.Kernel{k.Kernel}, remedy, format, args...)
}

// reportBanks tells of conflicts in shared memory.
func (k kernel) reportBanks(r *result.Result) {
	conflicts := 100 * (k.sharedWavefronts - k.sharedFree) / k.sharedWavefronts
	if !(conflicts >= conflictTold) {
		return
	}
	r.Findings = append(r.Findings, k.about(result.Warning, "Pad rows of shared arrays by one element or swizzle indices, so that threads of a warp use different banks.",
		"%s: bank conflicts make %s of its passes over shared memory.", k.Label, launch.Percent(conflicts)))
}

// reportSpills tells of local memory, which holds spilled registers and arrays that
// are indexed at run time.
func (k kernel) reportSpills(r *result.Result) {
	local, all := 0.0, 0.0
	for _, t := range k.accesses {
		all += t.sectors
		if t.space == "local" {
			local += t.sectors
		}
	}
	if !(local > 0) {
		return
	}
	r.Findings = append(r.Findings, k.about(result.Warning, "Compile with -Xptxas -v to see spills; use fewer live values, raise the limit of registers, or index small arrays by constants.",
		"%s moves %s through local memory (spilled registers, arrays indexed at run time), %s of its sectors.",
		k.Label, result.Size(int64(local*sector)), launch.Percent(100*local/all)))
}

// reportDRAM tells of kernels whose limit is DRAM.
func (k kernel) reportDRAM(r *result.Result) {
	if !(k.dramPercent >= dramTold) {
		return
	}
	text := ""
	if rate := k.rate(k.dram); rate > 0 {
		text = fmt.Sprintf(" (%s)", result.Rate(rate))
	}
	r.Findings = append(r.Findings, k.about(result.Info, "Move fewer bytes: fuse kernels, keep data in L2 or on chip, use narrower types.",
		"%s keeps DRAM at %s of its peak%s: bytes are what bounds it.", k.Label, launch.Percent(k.dramPercent), text))
}
