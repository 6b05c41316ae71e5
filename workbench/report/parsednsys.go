package report

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/parse"
	"profilemate/workbench/result"
	"profilemate/workbench/trace/names"
)

// parsedNsys gives the numbers of a summary the names they have in the analyses, so that
// figures, rules and sections find them. What a summary does not hold stays missing.
func parsedNsys(dir string) (results map[string]*result.Result, summary string, err error) {
	s, err := parse.ReadSummary(dir)
	if err != nil {
		return nil, "", err
	}
	old := s.Findings == nil
	results = map[string]*result.Result{}
	if len(s.PrefillDecode) > 0 {
		results["phases"] = parsedPhases(s, old)
	}
	if len(s.Components) > 0 {
		results["components"] = parsedComponents(s)
	}
	if len(s.TopKernels) > 0 {
		results["kernel-summary"] = parsedKernels(s)
	}
	if g := s.CUDAGraphs; !old && g.CoveragePct != nil {
		results["cuda-graphs"] = parsedGraphs(g)
	}
	writer := "profilemate parse nsys"
	if old {
		writer = "the script parse_nsys_profile.py"
	}
	summary = fmt.Sprintf("summary.json as %s wrote it", writer)
	if n := s.CUDAGraphs.Kernels; n != nil {
		summary += ", " + result.Count(*n, "kernel")
	}
	for _, r := range results {
		r.Findings = append(r.Findings, result.Finding{Severity: result.Info,
			Text: "These numbers are those of a parsed folder, which holds sums and no events.", Remedy: "Give the capture itself to see steps, gaps, replays and causes."})
	}
	if p := results["phases"]; old && p != nil {
		p.Warn("Give the capture itself, or parse it again with: profilemate parse nsys FILE.",
			"The script that wrote this folder adds the time that ranges are open on the host, nested ones twice, so that shares of phases and components are not GPU time.")
	}
	return results, summary, nil
}

// nsOf turns milliseconds into ns, nil into a missing value.
func nsOf(ms *float64) any {
	if ms == nil {
		return nil
	}
	return int64(math.Round(*ms * 1e6))
}

func orMissing[T int64 | float64](v *T) any {
	if v == nil {
		return nil
	}
	return *v
}

func parsedPhases(s *parse.Summary, old bool) *result.Result {
	b := frames.NewBuilder("phases", frames.Schema{
		{Name: "phase", Kind: frames.String}, {Name: "steps", Kind: frames.Int64}, {Name: "requests", Kind: frames.Int64}, {Name: "tokens", Kind: frames.Int64},
		{Name: "share", Kind: frames.Float64, Unit: "%"}, {Name: "total", Kind: frames.Int64, Unit: "ns"}, {Name: "gpu_active", Kind: frames.Float64, Unit: "%"},
		{Name: "range_total", Kind: frames.Int64, Unit: "ns"}, {Name: "busy_total", Kind: frames.Int64, Unit: "ns"},
	})
	timeOf := func(p parse.Phase) *float64 {
		if old {
			return p.TotalMs
		}
		return p.StepTotalMs
	}
	whole := 0.0
	for _, p := range s.PrefillDecode {
		if t := timeOf(p); t != nil {
			whole += *t
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.PrefillDecode)) {
		p := s.PrefillDecode[name]
		var share any
		if t := timeOf(p); t != nil && whole > 0 {
			share = 100 * *t / whole
		}
		b.Row(name, p.Count, orMissing(p.Requests), orMissing(p.Tokens), share, nsOf(p.StepTotalMs), nil, nsOf(p.TotalMs), nsOf(p.GPUBusyMs))
	}
	return (&result.Result{}).Add("phases", "Phases", b.Frame())
}

func parsedComponents(s *parse.Summary) *result.Result {
	b := frames.NewBuilder("components", frames.Schema{
		{Name: "component", Kind: frames.String}, {Name: "gpu_busy", Kind: frames.Int64, Unit: "ns"}, {Name: "gpu_share", Kind: frames.Float64, Unit: "%"},
		{Name: "host_self", Kind: frames.Int64, Unit: "ns"}, {Name: "host_share", Kind: frames.Float64, Unit: "%"}, {Name: "ranges", Kind: frames.Int64},
	})
	for _, name := range slices.Sorted(maps.Keys(s.Components)) {
		c := s.Components[name]
		b.Row(name, nsOf(c.GPUBusyMs), orMissing(c.GPUPercent), nsOf(c.TotalMs), orMissing(c.Percent), orMissing(c.Count))
	}
	return (&result.Result{}).Add("components", "Components of the model", b.Frame())
}

// parsedKernels lists the kernels of the summary. It has the first 20 of them, so that
// their shares of the whole are not known.
func parsedKernels(s *parse.Summary) *result.Result {
	b := frames.NewBuilder("kernels", frames.Schema{
		{Name: "kernel", Kind: frames.String}, {Name: "family", Kind: frames.String}, {Name: "total", Kind: frames.Int64, Unit: "ns"}, {Name: "instances", Kind: frames.Int64},
		{Name: "avg", Kind: frames.Float64, Unit: "ns"}, {Name: "min", Kind: frames.Int64, Unit: "ns"}, {Name: "max", Kind: frames.Int64, Unit: "ns"},
	})
	list := slices.Clone(s.TopKernels)
	slices.SortStableFunc(list, func(a, b parse.TopKernel) int { return cmp.Compare(b.TotalMs, a.TotalMs) })
	for _, k := range list {
		family, _ := names.Family(k.Name)
		b.Row(k.Name, family, nsOf(&k.TotalMs), k.Invocations, 1e3*k.AvgUs, int64(math.Round(1e3*k.MinUs)), int64(math.Round(1e3*k.MaxUs)))
	}
	return (&result.Result{}).Add("kernels", "Kernels by GPU time", b.Frame())
}

func parsedGraphs(g parse.Graphs) *result.Result {
	b := frames.NewBuilder("coverage", frames.Schema{
		{Name: "kernel_share", Kind: frames.Float64, Unit: "%"}, {Name: "kernels", Kind: frames.Int64}, {Name: "graph_kernels", Kind: frames.Int64},
		{Name: "replays", Kind: frames.Int64}, {Name: "hidden", Kind: frames.Int64},
	})
	b.Row(*g.CoveragePct, orMissing(g.Kernels), orMissing(g.FromGraphs), orMissing(g.Replays), orMissing(g.HiddenGraphs))
	return (&result.Result{}).Add("coverage", "Coverage by CUDA graphs", b.Frame())
}
