package kernelfamilies

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"profilemate/workbench/trace"
	"profilemate/workbench/trace/names"
)

// summary is what the result is drawn from.
type summary struct {
	params   Params
	families []*family // longest total first
	total    int64     // ns
	devices  []device  // those that are shown
	seen     []int64   // all that the trace has
	odd      int64
}

// family is the kernels of one family.
type family struct {
	name      string
	sum       tally
	kernels   []*kernel // longest total first
	ambiguous tally     // of those that rules of other families match too
}

// kernel is one name.
type kernel struct {
	name    string // trace.NoName where it is missing
	short   string
	sum     tally
	matches []string // the families whose rules match; the first is its own
}

// doubtful reports whether rules of other families match too.
func (k *kernel) doubtful() bool { return len(k.matches) > 1 }

// device is the time of each family on one device.
type device struct {
	id       int64
	families map[string]tally
	sum      tally
}

// summarize sorts the names into families.
func (f *fold) summarize(ctx context.Context) (*summary, error) {
	s := &summary{params: f.params, odd: f.odd, seen: slices.Sorted(maps.Keys(f.devices))}
	kernels := map[int]*kernel{} // by code + 1
	byName := map[string]*family{}
	for _, id := range f.shown() {
		d := device{id: id, families: map[string]tally{}}
		for code, t := range f.devices[id] {
			if t.count == 0 {
				continue
			}
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			if kernels[code] == nil {
				kernels[code] = f.newKernel(code)
			}
			k := kernels[code]
			k.sum.add(t)
			own := d.families[k.matches[0]]
			own.add(t)
			d.families[k.matches[0]] = own
			d.sum.add(t)
		}
		s.devices = append(s.devices, d)
		s.total += d.sum.time
	}
	for _, code := range slices.Sorted(maps.Keys(kernels)) {
		s.put(byName, kernels[code])
	}
	s.sort()
	return s, nil
}

// newKernel tells the family of the name with a code.
func (f *fold) newKernel(place int) *kernel {
	if place == 0 {
		return &kernel{name: trace.NoName, matches: []string{names.Other}}
	}
	name := f.dict.String(int32(place - 1))
	return &kernel{name: name, matches: f.rules.matches(name)}
}

func (s *summary) put(byName map[string]*family, k *kernel) {
	own := byName[k.matches[0]]
	if own == nil {
		own = &family{name: k.matches[0]}
		byName[own.name] = own
		s.families = append(s.families, own)
	}
	own.kernels = append(own.kernels, k)
	own.sum.add(k.sum)
	if k.doubtful() {
		own.ambiguous.add(k.sum)
	}
}

// sort puts the longest total first, and names in byte order among equals.
func (s *summary) sort() {
	slices.SortFunc(s.families, func(a, b *family) int {
		return cmp.Or(cmp.Compare(b.sum.time, a.sum.time), strings.Compare(a.name, b.name))
	})
	var all []*kernel
	for _, f := range s.families {
		slices.SortFunc(f.kernels, compareKernels)
		all = append(all, f.kernels...)
	}
	full := make([]string, len(all))
	for i, k := range all {
		full[i] = k.name
	}
	for i, short := range names.ShortNames(full) {
		all[i].short = short
	}
}

func compareKernels(a, b *kernel) int {
	return cmp.Or(cmp.Compare(b.sum.time, a.sum.time), strings.Compare(a.name, b.name))
}

// ambiguous returns the names that rules of several families match, the longest
// total first.
func (s *summary) ambiguous() []*kernel {
	var list []*kernel
	for _, f := range s.families {
		for _, k := range f.kernels {
			if k.doubtful() {
				list = append(list, k)
			}
		}
	}
	slices.SortFunc(list, compareKernels)
	return list
}
