package kernelsummary

import (
	"cmp"
	"slices"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/result"
)

func compareKernels(a, b kernel) int {
	return cmp.Or(cmp.Compare(b.stats.Total, a.stats.Total), strings.Compare(a.name, b.name))
}

func (s *summary) kernelTable() *frames.Frame {
	b := frames.NewBuilder("kernels", frames.Schema{
		{Name: "kernel", Kind: frames.String, Doc: "function with the telling part of its template arguments"},
		{Name: "family", Kind: frames.String, Doc: "kind of work, told from the name"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the time of all kernels listed"},
		{Name: "total", Kind: frames.Int64, Unit: "ns", Doc: "time of all instances"},
		{Name: "instances", Kind: frames.Int64, Doc: "how often it ran"},
		{Name: "avg", Kind: frames.Float64, Unit: "ns", Doc: "mean time of an instance"},
		{Name: "median", Kind: frames.Float64, Unit: "ns", Doc: "middle time, averaged over the middle two"},
		{Name: "min", Kind: frames.Int64, Unit: "ns", Doc: "shortest instance"},
		{Name: "max", Kind: frames.Int64, Unit: "ns", Doc: "longest instance"},
		{Name: "stddev", Kind: frames.Float64, Unit: "ns", Doc: "sample standard deviation, 0 for one instance"},
		{Name: "from_graphs", Kind: frames.Float64, Unit: "%", Doc: "instances that a CUDA graph launched"},
		{Name: "name", Kind: frames.String, Doc: "full name; missing where the file lost it"},
	})
	for _, k := range s.kernels {
		name := any(k.name)
		if !k.named {
			name = nil
		}
		d := k.stats
		b.Row(k.short, k.family, s.share(d.Total), d.Total, d.Count, d.Mean, d.Median, d.Min, d.Max, d.StdDev,
			result.Share(k.graph, d.Count), name)
	}
	return b.Frame()
}

// familySum is one row of the table of families.
type familySum struct {
	name                    string
	total, instances, names int64
}

// families adds up the kernels by family, the longest total first.
func (s *summary) families() []familySum {
	sums := map[string]*familySum{}
	var list []*familySum
	for _, k := range s.kernels {
		sum := sums[k.family]
		if sum == nil {
			sum = &familySum{name: k.family}
			sums[k.family] = sum
			list = append(list, sum)
		}
		sum.total += k.stats.Total
		sum.instances += k.stats.Count
		sum.names++
	}
	out := make([]familySum, len(list))
	for i, sum := range list {
		out[i] = *sum
	}
	slices.SortFunc(out, func(a, b familySum) int {
		return cmp.Or(cmp.Compare(b.total, a.total), strings.Compare(a.name, b.name))
	})
	return out
}

func (s *summary) familyTable() *frames.Frame {
	b := frames.NewBuilder("families", frames.Schema{
		{Name: "family", Kind: frames.String, Doc: "kind of work, told from the names of the kernels"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the time of all kernels listed"},
		{Name: "total", Kind: frames.Int64, Unit: "ns", Doc: "time of all instances"},
		{Name: "instances", Kind: frames.Int64, Doc: "how often its kernels ran"},
		{Name: "names", Kind: frames.Int64, Doc: "different kernel names"},
	})
	for _, f := range s.families() {
		b.Row(f.name, s.share(f.total), f.total, f.instances, f.names)
	}
	return b.Frame()
}
