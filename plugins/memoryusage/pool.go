package memoryusage

import (
	"cmp"
	"math"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/trace"
)

// key is what memory is counted by.
type key struct {
	pid, device int64 // device -1 where the trace does not say
	kind        string
}

// event is an allocation or a release.
type event struct {
	time, address, bytes int64
	release              bool
	name                 string
}

// allocation is a piece of memory. Times are in ns.
type allocation struct {
	from, until int64 // until is the end of the capture for one that was not freed
	bytes       int64
	freed       bool
	name        string
	before      bool // was there when the capture began
}

// pool is the memory of one key.
type pool struct {
	key
	events []event

	allocations          []allocation
	allocated, released  int64 // events
	total                int64 // B allocated
	live, peak, start    int64 // B at the end, at most, and when the capture began
	peakAt               int64 // ns
	earlier              int64 // B at most before the capture began
	left                 int64 // allocations that were not freed
	unknown              int64 // releases of addresses that nothing is known of
	unknownBytes         int64
	twice                int64 // allocations of addresses that were not free
	churn, churnReleases int64 // events in steady state
	churnBytes           int64 // B allocated in steady state
	times, lives         []int64
}

// view is everything the result is drawn from.
type view struct {
	params     Params
	pools      []*pool        // in order of process, device and kind
	begin, end int64          // ns: of the first and last event or work with a time
	work       trace.Interval // from the first to the last GPU work; empty without any
	steady     trace.Interval // the part of it in which nothing should be allocated
	odd        int64          // rows that cannot be
	memory     map[int64]int64
	reserves   bool // a memory pool of the driver is in use
}

func read(in analysis.Inputs, p Params) (*view, error) {
	events, err := in.Frame(role, "memory_usage")
	if err != nil {
		return nil, err
	}
	v := &view{params: p, memory: map[int64]int64{}, begin: math.MaxInt64, end: math.MinInt64}
	if err := v.readWork(in); err != nil {
		return nil, err
	}
	v.readEvents(events)
	gpus, err := in.Frame(role, "gpus")
	if err != nil || gpus == nil {
		return v, err
	}
	sizes := gpus.Column("memory")
	for i, device := range gpus.Ints("device") {
		if sizes != nil && !sizes.IsNull(i) {
			v.memory[device] = sizes.Int(i)
		}
	}
	return v, nil
}

func (v *view) readWork(in analysis.Inputs) error {
	tables, err := trace.ReadTables(func(table string) (*frames.Frame, error) { return in.Frame(role, table) })
	if err != nil {
		return err
	}
	t, err := trace.TimelineOf(tables)
	if err != nil || t.Len() == 0 {
		return err
	}
	v.work = trace.Interval{Start: slices.Min(t.Start), End: slices.Max(t.End)}
	v.steady = trace.Interval{Start: v.work.Start + v.work.Duration()/2, End: v.work.End}
	v.begin, v.end = v.work.Start, v.work.End
	return nil
}

// farthest bounds times (36 years) and sizes (1 EB) that are believed.
const farthest = 1 << 60

func (v *view) readEvents(f *frames.Frame) {
	known := map[key]*pool{}
	column := func(name string) func(i int) (int64, bool) {
		c := f.Column(name)
		return func(i int) (int64, bool) {
			if c == nil || c.IsNull(i) {
				return -1, false
			}
			return c.Int(i), true
		}
	}
	text := func(name string) func(i int) string {
		c := f.Column(name)
		return func(i int) string {
			if c == nil {
				return ""
			}
			return c.Str(i)
		}
	}
	time, address, bytes, pid, device := column("time"), column("address"), column("bytes"), column("pid"), column("device")
	operation, kind, name, used := text("operation"), text("kind"), text("name"), column("pool_used")
	for i := range f.Len() {
		at, timed := time(i)
		where, placed := address(i)
		size, sized := bytes(i)
		is := operation(i)
		if !timed || !placed || !sized || size < 0 || size > farthest || at < -farthest || at > farthest || is != "allocation" && is != "release" {
			v.odd++
			continue
		}
		if n, ok := used(i); ok && n > 0 {
			v.reserves = true
		}
		process, _ := pid(i)
		on, _ := device(i)
		k := key{process, on, kind(i)}
		if known[k] == nil {
			known[k] = &pool{key: k}
			v.pools = append(v.pools, known[k])
		}
		known[k].events = append(known[k].events, event{at, where, size, is == "release", name(i)})
		if at > 0 {
			v.begin, v.end = min(v.begin, at), max(v.end, at)
		}
	}
	v.order()
}

// order sorts pools and their events. What happens at one time keeps its order,
// but memory from before the capture comes first.
func (v *view) order() {
	if v.begin > v.end {
		v.begin, v.end = 0, 0
	}
	for _, p := range v.pools {
		slices.SortStableFunc(p.events, func(a, b event) int { return cmp.Compare(a.time, b.time) })
	}
	slices.SortFunc(v.pools, func(a, b *pool) int {
		return cmp.Or(cmp.Compare(a.pid, b.pid), cmp.Compare(a.device, b.device), cmp.Compare(rank(a.kind), rank(b.kind)), cmp.Compare(a.kind, b.kind))
	})
}

// rank puts device memory first.
func rank(kind string) int {
	if i := slices.Index([]string{"device", "managed", "pinned", "array", "pageable"}, kind); i >= 0 {
		return i
	}
	return math.MaxInt
}

// follow plays the events. Those at or before 0 happened before the capture began,
// nobody knows when: what they leave is there at the begin.
func (p *pool) follow(begin int64, steady trace.Interval) {
	open := map[int64]int{} // address: index of the allocation
	started := false
	for _, e := range p.events {
		before := e.time <= 0
		if !before && !started {
			started = true
			p.begin(begin)
		}
		at := e.time
		if before {
			at = begin
		}
		if e.release {
			p.release(e, at, open)
		} else {
			p.allocate(e, at, before, open)
		}
		if before {
			p.earlier = max(p.earlier, p.live)
			continue
		}
		if e.time >= steady.Start && e.time < steady.End {
			p.count(e)
		}
		p.mark(at)
	}
	if !started {
		p.begin(begin)
	}
	p.left = int64(len(open))
}

// begin notes what is live when the capture begins.
func (p *pool) begin(at int64) {
	p.start = p.live
	p.mark(at)
}

func (p *pool) allocate(e event, at int64, before bool, open map[int64]int) {
	p.allocated++
	p.total += e.bytes
	if i, ok := open[e.address]; ok {
		p.twice++
		p.live -= p.allocations[i].bytes
		p.allocations[i].until, p.allocations[i].freed = at, true
	}
	open[e.address] = len(p.allocations)
	p.allocations = append(p.allocations, allocation{from: at, bytes: e.bytes, name: e.name, before: before})
	p.live += e.bytes
}

func (p *pool) release(e event, at int64, open map[int64]int) {
	p.released++
	i, ok := open[e.address]
	if !ok {
		p.unknown++
		p.unknownBytes += e.bytes
		return
	}
	delete(open, e.address)
	p.allocations[i].until, p.allocations[i].freed = at, true
	p.live -= p.allocations[i].bytes
}

func (p *pool) count(e event) {
	if e.release {
		p.churnReleases++
		return
	}
	p.churn++
	p.churnBytes += e.bytes
}

// mark notes how much is live from a time on.
func (p *pool) mark(at int64) {
	if last := len(p.times) - 1; last >= 0 && p.times[last] == at {
		p.lives[last] = p.live
	} else {
		p.times, p.lives = append(p.times, at), append(p.lives, p.live)
	}
	if p.live > p.peak {
		p.peak, p.peakAt = p.live, at
	}
}
