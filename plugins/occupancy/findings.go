package occupancy

import (
	"fmt"
	"math"

	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/result"
)

const (
	table = "occupancy"

	fewWarps  = 50 // % of theoretical occupancy below which its limiter is told
	unevenly  = 80 // % of theoretical occupancy below which achieved occupancy is told
	tailTold  = 10 // % of the device's time, lost to the tail
	smallWave = 1  // waves below which the grid does not fill the device
)

func report(r *result.Result, list []kernel) {
	reportMissing(r, list)
	for _, k := range list {
		k.reportLimit(r)
		k.reportGrid(r)
	}
	reportUneven(r, list)
}

// reportMissing says what would bring the numbers that no launch of a kernel has.
func reportMissing(r *result.Result, list []kernel) {
	say := func(missing func(kernel) bool, what, remedy string) {
		if found := where(list, missing); len(found) > 0 {
			r.Findings = append(r.Findings, launch.About(result.Warning, table, found, remedy, "The report has no %s of %s.", what, launch.Names(found)))
		}
	}
	say(func(k kernel) bool { return math.IsNaN(k.theoretical) && math.IsNaN(k.achieved) }, "occupancy", "Profile with: ncu --section Occupancy --section LaunchStats, or --set basic or full.")
	say(func(k kernel) bool { return !math.IsNaN(k.theoretical) && math.IsNaN(k.achieved) }, "achieved occupancy", "Profile with: ncu --section Occupancy, or --set basic or full.")
	say(func(k kernel) bool { return !k.waves.seen && !math.IsNaN(k.theoretical) }, "number of waves", "Profile with: ncu --section LaunchStats, or --set basic or full.")
}

// where returns the kernels that ncu can say the occupancy of: whole graphs and
// ranges have none.
func where(list []kernel, keep func(kernel) bool) []*launch.Kernel {
	var found []*launch.Kernel
	for _, k := range list {
		if !k.Graph && k.Grid != "" && keep(k) {
			found = append(found, k.Kernel)
		}
	}
	return found
}

// reportLimit tells of a kernel of which few warps fit.
func (k kernel) reportLimit(r *result.Result) {
	if !(k.theoretical < fewWarps) {
		return
	}
	remedy := "It would take, each by itself: " + k.gain()
	if len(k.steps) == 0 {
		remedy = "Use fewer registers (__launch_bounds__, -maxrregcount), less shared memory or another block size"
	}
	if k.limitedBy("shared memory") && k.device.shared < k.device.sharedMost {
		remedy += fmt.Sprintf("; or a larger carve-out of shared memory (%s of %s are set: cudaFuncAttributePreferredSharedMemoryCarveout)",
			result.Size(int64(k.device.shared)), result.Size(int64(k.device.sharedMost)))
	}
	r.Findings = append(r.Findings, launch.About(result.Info, table, []*launch.Kernel{k.Kernel}, remedy+".",
		"%s can keep %s of an SM's warps: %s. That matters where its warps wait for memory; see stalls.",
		k.Label, launch.Percent(k.theoretical), k.limitText()))
}

func (k kernel) limitText() string {
	switch k.limiter {
	case "":
		return "the report does not say what limits them"
	case varies:
		return "its launches differ in what limits them"
	case "shared memory":
		return k.limiter + " is the limit" + k.uses()
	}
	return k.limiter + " are the limit" + k.uses()
}

// uses says how much of the limiter a block takes.
func (k kernel) uses() string {
	switch {
	case k.limitedBy("registers") && k.block.registers > 0:
		return fmt.Sprintf(" (%.0f registers a thread, %.0f threads a block)", k.block.registers, k.block.threads)
	case k.limitedBy("shared memory") && k.block.shared > 0:
		return fmt.Sprintf(" (%s a block)", result.Size(int64(k.block.shared)))
	case k.block.threads > 0:
		return fmt.Sprintf(" (%.0f threads a block)", k.block.threads)
	}
	return ""
}

// reportGrid tells of a grid that does not fill the device, or whose last wave
// leaves much of it empty.
func (k kernel) reportGrid(r *result.Result) {
	w := k.waves
	var f result.Finding
	switch {
	case w.count < smallWave && w.blocks < w.sms:
		f = k.about("Use smaller blocks, split the work further, or run kernels side by side on streams.",
			"%s launches %s on %.0f SMs: %.0f SMs have nothing to do.", k.Label, result.Count(int64(w.blocks), "block"), w.sms, w.sms-w.blocks)
	case w.count < smallWave:
		f = k.about("Use more blocks where the work allows it, or run kernels side by side on streams.",
			"%s launches %.2f waves: its grid fills %s of the places for blocks on the device, so an SM cannot keep the warps that its resources allow.",
			k.Label, w.count, launch.Percent(100*w.count))
	case w.tailLoss() >= tailTold:
		f = k.about("Choose a grid of whole waves, or one block for each place with a loop over the work (grid-stride, persistent kernel).",
			"%s runs %s and one that is %s full: about %s of the device's time is lost in the tail, if all blocks take equally long.",
			k.Label, result.Count(int64(w.full()), "full wave"), launch.Percent(w.last()), launch.Percent(w.tailLoss()))
		f.StakeNs = int64(float64(k.Time) * w.tailLoss() / 100)
	default:
		return
	}
	r.Findings = append(r.Findings, f)
}

func (k kernel) about(remedy, format string, args ...any) result.Finding {
	return launch.About(result.Info, table, []*launch.Kernel{k.Kernel}, remedy, format, args...)
}

// reportUneven names the kernels with enough blocks that still keep fewer warps than
// fit: their blocks or warps are unequally long, or over too soon.
func reportUneven(r *result.Result, list []kernel) {
	found := where(list, func(k kernel) bool { return k.waves.count >= smallWave && 100*k.achieved/k.theoretical < unevenly })
	if len(found) == 0 {
		return
	}
	r.Findings = append(r.Findings, launch.About(result.Info, table, found, "Look for warps or blocks with more work than others, and for blocks so short that starting them counts.",
		"Less than %d %% of the warps that fit are there on average in %s, though the grid is large enough.", unevenly, launch.Names(found)))
}
