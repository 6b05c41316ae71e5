package compare

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/change"
	"profilemate/workbench/analysis/kernelshape"
	"profilemate/workbench/trace"
	"profilemate/workbench/trace/names"
)

// side is one profile.
type side struct {
	role    string
	t       *trace.Attribution
	steps   *trace.Steps
	work    []trace.Work // by step
	kernels *frames.Frame

	// What measure finds, of the steps compared or of the whole capture.
	count  int                // steps that have a time; 1 for a whole capture
	times  []float64          // of these steps in order of start, ns
	parts  map[string]float64 // GPU time of a step in ns by family, copies and sets, whole graphs
	groups []kernelshape.Group
	hidden int64 // graph launches of these steps whose work is not seen
}

// The parts beside the families of kernels.
const (
	copies = "copies and sets"
	graphs = "graphs traced as wholes"
	rest   = "no work of the step"
)

func load(in analysis.Inputs, role string) (*side, error) {
	t, err := trace.Attribute(func(table string) (*frames.Frame, error) { return in.Frame(role, table) }, trace.AllProcesses)
	if err != nil {
		return nil, err
	}
	s := &side{role: role, t: t}
	if s.steps, err = trace.StepsOf(t.Ranges, t.Nesting, trace.StepPatterns{}); err != nil {
		return nil, err
	}
	s.work = t.Gather(len(s.steps.List), t.Enclosed(s.steps.Group))
	kernels, err := in.Frame(role, "kernels")
	if err != nil || kernels == nil {
		return s, err
	}
	// The rows that the attribution left out are left out here too, so that its work and
	// these rows are the same kernels.
	starts, ends := kernels.Ints("start"), kernels.Ints("end")
	possible := func(i int) bool { return ends[i] >= starts[i] && ends[i]-starts[i] <= trace.Longest }
	for i := range kernels.Len() {
		if !possible(i) {
			kernels = kernels.Filter(possible)
			break
		}
	}
	if kernels.Len() != t.Kernels {
		return nil, fmt.Errorf("the %s has %d kernels, of which %d are attributed", role, kernels.Len(), t.Kernels)
	}
	s.kernels = kernels
	return s, nil
}

// timed lists the steps of a phase that have a time, in order of start.
func (s *side) timed(phase trace.Phase) []int {
	var list []int
	for i, step := range s.steps.List {
		if _, ok := s.steps.Time(i); ok && step.Phase == phase {
			list = append(list, i)
		}
	}
	slices.SortStableFunc(list, func(a, b int) int { return cmp.Compare(s.steps.Start(a), s.steps.Start(b)) })
	return list
}

// total is the time of all steps of a phase in ns.
func (s *side) total(phase trace.Phase) int64 {
	sum := int64(0)
	for _, i := range s.timed(phase) {
		ns, _ := s.steps.Time(i)
		sum += ns
	}
	return sum
}

// measure adds up the work of the steps of a phase, or of the whole capture.
func (s *side) measure(phase trace.Phase, whole bool) error {
	chosen := make([]bool, len(s.steps.List))
	if whole {
		s.count, s.times = 1, []float64{s.window()}
	} else {
		for _, i := range s.timed(phase) {
			ns, _ := s.steps.Time(i)
			chosen[i], s.times = true, append(s.times, float64(ns))
		}
		s.count = len(s.times)
	}
	counts := s.counter(chosen, whole)
	s.addParts(counts)
	if hidden := s.t.HiddenLaunches(s.steps.Group, len(s.steps.List)); whole {
		s.hidden = int64(s.t.Hidden.Len())
	} else {
		for i, n := range hidden {
			if chosen[i] {
				s.hidden += n
			}
		}
	}
	if s.kernels == nil {
		return nil
	}
	var err error
	s.groups, _, err = kernelshape.Of(s.kernels.Filter(counts))
	return err
}

// window is the time from the first to the last work in ns.
func (s *side) window() float64 {
	if s.t.Ops.Len() == 0 {
		return math.NaN()
	}
	return float64(slices.Max(s.t.Ops.End) - slices.Min(s.t.Ops.Start))
}

// counter tells whether an op is work of the chosen steps.
func (s *side) counter(chosen []bool, whole bool) func(op int) bool {
	if whole {
		return func(int) bool { return true }
	}
	enclosed := s.t.Enclosed(s.steps.Group)
	var list []int32
	return func(op int) bool {
		list = enclosed(op, list[:0])
		return slices.ContainsFunc(list, func(step int32) bool { return chosen[step] })
	}
}

func (s *side) addParts(counts func(op int) bool) {
	s.parts = map[string]float64{}
	families := map[int32]string{}
	for i := range s.t.Ops.Len() {
		if !counts(i) {
			continue
		}
		part := copies
		switch {
		case i < s.t.Kernels:
			part = s.family(i, families)
		case i >= s.t.Ops.Len()-s.t.Wholes:
			part = graphs
		}
		s.parts[part] += float64(s.t.Ops.End[i]-s.t.Ops.Start[i]) / float64(s.count)
	}
}

func (s *side) family(i int, known map[int32]string) string {
	c := s.t.Names
	if c == nil || c.IsNull(i) {
		return names.Other
	}
	code := c.Codes()[i]
	if _, ok := known[code]; !ok {
		known[code], _ = names.Family(c.Str(i))
	}
	return known[code]
}

// mean is the mean time of a step in ns.
func (s *side) mean() float64 {
	sum := 0.0
	for _, t := range s.times {
		sum += t
	}
	return sum / float64(len(s.times))
}

// rest is what of a step no part fills, in ns; below 0 where work ran side by side.
func (s *side) rest() float64 {
	left := s.mean()
	for _, part := range slices.Sorted(maps.Keys(s.parts)) {
		left -= s.parts[part]
	}
	return left
}

// items are the kernels as they are matched.
func (s *side) items() []change.Kernel {
	list := make([]change.Kernel, len(s.groups))
	for i, g := range s.groups {
		list[i] = change.Kernel{Name: g.Name, Grid: kernelshape.Sizes(g.Grid), Block: kernelshape.Sizes(g.Block), Family: g.Family,
			PerStep: float64(len(g.Times)) / float64(s.count), Time: g.Mean().Value}
	}
	return list
}
