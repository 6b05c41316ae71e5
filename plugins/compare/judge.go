package compare

import (
	"cmp"
	"math"
	"slices"

	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/change"
	"profilemate/workbench/analysis/kernelshape"
	"profilemate/workbench/trace"
)

// comparison is two profiles and what was found.
type comparison struct {
	params        Params
	before, after *side
	phase         trace.Phase
	whole         bool // no steps on both sides: the captures as wholes are compared
	phases        []phaseChange
	kernels       []kernelChange
}

// phaseChange is a figure of a phase on both sides.
type phaseChange struct {
	phase         trace.Phase
	name, unit    string
	before, after int // steps
	change.Answer
}

// kernelChange is a kernel on both sides.
type kernelChange struct {
	before, after *kernelshape.Group // nil: not there
	how           string
	effect        float64 // ns of a step
	change.Answer
}

// first is the kernel to name it by.
func (k *kernelChange) first() *kernelshape.Group {
	if k.after != nil {
		return k.after
	}
	return k.before
}

func allPhases() []trace.Phase {
	return []trace.Phase{trace.Prefill, trace.Decode, trace.Mixed, trace.NoPhase}
}

// choose picks the phase to compare.
func (c *comparison) choose() (trace.Phase, error) {
	best, most := trace.NoPhase, int64(0)
	var have []string
	for _, phase := range allPhases() {
		if len(c.before.timed(phase)) == 0 || len(c.after.timed(phase)) == 0 {
			continue
		}
		have = append(have, string(phase))
		if total := c.before.total(phase); total > most {
			best, most = phase, total
		}
	}
	if c.params.Phase == "longest" {
		c.whole = most == 0
		return best, nil
	}
	if !slices.Contains(have, c.params.Phase) {
		return "", analysis.NothingSelected("phase on both sides", c.params.Phase, have)
	}
	return trace.Phase(c.params.Phase), nil
}

func (c *comparison) unit() string {
	switch {
	case c.whole:
		return "the whole capture"
	case c.phase == trace.NoPhase:
		return "a step"
	}
	return "a " + string(c.phase) + " step"
}

// judge judges phases and kernels together.
func (c *comparison) judge() {
	var questions []change.Question
	for _, phase := range allPhases() {
		for _, m := range measures() {
			before, after := c.before.figure(phase, m), c.after.figure(phase, m)
			if math.IsNaN(before.Value) && math.IsNaN(after.Value) {
				continue
			}
			c.phases = append(c.phases, phaseChange{phase: phase, name: m.name, unit: m.unit, before: len(c.before.timed(phase)), after: len(c.after.timed(phase))})
			questions = append(questions, change.Question{Baseline: []change.Figure{before}, Current: []change.Figure{after},
				Better: m.better, Points: m.unit == "%", Threshold: c.params.Threshold, Primary: true})
		}
	}
	for _, m := range change.MatchKernels(c.before.items(), c.after.items()) {
		k := kernelChange{how: m.How}
		q := change.Question{Better: change.Lower, Threshold: c.params.Threshold}
		if m.Baseline >= 0 {
			k.before = &c.before.groups[m.Baseline]
			k.effect -= float64(k.before.Total) / float64(c.before.count)
			q.Baseline = []change.Figure{k.before.Mean()}
		}
		if m.Current >= 0 {
			k.after = &c.after.groups[m.Current]
			k.effect += float64(k.after.Total) / float64(c.after.count)
			q.Current = []change.Figure{k.after.Mean()}
		}
		c.kernels, questions = append(c.kernels, k), append(questions, q)
	}
	answers := change.Judge(questions)
	for i := range c.phases {
		c.phases[i].Answer = answers[i]
		if p := &c.phases[i]; p.before > 0 && p.after > 0 && (p.Verdict == change.New || p.Verdict == change.Vanished) {
			p.Verdict = change.Unrecorded // both sides have the phase
		}
	}
	for i := range c.kernels {
		c.kernels[i].Answer = answers[len(c.phases)+i]
	}
	slices.SortStableFunc(c.kernels, func(a, b kernelChange) int { return cmp.Compare(math.Abs(b.effect), math.Abs(a.effect)) })
}

// measure is a figure of the steps of a phase.
type measure struct {
	name, unit string
	better     change.Better
	of         func(s *side, steps []int) change.Figure
}

func measures() []measure {
	return []measure{
		{"step time", "ns", change.Lower, func(s *side, steps []int) change.Figure {
			times := s.column(steps, s.stepTime)
			return change.Bootstrap(times, change.MedianOf(times))
		}},
		{"time per token", "ns", change.Lower, func(s *side, steps []int) change.Figure {
			tokens := s.column(steps, s.stepTokens)
			if len(tokens) == 0 || slices.Min(tokens) < 0 || slices.Max(tokens) == 0 {
				return change.Unsure(math.NaN())
			}
			times := s.column(steps, s.stepTime)
			return change.Bootstrap(times, change.RatioOf(times, tokens))
		}},
		{"GPU busy", "ns", change.Lower, func(s *side, steps []int) change.Figure {
			busy := s.column(steps, s.stepBusy)
			return change.Bootstrap(busy, change.RatioOf(busy, nil))
		}},
		{"GPU busy share", "%", change.Higher, func(s *side, steps []int) change.Figure {
			times, busy := s.column(steps, s.stepTime), s.column(steps, s.stepBusy)
			share := change.Bootstrap(times, change.RatioOf(busy, times))
			share.Value, share.Error = 100*share.Value, 100*share.Error
			return share
		}},
		{"launches", "", change.Lower, func(s *side, steps []int) change.Figure {
			launches := s.column(steps, s.stepLaunches)
			return change.Bootstrap(launches, change.RatioOf(launches, nil))
		}},
	}
}

// figure is missing where the side has no step of the phase; GPU times are, where
// graphs hide theirs.
func (s *side) figure(phase trace.Phase, m measure) change.Figure {
	steps := s.timed(phase)
	gpu := m.name == "GPU busy" || m.name == "GPU busy share"
	if len(steps) == 0 || gpu && (s.t.Hidden.Len() > 0 || !s.t.HasWork()) {
		return change.Unsure(math.NaN())
	}
	return m.of(s, steps)
}

func (s *side) column(steps []int, of func(i int) float64) []float64 {
	list := make([]float64, len(steps))
	for at, i := range steps {
		list[at] = of(i)
	}
	return list
}

func (s *side) stepTime(i int) float64 {
	ns, _ := s.steps.Time(i)
	return float64(ns)
}
func (s *side) stepBusy(i int) float64     { return float64(s.work[i].Busy) }
func (s *side) stepLaunches(i int) float64 { return float64(s.work[i].Launches) }
func (s *side) stepTokens(i int) float64   { return float64(s.steps.List[i].Tokens()) }
