package kernelheadroom

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/analysis/launch/roof"
	"profilemate/workbench/result"
	"profilemate/workbench/trace/names"
)

const (
	toldKernels  = 3    // whose worth findings tell one by one
	mostNamed    = 4    // kernels of a list
	unequalTimes = 1.25 // factor between mean times from which they are told of
	littleShare  = 1    // % of the kernel time of the run, below which what is missing is no warning

	captureRoof = "Profile with: ncu --set roofline (or --set full), or give the data sheet's ceilings (bandwidth=… peak-fp32=…)."
)

func (f *fold) report(r *result.Result, in analysis.Inputs, m matching) error {
	m.reportWhole(r)
	m.reportKernels(r)
	m.reportRunOnly(r)
	m.reportNcuOnly(r)
	m.reportByName(r)
	m.reportRoofless(r)
	m.reportConditions(r)
	if m.graphs > 0 {
		r.Warn("Profile with --graph-profiling node to see the kernels inside.",
			"Whole CUDA graphs profiled as one match no kernel of the run: %d of the profile.", m.graphs)
	}
	if err := f.reportHidden(r, in); err != nil {
		return err
	}
	return m.reportDevices(r, in)
}

// about is a finding about pairs that points at their rows.
func about(severity result.Severity, list []pair, remedy, format string, args ...any) result.Finding {
	out := result.Finding{Severity: severity, Text: fmt.Sprintf(format, args...), Remedy: remedy}
	for _, p := range list {
		if !slices.Contains(out.Values, p.name) {
			out.Table, out.Column, out.Values = "kernels", "kernel", append(out.Values, p.name)
		}
	}
	return out
}

// joined lists the first few labels.
func joined(labels []string) string {
	if more := len(labels) - mostNamed; more > 1 {
		labels = append(slices.Clone(labels[:mostNamed]), fmt.Sprintf("%d more", more))
	}
	return strings.Join(labels, ", ")
}

func labels(list []pair) string {
	var names []string
	for _, p := range list {
		names = append(names, p.label())
	}
	return joined(names)
}

// reportWhole says what all roofs together are worth.
func (m matching) reportWhole(r *result.Result) {
	matched, roofed, worth := m.sums()
	switch {
	case m.runTime == 0:
		r.Warn("Capture with: nsys profile --trace=cuda --cuda-graph-trace=node.", "The run has no kernels with a time.")
	case matched == 0:
		r.Warn("Profile the program of the run: ncu --set roofline PROGRAM.", "The profile has none of the kernels of the run: nothing can be told.")
	case roofed > 0:
		out := about(result.Info, m.pairs, "", "Kernels with %s of the run's %s (%s) were profiled; at their roofs the run would save at most %s, %s of its kernel time.",
			result.Duration(matched), result.Duration(m.runTime), launch.Percent(result.Share(matched, m.runTime)), result.Duration(rounded(worth)), launch.Percent(100*worth/float64(m.runTime)))
		out.StakeNs = rounded(worth)
		r.Findings = append(r.Findings, out)
	}
}

func (m matching) reportKernels(r *result.Result) {
	for i, p := range m.pairs {
		if w := p.worth(); i < toldKernels && w > 0 {
			out := about(result.Info, []pair{p}, "", "%s takes %s of the run and reaches %s of its roof (%s): the rest is worth at most %s.",
				p.label(), result.Duration(p.time), launch.Percent(p.bound.OfRoof), p.bound.By, result.Duration(rounded(w)))
			out.StakeNs = rounded(w)
			r.Findings = append(r.Findings, out)
		}
	}
}

// reportRunOnly names the kernels of the run that were not profiled, and how to.
func (m matching) reportRunOnly(r *result.Result) {
	if len(m.runOnly) == 0 || len(m.pairs) == 0 {
		return
	}
	var time int64
	var labels, patterns []string
	for _, k := range m.runOnly {
		time += k.time
		short := names.ShortName(k.name)
		labels = append(labels, labelOf(short, k.grid))
		if pattern := regexp.QuoteMeta(baseName(short)); !slices.Contains(patterns, pattern) && len(patterns) < mostNamed {
			patterns = append(patterns, pattern)
		}
	}
	severity := result.Warning
	if result.Share(time, m.runTime) < littleShare {
		severity = result.Info
	}
	r.Findings = append(r.Findings, result.Finding{Severity: severity, StakeNs: time, Table: "unmatched", Column: "only_in", Values: []string{onlyRun},
		Text:   fmt.Sprintf("Not profiled: %s of the run's kernel time (%s): %s.", launch.Percent(result.Share(time, m.runTime)), result.Duration(time), joined(labels)),
		Remedy: fmt.Sprintf("Profile them with: ncu --set roofline --kernel-name 'regex:%s' PROGRAM.", strings.Join(patterns, "|"))})
}

// baseName is a short name without its number, template arguments and namespaces, as ncu
// matches it by.
func baseName(short string) string {
	name, _, _ := strings.Cut(short, "<")
	if i := strings.LastIndex(name, "::"); i >= 0 {
		name = name[i+2:]
	}
	return strings.TrimSpace(name)
}

func (m matching) reportNcuOnly(r *result.Result) {
	if len(m.ncuOnly) == 0 || len(m.pairs) == 0 {
		return
	}
	var names []string
	for _, k := range m.ncuOnly {
		names = append(names, k.Label())
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, Table: "unmatched", Column: "only_in", Values: []string{onlyProfile},
		Text: fmt.Sprintf("Profiled, but not in the run in this shape: %s.", joined(names))})
}

func (m matching) where(keep func(pair) bool) []pair {
	var list []pair
	for _, p := range m.pairs {
		if keep(p) {
			list = append(list, p)
		}
	}
	return list
}

func (m matching) reportByName(r *result.Result) {
	if list := m.where(func(p pair) bool { return p.matched == byName }); len(list) > 0 {
		r.Findings = append(r.Findings, about(result.Info, list, "Profile these shapes too: the part of the roof depends on the shape.",
			"Matched by name only, for the profile has other shapes of them: %s.", labels(list)))
	}
}

// reportRoofless names the kernels of which the profile does not tell the roof, wholly
// or in part.
func (m matching) reportRoofless(r *result.Result) {
	if list := m.where(func(p pair) bool { return p.bound.By == "" }); len(list) > 0 {
		out := about(result.Warning, list, captureRoof, "The profile has neither bytes nor operations with a ceiling of %s: what they are worth is not known.", labels(list))
		for _, p := range list {
			out.StakeNs += p.time
		}
		r.Findings = append(r.Findings, out)
	}
	if list := m.where(func(p pair) bool { return p.bound.By != "" && p.partial }); len(list) > 0 {
		r.Findings = append(r.Findings, about(result.Warning, list, captureRoof,
			"Operations of %s were not all counted, so that their roof may be nearer and the rest worth less.", labels(list)))
	}
	if list := m.where(func(p pair) bool { return p.bound.From == roof.FromDevice }); len(list) > 0 {
		r.Findings = append(r.Findings, about(result.Info, list, captureRoof,
			"The roof of %s is that of the data sheet, at the boost clock: at the clock during profiling it is nearer.", labels(list)))
	}
}

// reportConditions says that the tools measure under other conditions, and where it
// shows.
func (m matching) reportConditions(r *result.Result) {
	if len(m.pairs) == 0 {
		return
	}
	clocks := ""
	if m.profile.Fastest > 0 {
		clocks = fmt.Sprintf(" (the SM clock was %.2f to %.2f GHz)", m.profile.Slowest/1e9, m.profile.Fastest/1e9)
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info,
		Text:   fmt.Sprintf("ncu locks clocks%s and empties caches before each pass unless told otherwise; the run has neither. The part of the roof is carried over, which is an estimate.", clocks),
		Remedy: "Profile with --clock-control none --cache-control none to measure under the conditions of the run."})
	list := m.where(func(p pair) bool {
		ratio := p.meanProfile() / p.meanRun()
		return p.matched == byShape && (ratio > unequalTimes || ratio < 1/unequalTimes)
	})
	if len(list) == 0 {
		return
	}
	var told []string
	for _, p := range list {
		told = append(told, fmt.Sprintf("%s (%s in the run, %s under ncu)", p.label(), result.Duration(rounded(p.meanRun())), result.Duration(rounded(p.meanProfile()))))
	}
	r.Findings = append(r.Findings, about(result.Warning, list, "Compare with a profile under --clock-control none --cache-control none, and of the same inputs.",
		"A launch takes another time in the run than under ncu, so that its part of the roof may differ too: %s.", joined(told)))
}

func rounded(ns float64) int64 { return int64(math.Round(ns)) }

// reportHidden warns of graphs of which the run has no kernels.
func (f *fold) reportHidden(r *result.Result, in analysis.Inputs) error {
	graphs, err := in.Frame(runRole, "graph_launches")
	if err != nil || graphs == nil || graphs.Len() == 0 {
		return err
	}
	for _, g := range f.groups {
		if g.graph > 0 {
			return nil
		}
	}
	r.Warn("Capture with: nsys profile --cuda-graph-trace=node.", "The run launches CUDA graphs %d times and the capture hides their kernels: their time is not in it.", graphs.Len())
	return nil
}

// reportDevices warns of a profile of another kind of GPU than the run's.
func (m matching) reportDevices(r *result.Result, in analysis.Inputs) error {
	gpus, err := in.Frame(runRole, "gpus")
	if err != nil || gpus == nil || !gpus.Has("name") {
		return err
	}
	var run, profile []string
	for i := range gpus.Len() {
		if name := gpus.Column("name").Str(i); name != "" && !slices.Contains(run, name) {
			run = append(run, name)
		}
	}
	for _, p := range m.pairs {
		for _, k := range p.profiled {
			if name := k.ID.Device; name != "" && !slices.Contains(profile, name) {
				profile = append(profile, name)
			}
		}
	}
	for _, name := range profile {
		if len(run) > 0 && !slices.Contains(run, name) {
			r.Warn("Profile on the kind of GPU that the run is of.", "The profile is of %s, the run of %s: distances from the roof do not carry over.", strings.Join(profile, ", "), strings.Join(run, ", "))
			return nil
		}
	}
	return nil
}
