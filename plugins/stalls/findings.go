package stalls

import (
	"fmt"
	"math"
	"strings"

	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/result"
)

const (
	table = "kernels"

	capture = "Profile with: ncu --section WarpStateStats --section SchedulerStats, or --set full; --section SourceCounters adds samples."

	// told is ncu's own threshold for a reason, in % (rule CPIStall).
	told = 30
	// busy is the part of active cycles, in %, below which a scheduler without a ready
	// warp is rare enough that no stall is worth a remark.
	busy = 20
)

func report(r *result.Result, list []kernel) {
	var missing, idle []*launch.Kernel
	byReason := map[string][]kernel{}
	var reasons []string
	for _, k := range list {
		waits := k.waits()
		switch {
		case len(waits) == 0:
			missing = append(missing, k.Kernel)
		case k.idle < busy:
			idle = append(idle, k.Kernel)
		case waits[0].weight >= told:
			reason := waits[0].reason
			if byReason[reason] == nil {
				reasons = append(reasons, reason)
			}
			byReason[reason] = append(byReason[reason], k)
		}
	}
	if len(missing) > 0 {
		r.Findings = append(r.Findings, launch.About(result.Warning, table, missing, capture, "The report has no stall reasons of %s.", launch.Names(missing)))
	}
	if len(idle) > 0 {
		r.Findings = append(r.Findings, launch.About(result.Info, table, idle, "",
			"%s: a warp is ready in more than %d %% of the active cycles, so what the others wait for costs little.", launch.Names(idle), 100-busy))
	}
	for _, reason := range reasons {
		r.Findings = append(r.Findings, reasonFinding(reason, byReason[reason]))
	}
	reportSampled(r, list)
}

// reasonFinding tells of the kernels that mostly wait for one thing.
func reasonFinding(reason string, list []kernel) result.Finding {
	var kernels []*launch.Kernel
	text := ""
	for i, k := range list {
		kernels = append(kernels, k.Kernel)
		if i > 0 {
			text += "; "
		}
		text += fmt.Sprintf("%s %s", k.Label, launch.Percent(k.waits()[0].weight))
		if k.latency > 0 {
			text += fmt.Sprintf(" of %.1f cycles between instructions", k.latency)
		}
		if k.idle >= 0 {
			text += fmt.Sprintf(", no warp ready in %s of cycles", launch.Percent(k.idle))
		}
	}
	m := launch.StallMeaning(reason)
	return launch.About(result.Info, table, kernels, sentence(m.Help), "Warps mostly wait for %s (%s): %s.", m.Waits, reason, text)
}

// sentence makes a phrase one: nothing stays nothing.
func sentence(phrase string) string {
	if phrase == "" {
		return ""
	}
	return strings.ToUpper(phrase[:1]) + phrase[1:] + "."
}

// fewSamples is how many samples a share needs to be worth comparing.
const fewSamples = 1000

// reportSampled names the kernels where counters and samples disagree about the top
// reason, though there are samples enough.
func reportSampled(r *result.Result, list []kernel) {
	for _, k := range list {
		waits := k.waits()
		if len(waits) == 0 || math.IsNaN(waits[0].share) || !(k.samples >= fewSamples) {
			continue
		}
		most := waits[0]
		for _, s := range waits {
			if s.sampled > most.sampled {
				most = s
			}
		}
		if most.reason != waits[0].reason {
			r.Findings = append(r.Findings, launch.About(result.Info, table, []*launch.Kernel{k.Kernel}, "",
				"%s: by the counters warps wait most for %s, by the samples for %s (%s of them). They come from different passes over the kernel.",
				k.Label, waits[0].reason, most.reason, launch.Percent(most.sampled)))
		}
	}
}
