package kernelfamilies

import (
	"strings"

	"profilemate/frames"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

func (s *summary) familyTable() *frames.Frame {
	b := frames.NewBuilder("families", frames.Schema{
		{Name: "family", Kind: frames.String, Doc: "kind of work, told from the names of the kernels"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the time of all kernels listed"},
		{Name: "total", Kind: frames.Int64, Unit: "ns", Doc: "time of all instances"},
		{Name: "instances", Kind: frames.Int64, Doc: "how often its kernels ran"},
		{Name: "names", Kind: frames.Int64, Doc: "different kernel names"},
		{Name: "avg", Kind: frames.Float64, Unit: "ns", Doc: "mean time of an instance"},
		{Name: "ambiguous", Kind: frames.Float64, Unit: "%", Doc: "of its time, in names that rules of other families match too"},
		{Name: "longest", Kind: frames.String, Doc: "kernel with the longest total"},
		{Name: "longest_share", Kind: frames.Float64, Unit: "%", Doc: "of the family's time, in that kernel"},
	})
	for _, f := range s.families {
		first := f.kernels[0]
		b.Row(f.name, result.Share(f.sum.time, s.total), f.sum.time, f.sum.count, len(f.kernels), float64(f.sum.time)/float64(f.sum.count),
			result.Share(f.ambiguous.time, f.sum.time), first.short, result.Share(first.sum.time, f.sum.time))
	}
	return b.Frame()
}

// also lists the families that a name's other rules tell.
func (k *kernel) also() string { return strings.Join(k.matches[1:], ", ") }

func (k *kernel) fullName() any {
	if k.name == trace.NoName {
		return nil
	}
	return k.name
}

func (s *summary) kernelTable() *frames.Frame {
	b := frames.NewBuilder("kernels", frames.Schema{
		{Name: "family", Kind: frames.String, Doc: "kind of work, told from the name"},
		{Name: "kernel", Kind: frames.String, Doc: "function with the telling part of its template arguments"},
		{Name: "of_family", Kind: frames.Float64, Unit: "%", Doc: "of the family's time"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the time of all kernels listed"},
		{Name: "total", Kind: frames.Int64, Unit: "ns", Doc: "time of all instances"},
		{Name: "instances", Kind: frames.Int64, Doc: "how often it ran"},
		{Name: "also", Kind: frames.String, Doc: "other families whose rules match; missing for none"},
		{Name: "name", Kind: frames.String, Doc: "full name; missing where the file lost it"},
	})
	for _, f := range s.families {
		for _, k := range f.kernels[:min(s.params.Top, len(f.kernels))] {
			var also any
			if k.doubtful() {
				also = k.also()
			}
			b.Row(f.name, k.short, result.Share(k.sum.time, f.sum.time), result.Share(k.sum.time, s.total), k.sum.time, k.sum.count, also, k.fullName())
		}
	}
	return b.Frame()
}

func (s *summary) ambiguousTable(list []*kernel) *frames.Frame {
	b := frames.NewBuilder("ambiguous", frames.Schema{
		{Name: "kernel", Kind: frames.String, Doc: "function with the telling part of its template arguments"},
		{Name: "family", Kind: frames.String, Doc: "family of the first rule that matches, where it counts"},
		{Name: "also", Kind: frames.String, Doc: "other families whose rules match"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the time of all kernels listed"},
		{Name: "total", Kind: frames.Int64, Unit: "ns", Doc: "time of all instances"},
		{Name: "instances", Kind: frames.Int64, Doc: "how often it ran"},
		{Name: "name", Kind: frames.String, Doc: "full name"},
	})
	for _, k := range list {
		b.Row(k.short, k.matches[0], k.also(), result.Share(k.sum.time, s.total), k.sum.time, k.sum.count, k.name)
	}
	return b.Frame()
}

func (s *summary) deviceTable() *frames.Frame {
	b := frames.NewBuilder("devices", frames.Schema{
		{Name: "device", Kind: frames.Int64, Doc: "CUDA ordinal"},
		{Name: "family", Kind: frames.String, Doc: "kind of work"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the time of the device's kernels"},
		{Name: "total", Kind: frames.Int64, Unit: "ns", Doc: "time of all instances"},
		{Name: "instances", Kind: frames.Int64, Doc: "how often its kernels ran"},
	})
	for _, d := range s.devices {
		for _, f := range s.families {
			if t, ok := d.families[f.name]; ok {
				b.Row(d.id, f.name, result.Share(t.time, d.sum.time), t.time, t.count)
			}
		}
	}
	return b.Frame()
}
