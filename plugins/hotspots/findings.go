package hotspots

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/result"
)

// table is where findings point.
const table = "instructions"

const (
	toldSpots   = 3   // hottest instructions that findings tell
	hotShare    = 10  // % of a kernel's samples from which an instruction is told
	excessTold  = 10  // % of a kernel's sectors that one instruction has in excess
	fewSamples  = 300 // of a kernel, below which shares are rough
	captureCode = "Profile with: ncu --section SourceCounters, or --set full; add --import-source yes and compile with -lineinfo for source lines."
)

func report(r *result.Result, p *launch.Profile, list []kernel, haveCode bool) {
	if !haveCode {
		r.Warn("Open the report (.ncu-rep) itself; ncu -i FILE --csv --page source prints the same from it.",
			"The artifact has no instructions: print-outs of the other pages leave them out.")
		return
	}
	reportMissing(r, list)
	for _, s := range spots(list, toldSpots) {
		if s.kernel.share(s.weight) >= hotShare {
			r.Findings = append(r.Findings, s.finding())
		}
	}
	for _, k := range list {
		k.reportExcess(r)
	}
	reportFew(r, list)
	reportNames(r, list)
}

// reportMissing names the kernels without samples or without anything.
func reportMissing(r *result.Result, list []kernel) {
	var bare, unsampled, unlined []*launch.Kernel
	for _, k := range list {
		switch {
		case len(k.instructions) == 0:
			bare = append(bare, k.Kernel)
		case !k.seen:
			unsampled = append(unsampled, k.Kernel)
		}
		if len(k.instructions) > 0 && !slices.ContainsFunc(k.instructions, func(x *instruction) bool { return x.line > 0 }) {
			unlined = append(unlined, k.Kernel)
		}
	}
	if len(bare) > 0 {
		r.Findings = append(r.Findings, launch.About(result.Warning, "", bare, captureCode, "The report has no counts by instruction of %s.", launch.Names(bare)))
	}
	if len(unsampled) > 0 {
		r.Findings = append(r.Findings, launch.About(result.Warning, table, unsampled, captureCode, "The report has no samples of %s, only counts by instruction.", launch.Names(unsampled)))
	}
	if len(unlined) > 0 {
		f := launch.About(result.Info, table, unlined, "Compile with nvcc -lineinfo (Triton has lines by itself) and profile with --import-source yes.",
			"Source lines of %s are not known.", launch.Names(unlined))
		f.StakeNs = 0
		r.Findings = append(r.Findings, f)
	}
}

// finding tells of one of the hottest instructions.
func (s spot) finding() result.Finding {
	reason, share := top(s.reasons)
	text := fmt.Sprintf("%s: %s of its samples are at %s", s.kernel.Label, launch.Percent(s.kernel.share(s.weight)), s.name())
	if where := s.where(); where != "" {
		text += " (" + strings.TrimSuffix(where+": "+s.source, ": ") + ")"
	}
	remedy := ""
	if reason != "" {
		m := launch.StallMeaning(reason)
		text += fmt.Sprintf(", where warps wait for %s (%s, %s of them)", m.Waits, reason, launch.Percent(share))
		if m.Help != "" {
			remedy = strings.ToUpper(m.Help[:1]) + m.Help[1:] + "."
		}
	}
	f := launch.About(result.Info, table, []*launch.Kernel{s.kernel.Kernel}, remedy, "%s.", text)
	f.StakeNs = 0
	if at := s.kernel.timeAt(s.weight); !math.IsNaN(at) {
		f.StakeNs = int64(at)
	}
	return f
}

// reportExcess names the instruction with most sectors in excess.
func (k kernel) reportExcess(r *result.Result) {
	sectors := 0.0
	var worst *instruction
	for _, x := range k.instructions {
		if math.IsNaN(x.excess()) {
			continue
		}
		sectors += x.sectors
		if worst == nil || x.excess() > worst.excess() {
			worst = x
		}
	}
	if worst == nil || !(100*worst.excess()/sectors >= excessTold) {
		return
	}
	where := ""
	if at := worst.where(); at != "" {
		where = " (" + strings.TrimSuffix(at+": "+worst.source, ": ") + ")"
	}
	r.Findings = append(r.Findings, launch.About(result.Warning, table, []*launch.Kernel{k.Kernel},
		"Let neighboring threads of a warp touch neighboring addresses there; see memory-hierarchy.",
		"%s: %s%s asks for %s of global memory where %s would do, %s of all that the kernel asks for in excess.",
		k.Label, worst.name(), where, result.Count(int64(worst.sectors), "sector"), result.Grouped(int64(worst.ideal)), launch.Percent(100*worst.excess()/sectors)))
}

// reportFew says of which kernels there are too few samples for a share to mean much.
func reportFew(r *result.Result, list []kernel) {
	var few []*launch.Kernel
	for _, k := range list {
		if k.seen && k.samples < fewSamples {
			few = append(few, k.Kernel)
		}
	}
	if len(few) > 0 {
		f := launch.About(result.Info, table, few, "Profile with --warp-sampling-interval 0 (--sampling-interval before 2024.1), or several launches.",
			"Fewer than %d samples of %s: their shares are rough.", fewSamples, launch.Names(few))
		f.StakeNs = 0
		r.Findings = append(r.Findings, f)
	}
}

// reportNames says how to get what the report's code does not tell.
func reportNames(r *result.Result, list []kernel) {
	known, unknown := 0, 0
	for _, k := range list {
		for _, x := range k.instructions {
			if x.opcode == "" {
				unknown++
			} else {
				known++
			}
		}
	}
	const remedy = "Print whole instructions with: ncu -i FILE --csv --page source, or cuobjdump -sass PROGRAM."
	switch {
	case unknown > 0:
		r.Findings = append(r.Findings, result.Finding{Severity: result.Info, Remedy: remedy,
			Text: fmt.Sprintf("Names of %s are not known; they stand by their offset in the code.", result.Count(int64(unknown), "instruction"))})
	case known > 0:
		r.Findings = append(r.Findings, result.Finding{Severity: result.Info, Remedy: remedy,
			Text: "Instructions are named without modifiers and operands, which the report holds only as machine code."})
	}
}
