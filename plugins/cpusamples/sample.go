package cpusamples

import (
	"cmp"
	"slices"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/gputrace"
	"profilemate/workbench/trace"
)

// symbol is a function, or what is known of one.
type symbol struct{ name, module string }

// String returns the function as tables show it.
func (s symbol) String() string {
	switch {
	case s.name != "":
		return s.name
	case s.module != "":
		return "(in " + s.module + ")"
	}
	return "(not known)"
}

// sample is one sample of a thread.
type sample struct {
	time   int64
	symbol symbol
}

// thread is the samples of one thread in order of time.
type thread struct {
	pid, tid int64
	name     string
	samples  []sample
}

// tally counts samples by symbol.
type tally map[symbol]int64

// counted is a symbol with its samples.
type counted struct {
	symbol  symbol
	samples int64
}

// sorted lists the symbols, the most samples first, of equal ones by name.
func (t tally) sorted() []counted {
	out := make([]counted, 0, len(t))
	for s, n := range t {
		out = append(out, counted{s, n})
	}
	slices.SortFunc(out, func(a, b counted) int {
		return cmp.Or(cmp.Compare(b.samples, a.samples), cmp.Compare(a.symbol.name, b.symbol.name), cmp.Compare(a.symbol.module, b.symbol.module))
	})
	return out
}

// gap is a time without work on a device.
type gap struct {
	trace.Interval
	place   trace.Place
	tid     int64 // that launched the work after it, -1 where that is not recorded
	samples int64
	tally   tally
}

// view is everything the result is drawn from.
type view struct {
	params   Params
	threads  []*thread // the most samples first
	total    int64     // samples
	first    int64     // ns
	last     int64
	timeline *trace.Timeline
	host     *trace.Host
	lookup   *trace.Lookup
	hidden   *trace.Hidden
	gaps     []gap           // the longest first
	gapTime  int64           // ns, of all of them
	inGaps   map[int64]tally // by process, each sample once
	odd      int64
}

func read(in analysis.Inputs, p Params) (*view, error) {
	v := &view{params: p, inGaps: map[int64]tally{}}
	f, err := in.Frame(role, "cpu_samples")
	if err != nil {
		return nil, err
	}
	names, err := in.Frame(role, "threads")
	if err != nil {
		return nil, err
	}
	v.readSamples(f, names)
	t, err := gputrace.Load(in)
	if err != nil {
		return nil, err
	}
	v.timeline, v.host, v.lookup, v.hidden = t.Timeline, t.Host, t.Lookup, t.Hidden
	v.odd += t.Odd()
	return v, nil
}

// farthest bounds the times that are believed, 36 years in ns.
const farthest = 1 << 60

type threadID struct{ pid, tid int64 }

func (v *view) readSamples(f, names *frames.Frame) {
	known := map[threadID]*thread{}
	times, pids, tids := f.Column("time"), f.Column("pid"), f.Column("tid")
	symbols, modules := f.Column("symbol"), f.Column("module")
	for i := range f.Len() {
		if times == nil || times.IsNull(i) || times.Int(i) < -farthest || times.Int(i) > farthest {
			v.odd++
			continue
		}
		id := threadID{whole(pids, i), whole(tids, i)}
		t := known[id]
		if t == nil {
			t = &thread{pid: id.pid, tid: id.tid}
			known[id] = t
			v.threads = append(v.threads, t)
		}
		at := times.Int(i)
		if v.total == 0 {
			v.first, v.last = at, at
		}
		v.first, v.last = min(v.first, at), max(v.last, at)
		v.total++
		t.samples = append(t.samples, sample{at, symbolOf(text(symbols, i), text(modules, i))})
	}
	if names != nil {
		for i, name := range names.Strings("name") { // the last name counts
			if t := known[threadID{whole(names.Column("pid"), i), whole(names.Column("tid"), i)}]; t != nil {
				t.name = name
			}
		}
	}
	for _, t := range v.threads {
		slices.SortStableFunc(t.samples, func(a, b sample) int { return cmp.Compare(a.time, b.time) })
	}
	slices.SortFunc(v.threads, func(a, b *thread) int {
		return cmp.Or(cmp.Compare(len(b.samples), len(a.samples)), cmp.Compare(a.pid, b.pid), cmp.Compare(a.tid, b.tid))
	})
}

// symbolOf takes an address, which nsys writes where it found no symbol, for none:
// each would be a function of its own.
func symbolOf(name, module string) symbol {
	if strings.HasPrefix(name, "0x") {
		name = ""
	}
	return symbol{name, module}
}

func whole(c *frames.Column, i int) int64 {
	if c == nil || c.IsNull(i) {
		return -1
	}
	return c.Int(i)
}

func text(c *frames.Column, i int) string {
	if c == nil {
		return ""
	}
	return c.Str(i)
}

// within returns the samples of a time.
func (t *thread) within(i trace.Interval) []sample {
	at := func(time int64) int {
		n, _ := slices.BinarySearchFunc(t.samples, time, func(s sample, time int64) int {
			if s.time < time {
				return -1
			}
			return 1 // never equal, so the place is that of the first at the time
		})
		return n
	}
	return t.samples[at(i.Start):max(at(i.Start), at(i.End))]
}

// findGaps finds the gaps of each device and counts the samples in them.
func (v *view) findGaps() {
	looked := map[*thread][]trace.Interval{} // a sample in gaps of several devices counts once
	for _, place := range v.timeline.Places() {
		last := place.Rows[0]
		hidden := v.hidden.Of(place.Pid)
		for _, row := range place.Rows[1:] {
			g := gap{Interval: trace.Interval{Start: v.timeline.End[last], End: v.timeline.Start[row]}, place: place, tid: -1, tally: tally{}}
			if g.Duration() > v.params.Gap.Nanoseconds() && hidden.TotalIn(g.Interval) == 0 {
				v.look(&g, row, looked)
				v.gaps = append(v.gaps, g)
				v.gapTime += g.Duration()
			}
			if v.timeline.End[row] > v.timeline.End[last] {
				last = row
			}
		}
	}
	for t, times := range looked {
		for _, i := range trace.Union(times) {
			for _, s := range t.within(i) {
				if v.inGaps[t.pid] == nil {
					v.inGaps[t.pid] = tally{}
				}
				v.inGaps[t.pid][s.symbol]++
			}
		}
	}
	slices.SortStableFunc(v.gaps, func(a, b gap) int { return cmp.Compare(b.Duration(), a.Duration()) })
}

// look counts the samples of a gap that work of the timeline ends.
func (v *view) look(g *gap, next int32, seen map[*thread][]trace.Interval) {
	if call := v.lookup.Find(v.timeline.Pid[next], v.timeline.Correlation[next]); call >= 0 {
		g.tid = v.host.Tid[call]
	}
	for _, t := range v.threads {
		if t.pid != g.place.Pid || g.tid >= 0 && t.tid != g.tid {
			continue
		}
		seen[t] = append(seen[t], g.Interval)
		for _, s := range t.within(g.Interval) {
			g.samples++
			g.tally[s.symbol]++
		}
	}
}
