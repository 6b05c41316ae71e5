package nvtxtree

import (
	"strings"

	"profilemate/frames"
	"profilemate/workbench/result"
)

// outsideName is the row of the work that no range launched.
const outsideName = "(outside any range)"

func (t *tree) table() *frames.Frame {
	b := frames.NewBuilder("tree", frames.Schema{
		{Name: "range", Kind: frames.String, Doc: "name of the range, set in by its depth"},
		{Name: "depth", Kind: frames.Int64, Doc: "0 for an outermost range"},
		{Name: "calls", Kind: frames.Int64, Doc: "how many ranges"},
		{Name: "gpu_busy", Kind: frames.Int64, Unit: "ns", Doc: "time during which work launched within ran; missing where the trace does not show it"},
		{Name: "gpu_share", Kind: frames.Float64, Unit: "%", Doc: "gpu_busy of the time the devices are busy"},
		{Name: "gpu_own", Kind: frames.Int64, Unit: "ns", Doc: "busy time of the work that no range below launched"},
		{Name: "host", Kind: frames.Int64, Unit: "ns", Doc: "host time"},
		{Name: "host_share", Kind: frames.Float64, Unit: "%", Doc: "of the host time of all outermost ranges"},
		{Name: "self", Kind: frames.Int64, Unit: "ns", Doc: "host time under no range below"},
		{Name: "child", Kind: frames.Int64, Unit: "ns", Doc: "host time under ranges below"},
		{Name: "gpu_span", Kind: frames.Int64, Unit: "ns", Doc: "first start to last end of each range's work, gaps included: nsys's projected time"},
		{Name: "gpu_sum", Kind: frames.Int64, Unit: "ns", Doc: "durations of the work launched within"},
		{Name: "launches", Kind: frames.Int64, Doc: "API calls that launched the work; a graph replay is one"},
		{Name: "path", Kind: frames.String, Doc: "names from the outermost range"},
	})
	for _, i := range t.shown {
		n := t.nodes[i]
		gpu := make([]any, 6)
		if t.knows(n) {
			gpu = []any{n.work.Busy, result.Share(n.work.Busy, t.busy), n.own.Busy, n.span, n.work.Sum, n.work.Launches}
		}
		b.Row(indent(n), n.depth, n.calls, gpu[0], gpu[1], gpu[2], n.host, result.Share(n.host, t.host), n.self, n.host-n.self,
			gpu[3], gpu[4], gpu[5], t.path(n))
	}
	if w := t.outside; w.Ops > 0 {
		b.Row(outsideName, 0, nil, w.Busy, result.Share(w.Busy, t.busy), w.Busy, nil, nil, nil, nil, nil, w.Sum, w.Launches, outsideName)
	}
	return b.Frame()
}

// indent shows the depth where rows stand one under another. Plain blanks at the
// head would be cut.
func indent(n *node) string { return strings.Repeat(result.Indent, n.depth) + n.name }
