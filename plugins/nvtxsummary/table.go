package nvtxsummary

import (
	"profilemate/frames"
	"profilemate/workbench/analysis/nvtx"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

func (s *summary) table() *frames.Frame {
	b := frames.NewBuilder("ranges", frames.Schema{
		{Name: "range", Kind: frames.String, Doc: "name of the range"},
		{Name: "domain", Kind: frames.String, Doc: "NVTX domain; missing for the default one"},
		{Name: "style", Kind: frames.String, Doc: "push-pop or start-end"},
		{Name: "share", Kind: frames.Float64, Unit: "%", Doc: "of the total of all ranges listed, as in nsys"},
		{Name: "total", Kind: frames.Int64, Unit: "ns", Doc: "host time of all ranges"},
		{Name: "self", Kind: frames.Int64, Unit: "ns", Doc: "host time under no range below; missing where another thread ended them"},
		{Name: "count", Kind: frames.Int64, Doc: "how many ranges"},
		{Name: "mean", Kind: frames.Float64, Unit: "ns", Doc: "mean host time"},
		{Name: "gpu_busy", Kind: frames.Int64, Unit: "ns", Doc: "time during which work launched within ran; missing where the trace does not show it"},
		{Name: "gpu_share", Kind: frames.Float64, Unit: "%", Doc: "gpu_busy of the time the devices are busy; nested ranges count in each level"},
		{Name: "gpu_sum", Kind: frames.Int64, Unit: "ns", Doc: "durations of the work launched within"},
		{Name: "gpu_span", Kind: frames.Int64, Unit: "ns", Doc: "first start to last end of each range's work, gaps included: nsys's projected time"},
		{Name: "launches", Kind: frames.Int64, Doc: "API calls that launched the work; a graph replay is one"},
		{Name: "median", Kind: frames.Float64, Unit: "ns", Doc: "middle host time, averaged over the middle two"},
		{Name: "min", Kind: frames.Int64, Unit: "ns", Doc: "shortest host time"},
		{Name: "max", Kind: frames.Int64, Unit: "ns", Doc: "longest host time"},
		{Name: "stddev", Kind: frames.Float64, Unit: "ns", Doc: "sample standard deviation of the host time, 0 for one range"},
		{Name: "names", Kind: frames.Int64, Doc: "different names as recorded that count as this one"},
	})
	for _, g := range s.groups {
		st := g.stats
		row := []any{g.name, nil, styleWord(g.style), result.Share(st.Total, s.total), st.Total, nil, st.Count, st.Mean}
		if !g.named {
			row[0] = nvtx.Unnamed
		}
		if g.hasDomain {
			row[1] = g.domain
		}
		if g.nested {
			row[5] = g.self
		}
		row = append(row, s.gpuCells(g)...)
		b.Row(append(row, st.Median, st.Min, st.Max, st.StdDev, len(g.names))...)
	}
	return b.Frame()
}

// gpuCells are missing where the trace cannot tell.
func (s *summary) gpuCells(g *group) []any {
	if !s.a.HasWork() || g.hidden || !g.nested {
		return make([]any, 5)
	}
	w := g.work
	return []any{w.Busy, result.Share(w.Busy, s.busy), w.Sum, g.span, w.Launches}
}

func styleWord(style trace.Style) string {
	if style == trace.StartEnd {
		return startEnd
	}
	return pushPop
}
