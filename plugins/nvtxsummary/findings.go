package nvtxsummary

import (
	"fmt"

	"profilemate/workbench/analysis/nvtx"
	"profilemate/workbench/result"
)

func (s *summary) findings(r *result.Result) {
	nvtx.Caveats(r, s.a, s.params.Process)
	if len(s.groups) == 0 {
		r.Warn("Capture a program that marks its work with NVTX (torch.cuda.nvtx, emit_nvtx, or vLLM's --enable-layerwise-nvtx-tracing) with --trace=cuda,nvtx.",
			"There is no NVTX range to show.")
		return
	}
	s.selfFinding(r)
	s.laterFinding(r)
	s.sparseFinding(r)
	s.outsideFinding(r)
	s.namesFinding(r)
}

// selfFinding says where the host itself spends its time.
func (s *summary) selfFinding(r *result.Result) {
	list := s.bySelf()
	if len(list) == 0 || list[0].self == 0 {
		return
	}
	g := list[0]
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: g.self, Table: "ranges", Column: "range", Values: []string{g.shown()},
		Text: fmt.Sprintf("%s of host time in %s of %s. The most under no range below is in %s: %s (%.1f %%).",
			result.Duration(s.self), result.Count(s.ranges, "range"), result.Count(int64(len(s.groups)), "name"),
			g.title(), result.Duration(g.self), result.Share(g.self, s.self))})
}

// laterFinding warns of the ranges that end long before their work does: their host
// time says nothing of it.
func (s *summary) laterFinding(r *result.Result) {
	const much = 1.25 // times the host time
	var most *group
	for _, g := range s.groups {
		later := s.gpuCells(g)[0] != nil && float64(g.work.Busy) > much*float64(g.stats.Total)
		if later && (most == nil || g.work.Busy-g.stats.Total > most.work.Busy-most.stats.Total) {
			most = g
		}
	}
	if most == nil {
		return
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: most.work.Busy - most.stats.Total,
		Table: "ranges", Column: "range", Values: []string{most.shown()},
		Text: fmt.Sprintf("%s ends before its work does: %s on the host launch %s of GPU work in %s, so its host time is not what it costs.",
			most.title(), result.Duration(most.stats.Total), result.Duration(most.work.Busy), result.Count(most.work.Launches, "launch")),
		Remedy: "Read gpu_busy, or the time from start to start of its steps."})
}

// sparseFinding names the ranges whose GPU mostly waits between their first and last
// work: of those the one that waits longest, the innermost where several hold the
// same work.
func (s *summary) sparseFinding(r *result.Result) {
	const half = 2
	var most *group
	for _, g := range s.groups {
		sparse := s.gpuCells(g)[0] != nil && g.span > half*g.work.Busy
		if sparse && (most == nil || g.span-g.work.Busy >= most.span-most.work.Busy) {
			most = g
		}
	}
	if most == nil {
		return
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Warning, StakeNs: most.span - most.work.Busy,
		Table: "ranges", Column: "range", Values: []string{most.shown()},
		Text: fmt.Sprintf("The GPU works %.1f %% of the time from the first to the last work of each %s: %s of %s. The rest of it waits for the host to launch, or runs what others launched.",
			result.Share(most.work.Busy, most.span), most.title(), result.Duration(most.work.Busy), result.Duration(most.span)),
		Remedy: "Launch less often: CUDA graphs, fused kernels; launch-overhead shows which side is late."})
}

func (s *summary) outsideFinding(r *result.Result) {
	const worthSaying = 1.0 // %
	if share := result.Share(s.out.Busy, s.busy); share >= worthSaying {
		r.Findings = append(r.Findings, result.Finding{Severity: result.Warning, StakeNs: s.out.Busy, Absent: []string{"api_calls"},
			Text:   fmt.Sprintf("%.1f %% of the time the GPU is busy (%s) was launched outside any range.", share, result.Duration(s.out.Busy)),
			Remedy: "Mark the code that launches it; a worker thread needs ranges of its own."})
	}
}

// namesFinding says what was counted as one, or what could be.
func (s *summary) namesFinding(r *result.Result) {
	if joined := s.names - len(s.groups); joined > 0 {
		r.Note("%s as recorded make %s (names=%s); names=exact keeps each.",
			result.Count(int64(s.names), "name"), result.Count(int64(len(s.groups)), "row"), s.params.Names)
	}
	if s.params.Names == nvtx.Numbers {
		return
	}
	numberless, different := nvtx.Naming(nvtx.Numbers), map[key]bool{}
	for _, g := range s.groups {
		k := g.key
		k.name = numberless(k.name)
		different[k] = true
	}
	if 2*len(different) <= len(s.groups) {
		r.Note("Many names differ only in their numbers: names=numbers makes %s of these %d.", result.Count(int64(len(different)), "row"), len(s.groups))
	}
}

// shown is the name as the table has it.
func (g *group) shown() string {
	if !g.named {
		return nvtx.Unnamed
	}
	return g.name
}
