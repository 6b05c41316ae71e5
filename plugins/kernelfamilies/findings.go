package kernelfamilies

import (
	"fmt"
	"strings"

	"profilemate/workbench/result"
	"profilemate/workbench/trace"
	"profilemate/workbench/trace/names"
)

func (s *summary) findings(r *result.Result) {
	trace.WarnOdd(r, s.odd, "kernel")
	if len(s.families) == 0 {
		r.Warn("", "There is no kernel to show.")
		return
	}
	s.overview(r)
	s.ambiguousFinding(r)
	s.otherFinding(r)
	s.samplingFinding(r)
	s.deviceFinding(r)
}

func (s *summary) family(name string) *family {
	for _, f := range s.families {
		if f.name == name {
			return f
		}
	}
	return nil
}

func (s *summary) overview(r *result.Result) {
	names, count := 0, int64(0)
	for _, f := range s.families {
		names += len(f.kernels)
		count += f.sum.count
	}
	parts := []string{}
	for _, f := range s.families[:min(3, len(s.families))] {
		parts = append(parts, fmt.Sprintf("%s %.1f %%", f.name, result.Share(f.sum.time, s.total)))
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: s.total,
		Text: fmt.Sprintf("%s of %s took %s of GPU time: %s.", result.Count(count, "instance"), result.Count(int64(names), "kernel"),
			result.Duration(s.total), strings.Join(parts, ", "))})
}

// From which share of the time on unknown names are a warning, and a finding is worth
// saying at all.
const (
	muchUnknown = 10.0 // %
	worthSaying = 1.0  // %
)

// ambiguousFinding says how much of the table hangs on the order of the rules.
func (s *summary) ambiguousFinding(r *result.Result) {
	list := s.ambiguous()
	if len(list) == 0 {
		return
	}
	sum := tally{}
	shorts := make([]string, len(list))
	for i, k := range list {
		sum.add(k.sum)
		shorts[i] = k.short
	}
	first := list[0]
	f := result.Finding{Severity: result.Info, StakeNs: sum.time, Table: "ambiguous", Column: "kernel", Values: shorts,
		Text: fmt.Sprintf("%.1f %% of the time is in %s that rules of several families match; most in %s, counted as %s and not as %s.",
			result.Share(sum.time, s.total), result.Count(int64(len(list)), "name"), first.short, first.matches[0], first.also()),
		Remedy: "Where the first rule is wrong, put one of your own before it with the parameter rules."}
	r.Findings = append(r.Findings, f)
}

// otherFinding names what no rule knows.
func (s *summary) otherFinding(r *result.Result) {
	other := s.family(names.Other)
	if other == nil || result.Share(other.sum.time, s.total) < worthSaying {
		return
	}
	shorts := []string{}
	for _, k := range other.kernels[:min(3, len(other.kernels))] {
		shorts = append(shorts, k.short)
	}
	f := result.Finding{Severity: result.Info, StakeNs: other.sum.time, Table: "families", Column: "family", Values: []string{names.Other},
		Text: fmt.Sprintf("%s in no family: %.1f %% of the time; the longest: %s.", result.Count(int64(len(other.kernels)), "name"),
			result.Share(other.sum.time, s.total), strings.Join(shorts, ", ")),
		Remedy: "Tell their family with the parameter rules, as in rules=family=pattern."}
	if result.Share(other.sum.time, s.total) >= muchUnknown {
		f.Severity = result.Warning
	}
	r.Findings = append(r.Findings, f)
}

// sampling is the family that top-k and softmax kernels count as by the built-in
// rules.
const sampling = "sampling"

// samplingFinding warns of the one family that names cannot tell apart.
func (s *summary) samplingFinding(r *result.Result) {
	f := s.family(sampling)
	if f == nil || result.Share(f.sum.time, s.total) < worthSaying {
		return
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: f.sum.time, Table: "families", Column: "family", Values: []string{sampling},
		Text: fmt.Sprintf("Softmax, sort, top-k and argmax kernels take %.1f %% and count as sampling; the router of a mixture of experts uses the same ones, and a name cannot tell.",
			result.Share(f.sum.time, s.total)),
		Remedy: "Where most of them are the router's, count them there: rules=moe=softmax|sort|topk."})
}

// apart is the difference of a family's share between devices, in points of %, from
// which on it is told.
const apart = 5.0

// deviceFinding names the family whose share differs most between devices.
func (s *summary) deviceFinding(r *result.Result) {
	if len(s.devices) < 2 {
		return
	}
	var name, text string
	widest := 0.0
	for _, f := range s.families {
		low, high := 100.0, 0.0
		var least, most int64
		for _, d := range s.devices {
			part := result.Share(d.families[f.name].time, d.sum.time)
			if part < low {
				low, least = part, d.id
			}
			if part > high {
				high, most = part, d.id
			}
		}
		if high-low > widest {
			widest, name = high-low, f.name
			text = fmt.Sprintf("%.1f %% of device %d and %.1f %% of device %d", high, most, low, least)
		}
	}
	if widest < apart {
		r.Note("%d devices are added up, and their families take like shares. The parameter device shows one.", len(s.devices))
		return
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, Table: "devices", Column: "family", Values: []string{name},
		Text: fmt.Sprintf("%d devices are added up, and they differ: %s takes %s. The parameter device shows one.", len(s.devices), name, text)})
}
