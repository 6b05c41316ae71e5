package gpuutilization

import (
	"cmp"
	"slices"

	"profilemate/workbench/analysis"
	"profilemate/workbench/trace"
	"profilemate/workbench/trace/names"
)

// findRanges gives each gap the innermost NVTX range around the call that launched
// the work after it.
func (v *view) findRanges(in analysis.Inputs) error {
	nvtx, err := in.Frame(role, "nvtx")
	if err != nil || nvtx == nil || nvtx.Len() == 0 {
		return err
	}
	if v.ranges, err = trace.RangesOf(nvtx); err != nil {
		return err
	}
	nesting := trace.Nest(v.ranges, trace.NestOptions{StartEnd: true})
	for d := range v.devices {
		gaps := v.devices[d].gaps
		ops := &trace.Ops{Start: make([]int64, len(gaps)), End: make([]int64, len(gaps)), Pid: make([]int64, len(gaps)), Correlation: make([]int64, len(gaps))}
		for i, g := range gaps {
			ops.Pid[i], ops.Correlation[i] = v.timeline.Pid[g.next], v.timeline.Correlation[g.next]
		}
		for i, row := range trace.Project(ops, v.lookup, nesting).Range {
			gaps[i].nvtx = row
		}
	}
	return nil
}

// rangeName returns the name of a gap's range without what differs from call to
// call, "" where there is none.
func (v *view) rangeName(g gap) string {
	if v.ranges == nil || g.nvtx < 0 {
		return ""
	}
	return names.PlainName(v.ranges.NameOf(int(g.nvtx)))
}

// rangeSum adds up the gaps of the ranges of one name.
type rangeSum struct {
	name       string
	gaps, time int64 // time in ns
}

// byRange adds up the gaps of a device by range, the longest total first.
func (v *view) byRange(d *device) []rangeSum {
	at := map[string]int{}
	var list []rangeSum
	for _, g := range d.gaps {
		name := v.rangeName(g)
		i, ok := at[name]
		if !ok {
			i = len(list)
			at[name] = i
			list = append(list, rangeSum{name: name})
		}
		list[i].gaps++
		list[i].time += g.Duration()
	}
	slices.SortStableFunc(list, func(a, b rangeSum) int {
		return cmp.Or(cmp.Compare(b.time, a.time), cmp.Compare(a.name, b.name))
	})
	return list
}
