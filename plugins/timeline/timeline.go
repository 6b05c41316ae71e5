// Package timeline shows a window of a trace, made small enough to draw.
package timeline

import (
	"context"
	"fmt"
	"slices"
	"time"

	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/gputrace"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// Analysis declares the timeline; its form, flags, help and cell derive from here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "timeline",
	Doc: `what runs when: streams, threads and phases over time

The window is cut into equal parts of a round time (1, 2 or 5 times a power of ten), and each lane shows how
much of each part it is busy, work that overlaps counted once. A lane is a CUDA stream (kernels, copies, sets and whole graphs), a thread in CUDA
calls, or a phase of a thread (ranges named as steps, see phases). Start and end count from the first GPU
work of the trace, or from the first call without any. Narrow them to look closer: the result has the same
size whatever the trace's.

The bars show which families of kernels the GPU time of each part goes to, on each device as its process
numbers it; work side by side adds up, so that a part may exceed 100 %. The table of work lists the names
with the most time within the window; what sticks out of it is cut. Where CUDA graphs were launched whose
work the trace does not show, parts in which it may have run are empty: unknown, not idle.`,
	Version: 2,
	Roles: []analysis.Role{{Name: role, Kind: "nsys", Doc: "an Nsight Systems export", Tables: append(
		gputrace.NamedWork(gputrace.Docs{Kernels: "capture with nsys profile --trace=cuda --cuda-graph-trace=node", Copies: "copies on the streams",
			Sets: "memory sets on the streams", Graphs: "whole graphs on the streams"}),
		gputrace.OptionalCalls("threads in CUDA calls, and whether graph work is hidden"),
		gputrace.Ranges("phases; capture with --trace=cuda,nvtx"),
	)}},
	Outputs: []analysis.Output{
		{Name: "lanes", Kind: analysis.TableOutput, Doc: "one row per lane"},
		{Name: "work", Kind: analysis.TableOutput, Doc: "the GPU work with the most time in the window"},
		{Name: "busy", Kind: analysis.ChartOutput, Doc: "busy share of each lane over time"},
		{Name: "families", Kind: analysis.ChartOutput, Doc: "GPU time by family over time, one chart per device"},
	},
	Defaults: Params{Bins: 200, Lanes: 30, Top: 30, Process: trace.AllProcesses},
	Check:    check,
	Whole:    run,
})

const role = gputrace.RoleName

// Params are the choices of a reader.
type Params struct {
	Start   time.Duration `param:"start" min:"-1000h" max:"1000h" doc:"begin of the window, from the first GPU work; may be negative"`
	End     time.Duration `param:"end" min:"-1000h" max:"1000h" doc:"end of the window, from the first GPU work; 0 is the end of the last"`
	Bins    int           `param:"bins" min:"1" max:"2000" doc:"most parts of time; fewer where a round width needs fewer"`
	Lanes   int           `param:"lanes" min:"1" max:"200" doc:"most streams, threads and phases shown, of each; the others of a device or process share one lane"`
	Top     int           `param:"top" min:"1" max:"1000" doc:"names in the table of work"`
	Process int           `param:"process" min:"-1" doc:"number of the process to show; -1 shows all, each by itself"`
}

// check says whether the window has time in it.
func check(p Params) error {
	if p.End != 0 && p.End <= p.Start {
		return fmt.Errorf("end: %s is not after the start, %s", p.End, p.Start)
	}
	return nil
}

func run(ctx context.Context, in analysis.Inputs, p Params) (*result.Result, error) {
	v, err := read(in, p)
	if err != nil {
		return nil, err
	}
	if err := analysis.Selected("process", p.Process, v.processes()); err != nil {
		return nil, err
	}
	r := &result.Result{}
	placed, err := v.place()
	if err != nil {
		return nil, err
	}
	if !placed {
		v.emptyFinding(r)
		r.Add("lanes", "Lanes", v.laneTable())
		return r, nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	v.findLanes()
	v.findWork()
	r.Add("lanes", "Lanes", v.laneTable())
	r.Add("work", "GPU work in the window", v.workTable())
	if len(v.lanes) > 0 {
		r.Charts = append(r.Charts, v.busyChart())
	}
	r.Charts = append(r.Charts, v.familyCharts()...)
	v.findings(r)
	return r, nil
}

// view is a trace and what is seen of it.
type view struct {
	params   Params
	timeline *trace.Timeline
	places   []trace.Place // of the processes asked for
	host     *trace.Host
	hidden   *trace.Hidden
	ranges   *trace.Ranges // nil without NVTX
	steps    *trace.Steps  // nil without NVTX
	several  bool          // processes are shown

	origin int64          // ns: what offsets count from
	all    trace.Interval // from the first to the last GPU work, or call
	asked  trace.Interval
	window trace.Interval // what was asked for, cut to what is recorded
	cut    bool           // the window asked for goes beyond what is recorded
	width  int64          // of a part in ns, at least 1
	bins   int
	lanes  []lane
	work   []work
	short  []string // names of work as people say them
	odd    int64
}

func read(in analysis.Inputs, p Params) (*view, error) {
	t, err := gputrace.Load(in)
	if err != nil {
		return nil, err
	}
	v := &view{params: p, timeline: t.Timeline, host: t.Host, hidden: t.Hidden, odd: t.Odd()}
	for _, place := range v.timeline.Places() {
		if v.shows(place.Pid) {
			v.places = append(v.places, place)
		}
	}
	return v, v.readRanges(in)
}

func (v *view) readRanges(in analysis.Inputs) error {
	nvtx, err := in.Frame(role, "nvtx")
	if err != nil || nvtx == nil || nvtx.Len() == 0 {
		return err
	}
	if v.ranges, err = trace.RangesOf(nvtx); err != nil {
		return err
	}
	v.steps, err = trace.StepsOf(v.ranges, trace.Nest(v.ranges, trace.NestOptions{StartEnd: true}), trace.StepPatterns{})
	return err
}

// processes returns those with GPU work or CUDA calls, ascending.
func (v *view) processes() []int64 {
	list := slices.Concat(v.timeline.Pid, v.host.Pid)
	slices.Sort(list)
	return slices.Compact(list)
}

// shows reports whether a process is asked for.
func (v *view) shows(pid int64) bool {
	return v.params.Process == trace.AllProcesses || pid == int64(v.params.Process)
}

// place finds the window and its parts. It is false where the trace has no time at all,
// and NothingSelected where the window has none of it.
func (v *view) place() (bool, error) {
	work, calls, marked := v.spans()
	if v.all = work; len(v.places) == 0 {
		v.all = calls
	}
	if v.all.Duration() <= 0 {
		return false, nil
	}
	v.origin = v.all.Start
	v.asked = trace.Interval{Start: v.origin + v.params.Start.Nanoseconds(), End: v.origin + v.params.End.Nanoseconds()}
	if v.params.End == 0 {
		v.asked.End = v.all.End
	}
	recorded := (trace.Set{}).Plus(trace.Set{work}).Plus(trace.Set{calls}).Plus(trace.Set{marked}).Span()
	v.window = trace.Interval{Start: max(v.asked.Start, recorded.Start), End: min(v.asked.End, recorded.End)}
	v.cut = v.window != v.asked
	if v.window.Duration() <= 0 {
		return false, analysis.NothingSelected("recorded time", v.span(v.asked), []string{v.span(recorded)})
	}
	v.divide(v.params.Bins)
	return true, nil
}

// span says from when to when an interval is, as start and end count.
func (v *view) span(i trace.Interval) string {
	if i == v.asked && v.params.End == 0 {
		return "from " + result.Duration(i.Start-v.origin) + " on"
	}
	return "from " + result.Duration(i.Start-v.origin) + " to " + result.Duration(i.End-v.origin)
}

// divide cuts the window into at most so many parts of the least width that is 1, 2 or
// 5 times a power of ten ns, so that a person can count in them.
func (v *view) divide(most int) {
	for unit := int64(1); ; unit *= 10 {
		for _, times := range []int64{1, 2, 5} {
			v.width = times * unit
			if count := (v.window.Duration()-1)/v.width + 1; count <= int64(most) {
				v.bins = int(count)
				return
			}
		}
	}
}

// spans returns the time from the first to the last GPU work, CUDA call and range,
// empty where there is none.
func (v *view) spans() (work, calls, ranges trace.Interval) {
	var windows, times, marks []trace.Interval
	for _, place := range v.places {
		windows = append(windows, v.timeline.Window(place.Rows))
	}
	for i, start := range v.host.Start {
		if v.shows(v.host.Pid[i]) {
			times = append(times, trace.Interval{Start: start, End: v.host.End[i]})
		}
	}
	if v.ranges != nil {
		for i, start := range v.ranges.Start {
			if v.ranges.Style[i] != trace.NoRange && v.shows(v.ranges.Pid[i]) {
				marks = append(marks, trace.Interval{Start: start, End: v.ranges.End[i]})
			}
		}
	}
	return trace.Union(windows).Span(), trace.Union(times).Span(), trace.Union(marks).Span()
}

// part returns part i of the window.
func (v *view) part(i int) trace.Interval {
	start := v.window.Start + int64(i)*v.width
	return trace.Interval{Start: start, End: min(start+v.width, v.window.End)}
}
