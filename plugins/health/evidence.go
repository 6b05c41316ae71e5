package health

import (
	"cmp"
	"math/bits"
	"regexp"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/gputrace"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// evidence is what the trace holds.
type evidence struct {
	params   Params
	mode     string // of the graph trace: "node", "graph" or "" where it is not known
	timeline *trace.Timeline
	window   trace.Interval // from the first to the last GPU work of all devices
	places   int            // devices, as each process numbers them
	host     *trace.Host
	lookup   *trace.Lookup
	hidden   *trace.Hidden
	ranges   *trace.Ranges // nil without NVTX
	steps    *trace.Steps  // nil without NVTX

	overhead, diagnostics, samples *frames.Frame    // nil where the trace has none
	reported                       []result.Finding // by the reader
}

func read(in analysis.Inputs, p Params) (*evidence, error) {
	e := &evidence{params: p, mode: in.Source(role).Metadata["graph_trace_mode"]}
	for _, step := range []func(analysis.Inputs) error{e.readWork, e.readRanges, e.readRest} {
		if err := step(in); err != nil {
			return nil, err
		}
	}
	e.reported = in.Source(role).Findings // now that the tables are read, with their damage
	return e, nil
}

func (e *evidence) readWork(in analysis.Inputs) error {
	t, err := gputrace.Load(in)
	if err != nil {
		return err
	}
	e.timeline, e.host, e.lookup, e.hidden = t.Timeline, t.Host, t.Lookup, t.Hidden
	places := e.timeline.Places()
	e.places = len(places)
	for i, place := range places {
		w := e.timeline.Window(place.Rows)
		if i == 0 {
			e.window = w
		}
		e.window = trace.Interval{Start: min(e.window.Start, w.Start), End: max(e.window.End, w.End)}
	}
	return nil
}

func (e *evidence) readRanges(in analysis.Inputs) error {
	nvtx, err := in.Frame(role, "nvtx")
	if err != nil || nvtx == nil || nvtx.Len() == 0 {
		return err
	}
	if e.ranges, err = trace.RangesOf(nvtx); err != nil {
		return err
	}
	e.steps, err = trace.StepsOf(e.ranges, trace.Nest(e.ranges, trace.NestOptions{StartEnd: true}), trace.StepPatterns{})
	return err
}

func (e *evidence) readRest(in analysis.Inputs) error {
	for table, to := range map[string]**frames.Frame{"overhead": &e.overhead, "diagnostics": &e.diagnostics, "cpu_samples": &e.samples} {
		f, err := in.Frame(role, table)
		if err != nil {
			return err
		}
		if f != nil && f.Len() > 0 {
			*to = f
		}
	}
	return nil
}

// callsNamed tells for each name of the host's calls that is used whether it
// matches: a dictionary may hold every string of a trace.
func (e *evidence) callsNamed(pattern *regexp.Regexp) []bool {
	out, asked := make([]bool, len(e.host.Names)), make([]bool, len(e.host.Names))
	for _, name := range e.host.Name {
		if name >= 0 && !asked[name] {
			asked[name], out[name] = true, pattern.MatchString(e.host.Names[name])
		}
	}
	return out
}

// rangeCount returns how many rows of NVTX are ranges.
func (e *evidence) rangeCount() int64 {
	n := int64(0)
	if e.ranges != nil {
		for _, style := range e.ranges.Style {
			if style != trace.NoRange {
				n++
			}
		}
	}
	return n
}

// processes returns the processes that called CUDA or used a GPU, in order.
func (e *evidence) processes() []int64 {
	seen := map[int64]bool{}
	var list []int64
	for _, column := range [][]int64{e.timeline.Pid, e.host.Pid} {
		for _, pid := range column {
			if !seen[pid] {
				seen[pid] = true
				list = append(list, pid)
			}
		}
	}
	slices.Sort(list)
	return list
}

// series is the steps of one phase on one thread, those whose time is known.
type series struct {
	phase trace.Phase
	lane  trace.StepLane
	times []int64 // ns, in order of start
	sizes []int   // class of the number of tokens: its bits
}

// series returns the steps by thread and phase, the longest series first.
func (e *evidence) series() []*series {
	type key struct {
		lane  int32
		phase trace.Phase
	}
	if e.steps == nil {
		return nil
	}
	known := map[key]*series{}
	var list []*series
	for i, step := range e.steps.List {
		time, ok := e.steps.Time(i)
		if !ok {
			continue
		}
		k := key{step.Lane, step.Phase}
		s := known[k]
		if s == nil {
			s = &series{phase: step.Phase, lane: e.steps.Lanes[step.Lane]}
			known[k] = s
			list = append(list, s)
		}
		s.times = append(s.times, time)
		s.sizes = append(s.sizes, bits.Len64(uint64(max(0, step.Tokens()))))
	}
	slices.SortStableFunc(list, func(a, b *series) int { return cmp.Compare(len(b.times), len(a.times)) })
	return list
}

// ratios returns each time as a multiple of the median of its size.
func (s *series) ratios() []float64 {
	bySize := map[int][]float64{}
	for i, time := range s.times {
		bySize[s.sizes[i]] = append(bySize[s.sizes[i]], float64(time))
	}
	medians := map[int]float64{}
	for size, times := range bySize {
		medians[size] = trace.Median(times)
	}
	out := make([]float64, len(s.times))
	for i, time := range s.times {
		out[i] = 1
		if m := medians[s.sizes[i]]; m > 0 {
			out[i] = float64(time) / m
		}
	}
	return out
}

// name returns the phase in words.
func (s *series) name() string {
	if s.phase == trace.NoPhase {
		return "empty"
	}
	return string(s.phase)
}
