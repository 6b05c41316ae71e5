package nvtxtree

import (
	"fmt"
	"slices"

	"profilemate/workbench/analysis/nvtx"
	"profilemate/workbench/result"
)

func (t *tree) findings(r *result.Result) {
	nvtx.Caveats(r, t.a, t.params.Process)
	if len(t.nodes) == 0 {
		r.Warn("Capture a program that marks its work with NVTX (torch.cuda.nvtx, emit_nvtx, or vLLM's --enable-layerwise-nvtx-tracing) with --trace=cuda,nvtx.",
			"There is no NVTX range to nest.")
		return
	}
	t.gpuFinding(r)
	t.hostFinding(r)
	t.outsideFinding(r)
	if left := len(t.nodes) - len(t.shown); left > 0 {
		r.Note("%s of %d below %g %% of both times or deeper than %s are not listed; the paths above hold their time.",
			result.Count(int64(left), "path"), len(t.nodes), t.params.Least, result.Count(int64(t.params.Depth), "level"))
	}
	if t.counted < t.recorded && t.params.Names == nvtx.Numbers {
		r.Note("Numbers in names count as one, so the times of layers are added up: %s as recorded make %d. names=plain keeps each.",
			result.Count(int64(t.recorded), "name"), t.counted)
	}
}

// gpuFinding names the path that itself launches the most GPU work.
func (t *tree) gpuFinding(r *result.Result) {
	var most *node
	for _, n := range t.nodes {
		if t.knows(n) && n.own.Busy > 0 && (most == nil || n.own.Busy > most.own.Busy) {
			most = n
		}
	}
	if most == nil {
		return
	}
	f := result.Finding{Severity: result.Info,
		Text: fmt.Sprintf("%s launches the most GPU work itself: %s, %.1f %% of the time the GPU is busy, in %s.",
			t.path(most), result.Duration(most.own.Busy), result.Share(most.own.Busy, t.busy), result.Count(most.own.Launches, "launch"))}
	if graphs := t.graphTime(most); 2*graphs > most.own.Sum {
		f.Severity = result.Warning
		f.Text += fmt.Sprintf(" Replays of CUDA graphs are %.1f %% of that, and their kernels have no ranges of their own.", result.Share(graphs, most.own.Sum))
		f.Remedy = "For layers within, capture a run without graphs (--enforce-eager in vLLM)."
	}
	r.Findings = append(r.Findings, t.link(f, most))
}

// link points a finding at the row of a path, where that is listed.
func (t *tree) link(f result.Finding, n *node) result.Finding {
	if slices.ContainsFunc(t.shown, func(i int32) bool { return t.nodes[i] == n }) {
		f.Table, f.Column, f.Values = "tree", "path", []string{t.path(n)}
	}
	return f
}

// graphTime returns the durations of the work from graphs that a path itself
// launched.
func (t *tree) graphTime(n *node) int64 {
	time := int64(0)
	for i, row := range t.a.Range {
		if row >= 0 && t.a.FromGraph(i) && t.rows[row] >= 0 && t.nodes[t.rows[row]] == n {
			time += t.a.Ops.End[i] - t.a.Ops.Start[i]
		}
	}
	return time
}

// hostFinding names the path in which the host spends the most time itself.
func (t *tree) hostFinding(r *result.Result) {
	most := t.nodes[0]
	for _, n := range t.nodes {
		if n.self > most.self {
			most = n
		}
	}
	if most.self == 0 {
		return
	}
	f := result.Finding{Severity: result.Info,
		Text: fmt.Sprintf("The host spends the most time of its own in %s: %s of %s (%.1f %%), %s a call.",
			t.path(most), result.Duration(most.self), result.Duration(t.host), result.Share(most.self, t.host), result.Duration(most.self/most.calls))}
	r.Findings = append(r.Findings, t.link(f, most))
}

func (t *tree) outsideFinding(r *result.Result) {
	const worthSaying = 1.0 // %
	if share := result.Share(t.outside.Busy, t.busy); share >= worthSaying {
		r.Findings = append(r.Findings, result.Finding{Severity: result.Warning, StakeNs: t.outside.Busy, Absent: []string{"api_calls"},
			Table: "tree", Column: "path", Values: []string{outsideName},
			Text:   fmt.Sprintf("%.1f %% of the time the GPU is busy (%s) was launched outside any range.", share, result.Duration(t.outside.Busy)),
			Remedy: "Mark the code that launches it; a worker thread needs ranges of its own."})
	}
}
