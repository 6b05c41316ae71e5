package stalls

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"profilemate/workbench/analysis/launch"
)

// reasonsOf returns the reasons that any of the metrics names, in order of name. The
// counters say no_instruction where the samples say no_instructions.
func reasonsOf(metrics []string) []string {
	var reasons []string
	for _, metric := range metrics {
		reason := ""
		if rest, ok := strings.CutPrefix(metric, ratio); ok {
			reason = strings.TrimSuffix(rest, ratioEnd)
		} else if rest, ok := strings.CutPrefix(metric, sampled); ok {
			reason = canonical(strings.TrimSuffix(rest, notIssued))
		}
		if reason != "" && !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
	}
	slices.Sort(reasons)
	return reasons
}

func canonical(reason string) string {
	if reason == "no_instructions" {
		return "no_instruction"
	}
	return reason
}

// stall is one reason in a kernel. What the report lacks is NaN.
type stall struct {
	reason    string
	cycles    float64 // of a warp between two instructions
	share     float64 // of all such cycles, in %
	samples   float64
	sampled   float64 // of all samples, in %
	notIssued float64 // samples
	weight    float64 // what reasons are ranked by: the share of cycles where the kernel has any, else of samples
}

// kernel is what a kernel's warps wait for, the most first. What the report lacks is
// NaN.
type kernel struct {
	*launch.Kernel
	stalls   []stall
	latency  float64 // cycles between two instructions of a warp: ncu's, else the sum of all reasons
	samples  float64
	idle     float64 // % of active cycles without a ready warp
	eligible float64 // warps of a scheduler that are ready
	active   float64 // warps of a scheduler
}

func measure(p *launch.Profile, k *launch.Kernel, reasons []string) kernel {
	mean := func(metrics ...string) float64 { return k.Mean(p.Metric(metrics...)) }
	out := kernel{Kernel: k, latency: math.NaN(), samples: math.NaN(), eligible: mean(eligible), active: mean(active)}
	out.idle = 100 - k.Mean(p.Metric(issueActive).Or(p.Metric(issueCycle).Times(100)))
	for _, reason := range reasons {
		plural := reason
		if reason == "no_instruction" {
			plural = "no_instructions"
		}
		out.add(stall{reason: reason, cycles: k.MeanBy(p.Metric(ratio+reason+ratioEnd), p.Metric(issuedSum)),
			samples:   k.Sum(p.Metric(sampled+plural, sampled+reason)),
			notIssued: k.Sum(p.Metric(sampled+plural+notIssued, sampled+reason+notIssued))})
	}
	if counted := k.MeanBy(p.Metric(latency), p.Metric(issuedSum)); counted > 0 {
		out.latency = counted
	}
	for i := range out.stalls {
		s := &out.stalls[i]
		s.share, s.sampled = 100*s.cycles/out.latency, 100*s.samples/out.samples
		if s.weight = s.share; math.IsNaN(out.latency) {
			s.weight = s.sampled
		}
	}
	slices.SortStableFunc(out.stalls, func(a, b stall) int { return cmp.Compare(b.weight, a.weight) })
	return out
}

func (k *kernel) add(s stall) {
	if math.IsNaN(s.cycles) && math.IsNaN(s.samples) {
		return
	}
	k.stalls = append(k.stalls, s)
	k.latency = plus(k.latency, s.cycles)
	k.samples = plus(k.samples, s.samples)
}

// plus adds what is known.
func plus(sum, v float64) float64 {
	switch {
	case math.IsNaN(v):
		return sum
	case math.IsNaN(sum):
		return v
	}
	return sum + v
}

// waits are the reasons that are stalls, the most first, without those that never
// happen.
func (k kernel) waits() []stall {
	return slices.DeleteFunc(slices.Clone(k.stalls), func(s stall) bool { return s.reason == launch.Selected || !(s.weight > 0) })
}
