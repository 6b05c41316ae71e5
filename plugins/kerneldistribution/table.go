package kerneldistribution

import (
	"cmp"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/result"
)

func (s *summary) kernelTable() *frames.Frame {
	schema := frames.Schema{{Name: "kernel", Kind: frames.String, Doc: "function with the telling part of its template arguments"}}
	if s.params.By == byShape {
		schema = append(schema,
			frames.Field{Name: "grid", Kind: frames.String, Doc: "blocks in x×y×z, without dimensions of 1; missing where the trace does not say"},
			frames.Field{Name: "block", Kind: frames.String, Doc: "threads in x×y×z, without dimensions of 1; missing where the trace does not say"})
	}
	b := frames.NewBuilder("kernels", append(schema, frames.Schema{
		{Name: "instances", Kind: frames.Int64, Doc: "how often it ran"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the time of all kernels listed"},
		{Name: "total", Kind: frames.Int64, Unit: "ns", Doc: "time of all instances"},
		{Name: "avg", Kind: frames.Float64, Unit: "ns", Doc: "mean time of an instance"},
		{Name: "min", Kind: frames.Int64, Unit: "ns", Doc: "shortest instance"},
		{Name: "p50", Kind: frames.Float64, Unit: "ns", Doc: "median"},
		{Name: "p95", Kind: frames.Float64, Unit: "ns", Doc: "95 % of the instances are no longer"},
		{Name: "p99", Kind: frames.Float64, Unit: "ns", Doc: "99 % of the instances are no longer"},
		{Name: "max", Kind: frames.Int64, Unit: "ns", Doc: "longest instance"},
		{Name: "cv", Kind: frames.Float64, Unit: "%", Doc: "standard deviation by mean; missing for one instance"},
		{Name: "tail", Kind: frames.Float64, Unit: "%", Doc: "of its time, in instances longer than p95"},
		{Name: "at_stake", Kind: frames.Int64, Unit: "ns", Doc: "what its instances took beyond p50"},
		{Name: "modes", Kind: frames.Int64, Doc: "groups that the durations fall into, 1 or 2; missing below 20 instances"},
		{Name: "name", Kind: frames.String, Doc: "full name; missing where the file lost it"},
	}...))
	for i := range s.kernels {
		b.Row(s.kernelRow(&s.kernels[i])...)
	}
	return b.Frame()
}

func (s *summary) kernelRow(k *kernel) []any {
	row := []any{k.short}
	if s.params.By == byShape {
		row = append(row, orMissing(k.grid.text(), k.grid.known()), orMissing(k.block.text(), k.block.known()))
	}
	cv, varies := k.variation()
	modes := 1
	if k.modes != nil {
		modes = 2
	}
	return append(row, k.stats.Count, s.share(k.stats.Total), k.stats.Total, k.stats.Mean, k.stats.Min, k.stats.Median, k.p95, k.p99, k.stats.Max,
		orMissing(cv, varies), result.Share(k.tail, k.stats.Total), k.stake, orMissing(modes, k.stats.Count >= fewest), orMissing(k.name, k.code >= 0))
}

func orMissing[T any](v T, ok bool) any {
	if !ok {
		return nil
	}
	return v
}

// bimodal returns the kernels with two modes, the greatest excess first.
func (s *summary) bimodal() []*kernel {
	var list []*kernel
	for i := range s.kernels {
		if s.kernels[i].modes != nil {
			list = append(list, &s.kernels[i])
		}
	}
	slices.SortStableFunc(list, func(a, b *kernel) int { return cmp.Compare(b.modes.excess(), a.modes.excess()) })
	return list
}

func modeTable(list []*kernel) *frames.Frame {
	b := frames.NewBuilder("modes", frames.Schema{
		{Name: "kernel", Kind: frames.String, Doc: "kernel, with its shape where rows are by shape"},
		{Name: "fast", Kind: frames.Float64, Unit: "ns", Doc: "center of the fast group (geometric mean)"},
		{Name: "slow", Kind: frames.Float64, Unit: "ns", Doc: "center of the slow group (geometric mean)"},
		{Name: "slow_instances", Kind: frames.Int64, Doc: "instances in the slow group"},
		{Name: "slow_share", Kind: frames.Float64, Unit: "%", Doc: "of the instances, in the slow group"},
		{Name: "excess", Kind: frames.Int64, Unit: "ns", Doc: "what the slow group took beyond the fast center"},
	})
	for _, k := range list {
		b.Row(k.label(), k.modes.fast, k.modes.slow, k.modes.instances, 100*k.modes.slowFraction, k.modes.excess())
	}
	return b.Frame()
}
