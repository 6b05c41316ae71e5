// Package roof works out where kernels of an Nsight Compute profile lie under the
// ceilings of their device: work over traffic gives the arithmetic intensity, work over
// time the achieved rate, and the roof at an intensity is the lower of the peak rate
// and intensity times bandwidth (S. Williams et al., "Roofline", CACM 52(4), 2009).
package roof

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/fault"
)

// Kernel is all launches of one name, grid and block on one kind of device.
type Kernel struct {
	ID       Identity
	Function string // name without namespaces, template arguments and parameters
	Graph    bool   // whole CUDA graphs, profiled as one
	Launches int64
	Time     int64 // ns
	Threads  int64
	Bytes    Total // at the level; known for every launch, or not at all

	// Bandwidth is that of the level at the clock during profiling, in B/s; the others
	// are ncu's throughputs in % and the waves of blocks over the device.
	Bandwidth, SM, Memory, DRAM, Waves Mean

	Capability    string    // compute capability, "" when it is not known
	Counted       bool      // fp64, fp32 and fp16 operations were counted
	TensorCounted bool      // tensor operations were
	Work          []*Amount // in the order of first use
}

// Identity tells kernels apart. Grid and Block are empty for a range of launches
// profiled as one.
type Identity struct{ Name, Grid, Block, Device string }

// Label names the kernel in findings and on charts.
func (k *Kernel) Label() string {
	if k.ID.Grid == "" {
		return k.Function
	}
	return k.Function + " " + k.ID.Grid
}

// Class is ncu's class of the kernel, from its rule SOLBottleneck: see
// launch.SpeedOfLight.
func (k *Kernel) Class() string {
	return launch.SpeedOfLight(k.SM.Value(), k.Memory.Value(), k.Waves.Value())
}

// Limit is what the class names as the limit: "memory", "compute" or "".
func (k *Kernel) Limit() string { return launch.Limit(k.Class()) }

// Amount is a kernel's operations in one precision on one path.
type Amount struct {
	Precision, Path string // "fp32" and "cuda", or the type of the factors of a tensor operation and its instruction
	Tensor, Integer bool
	Ops             Total   // an FMA being 2
	Margin          float64 // how far rounding in print may have moved Ops
	Peak            Mean    // the report's, in operations a second
	Best            string  // the tensor instruction with the highest peak for these factors, "" when not known
	BestPeak        Mean
	Method          string // the least exact of its launches: "exact", "rate" or "estimate"
}

// Label is the precision as a reader knows it: tensor types are marked.
func (a *Amount) Label() string {
	switch {
	case !a.Tensor:
		return a.Precision
	case a.Precision == "any":
		return "tensor"
	}
	return "tensor " + a.Precision
}

// Total is a sum of whole numbers. It is missing when a term is.
type Total struct {
	Whole   int64
	Value   float64 // the same as a float, which does not wrap
	Missing bool
}

func (t *Total) add(c *frames.Column, i int) {
	if c == nil || c.IsNull(i) {
		t.Missing = true
		return
	}
	t.Whole += c.Int(i)
	t.Value += float64(c.Int(i))
}

// Cell is the sum as a cell of a table: nil when it is missing or beyond int64.
func (t Total) Cell() any {
	if t.Missing || t.Value >= math.MaxInt64 {
		return nil
	}
	return t.Whole
}

// Mean is a mean weighted by time, over the launches that have the value. It is
// kept up to date rather than summed, so that equal values have exactly their mean.
type Mean struct{ at, weight float64 }

func (m *Mean) add(c *frames.Column, i int, weight float64) {
	if c != nil && !c.IsNull(i) {
		m.Include(c.Float(i), weight)
	}
}

// Include adds a value with its weight.
func (m *Mean) Include(v, weight float64) {
	if weight > 0 {
		m.weight += weight
		m.at += (v - m.at) * weight / m.weight
	}
}

// Value returns NaN when no launch has the value.
func (m Mean) Value() float64 {
	if m.weight == 0 {
		return math.NaN()
	}
	return m.at
}

// Profile is the kernels of a profile, longest first.
type Profile struct {
	Kernels          []*Kernel
	Time             int64   // ns, of all launches
	Timeless         int     // launches without a time, left out
	Slowest, Fastest float64 // SM clocks during profiling in Hz, 0 when not known
}

// Collect sums the launches that the options ask for. launches and work are the tables
// of that name; without the columns of LaunchFields and WorkFields that say which
// launch, kernel, time and operations, it is an error, as is a filter that nothing
// passes (Missing).
func Collect(ctx context.Context, launches, work *frames.Frame, o Options) (*Profile, error) {
	if err := need(launches, "launch", "kernel", "time"); err != nil {
		return nil, err
	}
	if err := need(work, "launch", "precision", "ops"); err != nil {
		return nil, err
	}
	out := &Profile{}
	byID, byLaunch := map[Identity]*Kernel{}, map[int64]*Kernel{}
	times := launches.Column("time")
	for i := range launches.Len() {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		id := identityOf(launches, i)
		if !strings.Contains(id.Name, o.Kernel) || !strings.Contains(str(launches, "nvtx", i), o.Range) {
			continue
		}
		if times.IsNull(i) || times.Int(i) <= 0 {
			out.Timeless++
			continue
		}
		k := byID[id]
		if k == nil {
			k = &Kernel{ID: id, Function: str(launches, "function", i), Capability: str(launches, "cc", i), Counted: true, TensorCounted: true}
			byID[id] = k
			out.Kernels = append(out.Kernels, k)
		}
		k.add(launches, i, o.Level)
		out.noteClock(launches.Column("clock_sm"), i)
		out.Time += times.Int(i)
		byLaunch[launches.Column("launch").Int(i)] = k
	}
	addWork(byLaunch, launches, work)
	if len(out.Kernels) == 0 && out.Timeless == 0 {
		if err := nothingMatches(launches, o); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(out.Kernels, func(a, b *Kernel) int { return cmp.Compare(b.Time, a.Time) })
	return out, nil
}

// Where returns the kernels that keep accepts, in their order.
func (p *Profile) Where(keep func(*Kernel) bool) []*Kernel {
	var list []*Kernel
	for _, k := range p.Kernels {
		if keep(k) {
			list = append(list, k)
		}
	}
	return list
}

// nothingMatches is the error of filters that no launch passes; nil where there is no
// launch at all.
func nothingMatches(launches *frames.Frame, o Options) error {
	var functions, ranges []string
	named := false
	for i := range launches.Len() {
		name := cmp.Or(str(launches, "function", i), str(launches, "kernel", i))
		if !slices.Contains(functions, name) {
			functions = append(functions, name)
		}
		if open := str(launches, "nvtx", i); open != "" && !slices.Contains(ranges, open) {
			ranges = append(ranges, open)
		}
		named = named || strings.Contains(str(launches, "kernel", i), o.Kernel)
	}
	switch {
	case len(functions) == 0 || o.Kernel == "" && o.Range == "":
		return nil
	case named && len(ranges) == 0:
		return fault.WithRemedy(analysis.NothingSelected("launch in an NVTX range whose name contains", strconv.Quote(o.Range), nil), "profile with: ncu --nvtx")
	case named:
		return analysis.NothingSelected("launch in an NVTX range whose name contains", strconv.Quote(o.Range), ranges)
	}
	return analysis.NothingSelected("kernel whose name contains", strconv.Quote(o.Kernel), functions)
}

// need reports columns without which a table says nothing.
func need(f *frames.Frame, columns ...string) error {
	_, err := f.Select(columns...)
	return err
}

func identityOf(f *frames.Frame, i int) Identity {
	return Identity{str(f, "kernel", i), str(f, "grid", i), str(f, "block", i), str(f, "device_name", i)}
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

func (k *Kernel) add(f *frames.Frame, i int, level string) {
	time := f.Column("time").Int(i)
	weight := float64(time)
	k.Launches++
	k.Time += time
	k.Graph = k.Graph || str(f, "workload", i) == "graph"
	k.Bytes.add(f.Column(level+"_bytes"), i)
	k.Bandwidth.add(f.Column("peak_"+level), i, weight)
	k.SM.add(f.Column("sm_pct"), i, weight)
	k.Memory.add(f.Column("memory_pct"), i, weight)
	k.DRAM.add(f.Column("dram_pct"), i, weight)
	k.Waves.add(f.Column("waves"), i, weight)
	if c := f.Column("threads"); c != nil {
		k.Threads += c.Int(i)
	}
	for _, name := range []string{"flop_fp64", "flop_fp32", "flop_fp16"} {
		c := f.Column(name)
		k.Counted = k.Counted && c != nil && !c.IsNull(i)
	}
	c := f.Column("flop_tensor")
	k.TensorCounted = k.TensorCounted && c != nil && !c.IsNull(i)
}

func (p *Profile) noteClock(c *frames.Column, i int) {
	if c == nil || c.IsNull(i) {
		return
	}
	clock := c.Float(i)
	if p.Slowest == 0 || clock < p.Slowest {
		p.Slowest = clock
	}
	p.Fastest = max(p.Fastest, clock)
}

// addWork adds the rows of the work table to the kernels of their launches. A peak
// is weighted by the launch's time.
func addWork(byLaunch map[int64]*Kernel, launches, work *frames.Frame) {
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
		a.Ops.add(work.Column("ops"), i)
		if c := work.Column("margin"); c != nil && !c.IsNull(i) {
			a.Margin += c.Float(i)
		}
		a.Peak.add(work.Column("peak"), i, times[launch])
		a.BestPeak.add(work.Column("best_peak"), i, times[launch])
		if best := str(work, "best_path", i); best != "" {
			a.Best = best
		}
		if method := str(work, "method", i); rank(method) > rank(a.Method) {
			a.Method = method
		}
	}
}

func (k *Kernel) amount(precision, path string, tensor, integer bool) *Amount {
	for _, a := range k.Work {
		if a.Precision == precision && a.Path == path && a.Tensor == tensor {
			return a
		}
	}
	a := &Amount{Precision: precision, Path: path, Tensor: tensor, Integer: integer}
	k.Work = append(k.Work, a)
	return a
}

// rank orders the methods of counting from exact to estimated.
func rank(method string) int { return slices.Index([]string{"", "exact", "rate", "estimate"}, method) }
