package timeline

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
	"profilemate/workbench/trace/names"
)

// work is the GPU work of one name on one device.
type work struct {
	place         int // index in places
	name          int32
	kind          trace.OpKind
	count         int64
	time, longest int64 // ns within the window
}

// familyOf returns the family of work as charts color it.
func (v *view) familyOf(kind trace.OpKind, name int32) string {
	switch kind {
	case trace.CopyOp, trace.SetOp:
		return "copy"
	case trace.GraphOp:
		return "CUDA graph"
	}
	family, _ := names.Family(v.timeline.Names[name])
	return family
}

// within returns the part of work in the window. ok is false for work outside;
// work that takes no time is in the window where it begins in it.
func (v *view) within(row int32) (trace.Interval, bool) {
	t := trace.Interval{Start: max(v.timeline.Start[row], v.window.Start), End: min(v.timeline.End[row], v.window.End)}
	instant := v.timeline.Start[row] == v.timeline.End[row]
	return t, t.End > t.Start || instant && t.End == t.Start && t.Start < v.window.End
}

// findWork adds up the work of each name, the longest first.
func (v *view) findWork() {
	type key struct {
		place int
		name  int32
		kind  trace.OpKind
	}
	at := map[key]int{}
	for p, place := range v.places {
		for _, row := range place.Rows {
			time, ok := v.within(row)
			if !ok {
				continue
			}
			k := key{p, v.timeline.Name[row], v.timeline.Kind[row]}
			i, known := at[k]
			if !known {
				i = len(v.work)
				at[k] = i
				v.work = append(v.work, work{place: p, name: k.name, kind: k.kind})
			}
			w := &v.work[i]
			w.count++
			w.time += time.Duration()
			w.longest = max(w.longest, time.Duration())
		}
	}
	slices.SortFunc(v.work, func(a, b work) int {
		return cmp.Or(cmp.Compare(b.time, a.time), cmp.Compare(v.timeline.Names[a.name], v.timeline.Names[b.name]), cmp.Compare(a.place, b.place))
	})
	v.short = v.timeline.ShortNames()
}

// total returns the time of all work in the window, in ns.
func (v *view) total() int64 {
	sum := int64(0)
	for _, w := range v.work {
		sum += w.time
	}
	return sum
}

func (v *view) workTable() *frames.Frame {
	b := frames.NewBuilder("work", frames.Schema{
		{Name: "work", Kind: frames.String, Doc: "kernel, copy, set or graph"},
		{Name: "family", Kind: frames.String, Doc: "kind of work, told from the name"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the time of all GPU work in the window"},
		{Name: "time", Kind: frames.Int64, Unit: "ns", Doc: "within the window"},
		{Name: "count", Kind: frames.Int64},
		{Name: "longest", Kind: frames.Int64, Unit: "ns", Doc: "within the window"},
		{Name: "process", Kind: frames.Int64},
		{Name: "device", Kind: frames.Int64, Doc: "CUDA ordinal in the process; missing where the trace does not say"},
	})
	total := v.total()
	for _, w := range v.work[:min(v.params.Top, len(v.work))] {
		var part any
		if total > 0 {
			part = share(w.time, total)
		}
		place := v.places[w.place]
		b.Row(v.short[w.name], v.familyOf(w.kind, w.name), part, w.time, w.count, w.longest, place.Pid, orMissing(place.Device))
	}
	return b.Frame()
}

func orMissing(v int64) any {
	if v < 0 {
		return nil
	}
	return v
}

// share is part in percent of whole, which is not 0.
func share(part, whole int64) float64 { return 100 * float64(part) / float64(whole) }

// Bars of a chart, at most so many; charts, at most so many devices.
const (
	mostBars   = 100
	mostCharts = 8
)

// familyCharts stacks the time of families in coarser parts, one chart a device. A
// part with time that is unknown has no bar.
func (v *view) familyCharts() []result.Chart {
	coarse := *v
	coarse.divide(min(mostBars, v.bins))
	var out []result.Chart
	for p, place := range v.places[:min(mostCharts, len(v.places))] {
		c := result.Chart{Name: fmt.Sprintf("families-%d", p+1), Group: "families", Kind: result.Bar, Stacked: true,
			Title: fmt.Sprintf("GPU time by family, device %d%s", place.Device, v.of(place.Pid)),
			X:     result.Axis{Label: "time since the first work", Categories: coarse.labels()}, Y: result.Axis{Label: "share of the time", Unit: "%"}}
		c.Series = coarse.familySeries(place)
		if len(c.Series) > 0 {
			out = append(out, c)
		}
	}
	return out
}

func (v *view) familySeries(place trace.Place) []result.Series {
	parts, totals := map[string][]int64{}, map[string]int64{}
	families := make([]string, len(v.timeline.Names))
	for _, row := range place.Rows {
		time, ok := v.within(row)
		if !ok {
			continue
		}
		name := v.timeline.Name[row]
		if families[name] == "" {
			families[name] = v.familyOf(v.timeline.Kind[row], name)
		}
		family := families[name]
		if parts[family] == nil {
			parts[family] = make([]int64, v.bins)
		}
		v.add(parts[family], time)
		totals[family] += time.Duration()
	}
	unknown := v.spread(v.hidden.Of(place.Pid).Clip(v.window).Without(v.timeline.Busy(place.Rows)))
	order := make([]string, 0, len(totals))
	for family := range totals {
		order = append(order, family)
	}
	slices.SortFunc(order, func(a, b string) int { return cmp.Or(cmp.Compare(totals[b], totals[a]), cmp.Compare(a, b)) })
	var out []result.Series
	for _, family := range order {
		s := result.Series{Name: family}
		if _, ok := result.Palette[family]; ok {
			s.Color = family
		}
		for i, ns := range parts[family] {
			y := share(ns, v.part(i).Duration())
			if unknown[i] > 0 {
				y = math.NaN()
			}
			s.Y = append(s.Y, result.Number(y))
		}
		out = append(out, s)
	}
	return out
}

// labels returns the begin of each part, from the first work.
func (v *view) labels() []string {
	out := make([]string, v.bins)
	for i := range out {
		out[i] = result.Duration(v.part(i).Start - v.origin)
	}
	return out
}
