// Package kernelsummary says which kernels the GPU time goes to.
package kernelsummary

import (
	"context"
	"maps"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
	"profilemate/workbench/trace/names"
)

// Analysis declares the kernel summary; its form, flags, help and cell derive from
// here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "kernel-summary",
	Doc: `which kernels the GPU time goes to

One row per kernel name, the longest total first: the numbers of nsys stats cuda_gpu_kern_sum, which
adds up all devices and processes. The share is of the time of all kernels listed, not of the wall clock:
kernels that run at the same time count twice. The median averages the middle two, and the standard
deviation is that of a sample (divisor n-1, 0 for one instance).

The family is told from the name by rules of which the first that matches wins; a name cannot tell whether
a sort or a top-k serves sampling or the router of a mixture of experts, so both count as sampling. From
graphs is the part of the instances that a CUDA graph launched. A graph-level trace does not show them.`,
	Version: 1,
	Roles: []analysis.Role{{Name: "profile", Kind: "nsys", Doc: "an Nsight Systems export", Tables: []analysis.Need{
		{Table: "kernels", Stream: true, Doc: "capture with nsys profile --trace=cuda --cuda-graph-trace=node", Columns: trace.Columns(
			"start end device graph_node_id", frames.Field{Name: "name", Kind: frames.String})},
		{Table: "graph_launches", Optional: true, Doc: "whether graph work is hidden", Columns: trace.Columns("start")},
		{Table: "graph_traces", Optional: true, Doc: "how long hidden graph work took", Columns: trace.Columns("start end device")},
	}}},
	Outputs: []analysis.Output{
		{Name: "kernels", Kind: analysis.TableOutput, Doc: "one row per kernel name"},
		{Name: "families", Kind: analysis.TableOutput, Doc: "one row per family of kernels"},
		{Name: "top-kernels", Kind: analysis.ChartOutput, Doc: "the kernels with the longest total"},
		{Name: "family-time", Kind: analysis.ChartOutput, Doc: "GPU time by family"},
	},
	Defaults: Params{Top: 20, Device: allDevices},
	Stream:   func(p Params) analysis.Fold { return &fold{params: p, devices: map[int64]int64{}} },
})

const (
	role       = "profile"
	allDevices = -1
)

// Params are the choices of a reader.
type Params struct {
	Top    int `param:"top" min:"1" max:"200" doc:"kernels in the chart"`
	Device int `param:"device" min:"-1" doc:"CUDA ordinal of the device to show; -1 adds up all"`
}

// fold gathers the durations of each name. The names of all batches share one
// dictionary, so a group is found by its code; group 0 is that of rows without a
// name.
type fold struct {
	params  Params
	dict    *frames.Dictionary
	groups  []group
	devices map[int64]int64 // GPU time in ns
	odd     int64           // rows whose times cannot be
}

// group is one kernel name.
type group struct {
	times trace.Samples
	graph int64 // instances from CUDA graphs
}

// Scan implements analysis.Fold.
func (f *fold) Scan(_, _ string, b *frames.Batch) error {
	names := b.Column("name")
	if err := f.grow(names.Dictionary()); err != nil {
		return err
	}
	starts, ends, codes := b.Ints("start"), b.Ints("end"), names.Codes()
	devices, nodes := b.Column("device"), b.Column("graph_node_id")
	device, busy := int64(allDevices), int64(0) // of the run of rows on one device
	for i, code := range codes {
		if d := trace.DeviceAt(devices, i); d != device {
			f.addDevice(device, busy)
			device, busy = d, 0
		}
		if f.params.Device != allDevices && device != int64(f.params.Device) {
			continue
		}
		duration := ends[i] - starts[i]
		if duration < 0 || duration > trace.Longest {
			f.odd++
			continue
		}
		g := &f.groups[0]
		if !names.IsNull(i) { // the code of a missing name means nothing
			g = &f.groups[code+1]
		}
		g.times.Add(duration)
		busy += duration
		if nodes != nil && !nodes.IsNull(i) {
			g.graph++
		}
	}
	f.addDevice(device, busy)
	return nil
}

// addDevice adds to a device's time. A device that was seen is kept even where
// none of its rows counted, so that a reader can be told what there is.
func (f *fold) addDevice(device, busy int64) {
	if device != allDevices {
		f.devices[device] += busy
	}
}

func (f *fold) grow(dict *frames.Dictionary) (err error) {
	if f.dict, err = trace.OneDictionary(f.dict, dict); err != nil || f.dict == nil {
		return err
	}
	f.groups = trace.Grown(f.groups, f.dict.Len()+1)
	return nil
}

// Merge implements analysis.Fold.
func (f *fold) Merge(after analysis.Fold) error {
	other := after.(*fold)
	if err := f.grow(other.dict); err != nil {
		return err
	}
	for i := range other.groups {
		g, o := &f.groups[i], &other.groups[i]
		g.times.Join(&o.times)
		g.graph += o.graph
	}
	for device, busy := range other.devices {
		f.devices[device] += busy
	}
	f.odd += other.odd
	return nil
}

// Finish implements analysis.Fold.
func (f *fold) Finish(ctx context.Context, in analysis.Inputs) (*result.Result, error) {
	s, err := f.summarize(ctx)
	if err != nil {
		return nil, err
	}
	hidden, err := findHidden(in, s, f.params)
	if err != nil {
		return nil, err
	}
	if hidden.time == 0 { // of the device asked for; else there is that to tell
		if err := analysis.Selected("device", f.params.Device, s.sortedDevices()); err != nil {
			return nil, err
		}
	}
	r := &result.Result{}
	r.Add("kernels", "Kernels by GPU time", s.kernelTable())
	r.Add("families", "Families by GPU time", s.familyTable())
	if len(s.kernels) > 0 {
		r.Charts = []result.Chart{s.kernelChart(f.params.Top), s.familyChart()}
	}
	r.Findings = s.findings(hidden)
	return r, nil
}

// summarize makes one row of each name, in the order of the table: descending
// total, and names in byte order among equals, which is how nsys breaks ties.
func (f *fold) summarize(ctx context.Context) (*summary, error) {
	s := &summary{params: f.params, odd: f.odd, devices: f.devices}
	var scratch []uint32
	for i := range f.groups {
		if f.groups[i].times.Len() == 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		k := kernel{named: i > 0, graph: f.groups[i].graph}
		if k.named {
			k.name = f.dict.String(int32(i - 1))
		}
		k.family, _ = names.Family(k.name)
		k.stats, scratch = f.groups[i].times.Describe(scratch)
		s.kernels = append(s.kernels, k)
		s.total += k.stats.Total
	}
	slices.SortFunc(s.kernels, compareKernels)
	s.shorten()
	return s, nil
}

// summary is what the result is drawn from.
type summary struct {
	params  Params
	kernels []kernel
	total   int64 // ns
	odd     int64
	devices map[int64]int64
}

// kernel is one row of the table.
type kernel struct {
	name   string
	named  bool
	short  string
	family string
	graph  int64 // instances from CUDA graphs
	stats  trace.Stats
}

// shorten gives each kernel a short name, different kernels different ones.
func (s *summary) shorten() {
	var full []string
	for _, k := range s.kernels {
		if k.named {
			full = append(full, k.name)
		}
	}
	short := names.ShortNames(full)
	for i := range s.kernels {
		k := &s.kernels[i]
		if !k.named {
			k.short = trace.NoName
			continue
		}
		k.short, short = short[0], short[1:]
	}
}

func (s *summary) share(ns int64) float64 { return result.Share(ns, s.total) }

func (s *summary) instances() (all, graph int64) {
	for i := range s.kernels {
		all += s.kernels[i].stats.Count
		graph += s.kernels[i].graph
	}
	return all, graph
}

// sortedDevices returns the devices that were seen, in order.
func (s *summary) sortedDevices() []int64 { return slices.Sorted(maps.Keys(s.devices)) }
