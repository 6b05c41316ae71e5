// Package memorycopies says what moves between memories, how fast, and which
// copies hold the host.
package memorycopies

import (
	"context"
	"maps"
	"slices"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// Analysis declares the study of memory copies; its form, flags, help and cell
// derive from here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "memory-copies",
	Doc: `what is copied between memories, how fast, and what it holds up

One row per direction of a copy, with memory sets as one more: the numbers of nsys stats cuda_gpu_mem_time_sum
and cuda_gpu_mem_size_sum. Then one per direction and kind of memory, and one per direction and class of size.
Bandwidth is bytes divided by the time on the GPU, added up over the row; 1 GB/s is 10^9 bytes per second. A copy
within a device moves each byte twice, once in and once out: it counts once here.

Each copy is joined to its API call by process and correlation id. A copy is synchronous where that call has no
Async in its name. As in nsys analyze, synchronous copies are told of unless they stay within a device or bring at
most 64 KB to it, and asynchronous ones where they touch pageable memory, since then the call does not return before
the data is copied or staged. Host time is the time of the calls. A copy in a CUDA graph has no call of its own.`,
	Version: 1,
	Roles: []analysis.Role{{Name: role, Kind: "nsys", Doc: "an Nsight Systems export", Tables: []analysis.Need{
		{Table: "copies", Stream: true, Optional: true, Doc: "the copies; capture with nsys profile --trace=cuda", Columns: append(operation(),
			frames.Field{Name: "kind", Kind: frames.String},
			frames.Field{Name: "source_kind", Kind: frames.String},
			frames.Field{Name: "target_kind", Kind: frames.String})},
		{Table: "sets", Stream: true, Optional: true, Doc: "the memory sets; capture with nsys profile --trace=cuda", Columns: append(operation(),
			frames.Field{Name: "memory_kind", Kind: frames.String})},
		{Table: "api_calls", Stream: true, Optional: true, Doc: "which copies hold the host; capture with nsys profile --trace=cuda", Columns: []frames.Field{
			{Name: "name", Kind: frames.String},
			{Name: "start", Kind: frames.Int64, Unit: "ns"},
			{Name: "end", Kind: frames.Int64, Unit: "ns"},
			{Name: "pid", Kind: frames.Int64},
			{Name: "correlation_id", Kind: frames.Int64},
		}},
	}}},
	Outputs: []analysis.Output{
		{Name: "directions", Kind: analysis.TableOutput, Doc: "one row per direction, and one for sets"},
		{Name: "memories", Kind: analysis.TableOutput, Doc: "one row per direction and kinds of memory"},
		{Name: "sizes", Kind: analysis.TableOutput, Doc: "one row per direction and class of size"},
		{Name: "bandwidth", Kind: analysis.ChartOutput, Doc: "bandwidth by size of the copy"},
		{Name: "time", Kind: analysis.ChartOutput, Doc: "GPU time by direction"},
	},
	Defaults: Params{Small: 4096, Device: allDevices},
	Stream:   func(p Params) analysis.Fold { return newFold(p) },
})

// operation lists the columns that copies and sets share.
func operation() []frames.Field {
	return []frames.Field{
		{Name: "start", Kind: frames.Int64, Unit: "ns"},
		{Name: "end", Kind: frames.Int64, Unit: "ns"},
		{Name: "device", Kind: frames.Int64},
		{Name: "pid", Kind: frames.Int64},
		{Name: "correlation_id", Kind: frames.Int64},
		{Name: "bytes", Kind: frames.Int64, Unit: "B"},
	}
}

const (
	role       = "profile"
	allDevices = -1
)

// Params are the choices of a reader.
type Params struct {
	Small  int `param:"small" unit:"B" min:"1" doc:"copies of fewer bytes count as small"`
	Device int `param:"device" min:"-1" doc:"CUDA ordinal of the device whose operations are shown; -1 adds up all"`
}

// greatest is the size that is believed at most, in bytes: what a damaged row pretends
// must not overflow the sums.
const greatest = 1 << 50

// memory says from where to where an operation goes, in the words of the reader.
// Of a set, source is empty.
type memory struct{ direction, source, target string }

const (
	setting = "set"
	unknown = "unknown" // the reader's word for a memory that the profiler could not tell
)

// callID ties an operation to its API call.
type callID struct{ pid, correlation int64 }

// call is an API call that copies.
type call struct {
	duration    int64 // ns
	synchronous bool
}

// operations are the copies or sets of one kind, in the order of the rows.
type operations struct {
	memory
	list []op
}

// op is one copy or set.
type op struct {
	duration int64 // on the GPU, in ns
	bytes    int64
	call     callID
}

// fold keeps every operation and the calls that copy: there are few beside the
// kernels of a trace.
type fold struct {
	params Params
	dict   *frames.Dictionary // of the names of calls
	copies []bool             // by code: the function copies
	judged []bool             // by code: copies is known
	kinds  map[memory]*operations
	order  []*operations // in order of their first row
	calls  map[callID]call
	odd    int64          // rows whose times or sizes cannot be
	seen   map[int64]bool // devices, those that are not asked for too
}

func newFold(p Params) *fold {
	return &fold{params: p, kinds: map[memory]*operations{}, calls: map[callID]call{}, seen: map[int64]bool{}}
}

// Scan implements analysis.Fold.
func (f *fold) Scan(_, table string, b *frames.Batch) error {
	if table == "api_calls" {
		return f.scanCalls(b)
	}
	starts, ends, sizes := b.Column("start"), b.Column("end"), b.Column("bytes")
	devices, pids, ids := b.Column("device"), b.Column("pid"), b.Column("correlation_id")
	memories := newMemories(b, table)
	last := int64(allDevices) // rows of one device mostly follow one another
	for i := range b.Len() {
		device := intAt(devices, i)
		if device != last {
			f.seen[device], last = true, device
		}
		if f.params.Device != allDevices && device != int64(f.params.Device) {
			continue
		}
		o := op{duration: intAt(ends, i) - intAt(starts, i), bytes: intAt(sizes, i), call: callID{intAt(pids, i), intAt(ids, i)}}
		if isNull(starts, i) || isNull(ends, i) || isNull(sizes, i) || o.duration < 0 || o.duration > trace.Longest || o.bytes < 0 || o.bytes > greatest {
			f.odd++
			continue
		}
		kind := f.kind(memories.at(i))
		kind.list = append(kind.list, o)
	}
	return nil
}

func isNull(c *frames.Column, i int) bool { return c == nil || c.IsNull(i) }

// intAt returns the value of a column that the trace may lack, 0 then.
func intAt(c *frames.Column, i int) int64 {
	if c == nil {
		return 0
	}
	return c.Int(i)
}

// kind returns the operations of a kind, which it adds when it is new.
func (f *fold) kind(m memory) *operations {
	k := f.kinds[m]
	if k == nil {
		k = &operations{memory: m}
		f.kinds[m] = k
		f.order = append(f.order, k)
	}
	return k
}

// memories reads from where to where the operations of a batch go.
type memories struct{ direction, source, target *frames.Column }

func newMemories(b *frames.Batch, table string) memories {
	if table == "sets" {
		return memories{target: b.Column("memory_kind")}
	}
	return memories{b.Column("kind"), b.Column("source_kind"), b.Column("target_kind")}
}

func (m memories) at(i int) memory {
	if m.direction == nil && m.source == nil {
		return memory{direction: setting, target: word(m.target, i)}
	}
	return memory{word(m.direction, i), word(m.source, i), word(m.target, i)}
}

func word(c *frames.Column, i int) string {
	if isNull(c, i) {
		return unknown
	}
	return c.Str(i)
}

// scanCalls keeps the calls that copy.
func (f *fold) scanCalls(b *frames.Batch) error {
	names, starts, ends := b.Column("name"), b.Column("start"), b.Column("end")
	pids, ids := b.Column("pid"), b.Column("correlation_id")
	if names == nil || pids == nil || ids == nil {
		return nil
	}
	if err := f.grow(names.Dictionary()); err != nil {
		return err
	}
	for i, code := range names.Codes() {
		if names.IsNull(i) || !f.copying(code) || ids.Int(i) == 0 {
			continue
		}
		duration := intAt(ends, i) - intAt(starts, i)
		if isNull(starts, i) || isNull(ends, i) || duration < 0 || duration > trace.Longest {
			continue // api-summary counts these
		}
		f.calls[callID{pids.Int(i), ids.Int(i)}] = call{duration, !strings.Contains(f.dict.String(code), "Async")}
	}
	return nil
}

// copying reports whether a function copies memory.
func (f *fold) copying(code int32) bool {
	if !f.judged[code] {
		name := f.dict.String(code)
		f.judged[code] = true
		f.copies[code] = strings.Contains(name, "Memcpy") && !strings.Contains(name, "Graph")
	}
	return f.copies[code]
}

func (f *fold) grow(dict *frames.Dictionary) (err error) {
	if f.dict, err = trace.OneDictionary(f.dict, dict); err != nil || f.dict == nil {
		return err
	}
	f.copies, f.judged = trace.Grown(f.copies, f.dict.Len()), trace.Grown(f.judged, f.dict.Len())
	return nil
}

// Merge implements analysis.Fold.
func (f *fold) Merge(after analysis.Fold) error {
	other := after.(*fold)
	for _, o := range other.order {
		kind := f.kind(o.memory)
		kind.list = append(kind.list, o.list...)
	}
	for id, c := range other.calls {
		f.calls[id] = c
	}
	maps.Copy(f.seen, other.seen)
	f.odd += other.odd
	return nil
}

// Finish implements analysis.Fold.
func (f *fold) Finish(ctx context.Context, in analysis.Inputs) (*result.Result, error) {
	if err := analysis.Selected("device", f.params.Device, slices.Sorted(maps.Keys(f.seen))); err != nil {
		return nil, err
	}
	s, err := f.summarize(ctx)
	if err != nil {
		return nil, err
	}
	s.missing = in.Source(role).Missing
	r := &result.Result{}
	r.Add("directions", "Copies and sets by GPU time", s.directionTable())
	r.Add("memories", "By kind of memory", s.memoryTable())
	r.Add("sizes", "By size", s.sizeTable())
	if len(s.directions) > 0 {
		r.Charts = []result.Chart{s.timeChart()}
		if c := s.bandwidthChart(); len(c.Series) > 0 {
			r.Charts = []result.Chart{c, s.timeChart()}
		}
	}
	s.findings(r)
	return r, nil
}
