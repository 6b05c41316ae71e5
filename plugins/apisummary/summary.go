package apisummary

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// summary is what the result is drawn from.
type summary struct {
	params   Params
	calls    []row
	total    int64 // ns
	threads  []threadRow
	failures []failureRow
	odd      int64
	silent   int64
	span     span
}

// row is one function.
type row struct {
	name     string // trace.NoName where it is missing
	function *function
	stats    trace.Stats
}

type threadRow struct {
	threadID
	*thread
}

type failureRow struct {
	name   string
	result int64
	failures
}

// threadNumbers returns the numbers of all threads, those with the most time first. One
// that several processes use stands once.
func (s *summary) threadNumbers() []int64 {
	var list []int64
	for _, t := range s.threads {
		if !slices.Contains(list, t.tid) {
			list = append(list, t.tid)
		}
	}
	return list
}

// summarize makes one row of each function, in the order of the table: descending
// total, and names in byte order among equals, which is how nsys breaks ties.
func (f *fold) summarize(ctx context.Context) (*summary, error) {
	s := &summary{params: f.params, odd: f.odd, silent: f.silent, span: f.span}
	var scratch []uint32
	for i := range f.functions {
		fn := &f.functions[i]
		if fn.times.Len() == 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		c := row{name: f.label(int32(i - 1)), function: fn}
		c.stats, scratch = fn.times.Describe(scratch)
		s.calls = append(s.calls, c)
		s.total += fn.times.Total()
	}
	slices.SortFunc(s.calls, func(a, b row) int {
		return cmp.Or(cmp.Compare(b.stats.Total, a.stats.Total), strings.Compare(a.name, b.name))
	})
	s.threads = sortedThreads(f.threads)
	for kind, n := range f.failures {
		s.failures = append(s.failures, failureRow{f.label(kind.code), kind.result, n})
	}
	slices.SortFunc(s.failures, func(a, b failureRow) int {
		return cmp.Or(cmp.Compare(b.calls, a.calls), strings.Compare(a.name, b.name), cmp.Compare(a.result, b.result))
	})
	return s, nil
}

// label is the name of a code as a reader sees it.
func (f *fold) label(code int32) string {
	if code < 0 {
		return trace.NoName
	}
	return f.name(code)
}

func sortedThreads(threads map[threadID]*thread) []threadRow {
	var list []threadRow
	for id, t := range threads {
		if t.calls > 0 {
			list = append(list, threadRow{id, t})
		}
	}
	slices.SortFunc(list, func(a, b threadRow) int {
		return cmp.Or(cmp.Compare(b.total(), a.total()), cmp.Compare(a.pid, b.pid), cmp.Compare(a.tid, b.tid))
	})
	return list
}

// total is the time of all calls of a thread, in ns.
func (t *thread) total() int64 {
	sum := int64(0)
	for _, ns := range t.time {
		sum += ns
	}
	return sum
}

func (s *summary) callTable() *frames.Frame {
	b := frames.NewBuilder("calls", frames.Schema{
		{Name: "function", Kind: frames.String, Doc: "CUDA function, without the suffix of its version"},
		{Name: "class", Kind: frames.String, Doc: "what the call is for, told from the name"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the time of all calls listed"},
		{Name: "total", Kind: frames.Int64, Unit: "ns", Doc: "host time of all calls"},
		{Name: "calls", Kind: frames.Int64, Doc: "how often it was called"},
		{Name: "avg", Kind: frames.Float64, Unit: "ns", Doc: "mean time of a call"},
		{Name: "median", Kind: frames.Float64, Unit: "ns", Doc: "middle time, averaged over the middle two"},
		{Name: "min", Kind: frames.Int64, Unit: "ns", Doc: "shortest call"},
		{Name: "max", Kind: frames.Int64, Unit: "ns", Doc: "longest call"},
		{Name: "stddev", Kind: frames.Float64, Unit: "ns", Doc: "sample standard deviation, 0 for one call"},
		{Name: "failed", Kind: frames.Int64, Doc: "calls that returned an error; missing where the trace does not have what calls returned"},
	})
	for _, c := range s.calls {
		d := c.stats
		b.Row(c.name, c.function.class.String(), result.Share(d.Total, s.total), d.Total, d.Count, d.Mean, d.Median, d.Min, d.Max, d.StdDev, s.known(c.function.failed))
	}
	return b.Frame()
}

// known is a count of failures, missing where no row says what a call returned.
func (s *summary) known(failed int64) any {
	all := int64(0)
	for _, t := range s.threads {
		all += t.calls
	}
	if s.silent == all {
		return nil
	}
	return failed
}

func (s *summary) threadTable() *frames.Frame {
	b := frames.NewBuilder("threads", frames.Schema{
		{Name: "process", Kind: frames.Int64, Doc: "number of the process"},
		{Name: "thread", Kind: frames.Int64, Doc: "number of the thread"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the time of the calls of all threads"},
		{Name: "total", Kind: frames.Int64, Unit: "ns", Doc: "host time of all calls"},
		{Name: "calls", Kind: frames.Int64, Doc: "calls of any function"},
		{Name: "launches", Kind: frames.Int64, Doc: "launches of kernels and graphs"},
		{Name: "launching", Kind: frames.Int64, Unit: "ns", Doc: "time in launches of kernels and graphs"},
		{Name: "synchronizing", Kind: frames.Int64, Unit: "ns", Doc: "time in calls that do nothing but wait for the GPU"},
		{Name: "failed", Kind: frames.Int64, Doc: "calls that returned an error"},
	})
	all := int64(0)
	for _, t := range s.threads {
		all += t.total()
	}
	for _, t := range s.threads {
		b.Row(t.pid, t.tid, result.Share(t.total(), all), t.total(), t.calls, t.count[launching]+t.count[replaying],
			t.time[launching]+t.time[replaying], t.time[synchronizing], s.known(t.failed))
	}
	return b.Frame()
}

func (s *summary) failureTable() *frames.Frame {
	b := frames.NewBuilder("failures", frames.Schema{
		{Name: "function", Kind: frames.String, Doc: "CUDA function that failed"},
		{Name: "returned", Kind: frames.Int64, Doc: "value that it returned, a cudaError_t or CUresult"},
		{Name: "meaning", Kind: frames.String, Doc: "the value in words; missing for one not known here"},
		{Name: "calls", Kind: frames.Int64, Doc: "how often"},
		{Name: "first", Kind: frames.Int64, Unit: "ns", Doc: "begin of the earliest, on the clock of the capture"},
	})
	words := meanings()
	for _, f := range s.failures {
		var meaning any
		if text, ok := words[f.result]; ok {
			meaning = text
		}
		b.Row(f.name, f.result, meaning, f.calls, f.first)
	}
	return b.Frame()
}
