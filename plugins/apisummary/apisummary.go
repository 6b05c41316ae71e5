// Package apisummary says where the host's time in CUDA calls goes.
package apisummary

import (
	"context"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// Analysis declares the summary of CUDA calls; its form, flags, help and cell
// derive from here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "api-summary",
	Doc: `where the host's time in CUDA calls goes

One row per function of the CUDA runtime and driver, the longest total first: the numbers of nsys stats
cuda_api_sum, with all suffixes of versions cut (_v10000 too) and each call counted once where a capture
with backtraces holds it twice. The share is of the time of all calls listed, not of the wall clock; a
driver call inside a runtime call counts in both. The median averages the middle two, and the standard
deviation is that of a sample (divisor n-1, 0 for one call).

The class says what a call is for. Synchronizing calls wait for the GPU; so do a copy without Async in its
name and a free. A call failed when it returned anything but 0; a query that answers "not ready" did not.
Launch rate and halves are measured between the first begin and the last end of a call.`,
	Version: 1,
	Roles: []analysis.Role{{Name: role, Kind: "nsys", Doc: "an Nsight Systems export", Tables: []analysis.Need{
		{Table: "api_calls", Stream: true, Doc: "capture with nsys profile --trace=cuda", Columns: trace.Columns(
			"start end pid tid result", frames.Field{Name: "name", Kind: frames.String})},
	}}},
	Outputs: []analysis.Output{
		{Name: "calls", Kind: analysis.TableOutput, Doc: "one row per function"},
		{Name: "threads", Kind: analysis.TableOutput, Doc: "one row per calling thread"},
		{Name: "failures", Kind: analysis.TableOutput, Doc: "calls that failed, by function and value returned, where there are any"},
		{Name: "call-time", Kind: analysis.ChartOutput, Doc: "the functions with the longest total"},
	},
	Defaults: Params{Top: 15, Thread: allThreads},
	Stream:   func(p Params) analysis.Fold { return newFold(p) },
})

const (
	role       = "profile"
	allThreads = -1
)

// Params are the choices of a reader.
type Params struct {
	Top    int `param:"top" min:"1" max:"200" doc:"functions in the chart"`
	Thread int `param:"thread" min:"-1" doc:"number of the thread whose calls are shown (see the table threads); -1 adds up all"`
}

// fold gathers the durations of each function. The names of all batches share one
// dictionary, so a function is found by its code; the first one is that of rows
// without a name.
type fold struct {
	params    Params
	dict      *frames.Dictionary
	functions []function
	threads   map[threadID]*thread
	failures  map[failure]failures
	odd       int64 // rows whose times cannot be
	silent    int64 // rows that do not say what they returned
	span      span
}

// function is what is gathered of one name.
type function struct {
	known  bool // what the name says is set
	class  class
	query  bool // may answer "not ready" without a failure
	rare   bool // steady work should do without such calls
	times  trace.Samples
	failed int64
	calls  []call // only of rare functions
}

// call is when a rare call began and how long it took, in ns.
type call struct{ start, duration int64 }

type threadID struct{ pid, tid int64 }

// thread is what one thread did.
type thread struct {
	calls, failed int64
	time          [classes]int64 // ns
	count         [classes]int64
}

// failure is a kind of failed call.
type failure struct {
	code   int32 // of the name; -1 for none
	result int64
}

// failures counts the calls of one kind of failure.
type failures struct {
	calls int64
	first int64 // start of the earliest, in ns
}

// span is the time from the first begin to the last end of a call.
type span struct {
	start, end int64
	any        bool
}

func (s *span) add(start, end int64) {
	if !s.any {
		*s = span{start, end, true}
		return
	}
	s.start, s.end = min(s.start, start), max(s.end, end)
}

func (s span) length() int64 { return s.end - s.start }

// half is the time at which the second half begins.
func (s span) half() int64 { return s.start + s.length()/2 }

func newFold(p Params) *fold {
	return &fold{params: p, threads: map[threadID]*thread{}, failures: map[failure]failures{}}
}

// Scan implements analysis.Fold.
func (f *fold) Scan(_, _ string, b *frames.Batch) error {
	names := b.Column("name")
	if err := f.grow(names.Dictionary()); err != nil {
		return err
	}
	starts, ends := b.Column("start"), b.Column("end")
	pids, tids, results := b.Column("pid"), b.Column("tid"), b.Column("result")
	var at threadID
	var current *thread // rows of one thread mostly follow one another
	for i, code := range names.Codes() {
		if id := (threadID{intAt(pids, i), intAt(tids, i)}); current == nil || id != at {
			at, current = id, f.thread(id)
		}
		start, end := starts.Int(i), ends.Int(i)
		if starts.IsNull(i) || ends.IsNull(i) || end < start || end-start > trace.Longest {
			f.odd++
			continue
		}
		if names.IsNull(i) {
			code = -1
		}
		fn := f.function(code)
		value, failed := f.returned(results, i, fn)
		current.add(fn.class, end-start, failed)
		if f.params.Thread != allThreads && at.tid != int64(f.params.Thread) {
			continue
		}
		fn.add(start, end-start)
		f.span.add(start, end)
		if failed {
			fn.failed++
			f.fail(failure{code, value}, failures{1, start})
		}
	}
	return nil
}

// intAt returns the value of a column that the trace may lack, 0 then.
func intAt(c *frames.Column, i int) int64 {
	if c == nil {
		return 0
	}
	return c.Int(i)
}

func (f *fold) thread(id threadID) *thread {
	t := f.threads[id]
	if t == nil {
		t = &thread{}
		f.threads[id] = t
	}
	return t
}

func (f *fold) function(code int32) *function {
	fn := &f.functions[code+1]
	if !fn.known {
		name := f.name(code)
		fn.known, fn.class, fn.query, fn.rare = true, classOf(name), isQuery(name), isRare(name)
	}
	return fn
}

// name returns the name of a code, empty for -1.
func (f *fold) name(code int32) string { return f.dict.String(code) }

func (fn *function) add(start, duration int64) {
	fn.times.Add(duration)
	if fn.rare {
		fn.calls = append(fn.calls, call{start, duration})
	}
}

func (t *thread) add(c class, duration int64, failed bool) {
	t.calls++
	if failed {
		t.failed++
	}
	t.time[c] += duration
	t.count[c]++
}

// returned returns what a call returned and whether it failed.
func (f *fold) returned(results *frames.Column, i int, fn *function) (value int64, failed bool) {
	if results == nil || results.IsNull(i) {
		f.silent++
		return 0, false
	}
	value = results.Int(i)
	return value, value != 0 && !(fn.query && notReady(value))
}

func (f *fold) fail(kind failure, n failures) {
	known, ok := f.failures[kind]
	if !ok {
		f.failures[kind] = n
		return
	}
	f.failures[kind] = failures{known.calls + n.calls, min(known.first, n.first)}
}

func (f *fold) grow(dict *frames.Dictionary) (err error) {
	if f.dict, err = trace.OneDictionary(f.dict, dict); err != nil || f.dict == nil {
		return err
	}
	f.functions = trace.Grown(f.functions, f.dict.Len()+1)
	return nil
}

// Merge implements analysis.Fold.
func (f *fold) Merge(after analysis.Fold) error {
	other := after.(*fold)
	if err := f.grow(other.dict); err != nil {
		return err
	}
	for i := range other.functions {
		f.functions[i].join(&other.functions[i])
	}
	for id, t := range other.threads {
		f.thread(id).join(t)
	}
	for kind, n := range other.failures {
		f.fail(kind, n)
	}
	f.odd += other.odd
	f.silent += other.silent
	if other.span.any {
		f.span.add(other.span.start, other.span.end)
	}
	return nil
}

func (fn *function) join(o *function) {
	if !o.known {
		return
	}
	fn.known, fn.class, fn.query, fn.rare = true, o.class, o.query, o.rare
	fn.times.Join(&o.times)
	fn.failed += o.failed
	fn.calls = append(fn.calls, o.calls...)
}

func (t *thread) join(o *thread) {
	t.calls += o.calls
	t.failed += o.failed
	for c := range t.time {
		t.time[c] += o.time[c]
		t.count[c] += o.count[c]
	}
}

// Finish implements analysis.Fold.
func (f *fold) Finish(ctx context.Context, _ analysis.Inputs) (*result.Result, error) {
	s, err := f.summarize(ctx)
	if err != nil {
		return nil, err
	}
	if err := analysis.Selected("thread", f.params.Thread, s.threadNumbers()); err != nil {
		return nil, err
	}
	r := &result.Result{}
	r.Add("calls", "CUDA calls by host time", s.callTable())
	r.Add("threads", "Threads by time in CUDA calls", s.threadTable())
	if len(s.failures) > 0 {
		r.Add("failures", "Calls that failed", s.failureTable())
	}
	if len(s.calls) > 0 {
		r.Charts = []result.Chart{s.chart()}
	}
	s.findings(r)
	return r, nil
}
