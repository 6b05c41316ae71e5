package roofline

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/analysis"
)

// kernel is all launches of one name, grid and block on one kind of device.
type kernel struct {
	id       identity
	function string
	graph    bool // whole CUDA graphs, profiled as one
	launches int64
	time     int64 // ns
	threads  int64
	bytes    total // at the level; known for every launch, or not at all

	bandwidth, clock, sm, memory, dram, waves mean

	counted       bool // fp64, fp32 and fp16 operations were counted
	tensorCounted bool
	work          []*amount // in the order of first use
}

type identity struct{ name, grid, block, device string }

// label names the kernel in findings and on the chart.
func (k *kernel) label() string {
	if k.id.grid == "" {
		return k.function
	}
	return k.function + " " + k.id.grid
}

// amount is a kernel's operations in one precision on one path.
type amount struct {
	precision, path string
	tensor, integer bool
	ops             total
	margin          float64
	peak            mean
	best            string // the tensor instruction with the highest peak for these factors, "" when not known
	bestPeak        mean
	method          string // the least exact of its launches
}

// label is the precision as a reader knows it: tensor types are marked.
func (a *amount) label() string {
	switch {
	case !a.tensor:
		return a.precision
	case a.precision == "any":
		return "tensor"
	}
	return "tensor " + a.precision
}

// total is a sum of whole numbers. It is missing when a term is.
type total struct {
	whole   int64
	value   float64 // the same as a float, which does not wrap
	missing bool
}

func (t *total) add(c *frames.Column, i int) {
	if c == nil || c.IsNull(i) {
		t.missing = true
		return
	}
	t.whole += c.Int(i)
	t.value += float64(c.Int(i))
}

// cell is the sum as a cell of a table: nil when it is missing or beyond int64.
func (t total) cell() any {
	if t.missing || t.value >= math.MaxInt64 {
		return nil
	}
	return t.whole
}

// mean is a mean weighted by time, over the launches that have the value. It is
// kept up to date rather than summed, so that equal values have exactly their mean.
type mean struct{ at, weight float64 }

func (m *mean) add(c *frames.Column, i int, weight float64) {
	if c != nil && !c.IsNull(i) {
		m.include(c.Float(i), weight)
	}
}

func (m *mean) include(v, weight float64) {
	if weight > 0 {
		m.weight += weight
		m.at += (v - m.at) * weight / m.weight
	}
}

// value returns NaN when no launch has the value.
func (m mean) value() float64 {
	if m.weight == 0 {
		return math.NaN()
	}
	return m.at
}

// profile is the kernels of a print-out, longest first.
type profile struct {
	kernels          []*kernel
	time             int64 // ns, of all launches
	timeless         int   // launches without a time
	slowest, fastest float64
}

// collect sums the launches that the parameters ask for.
func collect(ctx context.Context, launches, work *frames.Frame, p Params) (*profile, error) {
	if err := need(launches, "launch", "kernel", "time"); err != nil {
		return nil, err
	}
	if err := need(work, "launch", "precision", "ops"); err != nil {
		return nil, err
	}
	out := &profile{}
	byID, byLaunch := map[identity]*kernel{}, map[int64]*kernel{}
	times := launches.Column("time")
	for i := range launches.Len() {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		id := identityOf(launches, i)
		if !strings.Contains(id.name, p.Kernel) {
			continue
		}
		if times.IsNull(i) || times.Int(i) <= 0 {
			out.timeless++
			continue
		}
		k := byID[id]
		if k == nil {
			k = &kernel{id: id, function: str(launches, "function", i), counted: true, tensorCounted: true}
			byID[id] = k
			out.kernels = append(out.kernels, k)
		}
		k.add(launches, i, p.Level)
		out.noteClock(launches.Column("clock_sm"), i)
		out.time += times.Int(i)
		byLaunch[launches.Column("launch").Int(i)] = k
	}
	addWork(byLaunch, launches, work)
	if len(out.kernels) == 0 && out.timeless == 0 {
		if err := nothingMatches(launches, p.Kernel); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(out.kernels, func(a, b *kernel) int { return cmp.Compare(b.time, a.time) })
	return out, nil
}

// nothingMatches is the error of a filter that no kernel's name contains; nil where
// there is no launch at all.
func nothingMatches(launches *frames.Frame, filter string) error {
	var functions []string
	for i := range launches.Len() {
		name := str(launches, "function", i)
		if name == "" {
			name = str(launches, "kernel", i)
		}
		if !slices.Contains(functions, name) {
			functions = append(functions, name)
		}
	}
	if filter == "" || len(functions) == 0 {
		return nil
	}
	return analysis.NothingSelected("kernel whose name contains", strconv.Quote(filter), functions)
}

// need reports columns without which a table says nothing.
func need(f *frames.Frame, columns ...string) error {
	_, err := f.Select(columns...)
	return err
}

func identityOf(f *frames.Frame, i int) identity {
	return identity{str(f, "kernel", i), str(f, "grid", i), str(f, "block", i), str(f, "device_name", i)}
}

func str(f *frames.Frame, column string, i int) string {
	if c := f.Column(column); c != nil {
		return c.Str(i)
	}
	return ""
}

func flag(f *frames.Frame, column string, i int) bool {
	c := f.Column(column)
	return c != nil && c.Int(i) == 1
}

func (k *kernel) add(f *frames.Frame, i int, level string) {
	time := f.Column("time").Int(i)
	weight := float64(time)
	k.launches++
	k.time += time
	k.graph = k.graph || str(f, "workload", i) == "graph"
	k.bytes.add(f.Column(level+"_bytes"), i)
	k.bandwidth.add(f.Column("peak_"+level), i, weight)
	k.clock.add(f.Column("clock_sm"), i, weight)
	k.sm.add(f.Column("sm_pct"), i, weight)
	k.memory.add(f.Column("memory_pct"), i, weight)
	k.dram.add(f.Column("dram_pct"), i, weight)
	k.waves.add(f.Column("waves"), i, weight)
	if c := f.Column("threads"); c != nil {
		k.threads += c.Int(i)
	}
	for _, name := range []string{"flop_fp64", "flop_fp32", "flop_fp16"} {
		c := f.Column(name)
		k.counted = k.counted && c != nil && !c.IsNull(i)
	}
	c := f.Column("flop_tensor")
	k.tensorCounted = k.tensorCounted && c != nil && !c.IsNull(i)
}

func (p *profile) noteClock(c *frames.Column, i int) {
	if c == nil || c.IsNull(i) {
		return
	}
	clock := c.Float(i)
	if p.slowest == 0 || clock < p.slowest {
		p.slowest = clock
	}
	p.fastest = max(p.fastest, clock)
}

// addWork adds the rows of the work table to the kernels of their launches. A peak
// is weighted by the launch's time.
func addWork(byLaunch map[int64]*kernel, launches, work *frames.Frame) {
	times := map[int64]float64{}
	for i := range launches.Len() {
		times[launches.Column("launch").Int(i)] = launches.Column("time").Float(i)
	}
	for i := range work.Len() {
		launch := work.Column("launch").Int(i)
		k := byLaunch[launch]
		if k == nil {
			continue
		}
		a := k.amount(str(work, "precision", i), str(work, "path", i), flag(work, "tensor", i), flag(work, "integer", i))
		a.ops.add(work.Column("ops"), i)
		if c := work.Column("margin"); c != nil && !c.IsNull(i) {
			a.margin += c.Float(i)
		}
		a.peak.add(work.Column("peak"), i, times[launch])
		a.bestPeak.add(work.Column("best_peak"), i, times[launch])
		if best := str(work, "best_path", i); best != "" {
			a.best = best
		}
		if method := str(work, "method", i); rank(method) > rank(a.method) {
			a.method = method
		}
	}
}

func (k *kernel) amount(precision, path string, tensor, integer bool) *amount {
	for _, a := range k.work {
		if a.precision == precision && a.path == path && a.tensor == tensor {
			return a
		}
	}
	a := &amount{precision: precision, path: path, tensor: tensor, integer: integer}
	k.work = append(k.work, a)
	return a
}

// rank orders the methods of counting from exact to estimated.
func rank(method string) int { return slices.Index([]string{"", "exact", "rate", "estimate"}, method) }
