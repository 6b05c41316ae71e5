package components

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"profilemate/workbench/analysis/nvtx"
	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

const worthSaying = 1.0 // %

func (m *model) findings(r *result.Result, p Params) {
	nvtx.Caveats(r, m.a, p.Process)
	if !slices.ContainsFunc(m.a.Ranges.Style, func(s trace.Style) bool { return s != trace.NoRange }) {
		r.WarnAbsent([]string{"nvtx"}, "Capture a program that marks its layers with NVTX (vLLM's --enable-layerwise-nvtx-tracing, emit_nvtx) with --trace=cuda,nvtx.",
			"There is no NVTX range, so no component is known: the table families has what the names of kernels say.")
	}
	m.topFinding(r)
	m.graphFinding(r)
	m.outsideFinding(r)
	m.otherFinding(r)
	m.hostFinding(r)
	m.ambiguousFinding(r)
	if m.captured > 0 {
		r.Note("%s of graph replays belong to the range that was open when their node was captured.", result.Count(m.captured, "piece"))
	}
}

// named returns a component by its name, nil where it has no row.
func (m *model) named(name string) *component {
	for _, c := range m.components {
		if c.name == name {
			return c
		}
	}
	return nil
}

// topFinding says where the GPU's time goes, as far as it is known.
func (m *model) topFinding(r *result.Result) {
	var parts, values []string
	stake := int64(0)
	for _, c := range m.components {
		if c.component < m.other() && m.knows(c) && c.busy > 0 && len(parts) < 3 {
			parts = append(parts, fmt.Sprintf("%s %.1f %%", c.name, result.Share(c.busy, m.busy)))
			values = append(values, c.name)
			stake += c.busy
		}
	}
	if len(parts) == 0 {
		return
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: stake, Table: "components", Column: "component", Values: values, Absent: append(trace.WorkTables(), "api_calls"),
		Text: fmt.Sprintf("The GPU is busy for %s: %s.", result.Duration(m.busy), strings.Join(parts, ", "))})
}

// graphFinding says how much is in replays that no range tells apart, and what the
// names of their kernels say.
func (m *model) graphFinding(r *result.Result) {
	c := m.named(graphName)
	if c == nil || c.busy == 0 || result.Share(c.busy, m.busy) < worthSaying {
		return
	}
	var parts []string
	for _, f := range m.families {
		if f.component == graphName && len(parts) < 4 {
			parts = append(parts, fmt.Sprintf("%s %.1f %%", f.name, result.Share(f.sum, c.sum)))
		}
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Warning, StakeNs: c.busy,
		Table: "components", Column: "component", Values: []string{graphName},
		Text: fmt.Sprintf("%.1f %% of the time the GPU is busy (%s) are replays of CUDA graphs whose nodes no range of this trace was open for, so that their components are not known. By the names of their kernels they are %s.",
			result.Share(c.busy, m.busy), result.Duration(c.busy), strings.Join(parts, ", ")),
		Remedy: "Have NVTX on and the capture running while the graphs are captured, with --cuda-graph-trace=node; or capture a run without graphs (--enforce-eager in vLLM)."})
}

func (m *model) outsideFinding(r *result.Result) {
	c := m.named(outsideName)
	if c == nil || result.Share(c.busy, m.busy) < worthSaying || m.host == 0 {
		return
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Warning, StakeNs: c.busy, Absent: []string{"api_calls"},
		Table: "components", Column: "component", Values: []string{outsideName},
		Text:   fmt.Sprintf("%.1f %% of the time the GPU is busy (%s) was launched outside any range.", result.Share(c.busy, m.busy), result.Duration(c.busy)),
		Remedy: "Mark the code that launches it; a worker thread needs ranges of its own."})
}

// otherFinding names the ranges whose names no rule knows and that matter most.
func (m *model) otherFinding(r *result.Result) {
	const much = 10.0 // %
	c := m.named(otherName)
	if c == nil || max(result.Share(c.busy, m.busy), result.Share(c.host, m.host)) < much {
		return
	}
	text := fmt.Sprintf("Ranges whose names no rule knows take %.1f %% of the host time", result.Share(c.host, m.host))
	if m.knows(c) {
		text += fmt.Sprintf(" and %.1f %% of the time the GPU is busy", result.Share(c.busy, m.busy))
	}
	if name := m.widestOther(); name != "" {
		text += ", the most in " + name
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: max(c.busy, c.host),
		Table: "components", Column: "component", Values: []string{otherName},
		Text: text + ".", Remedy: `If such a range is a component, give it a rule: rules="ffn \bmy range\b".`})
}

// widestOther returns the name of the unknown ranges with the most GPU work, or the
// most host time where they have none.
func (m *model) widestOther() string {
	work, host := map[string]int64{}, map[string]int64{}
	for i, number := range m.ops {
		if row := m.a.Range[i]; row >= 0 && m.places[number].component == m.other() {
			work[m.a.Ranges.NameOf(int(row))] += m.a.Ops.End[i] - m.a.Ops.Start[i]
		}
	}
	for _, row := range m.a.Nesting.Ordered() {
		if m.at[row].component == noComponent {
			host[m.a.Ranges.NameOf(int(row))] += m.a.Nesting.Self[row]
		}
	}
	if len(work) > 0 {
		return widest(work)
	}
	return widest(host)
}

func widest(times map[string]int64) string {
	best := ""
	for name, time := range times {
		if best == "" || time > times[best] || time == times[best] && name < best {
			best = name
		}
	}
	return best
}

// hostFinding names the component in which the host takes the most time, where that
// is much more than its work needs.
func (m *model) hostFinding(r *result.Result) {
	const much = 2 // times the GPU's
	var most *component
	for _, c := range m.components {
		if c.component < m.other() && m.knows(c) && c.host > much*c.busy && (most == nil || c.host > most.host) {
			most = c
		}
	}
	if most == nil || result.Share(most.host, m.host) < worthSaying {
		return
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Warning, StakeNs: most.host - most.busy,
		Table: "components", Column: "component", Values: []string{most.name}, Absent: append(trace.WorkTables(), "api_calls"),
		Text: fmt.Sprintf("The host spends %s in %s for %s of GPU work: it launches or waits there, and faster kernels would save at most the latter.",
			result.Duration(most.host), most.name, result.Duration(most.busy)),
		Remedy: "Launch less often (CUDA graphs, fused kernels) and do not wait within (.item(), .tolist(), blocking copies); api-summary shows which."})
}

// ambiguousFinding lists names that rules of several components know.
func (m *model) ambiguousFinding(r *result.Result) {
	total := int64(0)
	names := make([]string, 0, len(m.ambiguous))
	for name, host := range m.ambiguous {
		total += host
		names = append(names, name)
	}
	if result.Share(total, m.host) < worthSaying {
		return
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(m.ambiguous[b], m.ambiguous[a]), strings.Compare(a, b))
	})
	r.Note("%.1f %% of the host time is in ranges that rules of several components know, of which the first wins: %s.",
		result.Share(total, m.host), strings.Join(names[:min(3, len(names))], ", "))
}
