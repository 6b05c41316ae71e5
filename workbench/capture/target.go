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
}

// mostMeasured bounds the launches of a target: each takes a second or so.
const mostMeasured = 200

// TargetOf picks the top kernels of a run. Steps is the table of steps of the analysis
// steps (nil: there is none) with phase, state and start; kernels the table of kernels
// with name, start and end. A run without kernels is Missing.
func TargetOf(steps, kernels *frames.Frame, top int) (Target, error) {
	names, starts, ends := kernels.Strings("name"), kernels.Ints("start"), kernels.Ints("end")
	if len(names) == 0 {
		return Target{}, fault.WithRemedy(fault.Errorf(fault.Missing, "the run has no kernel to choose"), "capture with --trace=cuda --cuda-graph-trace=node")
	}
	order := make([]int, len(names))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(min(1, max(-1, starts[a]-starts[b]))) })
	from, to, at, until, n := steadyTime(steps, starts[order[0]], starts[order[len(order)-1]]+1)
	time, total := map[string]int64{}, int64(0)
	for i, name := range names {
		if starts[i] >= from && starts[i] < to {
			time[Function(name)] += ends[i] - starts[i]
			total += ends[i] - starts[i]
		}
	}
	if total <= 0 {
		return Target{}, fault.Errorf(fault.Missing, "no kernel begins in the steady decode steps of the run")
	}
	t := Target{Kernels: mostExpensive(time, top), Steps: n}
	var mine int64
	for _, k := range t.Kernels {
		mine += time[k]
	}
	t.Share = 100 * float64(mine) / float64(total)
	for i, name := range names {
		if !slices.Contains(t.Kernels, Function(name)) {
			continue
		}
		switch {
		case starts[i] < at:
			t.Skip++
		case starts[i] < until:
			t.Count++
		}
	}
	t.Count = max(1, min(t.Count, mostMeasured))
	return t, nil
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
	if t.Steps == 0 {
		of = "the second half of the run, since no steady decode steps are known in it"
	}
	return fmt.Sprintf("%s with %s of the GPU time, %s from launch %d on, of %s: %s.", result.Count(int64(len(t.Kernels)), "kernel"),
		fmt.Sprintf("%.0f %%", t.Share), result.Count(int64(t.Count), "launch"), t.Skip+1, of, strings.Join(t.Kernels, ", "))
}
