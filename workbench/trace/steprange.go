package trace

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"

	"profilemate/workbench/fault"
)

// StepPatterns tell which NVTX ranges are steps of an engine: regular expressions
// (RE2, letter case ignored) that are searched for in the name. Without any, the
// steps are the ranges that ParsePhase knows.
type StepPatterns struct {
	Prefill, Decode, Mixed string // of the phases; the first of mixed, prefill and decode that matches wins
	Any                    string // of steps whose phase is what ParsePhase reads in the name, if anything
}

// StepRange is one step of an engine in a trace.
type StepRange struct {
	Step
	Row  int32 // of the Ranges
	Lane int32 // index in Steps.Lanes
	// Next is the row of the step that begins next on the thread, -1 for the last one.
	Next int32
}

// StepLane is a thread that has steps.
type StepLane struct{ Pid, Tid int64 }

// Steps are the steps of each thread. They are read-only once made.
type Steps struct {
	List  []StepRange // lane by lane, each in order of start
	Lanes []StepLane  // in order of process and thread
	Group []int32     // by row of the Ranges: index in List, -1 for a range that is no step

	ranges *Ranges
}

// Time returns how long a step takes from its start to the start of the next one on
// its thread, in ns. ok is false for the last one.
func (s *Steps) Time(i int) (ns int64, ok bool) {
	step := &s.List[i]
	if step.Next < 0 {
		return 0, false
	}
	return s.ranges.Start[step.Next] - s.ranges.Start[step.Row], true
}

// RangeTime returns how long the range of a step was open on the host, in ns. ok is
// false where it was never closed.
func (s *Steps) RangeTime(i int) (ns int64, ok bool) {
	row := s.List[i].Row
	if s.ranges.Open != nil && s.ranges.Open[row] {
		return 0, false
	}
	return s.ranges.End[row] - s.ranges.Start[row], true
}

// Start returns when a step begins, in ns.
func (s *Steps) Start(i int) int64 { return s.ranges.Start[s.List[i].Row] }

// StepsOf finds the steps among ranges and their nesting. Steps do not hold each
// other: of ranges that do, the outer one is the step, unless its name says only the
// phase and one below says the numbers as well (see ParseStep); then those below are.
// Errors are Misuse, for a pattern that is no regular expression.
func StepsOf(r *Ranges, n *Nesting, p StepPatterns) (*Steps, error) {
	parse, err := p.compile()
	if err != nil {
		return nil, err
	}
	f := stepFinder{ranges: r, nesting: n, order: n.Ordered(), match: make([]*namedStep, r.Len())}
	f.matchNames(parse)
	return f.steps(f.choose()), nil
}

// compile returns what reads a step in a name.
func (p StepPatterns) compile() (func(name string) (Step, bool), error) {
	if p == (StepPatterns{}) {
		return func(name string) (Step, bool) { return ParsePhase(name) }, nil
	}
	type phasePattern struct {
		phase   Phase
		pattern *regexp.Regexp
	}
	var list []phasePattern
	for _, one := range []struct {
		phase Phase
		text  string
	}{{Mixed, p.Mixed}, {Prefill, p.Prefill}, {Decode, p.Decode}, {NoPhase, p.Any}} {
		if one.text == "" {
			continue
		}
		pattern, err := compileStep(one.text)
		if err != nil {
			return nil, fault.WithRemedy(fault.Errorf(fault.Misuse, "the pattern %q of steps: %w", one.text, err),
				"write a regular expression, such as decode|generate")
		}
		list = append(list, phasePattern{one.phase, pattern})
	}
	return func(name string) (Step, bool) {
		for _, one := range list {
			if !one.pattern.MatchString(name) {
				continue
			}
			step, ok := ParsePhase(name)
			if !ok {
				step = Step{NoPhase, -1, -1, -1, -1}
			}
			if one.phase != NoPhase {
				step.Phase = one.phase
			}
			return step, true
		}
		return Step{}, false
	}, nil
}

// compileStep reads a pattern of steps; letter case does not count.
// The text is compiled as it was written first, so that the error shows it.
func compileStep(text string) (*regexp.Regexp, error) {
	if _, err := regexp.Compile(text); err != nil {
		return nil, err
	}
	return regexp.Compile("(?i)" + text)
}

// CheckStepPattern says what is wrong with one pattern of StepPatterns. Its error has
// no kind.
func CheckStepPattern(text string) error {
	_, err := compileStep(text)
	return err
}

// namedStep is what a name says; all ranges of the name share it.
type namedStep struct {
	step     Step
	numbered bool // says how many requests, too
}

type stepFinder struct {
	ranges  *Ranges
	nesting *Nesting
	order   []int32      // parents before children
	match   []*namedStep // by row, nil for none
}

func (f *stepFinder) matchNames(parse func(string) (Step, bool)) {
	known := make([]*namedStep, len(f.ranges.Names))
	asked := make([]bool, len(known))
	for _, row := range f.order {
		if f.ranges.Name == nil || f.ranges.Name[row] < 0 {
			continue
		}
		name := f.ranges.Name[row]
		if !asked[name] {
			asked[name] = true
			if step, ok := parse(f.ranges.Names[name]); ok {
				known[name] = &namedStep{step, step.ContextRequests >= 0}
			}
		}
		f.match[row] = known[name]
	}
}

// choose returns the rows that are steps.
func (f *stepFinder) choose() []int32 {
	parent := f.nesting.Parent
	holdsNumbers := make([]bool, len(f.match)) // has a range below that says the numbers
	for _, row := range slices.Backward(f.order) {
		if p := parent[row]; p >= 0 && (holdsNumbers[row] || f.match[row] != nil && f.match[row].numbered) {
			holdsNumbers[p] = true
		}
	}
	inside := make([]bool, len(f.match)) // is a step, or below one
	var rows []int32
	for _, row := range f.order {
		if p := parent[row]; p >= 0 && inside[p] {
			inside[row] = true
			continue
		}
		if m := f.match[row]; m != nil && (m.numbered || !holdsNumbers[row]) {
			inside[row] = true
			rows = append(rows, row)
		}
	}
	return rows
}

func (f *stepFinder) steps(rows []int32) *Steps {
	r := f.ranges
	slices.SortFunc(rows, func(a, b int32) int {
		return cmp.Or(cmp.Compare(r.Pid[a], r.Pid[b]), cmp.Compare(r.Tid[a], r.Tid[b]),
			cmp.Compare(r.Start[a], r.Start[b]), cmp.Compare(a, b))
	})
	s := &Steps{Group: make([]int32, r.Len()), ranges: r}
	for i := range s.Group {
		s.Group[i] = -1
	}
	for i, row := range rows {
		lane := StepLane{r.Pid[row], r.Tid[row]}
		if last := len(s.Lanes) - 1; last < 0 || s.Lanes[last] != lane {
			s.Lanes = append(s.Lanes, lane)
		} else {
			s.List[i-1].Next = row
		}
		s.Group[row] = int32(i)
		s.List = append(s.List, StepRange{Step: f.match[row].step, Row: row, Lane: int32(len(s.Lanes) - 1), Next: -1})
	}
	return s
}

// Repeated describes the outermost ranges that repeat most, as "name (times)": what
// a program calls its iterations when its ranges are no steps. It lists at most
// limit names that occur more than once.
func (a *Attribution) Repeated(limit int) []string {
	r := a.Ranges
	count := make([]int64, len(r.Names))
	for row, depth := range a.Nesting.Depth {
		if depth == 0 && r.Name != nil && r.Name[row] >= 0 {
			count[r.Name[row]]++
		}
	}
	var names []int
	for name, n := range count {
		if n > 1 {
			names = append(names, name)
		}
	}
	slices.SortStableFunc(names, func(a, b int) int { return cmp.Compare(count[b], count[a]) })
	var out []string
	for _, name := range names[:min(limit, len(names))] {
		out = append(out, fmt.Sprintf("%s (%d)", r.Names[name], count[name]))
	}
	return out
}
