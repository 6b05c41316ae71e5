package capture

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// Target is which launches Nsight Compute should measure: those of one steady step of
// the kernels that cost most.
type Target struct {
	Kernels []string // functions, the most expensive first
	Share   float64  // of the GPU time of the steady steps, in %
	Skip    int      // launches of these kernels before the step
	Count   int      // launches of them in the step
	Steps   int      // steady decode steps that were looked at; 0: there are none, and the middle of the run stands for them
	Outside bool     // the steady steps have no launch of the kernels: the middle one of all their launches stands for them
}

// mostMeasured bounds the launches of a target: each takes a second or so.
const mostMeasured = 200

// TargetOf picks the top kernels of a run. Steps is the table of steps of the analysis
// steps (nil: there is none) with phase, state and start; kernels the table of kernels
// with name, start and end. A run without kernels is Missing.
func TargetOf(steps, kernels *frames.Frame, top int) (Target, error) {
	l, err := launchesOf(steps, kernels)
	if err != nil {
		return Target{}, err
	}
	if l.total <= 0 {
		return Target{}, fault.Errorf(fault.Missing, "no kernel begins in the steady decode steps of the run")
	}
	return l.target(mostExpensive(l.time, top)), nil
}

// TargetFor picks the launches of one kernel, by its full name or its function; steps
// and kernels are as for TargetOf. A kernel that the run has not is NotFound.
func TargetFor(steps, kernels *frames.Frame, kernel string) (Target, error) {
	l, err := launchesOf(steps, kernels)
	if err != nil {
		return Target{}, err
	}
	name := Function(kernel)
	if !slices.ContainsFunc(l.names, func(n string) bool { return Function(n) == name }) {
		return Target{}, fault.Errorf(fault.NotFound, "the run has no kernel %s", name)
	}
	return l.target([]string{name}), nil
}

// launches are the kernels of a run and when it is in steady decode.
type launches struct {
	names    []string
	starts   []int64
	at, next int64            // begin and end of the step in the middle, ns
	steps    int              // steady decode steps
	time     map[string]int64 // GPU time of each function in the steady steps, ns
	total    int64            // of all of them, ns
}

func launchesOf(steps, kernels *frames.Frame) (launches, error) {
	l := launches{names: kernels.Strings("name"), starts: kernels.Ints("start"), time: map[string]int64{}}
	if len(l.names) == 0 {
		return l, fault.WithRemedy(fault.Errorf(fault.Missing, "the run has no kernel to choose"), "capture with --trace=cuda --cuda-graph-trace=node")
	}
	var from, to int64
	from, to, l.at, l.next, l.steps = steadyTime(steps, slices.Min(l.starts), slices.Max(l.starts)+1)
	ends := kernels.Ints("end")
	for i, name := range l.names {
		if l.starts[i] >= from && l.starts[i] < to {
			l.time[Function(name)] += ends[i] - l.starts[i]
			l.total += ends[i] - l.starts[i]
		}
	}
	return l, nil
}

// target counts the launches of some functions before and in the step in the middle.
func (l launches) target(functions []string) Target {
	t := Target{Kernels: functions, Steps: l.steps}
	all, mine := 0, int64(0)
	for _, f := range functions {
		mine += l.time[f]
	}
	if l.total > 0 {
		t.Share = 100 * float64(mine) / float64(l.total)
	}
	for i, name := range l.names {
		if !slices.Contains(functions, Function(name)) {
			continue
		}
		all++
		switch {
		case l.starts[i] < l.at:
			t.Skip++
		case l.starts[i] < l.next:
			t.Count++
		}
	}
	if t.Count == 0 {
		t.Skip, t.Count, t.Outside = all/2, all-all/2, true
	}
	t.Count = max(1, min(t.Count, mostMeasured))
	return t
}

// steadyTime is the time of the steady decode steps, and of the one in their middle.
// Without steps it is the second half of the run, from its middle on.
func steadyTime(steps *frames.Frame, first, last int64) (from, to, at, until int64, n int) {
	var starts []int64
	if steps != nil {
		phases, states := steps.Strings("phase"), steps.Strings("state")
		for i, start := range steps.Ints("start") {
			if phases[i] == "decode" && states[i] == "steady" {
				starts = append(starts, start)
			}
		}
	}
	slices.Sort(starts)
	if len(starts) < 2 {
		middle := first + (last-first)/2
		return middle, last, middle, last, 0
	}
	k := (len(starts) - 1) / 2
	return starts[0], starts[len(starts)-1], starts[k], starts[k+1], len(starts)
}

func mostExpensive(time map[string]int64, top int) []string {
	list := slices.Sorted(maps.Keys(time))
	slices.SortStableFunc(list, func(a, b string) int { return int(min(1, max(-1, time[b]-time[a]))) })
	return list[:min(top, len(list))]
}

// Function is the function of a kernel's full name as Nsight Compute knows it: without
// return type, namespaces, template arguments and parameters.
func Function(name string) string {
	name = strings.ToValidUTF8(name, "?")
	text := strings.ReplaceAll(name, "(anonymous namespace)", "anonymous")
	if i := strings.IndexAny(text, "<("); i > 0 {
		text = text[:i]
	}
	text = strings.TrimSpace(text)
	if i := strings.LastIndexByte(text, ' '); i >= 0 {
		text = text[i+1:]
	}
	if i := strings.LastIndex(text, "::"); i >= 0 {
		text = text[i+2:]
	}
	if text == "" {
		return name
	}
	return text
}

// Into writes the target into the values of a recipe with Nsight Compute.
func (t Target) Into(values analysis.Values) {
	quoted := make([]string, len(t.Kernels))
	for i, k := range t.Kernels {
		quoted[i] = regexp.QuoteMeta(k)
	}
	values["kernels"] = "^(" + strings.Join(quoted, "|") + ")$"
	values["launch-skip"], values["launch-count"] = strconv.Itoa(t.Skip), strconv.Itoa(t.Count)
}

// String says what was chosen and why, as sentences.
func (t Target) String() string {
	of := fmt.Sprintf("one of %s", result.Count(int64(t.Steps), "steady decode step"))
	switch {
	case t.Outside:
		of = "all launches in the run, since the steady decode steps have none"
	case t.Steps == 0:
		of = "the second half of the run, since no steady decode steps are known in it"
	}
	return fmt.Sprintf("%s with %s of the GPU time, %s from launch %d on, of %s: %s.", result.Count(int64(len(t.Kernels)), "kernel"),
		fmt.Sprintf("%.0f %%", t.Share), result.Count(int64(t.Count), "launch"), t.Skip+1, of, strings.Join(t.Kernels, ", "))
}
