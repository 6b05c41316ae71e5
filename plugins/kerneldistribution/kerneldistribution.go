// Package kerneldistribution says how much the time of a kernel varies.
package kerneldistribution

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
	"profilemate/workbench/trace/names"
)

// Analysis declares the distribution of kernel times; its form, flags, help and
// cell derive from here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "kernel-distribution",
	Doc: `how much the time of each kernel varies

One row per kernel name, or per name and launch shape (grid and block), the longest total first. Quantiles are
exact: of n durations in ascending order the p-quantile stands at place (n-1)p counted from 0, interpolated
between its neighbors (type 7 of Hyndman and Fan, the default of NumPy). CV is the sample standard deviation
divided by the mean. The tail is the share of a kernel's time in instances longer than its p95. At stake is what
its instances took beyond its p50, added up: the time that would go away if no instance were slower than the
median.

A kernel has two modes where its durations fall into two groups: split where the variance of their logarithms
between the groups is greatest, each with 5 % of the instances at least, the centers (geometric means) a factor of
1.5 apart and Ashman's D of the logarithms above 4, which no single hump reaches. The bins of a histogram are
equally wide on a logarithmic scale and no narrower than 32 ns, the tick of a GPU's clock.`,
	Version: 1,
	Roles: []analysis.Role{{Name: "profile", Kind: "nsys", Doc: "an Nsight Systems export", Tables: []analysis.Need{
		{Table: "kernels", Stream: true, Doc: "capture with nsys profile --trace=cuda --cuda-graph-trace=node", Columns: []frames.Field{
			{Name: "name", Kind: frames.String},
			{Name: "start", Kind: frames.Int64, Unit: "ns"},
			{Name: "end", Kind: frames.Int64, Unit: "ns"},
			{Name: "device", Kind: frames.Int64},
			{Name: "grid_x", Kind: frames.Int64}, {Name: "grid_y", Kind: frames.Int64}, {Name: "grid_z", Kind: frames.Int64},
			{Name: "block_x", Kind: frames.Int64}, {Name: "block_y", Kind: frames.Int64}, {Name: "block_z", Kind: frames.Int64},
		}},
	}}},
	Outputs: []analysis.Output{
		{Name: "kernels", Kind: analysis.TableOutput, Doc: "one row per kernel, or per kernel and shape",
			Key: []string{"p50", "p95", "p99", "share", "total", "instances"}},
		{Name: "modes", Kind: analysis.TableOutput, Doc: "kernels whose durations fall into two groups, where there are any"},
		{Name: "histogram", Kind: analysis.ChartOutput, Doc: "how often the longest kernels took how long, one kernel at a time"},
		{Name: "spread", Kind: analysis.ChartOutput, Doc: "p99 against p50 of each kernel"},
	},
	Defaults: Params{By: byName, Top: 8, Device: allDevices},
	Stream:   func(p Params) analysis.Fold { return &fold{params: p, find: map[key]int32{}, seen: map[int64]bool{}} },
})

const (
	byName     = "name"
	byShape    = "shape"
	allDevices = -1
)

// Params are the choices of a reader.
type Params struct {
	By     string `param:"by" enum:"name,shape" doc:"rows by kernel name, or by name and launch shape"`
	Kernel string `param:"kernel" doc:"only kernels whose name contains this text, letter case ignored; empty for all"`
	Top    int    `param:"top" min:"1" max:"50" doc:"histograms, of the kernels with the longest total"`
	Device int    `param:"device" min:"-1" doc:"CUDA ordinal of the device to show; -1 adds up all"`
}

// key is what one row of the table is about.
type key struct {
	code        int32 // of the name; -1 for none
	grid, block shape // zero unless rows are by shape
}

// shape is the extent of a grid in blocks or of a block in threads: x, y, z. It
// holds a 0 where the trace does not say.
type shape [3]int64

// fold gathers the durations of each key. The names of all batches share one
// dictionary.
type fold struct {
	params Params
	dict   *frames.Dictionary
	wanted []verdict // by code + 1
	recent []int32   // by code + 1: the group that was last found + 1, since a kernel's shapes repeat
	find   map[key]int32
	groups []group
	odd    int64          // rows whose times cannot be
	seen   map[int64]bool // devices, those that are not asked for too
}

type group struct {
	key
	times trace.Samples
}

// verdict is whether a name is asked for.
type verdict uint8

const (
	unasked verdict = iota
	yes
	no
)

// Scan implements analysis.Fold.
func (f *fold) Scan(_, _ string, b *frames.Batch) error {
	names := b.Column("name")
	if err := f.grow(names.Dictionary()); err != nil {
		return err
	}
	starts, ends, devices := b.Ints("start"), b.Ints("end"), b.Column("device")
	shapes := newShapes(b, f.params.By == byShape)
	last := int64(allDevices) // rows of one device mostly follow one another
	for i, code := range names.Codes() {
		if names.IsNull(i) {
			code = -1
		}
		device := trace.DeviceAt(devices, i)
		if device != last {
			f.seen[device], last = true, device
		}
		if !f.wants(code) || !f.on(device) {
			continue
		}
		duration := ends[i] - starts[i]
		if duration < 0 || duration > trace.Longest {
			f.odd++
			continue
		}
		k := key{code: code}
		shapes.at(i, &k)
		f.groups[f.place(k)].times.Add(duration)
	}
	return nil
}

// on reports whether a device is to be shown.
func (f *fold) on(device int64) bool {
	return f.params.Device == allDevices || device == int64(f.params.Device)
}

func (f *fold) wants(code int32) bool {
	v := &f.wanted[code+1]
	if *v == unasked {
		*v = no
		if strings.Contains(strings.ToLower(f.dict.String(code)), strings.ToLower(f.params.Kernel)) {
			*v = yes
		}
	}
	return *v == yes
}

// place returns the group of a key, which it adds when it is new.
func (f *fold) place(k key) int32 {
	if at := f.recent[k.code+1] - 1; at >= 0 && f.groups[at].key == k {
		return at
	}
	at, ok := f.find[k]
	if !ok {
		at = int32(len(f.groups))
		f.find[k] = at
		f.groups = append(f.groups, group{key: k})
	}
	f.recent[k.code+1] = at + 1
	return at
}

func (f *fold) grow(dict *frames.Dictionary) (err error) {
	if f.dict, err = trace.OneDictionary(f.dict, dict); err != nil || f.dict == nil {
		return err
	}
	f.wanted, f.recent = trace.Grown(f.wanted, f.dict.Len()+1), trace.Grown(f.recent, f.dict.Len()+1)
	return nil
}

// Merge implements analysis.Fold.
func (f *fold) Merge(after analysis.Fold) error {
	other := after.(*fold)
	if err := f.grow(other.dict); err != nil {
		return err
	}
	for i := range other.groups {
		f.groups[f.place(other.groups[i].key)].times.Join(&other.groups[i].times)
	}
	for code, v := range other.wanted {
		f.wanted[code] = max(f.wanted[code], v)
	}
	maps.Copy(f.seen, other.seen)
	f.odd += other.odd
	return nil
}

// selected says what the parameters select nothing of. Rows that were left out for
// their times count as there.
func (f *fold) selected() error {
	if err := analysis.Selected("device", f.params.Device, slices.Sorted(maps.Keys(f.seen))); err != nil {
		return err
	}
	var have []string
	for place, v := range f.wanted {
		if v == yes {
			return nil
		}
		if v == no && place > 0 {
			have = append(have, f.dict.String(int32(place-1)))
		}
	}
	if f.params.Kernel == "" || len(have) == 0 {
		return nil
	}
	return analysis.NothingSelected("kernel whose name contains", strconv.Quote(f.params.Kernel), names.ShortNames(have))
}

// Finish implements analysis.Fold.
func (f *fold) Finish(ctx context.Context, _ analysis.Inputs) (*result.Result, error) {
	if err := f.selected(); err != nil {
		return nil, err
	}
	s, err := f.summarize(ctx)
	if err != nil {
		return nil, err
	}
	r := &result.Result{}
	r.Add("kernels", "Kernel times by "+f.params.By, s.kernelTable())
	if modes := s.bimodal(); len(modes) > 0 {
		r.Add("modes", "Kernels with two modes", modeTable(modes))
	}
	if len(s.kernels) > 0 {
		r.Charts = append(s.histograms(), s.spreadChart())
	}
	s.findings(r)
	return r, nil
}

// shapes reads the launch shapes of a batch.
type shapes struct{ columns [6]*frames.Column }

// newShapes returns a reader that leaves all shapes zero unless they are wanted.
func newShapes(b *frames.Batch, wanted bool) *shapes {
	s := &shapes{}
	if wanted {
		for i, name := range []string{"grid_x", "grid_y", "grid_z", "block_x", "block_y", "block_z"} {
			s.columns[i] = b.Column(name)
		}
	}
	return s
}

// at writes the shape of row i into the key.
func (s *shapes) at(i int, k *key) {
	for c, column := range s.columns {
		if column == nil {
			continue
		}
		if c < 3 {
			k.grid[c] = column.Int(i)
		} else {
			k.block[c-3] = column.Int(i)
		}
	}
}
