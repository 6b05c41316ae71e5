package synchronization

import (
	"cmp"
	"fmt"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
	"profilemate/workbench/trace/names"
)

func sumFields() frames.Schema {
	return frames.Schema{
		{Name: "count", Kind: frames.Int64},
		{Name: "time", Kind: frames.Int64, Unit: "ns"},
		{Name: "gpu_busy", Kind: frames.Int64, Unit: "ns", Doc: "time in which a device of the process was busy"},
		{Name: "gpu_idle", Kind: frames.Int64, Unit: "ns", Doc: "time in which none was"},
		{Name: "unknown", Kind: frames.Int64, Unit: "ns", Doc: "time in which hidden graph work may have run, or all where no work of the process is recorded"},
		{Name: "idle_after", Kind: frames.Int64, Unit: "ns", Doc: "time without work after waits during which the GPU had been busy"},
		{Name: "avg", Kind: frames.Float64, Unit: "ns"},
		{Name: "median", Kind: frames.Float64, Unit: "ns"},
		{Name: "max", Kind: frames.Int64, Unit: "ns"},
	}
}

func (s *sum) cells() []any {
	n := len(s.durations)
	return []any{s.times.Len(), s.times.Total(), s.busy, s.idle, s.unknown, s.after,
		float64(s.times.Total()) / float64(n), trace.Quantile(s.durations, 0.5), s.durations[n-1]}
}

func callTable(list []*sum) *frames.Frame {
	b := frames.NewBuilder("calls", append(frames.Schema{
		{Name: "process", Kind: frames.Int64},
		{Name: "thread", Kind: frames.Int64},
		{Name: "call", Kind: frames.String},
		{Name: "kind", Kind: frames.String, Doc: "why it blocks; memory management may"},
	}, sumFields()...))
	for _, s := range list {
		b.Row(append([]any{s.pid, s.tid, s.name, s.kind()}, s.cells()...)...)
	}
	return b.Frame()
}

// addRanges adds the table of waits by the innermost NVTX range around the call.
func (v *view) addRanges(in analysis.Inputs, r *result.Result) error {
	nvtx, err := in.Frame(role, "nvtx")
	if err != nil || nvtx == nil || nvtx.Len() == 0 || len(v.waits) == 0 {
		return err
	}
	ranges, err := trace.RangesOf(nvtx)
	if err != nil {
		return err
	}
	b := frames.NewBuilder("ranges", append(frames.Schema{
		{Name: "process", Kind: frames.Int64},
		{Name: "range", Kind: frames.String, Doc: "innermost NVTX range around the call; missing for calls in none"},
	}, sumFields()...))
	list := v.byRange(ranges)
	for _, s := range list[:min(v.params.Top, len(list))] {
		var name any
		if s.name != "" {
			name = s.name
		}
		b.Row(append([]any{s.pid, name}, s.cells()...)...)
	}
	r.Add("ranges", "Calls that block by NVTX range", b.Frame())
	return nil
}

// byRange finds the ranges of the waits as of work whose launch is the wait itself:
// each gets a number of its own in place of a correlation id.
func (v *view) byRange(ranges *trace.Ranges) []*sum {
	n := len(v.waits)
	calls := &trace.Calls{Start: make([]int64, n), End: make([]int64, n), Pid: make([]int64, n), Tid: make([]int64, n), Correlation: make([]int64, n)}
	for i, w := range v.waits {
		calls.Start[i], calls.End[i], calls.Pid[i], calls.Tid[i] = w.Start, w.End, v.host.Pid[w.call], v.host.Tid[w.call]
		calls.Correlation[i] = int64(i) + 1
	}
	ops := &trace.Ops{Start: calls.Start, End: calls.End, Pid: calls.Pid, Correlation: calls.Correlation}
	around := trace.Project(ops, trace.NewLookup(calls), trace.Nest(ranges, trace.NestOptions{StartEnd: true})).Range
	type key struct {
		pid  int64
		name string
	}
	known := map[key]*sum{}
	var list []*sum
	for i, w := range v.waits {
		k := key{pid: calls.Pid[i]}
		if around[i] >= 0 {
			k.name = names.PlainName(ranges.NameOf(int(around[i])))
		}
		if known[k] == nil {
			known[k] = &sum{pid: k.pid, name: k.name}
			list = append(list, known[k])
		}
		known[k].add(w)
	}
	return ordered(list)
}

// noStream is CUPTI_SYNCHRONIZATION_INVALID_VALUE, which stands where no stream is
// waited for.
const noStream = 1<<32 - 1

// driverSum adds up the driver's waits of one type on one stream.
type driverSum struct {
	pid, stream int64
	kind        string
	times       trace.Samples
}

// addDriver adds the table of waits as the driver sees them.
func (v *view) addDriver(in analysis.Inputs, r *result.Result) error {
	f, err := in.Frame(role, "synchronizations")
	if err != nil || f == nil || f.Len() == 0 {
		return err
	}
	start, end, pid, stream, kind := f.Column("start"), f.Column("end"), f.Column("pid"), f.Column("stream"), f.Column("type")
	for _, c := range []*frames.Column{start, end, pid, stream, kind} {
		if c == nil {
			return nil // an older export, without the columns that tell waits apart
		}
	}
	known := map[string]*driverSum{}
	var list []*driverSum
	for i := range f.Len() {
		if start.IsNull(i) || end.IsNull(i) || end.Int(i) < start.Int(i) {
			continue
		}
		id := fmt.Sprint(pid.Str(i), " ", stream.Str(i), " ", kind.Str(i))
		if known[id] == nil {
			known[id] = &driverSum{pid: pid.Int(i), stream: stream.Int(i), kind: kind.Str(i)}
			list = append(list, known[id])
		}
		known[id].times.Add(end.Int(i) - start.Int(i))
	}
	slices.SortStableFunc(list, func(a, b *driverSum) int {
		return cmp.Or(cmp.Compare(b.times.Total(), a.times.Total()), cmp.Compare(a.pid, b.pid), cmp.Compare(a.stream, b.stream), cmp.Compare(a.kind, b.kind))
	})
	b := frames.NewBuilder("driver", frames.Schema{
		{Name: "process", Kind: frames.Int64},
		{Name: "type", Kind: frames.String, Doc: "what was waited for"},
		{Name: "stream", Kind: frames.Int64, Doc: "CUDA stream; missing where it is not one that is waited for"},
		{Name: "count", Kind: frames.Int64},
		{Name: "time", Kind: frames.Int64, Unit: "ns"},
		{Name: "avg", Kind: frames.Float64, Unit: "ns"},
	})
	for _, s := range list {
		var on any
		if s.stream >= 0 && s.stream < noStream {
			on = s.stream
		}
		b.Row(s.pid, s.kind, on, s.times.Len(), s.times.Total(), float64(s.times.Total())/float64(s.times.Len()))
	}
	r.Add("driver", "Waits as the driver sees them", b.Frame())
	return nil
}
