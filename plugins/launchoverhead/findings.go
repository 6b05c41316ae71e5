package launchoverhead

import (
	"fmt"
	"strings"

	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

const fewer = "Launch less often: CUDA graphs, fused kernels, a compiled model, larger batches. Tracing makes each call slower, so compare with the run time without it."

// findings adds what is worth saying, in words.
func (v *view) findings(r *result.Result) {
	if odd := v.timeline.Odd + v.host.Odd; odd > 0 {
		r.Warn("The file may be damaged: export it again.", "%s with impossible times left out.", result.Count(odd, "row"))
	}
	if n := v.hidden.Launches; n > 0 {
		r.Warn("Capture with nsys profile --cuda-graph-trace=node.", "%s whose work this trace does not show: they are not listed, and launches while it may have run are neither host-bound nor GPU-bound.",
			result.Count(n, "graph launch"))
	}
	if len(v.devices) == 0 {
		r.Findings = append(r.Findings, result.Finding{Severity: result.Problem, Text: "No launch with work on a GPU is recorded, so what launches cost cannot be said.",
			Absent: trace.WorkTables(), Remedy: "Capture with nsys profile --trace=cuda --cuda-graph-trace=node while the program works."})
		return
	}
	for i := range v.devices[:min(drawn, len(v.devices))] {
		d := &v.devices[i]
		s := d.total
		v.overview(r, d, s)
		v.bound(r, d, s)
		v.tiny(r, d, s)
	}
}

// sentence begins with a capital.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func (v *view) overview(r *result.Result, d *device, s *sums) {
	if s.known == 0 {
		r.WarnAbsent([]string{"api_calls"}, "Capture with nsys profile --trace=cuda from before the launches.", "The calls that launched the %s on %s are not recorded.", result.Count(s.count, "piece of work"), v.label(d))
		return
	}
	text := fmt.Sprintf("%s got %s", sentence(v.label(d)), result.Count(s.count, "launch"))
	if s.graphs > 0 {
		text += fmt.Sprintf(", %s of CUDA graphs", result.Grouped(s.graphs))
	}
	if d.window.Duration() > 0 {
		text += fmt.Sprintf(", %s per second", result.Grouped(int64(float64(s.count)*1e9/float64(d.window.Duration())+0.5)))
	}
	text += fmt.Sprintf(": the median call takes %s, the median queue time is %s, the median work %s.", duration(s.callsOf), duration(s.queuesOf), duration(s.durations))
	if missing := s.count - s.known; missing > 0 {
		text += fmt.Sprintf(" %s came of calls that are not recorded.", result.Count(missing, "launch"))
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: s.call.Total(), Text: text})
}

// duration writes the median of sorted values, of which there is one.
func duration(sorted []int64) string {
	median, _ := quantile(sorted, 0.5).(float64)
	return result.Duration(int64(median + 0.5))
}

// bound says what sets the pace on a device: the host where the GPU waited for it a
// fifth of the window.
func (v *view) bound(r *result.Result, d *device, s *sums) {
	classified := s.class[hostBound] + s.class[gpuBound]
	window := d.window.Duration()
	if classified == 0 || window == 0 {
		return
	}
	f := result.Finding{Severity: result.Info, StakeNs: s.idle}
	switch {
	case s.idle*5 >= window:
		f.Severity, f.Remedy = result.Warning, fewer
		f.Text = fmt.Sprintf("The host sets the pace on %s: before %.1f %% of the launches the GPU had run dry, and it waited for %s in all, %.1f %% of the time from the first to the last work.",
			v.label(d), share(s.class[hostBound], classified), result.Duration(s.idle), share(s.idle, window))
	case s.class[gpuBound]*2 > classified:
		f.Text = fmt.Sprintf("The GPU sets the pace on %s: %.1f %% of the launches were queued behind other work, and it waited for launches for %s in all, %.1f %% of the time from the first to the last work.",
			v.label(d), share(s.class[gpuBound], classified), result.Duration(s.idle), share(s.idle, window))
	default:
		f.Text = fmt.Sprintf("The host is hardly ahead on %s: before %.1f %% of the launches the GPU had run dry, though it waited for only %s in all, %.1f %% of the time from the first to the last work.",
			v.label(d), share(s.class[hostBound], classified), result.Duration(s.idle), share(s.idle, window))
	}
	if top := v.first(d); top != nil && top.idle > 0 {
		f.Table, f.Column, f.Values = "kernels", "kernel", []string{top.name}
		f.Text += fmt.Sprintf(" It waited longest before %s: %s in %s.", top.name, result.Duration(top.idle), result.Count(top.class[hostBound], "launch"))
		if top.nodes {
			f.Remedy = "Tracing the nodes of graphs makes their launches much slower: measure the launch without it (--cuda-graph-trace=graph) before you trust this wait. " + f.Remedy
		}
	}
	f.Remedy = strings.TrimSpace(f.Remedy)
	r.Findings = append(r.Findings, f)
}

// first returns the group of a device for which the GPU waited longest.
func (v *view) first(d *device) *group {
	for _, g := range v.groups {
		if g.device == d {
			return g
		}
	}
	return nil
}

// tiny tells of work that is shorter than its launch, when it is a tenth of all.
func (v *view) tiny(r *result.Result, d *device, s *sums) {
	if s.tiny*10 < s.known || s.tiny == 0 {
		return
	}
	var names []string
	for _, g := range v.groups {
		if g.device == d && g.tiny*2 > g.known && len(names) < 3 {
			names = append(names, g.name)
		}
	}
	f := result.Finding{Severity: result.Info, StakeNs: s.excess, Remedy: "Fuse these kernels with their neighbors, or capture them in a CUDA graph.",
		Text: fmt.Sprintf("%s of %s on %s launched work that ran shorter than the call itself: these calls took %s longer than their work, which the GPU waits for unless other work is queued.",
			result.Grouped(s.tiny), result.Count(s.known, "launch"), v.label(d), result.Duration(s.excess))}
	if len(names) > 0 {
		f.Table, f.Column, f.Values = "kernels", "kernel", names
	}
	r.Findings = append(r.Findings, f)
}
