package cudagraphs

import (
	"cmp"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/analysis"
)

// launches are the calls that launched a graph.
type launches struct {
	frame  *frames.Frame // nil without any
	failed int64         // calls that returned an error and launched nothing
}

// loadLaunches reads the launches, each once: the driver's call within one of the
// runtime is the same launch.
func loadLaunches(in analysis.Inputs) (launches, error) {
	f, err := in.Frame(role, "graph_launches")
	if err != nil || f == nil || f.Len() == 0 {
		return launches{}, err
	}
	var out launches
	start, end, pid, tid := f.Ints("start"), f.Ints("end"), f.Ints("pid"), f.Ints("tid")
	results := f.Column("result")
	rows := make([]int, 0, f.Len())
	for i := range f.Len() {
		if results != nil && !results.IsNull(i) && results.Int(i) != 0 {
			out.failed++
			continue
		}
		rows = append(rows, i)
	}
	if tid == nil {
		out.frame = f.Take(rows)
		return out, nil
	}
	slices.SortStableFunc(rows, func(a, b int) int {
		return cmp.Or(cmp.Compare(pid[a], pid[b]), cmp.Compare(tid[a], tid[b]), cmp.Compare(start[a], start[b]), cmp.Compare(end[b], end[a]))
	})
	kept := rows[:0]
	for _, i := range rows {
		if n := len(kept); n > 0 {
			if outer := kept[n-1]; pid[outer] == pid[i] && tid[outer] == tid[i] && end[i] <= end[outer] {
				continue
			}
		}
		kept = append(kept, i)
	}
	out.frame = f.Take(kept)
	return out, nil
}
