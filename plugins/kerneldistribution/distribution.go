package kerneldistribution

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"profilemate/workbench/result"
	"profilemate/workbench/trace"
	"profilemate/workbench/trace/names"
)

// summary is what the result is drawn from.
type summary struct {
	params  Params
	kernels []kernel
	total   int64 // ns
	odd     int64
}

// kernel is one row of the table. Times are in ns.
type kernel struct {
	key
	name          string // empty where it is missing
	short         string
	stats         trace.Stats
	p95, p99      float64
	tail          int64 // time of the instances beyond p95
	tailInstances int64
	stake         int64 // what instances took beyond p50; rounded once
	modes         *modes
	histogram     histogram
}

// label tells the kernel from all other rows.
func (k *kernel) label() string {
	if k.grid == (shape{}) && k.block == (shape{}) {
		return k.short
	}
	return fmt.Sprintf("%s %s/%s", k.short, k.grid.text(), k.block.text())
}

func (s shape) known() bool { return s[0] > 0 && s[1] > 0 && s[2] > 0 }

// text writes the extent without the dimensions that are 1: "8×4", "256".
func (s shape) text() string {
	if !s.known() {
		return "?"
	}
	last := 2
	for last > 0 && s[last] == 1 {
		last--
	}
	parts := make([]string, last+1)
	for i := range parts {
		parts[i] = fmt.Sprint(s[i])
	}
	return strings.Join(parts, "×")
}

// summarize makes one row of each group, the longest total first.
func (f *fold) summarize(ctx context.Context) (*summary, error) {
	s := &summary{params: f.params, odd: f.odd}
	var scratch []int64
	for i := range f.groups {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		g := &f.groups[i]
		scratch = g.times.Sorted(scratch)
		k := describe(scratch)
		k.key, k.name = g.key, f.dict.String(g.code)
		s.kernels = append(s.kernels, k)
		s.total += k.stats.Total
	}
	slices.SortFunc(s.kernels, compareKernels)
	s.shorten()
	return s, nil
}

func compareKernels(a, b kernel) int {
	return cmp.Or(cmp.Compare(b.stats.Total, a.stats.Total), strings.Compare(a.name, b.name),
		slices.Compare(a.grid[:], b.grid[:]), slices.Compare(a.block[:], b.block[:]))
}

func (s *summary) shorten() {
	full := make([]string, len(s.kernels))
	for i := range s.kernels {
		full[i] = s.kernels[i].name
	}
	for i, short := range names.ShortNames(full) {
		s.kernels[i].short = short
		if s.kernels[i].code < 0 {
			s.kernels[i].short = trace.NoName
		}
	}
}

// describe computes what one row says of at least one duration, in ascending
// order.
func describe(sorted []int64) kernel {
	k := kernel{stats: trace.Describe(sorted), p95: trace.Quantile(sorted, 0.95), p99: trace.Quantile(sorted, 0.99)}
	beyond := 0.0
	for _, d := range slices.Backward(sorted) {
		v := float64(d)
		if v <= k.stats.Median {
			break
		}
		beyond += v - k.stats.Median
		if v > k.p95 {
			k.tail += d
			k.tailInstances++
		}
	}
	k.stake = int64(math.Round(beyond))
	k.modes = findModes(sorted)
	k.histogram = newHistogram(sorted)
	return k
}

// share is a kernel's part of the time of all that are listed, in %.
func (s *summary) share(ns int64) float64 { return result.Share(ns, s.total) }

// variation is the standard deviation divided by the mean in %; ok is false where
// there is nothing to vary: one instance, or no time.
func (k *kernel) variation() (cv float64, ok bool) {
	if k.stats.Count < 2 || k.stats.Mean == 0 {
		return 0, false
	}
	return 100 * k.stats.StdDev / k.stats.Mean, true
}
