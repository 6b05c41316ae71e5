package steps

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// findings adds what is worth saying, in words.
func (v *view) findings(r *result.Result) {
	trace.WarnOdd(r, v.a.Odd, "row")
	if len(v.series) == 0 {
		v.nothing(r)
		return
	}
	v.hiddenFinding(r)
	for _, s := range v.series {
		v.overview(r, s)
		v.warmUpFinding(r, s)
		v.outlierFinding(r, s)
		v.driftFinding(r, s)
	}
	v.threads(r)
}

// nothing says what there is instead of steps with a time.
func (v *view) nothing(r *result.Result) {
	if n := len(v.found.List); n > 0 {
		r.Warn("Capture more steps, or leave the parameter phase out.", "%s found, but none of the phases asked for that has a next one: there is no step time.", result.Count(int64(n), "step"))
		return
	}
	text := "No range of the trace is named as a step of an engine"
	if often := v.a.Repeated(3); len(often) > 0 {
		text += "; what repeats most, outermost: " + strings.Join(often, ", ")
	}
	r.Warn("Give the name of the ranges that are iterations with the parameter pattern, or capture with the ranges on: vLLM writes them while its CUDA profiler runs (--profiler-config.profiler cuda, nsys profile --trace=cuda,nvtx).", "%s.", text)
}

func (v *view) hiddenFinding(r *result.Result) {
	steps, launches := int64(0), int64(0)
	for _, n := range v.hidden {
		if n > 0 {
			steps++
			launches += n
		}
	}
	if steps == 0 {
		return
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Warning, Remedy: "Capture again with nsys profile --cuda-graph-trace=node.",
		Text: fmt.Sprintf("The GPU time of %s is unknown, not zero: they launch %s whose kernels this trace does not show. Causes on the GPU are not told there; the step times hold.",
			result.Count(steps, "step"), result.Count(launches, "CUDA graph"))})
}

func (v *view) overview(r *result.Result, s *series) {
	t := s.times
	if t.Count < fewestJudged {
		r.Note("%s of %s: from %s to %s, too few to judge.", result.Count(t.Count, "step"), v.label(s), result.Duration(t.Min), result.Duration(t.Max))
		return
	}
	text := fmt.Sprintf("%s: %s, of which half take at most %s, 95 %% at most %s and 99 %% at most %s; jitter is %s, %.1f %% of the median.",
		v.label(s), result.Count(t.Count, steadyStep(s)), result.Duration(int64(t.Median)), result.Duration(int64(s.p95)), result.Duration(int64(s.p99)),
		result.Duration(int64(s.jitter)), share(s.jitter, t.Median))
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: s.total, Table: "series", Column: "phase", Values: []string{name(s.phase)},
		Text: strings.ToUpper(text[:1]) + text[1:]})
}

// causes lists what slows the steps of a state down, by excess, as "cause (n of
// them)".
func (s *series) causes(kind state) (words string, excess int64, numbers []string) {
	type cause struct {
		name          string
		count, excess int64
	}
	var list []*cause
	for i := range s.steps {
		one := &s.steps[i]
		if one.state != kind {
			continue
		}
		numbers = append(numbers, itoa(one.number))
		at := slices.IndexFunc(list, func(c *cause) bool { return c.name == one.cause })
		if at < 0 {
			at = len(list)
			list = append(list, &cause{name: one.cause})
		}
		list[at].count++
		list[at].excess += int64(one.excess())
		excess += int64(one.excess())
	}
	slices.SortStableFunc(list, func(a, b *cause) int { return cmp.Compare(b.excess, a.excess) })
	var parts []string
	for _, c := range list {
		if c.name == "" {
			c.name = "no cause visible"
		}
		parts = append(parts, fmt.Sprintf("%s (%s)", c.name, result.Count(c.count, "step")))
	}
	return strings.Join(parts, ", "), excess, numbers
}

const (
	shownNumbers = 20
	worthSaying  = 0.05 // drift
)

func (v *view) warmUpFinding(r *result.Result, s *series) {
	if !s.settled {
		r.Warn("Run more warm-up before the capture, or capture longer.",
			"The steps of %s do not settle: the slow ones at the beginning reach to the middle of the run or beyond, and all figures hold them.", v.label(s))
	}
	if s.warm == 0 {
		return
	}
	causes, excess, numbers := s.causes(warming)
	r.Findings = append(r.Findings, result.Finding{Severity: result.Warning, StakeNs: max(0, excess), Table: "slow", Column: "step", Values: numbers[:min(shownNumbers, len(numbers))],
		Text: fmt.Sprintf("The first %s of %s are a warm-up: %s more than the same number of steady ones; what grew: %s. The figures leave them out.",
			result.Count(int64(s.warm), "step"), v.label(s), result.Duration(excess), causes),
		Remedy: "Run warm-up requests before the capture begins."})
}

func (v *view) outlierFinding(r *result.Result, s *series) {
	if s.outliers == 0 {
		return
	}
	causes, excess, numbers := s.causes(outlier)
	r.Findings = append(r.Findings, result.Finding{Severity: result.Warning, StakeNs: excess, Table: "slow", Column: "step", Values: numbers[:min(shownNumbers, len(numbers))],
		Text: fmt.Sprintf("%s of %s (%.1f %%), %s more than expected in all, %.1f %% of the steady time; what grew: %s.",
			result.Count(int64(s.outliers), "outlier"), v.label(s), share(float64(s.outliers), float64(s.times.Count)),
			result.Duration(excess), share(float64(excess), float64(s.total)), causes)})
}

func (v *view) driftFinding(r *result.Result, s *series) {
	switch {
	case s.shift > 0:
		change := 100 * (s.after/s.before - 1)
		word := "slower"
		if change < 0 {
			word, change = "faster", -change
		}
		number := s.steps[s.shift].number
		r.Findings = append(r.Findings, result.Finding{Severity: result.Info, Table: "steps", Column: "step", Values: []string{itoa(number)},
			Text: fmt.Sprintf("From step %d on, the steps of %s are %.1f %% %s (median, beside what is expected of their size).", number, v.label(s), change, word)})
	case s.drifts && s.drift >= worthSaying:
		r.Note("The last quarter of the steps of %s is %.1f %% slower than the first one (median).", v.label(s), 100*s.drift)
	case s.drifts && s.drift <= -worthSaying:
		r.Note("The last quarter of the steps of %s is %.1f %% faster than the first one (median).", v.label(s), -100*s.drift)
	}
}

func (v *view) threads(r *result.Result) {
	if n := len(v.found.Lanes); n > 1 {
		r.Note("Steps come from %s: each is judged by itself, and nothing is added up over them.", result.Count(int64(n), "thread"))
	}
}

// steadyStep is the noun for what the figures are of.
func steadyStep(s *series) string {
	if s.settled {
		return "steady step"
	}
	return "step"
}
