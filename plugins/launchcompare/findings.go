package launchcompare

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/result"
)

// mostNamed bounds how many kernels are told of one by one.
const mostNamed = 5

// wholeClockTold is the change of the clock of all kernels together, in %, that is
// told of.
const wholeClockTold = 2

// label names a kernel, with its turn where launches are compared one by one.
func (p pair) label() string {
	k := p.kernel()
	if k.Turn > 0 {
		return fmt.Sprintf("%s #%d", strings.TrimSpace(k.Function+" "+k.Grid), k.Turn)
	}
	return k.Label
}

// signed writes a change with its sign.
func signed(percent float64) string {
	if percent > 0 {
		return "+" + launch.Percent(percent)
	}
	return launch.Percent(percent)
}

func report(r *result.Result, sides [2]*launch.Profile, pairs []pair, params Params) {
	reportEmpty(r, sides, params.Kernel)
	reportWhole(r, pairs)
	for _, verdict := range []string{slower, faster} {
		for i, p := range where(pairs, verdict) {
			if i < mostNamed {
				r.Findings = append(r.Findings, p.finding())
			}
		}
	}
	reportUnmatched(r, pairs)
	reportRenamed(r, pairs)
	reportNoise(r, pairs)
	reportClock(r, pairs)
	reportDevices(r, sides)
}

func where(pairs []pair, verdicts ...string) []pair {
	var list []pair
	for _, p := range pairs {
		if slices.Contains(verdicts, p.verdict) {
			list = append(list, p)
		}
	}
	return list
}

// about is a finding about pairs that points at their rows.
func about(severity result.Severity, list []pair, remedy, format string, args ...any) result.Finding {
	f := result.Finding{Severity: severity, Text: fmt.Sprintf(format, args...), Remedy: remedy}
	for _, p := range list {
		if !math.IsNaN(p.effect) {
			f.StakeNs += int64(math.Abs(p.effect))
		}
		if name := p.kernel().Name; !slices.Contains(f.Values, name) {
			f.Table, f.Column, f.Values = "launches", "kernel", append(f.Values, name)
		}
	}
	return f
}

func names(list []pair) string {
	var labels []string
	for i, p := range list {
		if i == mostNamed && len(list) > mostNamed+1 {
			labels = append(labels, fmt.Sprintf("%d more", len(list)-mostNamed))
			break
		}
		labels = append(labels, p.label())
	}
	return strings.Join(labels, ", ")
}

func reportEmpty(r *result.Result, sides [2]*launch.Profile, filter string) {
	for i, role := range []string{before, after} {
		switch p := sides[i]; {
		case len(p.Kernels) == 0 && filter != "":
			r.Warn("Clear the parameter kernel, or write a part of a name as it is printed.", "No kernel's name in the %s profile contains %q.", role, filter)
		case len(p.Kernels) > 0 && !p.Timed:
			r.Warn("Profile with: ncu --metrics gpu__time_duration.sum beside the sections, or any --set.", "The %s profile has no times.", role)
		case p.Left > 0:
			r.Warn("Profile with: ncu --metrics gpu__time_duration.sum beside the sections, or any --set.", "Launches of the %s profile without a time are left out: %d.", role, p.Left)
		}
	}
}

// reportWhole compares the matched kernels as a whole, at the launches of the current
// profile.
func reportWhole(r *result.Result, pairs []pair) {
	old, now := 0.0, 0.0
	var matched []pair
	for _, p := range where(pairs, faster, slower, unchanged, inNoise) {
		matched = append(matched, p)
		old += p.before.mean("time") * p.after.launches()
		now += p.after.mean("time") * p.after.launches()
	}
	if len(matched) == 0 {
		return
	}
	count := func(verdict string) int { return len(where(pairs, verdict)) }
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: int64(math.Abs(now - old)),
		Text: fmt.Sprintf("The launches of the %s in both profiles take %s, and took %s in the baseline (%s): %d faster, %d slower, %d unchanged, %d within noise.",
			result.Count(int64(len(matched)), "kernel"), result.Duration(int64(now)), result.Duration(int64(old)), signed(100*(now-old)/old),
			count(faster), count(slower), count(unchanged), count(inNoise))})
}

func (p pair) finding() result.Finding {
	severity := result.Info
	if p.verdict == slower {
		severity = result.Warning
	}
	certain := "one launch on a side, so noise is not known"
	if !math.IsNaN(p.noise) {
		certain = "noise ±" + launch.Percent(p.noise)
	}
	text := fmt.Sprintf("%s is %s: %s → %s a launch (%s, %s)", p.label(), p.verdict, result.Duration(int64(p.before.mean("time"))),
		result.Duration(int64(p.after.mean("time"))), signed(p.change), certain)
	if also := p.also(); also != "" {
		text += "; " + also
	}
	return about(severity, []pair{p}, "", "%s.", text)
}

// reportUnmatched names new and vanished kernels.
func reportUnmatched(r *result.Result, pairs []pair) {
	for _, of := range []struct{ verdict, has, lacks string }{{isNew, "current", "baseline"}, {vanished, "baseline", "current"}} {
		list := where(pairs, of.verdict)
		if len(list) == 0 {
			continue
		}
		f := about(result.Info, list, "", "Only in the %s profile: %s.", of.has, names(list))
		shaped := slices.DeleteFunc(slices.Clone(list), func(p pair) bool { return p.elsewhere == "" })
		if len(shaped) > 0 {
			f.Text += fmt.Sprintf(" The %s profile has another shape of %s.", of.lacks, names(shaped))
		}
		r.Findings = append(r.Findings, f)
	}
}

func reportRenamed(r *result.Result, pairs []pair) {
	var list []pair
	for _, p := range pairs {
		if p.matched == byFunction {
			list = append(list, p)
		}
	}
	if len(list) > 0 {
		r.Findings = append(r.Findings, about(result.Info, list, "", "Matched by short name, grid and block, for template arguments or parameters differ: %s.", names(list)))
	}
}

// reportNoise says of which verdicts the noise is not known.
func reportNoise(r *result.Result, pairs []pair) {
	list := slices.DeleteFunc(where(pairs, faster, slower), func(p pair) bool { return !math.IsNaN(p.noise) })
	if len(list) > 0 {
		r.Findings = append(r.Findings, about(result.Info, list, "Profile several launches of each (ncu --launch-count, or run the workload more than once); a few per cent between single launches mean little.",
			"Judged by a single launch on a side: %s.", names(list)))
	}
}

// reportClock warns of clocks that differ: times then say nothing of the program.
func reportClock(r *result.Result, pairs []pair) {
	old, now, time := 0.0, 0.0, 0.0
	for _, p := range pairs {
		a, b, weight := p.before.mean("clock_sm"), p.after.mean("clock_sm"), p.after.mean("time")*p.after.launches()
		if v := a * b * weight; v > 0 {
			old, now, time = old+a*weight, now+b*weight, time+weight
		}
	}
	if change := 100 * (now - old) / old; time > 0 && math.Abs(change) >= wholeClockTold {
		r.Warn("Profile both with --clock-control base (the default), on a cool and otherwise idle GPU.",
			"The SM clock differs between the profiles, which moves times by itself: %.2f → %.2f GHz (%s), weighted by time.",
			old/time/1e9, now/time/1e9, signed(change))
	}
}

// reportDevices warns of profiles from different GPUs.
func reportDevices(r *result.Result, sides [2]*launch.Profile) {
	var devices [2][]string
	for i, p := range sides {
		for _, k := range p.Kernels {
			for _, row := range k.Rows {
				if name := p.Text("device_name", row); name != "" && !slices.Contains(devices[i], name) {
					devices[i] = append(devices[i], name)
				}
			}
		}
		slices.Sort(devices[i])
	}
	if len(devices[0]) > 0 && len(devices[1]) > 0 && !slices.Equal(devices[0], devices[1]) {
		r.Warn("Compare profiles of one kind of device.", "The profiles come from different devices: %s, then %s.",
			strings.Join(devices[0], ", "), strings.Join(devices[1], ", "))
	}
}
