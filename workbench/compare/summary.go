package compare

import (
	"maps"
	"slices"

	"profilemate/workbench/analysis/change"
	"profilemate/workbench/parse"
)

// MeasureSummary adds the figures of a summary.json. It holds sums and no events, so that
// none has an error: one run a side is judged by the threshold alone. old is whether the
// script wrote it that this program replaces.
func (r *Run) MeasureSummary(s *parse.Summary) {
	old := s.Findings == nil
	for _, phase := range slices.Sorted(maps.Keys(s.PrefillDecode)) {
		if p := s.PrefillDecode[phase]; p.Count > 0 {
			r.summaryPhase("phase/"+phase+"/", p)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.Components)) {
		c := s.Components[name]
		r.known("component/"+name+"/gpu_busy", "ns", change.Lower, c.GPUBusyMs, 1e6)
		if c.GPUBusyMs == nil {
			r.known("component/"+name+"/host_time", "ns", change.Neither, c.TotalMs, 1e6)
		}
	}
	for i, k := range s.TopKernels {
		if k.Invocations <= 0 {
			continue
		}
		if i == 0 {
			r.add("kernels/first_total", "ns", change.Lower, change.Unsure(k.TotalMs*1e6)).Primary = true
		}
		r.Kernels = append(r.Kernels, Kernel{Name: k.Name, Short: k.Name, Count: k.Invocations, Total: int64(k.TotalMs * 1e6),
			PerStep: float64(k.Invocations), Mean: change.Unsure(k.AvgUs * 1e3)})
	}
	r.shares()
	// The old script wrote 0 where it had no kernels.
	if g := s.CUDAGraphs; g.CoveragePct != nil && (g.Kernels != nil && *g.Kernels > 0 || *g.CoveragePct > 0) {
		f := r.add("graphs/kernel_share", "%", change.Higher, change.Unsure(*g.CoveragePct))
		f.Points, f.Primary = true, true
	}
	if n := s.CUDAGraphs.Kernels; n != nil && *n > 0 {
		r.add("kernels/launched", "", change.Neither, change.Exact(float64(*n)))
	}
	r.Notes = append(r.Notes, "A summary holds sums and no events, so that no figure of it has an error.")
	if old {
		r.Notes = append(r.Notes, "The script that wrote it adds the time that ranges are open on the host, nested ones twice, which is no GPU time.")
	}
}

// summaryPhase compares what a step takes, and as the old gate did what all take: with
// another number of steps the latter says little.
func (r *Run) summaryPhase(prefix string, p parse.Phase) {
	total := p.TotalMs
	if p.StepTotalMs != nil {
		total = p.StepTotalMs
	}
	r.known(prefix+"total", "ns", change.Lower, total, 1e6)
	if total != nil {
		r.add(prefix+"step_time", "ns", change.Lower, change.Unsure(*total*1e6/float64(p.Count))).Primary = true
	}
	if total != nil && p.Tokens != nil && *p.Tokens > 0 {
		r.add(prefix+"time_per_token", "ns", change.Lower, change.Unsure(*total*1e6/float64(*p.Tokens))).Primary = true
	}
	if p.GPUBusyMs != nil {
		r.add(prefix+"gpu_busy", "ns", change.Lower, change.Unsure(*p.GPUBusyMs*1e6/float64(p.Count))).Primary = true
	}
}

func (r *Run) known(name, unit string, better change.Better, v *float64, scale float64) {
	if v != nil {
		r.add(name, unit, better, change.Unsure(*v*scale))
	}
}

// shares sets the shares of the kernels of a summary, of those that it lists.
func (r *Run) shares() {
	all := 0.0
	for _, k := range r.Kernels {
		all += float64(k.Total)
	}
	for i := range r.Kernels {
		if all > 0 {
			r.Kernels[i].Share = 100 * float64(r.Kernels[i].Total) / all
		}
	}
}
