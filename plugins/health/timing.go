package health

import (
	"fmt"
	"regexp"
	"strings"

	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

const captureNVTX = "Capture with nsys profile --trace=cuda,nvtx of a program that marks its steps: vLLM does with --enable-layerwise-nvtx-tracing or VLLM_NVTX_SCOPES_FOR_PROFILING=1, others with torch.cuda.nvtx."

func (e *evidence) rangeCheck() check {
	c := check{name: "NVTX"}
	n := e.rangeCount()
	if n == 0 && e.damaged() {
		return c.lost("NVTX range")
	}
	if n == 0 {
		c.verdict, c.remedy = warning, captureNVTX
		c.seen = "No NVTX range is recorded: they were not traced, or the program has none. Time cannot be told apart by phase, step or layer."
		return c
	}
	open := int64(0)
	for _, o := range e.ranges.Open {
		if o {
			open++
		}
	}
	c.seen = result.Count(n, "range") + "."
	if open > 0 {
		c.seen = fmt.Sprintf("%s, %s of them never closed.", result.Count(n, "range"), result.Grouped(open))
	}
	if open*100 > n {
		c.verdict, c.remedy = warning, "End the capture after a step, and pop every range that is pushed."
	}
	return c
}

// stepCheck asks whether there are enough steps of each phase to average.
func (e *evidence) stepCheck() check {
	c := check{name: "steps"}
	list := e.series()
	if e.rangeCount() == 0 && e.damaged() {
		return c.lost("NVTX range")
	}
	if e.rangeCount() == 0 || len(list) == 0 {
		c.verdict, c.seen, c.remedy = unknown, "No two ranges are named like steps of an engine (prefill, decode, execute_context_…).", "Give the analyses phases and steps the patterns of your own names."
		if e.rangeCount() == 0 {
			c.seen, c.remedy = "Without NVTX ranges, steps are not known.", captureNVTX
		}
		return c
	}
	var parts, few []string
	for _, s := range list[:min(6, len(list))] {
		text := result.Count(int64(len(s.times)), s.name()+" step") + e.on(s)
		parts = append(parts, text)
		if len(s.times) < e.params.Steps {
			few = append(few, text)
		}
	}
	c.seen = strings.Join(parts, ", ") + " with a time."
	if len(few) > 0 {
		c.verdict = warning
		c.seen += fmt.Sprintf(" Too few for averages (below %d): %s.", e.params.Steps, strings.Join(few, ", "))
		c.remedy = "Capture more steps of them, or look at each one."
	}
	return c
}

// on names the thread of a series where there are several.
func (e *evidence) on(s *series) string {
	if len(e.steps.Lanes) == 1 {
		return ""
	}
	return fmt.Sprintf(" (process %d, thread %d)", s.lane.Pid, s.lane.Tid)
}

// warmUpCheck looks for first steps that are slower than the rest.
func (e *evidence) warmUpCheck() check {
	c := check{name: "warm-up"}
	const enough = 10 // steps that trace.WarmUp looks at
	var warm, unsettled, steady []string
	for _, s := range e.series() {
		if len(s.times) < enough {
			continue
		}
		ratios := s.ratios()
		switch n, settled := trace.WarmUp(ratios); {
		case n > 0:
			warm = append(warm, fmt.Sprintf("the first %s of %d%s take %.2f times as long as those after them",
				result.Count(int64(n), s.name()+" step"), len(ratios), e.on(s), trace.Median(ratios[:n])/trace.Median(ratios[n:])))
		case !settled:
			unsettled = append(unsettled, fmt.Sprintf("the first half of %s%s is slower, and where they become steady is not clear", result.Count(int64(len(ratios)), s.name()+" step"), e.on(s)))
		default:
			steady = append(steady, result.Count(int64(len(ratios)), s.name()+" step")+e.on(s))
		}
	}
	switch {
	case len(warm)+len(unsettled) > 0:
		c.verdict, c.seen = warning, sentence(strings.Join(append(warm, unsettled...), "; "))+"."
		c.remedy = "Begin the capture after the warm-up, or leave these steps out of averages; see steps."
	case len(steady) > 0:
		c.seen = "No slow beginning in " + strings.Join(steady[:min(4, len(steady))], ", ") + "."
	default:
		c.verdict, c.seen = unknown, fmt.Sprintf("A warm-up is looked for in %d or more steps of one phase, which there are not.", enough)
	}
	return c
}

// sentence begins with a capital.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

var (
	firstTimeCall   = regexp.MustCompile(`ModuleLoad|LibraryLoad|GraphInstantiate|LinkComplete|StreamEndCapture|nvrtcCompile`)
	firstTimeRecord = map[string]bool{"JIT": true, "module load": true, "lazy function load": true}
)

// firstTimeCheck looks for what a program does once, within the GPU's window.
func (e *evidence) firstTimeCheck() check {
	c := check{name: "first-time work"}
	if e.host.Len() == 0 || e.timeline.Len() == 0 {
		c.verdict, c.seen = unknown, "Without calls and GPU work there is nothing to tell it from."
		return c
	}
	var times []trace.Interval
	add := func(start, end int64) {
		if start < e.window.End && end > e.window.Start {
			times = append(times, trace.Interval{Start: start, End: end})
		}
	}
	first := e.callsNamed(firstTimeCall)
	for i := range e.host.Len() {
		if name := e.host.Name[i]; name >= 0 && first[name] {
			add(e.host.Start[i], e.host.End[i])
		}
	}
	if e.overhead != nil {
		starts, ends := e.overhead.Ints("start"), e.overhead.Ints("end")
		for i, kind := range e.overhead.Strings("type") {
			if firstTimeRecord[kind] {
				add(starts[i], ends[i])
			}
		}
	}
	n := int64(len(times))
	took := trace.Union(times).Clip(e.window).Total()
	c.seen = fmt.Sprintf("Modules were loaded, graphs made or code compiled %s within the GPU's window, which took %s of %s (%.1f %%).",
		result.Count(n, "time"), result.Duration(took), result.Duration(e.window.Duration()), share(took, e.window.Duration()))
	if n == 0 {
		c.seen = "No module was loaded, no graph made and no code compiled within the GPU's window, as far as calls show it."
	}
	if took*100 >= e.window.Duration() && n > 0 {
		c.verdict, c.remedy = warning, "Run every shape once before the capture begins."
	}
	return c
}

// overheadCheck says how much of the window the profiler itself took.
func (e *evidence) overheadCheck() check {
	c := check{name: "profiler overhead"}
	if e.overhead == nil || e.timeline.Len() == 0 {
		c.verdict, c.seen = unknown, "The trace does not say how long the profiler itself took within a GPU window."
		c.remedy = "Compare the time of a step with that of a run without the profiler."
		return c
	}
	took := trace.Merge(e.overhead.Ints("start"), e.overhead.Ints("end")).TotalIn(e.window)
	part := share(took, e.window.Duration())
	c.seen = fmt.Sprintf("The profiler records %s of its own work on the host (%.1f %% of the GPU's window); what each traced call costs comes on top.", result.Duration(took), part)
	switch {
	case part >= 5:
		c.verdict = problem
	case part >= 1:
		c.verdict = warning
	default:
		return c
	}
	c.remedy = "Trace less (no osrt, no backtraces, no memory usage), and compare the time of a step with that of a run without the profiler."
	return c
}
