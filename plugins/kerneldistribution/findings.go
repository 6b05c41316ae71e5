package kerneldistribution

import (
	"cmp"
	"fmt"
	"slices"

	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// From where on a tail is worth a sentence, and of how many kernels.
const (
	longTail     = 3.0 // p99 by p50
	forQuantiles = 100 // instances; below, p99 is one of them
	mentioned    = 3
	worth        = 0.1 // % of the time of all kernels, at least at stake for a sentence
	costly       = 1.0 // %, for a warning
)

// severity is that of time that a kernel's slow instances cost.
func (s *summary) severity(ns int64) result.Severity {
	if s.share(ns) >= costly {
		return result.Warning
	}
	return result.Info
}

func (s *summary) findings(r *result.Result) {
	trace.WarnOdd(r, s.odd, "kernel")
	if len(s.kernels) == 0 {
		r.Warn("", "There is no kernel to show%s.", s.filterHint())
		return
	}
	s.shapeFinding(r)
	s.stakeFinding(r)
	s.tailFindings(r)
	s.modeFindings(r)
}

func (s *summary) filterHint() string {
	hint := ""
	if s.params.Kernel != "" {
		hint = fmt.Sprintf(" whose name contains %q", s.params.Kernel)
	}
	if s.params.Device != allDevices {
		hint += fmt.Sprintf(" on device %d", s.params.Device)
	}
	return hint
}

// shapeFinding says that shapes were asked for and the trace has none.
func (s *summary) shapeFinding(r *result.Result) {
	if s.params.By != byShape || slices.ContainsFunc(s.kernels, func(k kernel) bool { return k.grid.known() && k.block.known() }) {
		return
	}
	r.Warn("", "This export does not hold the launch shapes: the rows are by name.")
}

// ranked returns the kernels that keep accepts, the most time at stake first.
func (s *summary) ranked(keep func(*kernel) bool) []*kernel {
	var list []*kernel
	for i := range s.kernels {
		if keep(&s.kernels[i]) {
			list = append(list, &s.kernels[i])
		}
	}
	slices.SortStableFunc(list, func(a, b *kernel) int { return cmp.Compare(b.stake, a.stake) })
	return list
}

func (s *summary) stakeFinding(r *result.Result) {
	sum := int64(0)
	for i := range s.kernels {
		sum += s.kernels[i].stake
	}
	if sum == 0 {
		return
	}
	text := fmt.Sprintf("Instances slower than the median of their kernel cost %s beyond it, %.1f %% of %s of GPU time",
		result.Duration(sum), s.share(sum), result.Duration(s.total))
	f := result.Finding{Severity: result.Info, StakeNs: sum}
	if first := s.ranked(func(k *kernel) bool { return k.stake > 0 }); len(first) > 0 {
		k := first[0]
		text += fmt.Sprintf("; most in %s: %s in %s", k.label(), result.Duration(k.stake), result.Count(k.stats.Count, "instance"))
		f.Table, f.Column, f.Values = "kernels", "kernel", []string{k.short}
	}
	f.Text = text + "."
	r.Findings = append(r.Findings, f)
}

// tailFindings name kernels that are cheap at the median and dear at p99.
func (s *summary) tailFindings(r *result.Result) {
	list := s.ranked(func(k *kernel) bool {
		return k.modes == nil && s.share(k.stake) >= worth && k.stats.Count >= forQuantiles && k.stats.Median > 0 && k.p99 >= longTail*k.stats.Median
	})
	for _, k := range list[:min(mentioned, len(list))] {
		r.Findings = append(r.Findings, result.Finding{Severity: s.severity(k.stake), StakeNs: k.stake, Table: "kernels", Column: "kernel", Values: []string{k.short},
			Text: fmt.Sprintf("%s takes %s at the median but %s at p99, %.1f times as much: the slowest %s of %s take %.1f %% of its time.", k.label(),
				rounded(k.stats.Median), rounded(k.p99), k.p99/k.stats.Median, result.Grouped(k.tailInstances), result.Grouped(k.stats.Count), result.Share(k.tail, k.stats.Total)),
			Remedy: s.tailRemedy()})
	}
}

func (s *summary) tailRemedy() string {
	if s.params.By == byName {
		return "See with by=shape whether large launches are the slow ones."
	}
	return "One launch shape at several speeds: other arguments or data (which a trace does not hold), kernels that run beside it, a cold cache or a lower clock. See on the timeline where the slow ones are."
}

// modeFindings name kernels with two modes.
func (s *summary) modeFindings(r *result.Result) {
	list := s.bimodal()
	told := 0
	for _, k := range list[:min(mentioned, len(list))] {
		m := k.modes
		if s.share(m.excess()) < worth {
			break
		}
		told++
		r.Findings = append(r.Findings, result.Finding{Severity: s.severity(m.excess()), StakeNs: m.excess(), Table: "modes", Column: "kernel", Values: []string{k.label()},
			Text: fmt.Sprintf("%s has two speeds: about %s in %s and about %s in %s, which cost %s more than if they were fast.", k.label(),
				rounded(m.fast), result.Count(k.stats.Count-m.instances, "instance"), rounded(m.slow), result.Count(m.instances, "instance"), result.Duration(m.excess())),
			Remedy: s.tailRemedy()})
	}
	if more := int64(len(list) - told); more > 0 {
		r.Note("Two speeds at a lesser cost: %s in the table modes.", result.Count(more, "kernel"))
	}
}
