package rules

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"profilemate/frames"
	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/result"
)

// table is where findings point.
const table = "advice"

// findings is what the findings are made of.
type findings struct {
	profile  *launch.Profile
	all      []*advice // of the kernels that are looked at
	list     []*advice // of these, what the parameters choose, ranked
	told     bool      // the profile has a table of rules
	sections *frames.Frame
	top      int
}

func report(r *result.Result, f findings) {
	if !f.told {
		r.Warn("Open the report (.ncu-rep) itself, or its details page: ncu -i FILE --csv --page details.",
			"The artifact has no advice of rules: a raw page leaves them out.")
		return
	}
	f.reportSilent(r)
	f.reportSections(r)
	gains := 0
	for _, a := range f.list {
		if a.gain > 0 && gains < f.top {
			gains++
			r.Findings = append(r.Findings, a.finding())
		}
	}
	if gains > 1 {
		r.Note("Gains are ncu's estimates, each an upper bound for one piece of advice by itself. Several rules claim the same time, so they do not add up.")
	}
	if gains == 0 && len(f.list) > 0 && f.profile.Timed {
		r.Note("No advice comes with a global estimate, so it is ranked by local ones and by time: nothing says how much of the time it would save.")
	}
}

// finding tells a piece of advice with its gain, in ncu's words.
func (a *advice) finding() result.Finding {
	heading := a.heading()
	if heading != a.rule { // a details page has no titles
		heading += " (" + a.rule + ")"
	}
	f := launch.About(result.Info, table, []*launch.Kernel{a.kernel}, sentence(a.message),
		"%s: %s is worth at most %s by ncu's estimate, %s of the time of the %s that it is told of.",
		a.kernel.Label, heading, result.Duration(int64(a.gain)), launch.Percent(a.speedup), result.Plural(int64(len(a.told)), "launch"))
	f.StakeNs = int64(a.gain)
	return f
}

// sentence makes a message read as the remedy of a finding does.
func sentence(message string) string {
	text := strings.Join(strings.Fields(message), " ")
	if text == "" {
		return ""
	}
	first, size := utf8.DecodeRuneInString(text)
	text = string(unicode.ToUpper(first)) + text[size:]
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return text
}

// reportSilent names the kernels of which no rule says anything, which is so where
// none was applied.
func (f findings) reportSilent(r *result.Result) {
	silent := f.profile.Where(func(k *launch.Kernel) bool {
		return !slices.ContainsFunc(f.all, func(a *advice) bool { return a.kernel == k })
	})
	if len(silent) == 0 {
		return
	}
	const remedy = "Profile with --apply-rules yes (the default) and a set that has rules: ncu --set full, or single ones: --section WarpStateStats --rule CPIStall."
	if len(f.all) == 0 {
		r.Findings = append(r.Findings, launch.About(result.Warning, "", silent, remedy,
			"The report has no advice of rules: none was applied, or no section with rules was collected."))
		return
	}
	r.Findings = append(r.Findings, launch.About(result.Info, "", silent, remedy, "No rule says anything of %s.", launch.Names(silent)))
}

// advising are the sections whose rules find what costs time, in the order of ncu's
// details page.
func advising() []string {
	return []string{"SpeedOfLight", "ComputeWorkloadAnalysis", "MemoryWorkloadAnalysis_Tables", "SchedulerStats", "WarpStateStats",
		"InstructionStats", "LaunchStats", "Occupancy", "SourceCounters"}
}

// reportSections says which sections with rules were not collected.
func (f findings) reportSections(r *result.Result) {
	if f.sections == nil || !f.sections.Has("section") || len(f.all) == 0 {
		return
	}
	have := map[string]bool{}
	for i, names := 0, f.sections.Column("section"); i < f.sections.Len(); i++ {
		have[names.Str(i)] = true
	}
	missing := slices.DeleteFunc(advising(), func(s string) bool { return have[s] })
	if len(missing) == 0 {
		return
	}
	flags := make([]string, len(missing))
	for i, s := range missing {
		flags[i] = "--section " + s
	}
	r.Warn(fmt.Sprintf("Profile with: ncu --set full, or %s.", strings.Join(flags, " ")),
		"The report lacks %s with rules: %s. What their rules would find is not known.", result.Count(int64(len(missing)), "section"), strings.Join(missing, ", "))
}
