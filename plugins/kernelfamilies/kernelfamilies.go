// Package kernelfamilies says what kinds of work the GPU time goes to.
package kernelfamilies

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
	"profilemate/workbench/trace/names"
)

// Analysis declares the families of kernels; its form, flags, help and cell derive
// from here.
var Analysis = analysis.Define(analysis.Spec[Params]{
	Name: "kernel-families",
	Doc: `what kinds of work the GPU time goes to

One row per family of kernels: gemm, attention, moe, norm, elementwise, reduce, copy, communication, sampling, and
other for names that no rule knows. A family is told from the kernel's name by rules, of which the first that matches
wins. Names that rules of more than one family match are ambiguous: their share is shown, since another order of the
rules would count them elsewhere. That need not be a mistake: an attention kernel built with CUTLASS matches attention
and, after it, gemm. Shares are of the time of all kernels listed; kernels that run at the same time count twice.

The parameter rules puts rules of your own before the built-in ones, as rules="family=pattern;family=pattern". A
pattern is a regular expression (RE2), found anywhere in the kernel's name in lower case; a semicolon in it is written
\x3b. The family can be a new one; the family - keeps a name out of all, so that it counts as other. For example
rules="moe=topk|bitonicsort;fused=my_kernel" counts the router's top-k as moe. What a rule of your own matches is not
ambiguous, unless rules of two families of your own do.`,
	Version: 1,
	Roles: []analysis.Role{{Name: "profile", Kind: "nsys", Doc: "an Nsight Systems export", Tables: []analysis.Need{
		{Table: "kernels", Stream: true, Doc: "capture with nsys profile --trace=cuda --cuda-graph-trace=node", Columns: []frames.Field{
			{Name: "name", Kind: frames.String},
			{Name: "start", Kind: frames.Int64, Unit: "ns"},
			{Name: "end", Kind: frames.Int64, Unit: "ns"},
			{Name: "device", Kind: frames.Int64},
		}},
	}}},
	Outputs: []analysis.Output{
		{Name: "families", Kind: analysis.TableOutput, Doc: "one row per family"},
		{Name: "kernels", Kind: analysis.TableOutput, Doc: "the kernels with the longest total of each family"},
		{Name: "ambiguous", Kind: analysis.TableOutput, Doc: "names that rules of several families match, where there are any"},
		{Name: "devices", Kind: analysis.TableOutput, Doc: "one row per device and family, where there are several devices"},
		{Name: "family-time", Kind: analysis.ChartOutput, Doc: "GPU time by family, the ambiguous part apart"},
		{Name: "device-time", Kind: analysis.ChartOutput, Doc: "GPU time by device and family, where there are several devices"},
	},
	Defaults: Params{Top: 5, Device: allDevices},
	Check:    check,
	Stream:   newFold,
})

const allDevices = -1

// Params are the choices of a reader.
type Params struct {
	Rules  string `param:"rules" doc:"rules tried before the built-in ones: family=pattern;family=pattern"`
	Top    int    `param:"top" min:"1" max:"100" doc:"kernels listed of each family"`
	Device int    `param:"device" min:"-1" doc:"CUDA ordinal of the device to show; -1 adds up all"`
}

// check says what is wrong with the rules.
func check(p Params) error {
	if err := names.CheckRuleList(p.Rules, "="); err != nil {
		return fmt.Errorf("rules: %w", err)
	}
	return nil
}

// rules are what families are told by.
type rules struct {
	own     *names.Rules // the reader's; nil for none
	builtIn *names.Rules
}

// rules reads the reader's own rules.
func (p Params) rules() (rules, error) {
	r := rules{builtIn: names.DefaultRules()}
	if strings.Trim(p.Rules, "; \t\r\n") == "" {
		return r, nil
	}
	var lines strings.Builder
	for rule := range strings.SplitSeq(p.Rules, ";") {
		family, pattern, _ := strings.Cut(rule, "=")
		lines.WriteString(strings.Join(strings.Fields(family), "_") + " " + pattern + "\n")
	}
	var err error
	r.own, err = names.ParseRules(strings.NewReader(lines.String()))
	return r, err
}

// matches returns the families whose rules match a name, its own first. What the
// reader's rules say is not in doubt for what the built-in ones would.
func (r rules) matches(name string) []string {
	var list []string
	if r.own != nil {
		list = r.own.Matches(name)
	}
	if len(list) == 0 {
		list = r.builtIn.Matches(name)
	}
	if len(list) == 0 || list[0] == names.Nothing {
		return []string{names.Other}
	}
	return list
}

// tally adds up the instances of one name on one device.
type tally struct {
	count, time int64 // time in ns
}

func (t *tally) add(o tally) {
	t.count += o.count
	t.time += o.time
}

// fold adds up each name on each device. The names of all batches share one
// dictionary, so that a name is found by its code; the first tally is that of rows
// without a name.
type fold struct {
	params  Params
	rules   rules
	err     error // what is wrong with the rules
	dict    *frames.Dictionary
	devices map[int64][]tally // by code + 1
	odd     int64             // rows whose times cannot be
}

func newFold(p Params) analysis.Fold {
	rules, err := p.rules()
	return &fold{params: p, rules: rules, err: err, devices: map[int64][]tally{}}
}

// Scan implements analysis.Fold.
func (f *fold) Scan(_, _ string, b *frames.Batch) error {
	if f.err != nil {
		return f.err
	}
	names := b.Column("name")
	var err error
	if f.dict, err = trace.OneDictionary(f.dict, names.Dictionary()); err != nil {
		return err
	}
	starts, ends, devices := b.Ints("start"), b.Ints("end"), b.Column("device")
	device, tallies := int64(allDevices), []tally(nil) // rows of one device mostly follow one another
	for i, code := range names.Codes() {
		if d := trace.DeviceAt(devices, i); tallies == nil || d != device {
			device, tallies = d, f.on(d)
		}
		duration := ends[i] - starts[i]
		if duration < 0 || duration > trace.Longest {
			f.odd++
			continue
		}
		if names.IsNull(i) {
			code = -1
		}
		tallies[code+1].add(tally{1, duration})
	}
	return nil
}

// on returns the tallies of a device, with room for every name so far.
func (f *fold) on(device int64) []tally {
	list := trace.Grown(f.devices[device], f.dict.Len()+1)
	f.devices[device] = list
	return list
}

// Merge implements analysis.Fold.
func (f *fold) Merge(after analysis.Fold) error {
	other := after.(*fold)
	var err error
	if f.dict, err = trace.OneDictionary(f.dict, other.dict); err != nil {
		return err
	}
	for device, list := range other.devices {
		mine := f.on(device)
		for code := range list {
			mine[code].add(list[code])
		}
	}
	f.odd += other.odd
	return nil
}

// Finish implements analysis.Fold.
func (f *fold) Finish(ctx context.Context, _ analysis.Inputs) (*result.Result, error) {
	if f.err != nil {
		return nil, f.err
	}
	s, err := f.summarize(ctx)
	if err != nil {
		return nil, err
	}
	if err := analysis.Selected("device", f.params.Device, s.seen); err != nil {
		return nil, err
	}
	r := &result.Result{}
	r.Add("families", "Families by GPU time", s.familyTable())
	r.Add("kernels", "Kernels with the longest total of each family", s.kernelTable())
	if list := s.ambiguous(); len(list) > 0 {
		r.Add("ambiguous", "Names that rules of several families match", s.ambiguousTable(list))
	}
	if len(s.families) > 0 {
		r.Charts = []result.Chart{s.familyChart()}
	}
	if len(s.devices) > 1 && len(s.families) > 0 {
		r.Add("devices", "Families by device", s.deviceTable())
		r.Charts = append(r.Charts, s.deviceChart())
	}
	s.findings(r)
	return r, nil
}

// shown returns the devices that count, in order.
func (f *fold) shown() []int64 {
	list := slices.Sorted(maps.Keys(f.devices))
	if f.params.Device == allDevices {
		return list
	}
	return slices.DeleteFunc(list, func(d int64) bool { return d != int64(f.params.Device) })
}
