package phases

import (
	"fmt"
	"strings"

	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// nodeTrace is the remedy for hidden graph work.
const nodeTrace = "Capture again with nsys profile --cuda-graph-trace=node."

// findings adds what is worth saying, in words.
func (m *measured) findings(r *result.Result) {
	trace.WarnOdd(r, m.t.Odd, "row")
	if len(m.steps.List) == 0 {
		m.nothing(r)
		return
	}
	m.hiddenFinding(r)
	m.unseen(r)
	m.outside(r)
	m.overview(r)
	for _, g := range m.groups {
		m.phaseFinding(r, g)
		m.pause(r, g)
		m.counts(r, g)
	}
	m.threads(r)
	m.gpus(r)
}

// nothing says what there is instead of steps.
func (m *measured) nothing(r *result.Result) {
	text := "No range of the trace is named as a prefill, decode or mixed step"
	if often := m.t.Repeated(3); len(often) > 0 {
		text += "; what repeats most, outermost: " + strings.Join(often, ", ")
	}
	r.Warn("Give the names of your ranges with the parameters prefill, decode and mixed, or capture with the ranges on: vLLM writes them while its CUDA profiler runs (--profiler-config.profiler cuda, nsys profile --trace=cuda,nvtx).", "%s.", text)
}

func list(numbers []int64) string {
	words := make([]string, len(numbers))
	for i, n := range numbers {
		words[i] = fmt.Sprint(n)
	}
	return strings.Join(words, ", ")
}

// hiddenFinding names phases whose GPU time is missing.
func (m *measured) hiddenFinding(r *result.Result) {
	for _, g := range m.groups {
		if g.hidden == 0 {
			continue
		}
		r.Findings = append(r.Findings, result.Finding{Severity: result.Problem, Table: "phases", Column: "phase", Values: []string{name(g.phase)},
			Text: fmt.Sprintf("The GPU time of %s is unknown, not zero: they launch %s whose kernels this trace does not show.",
				m.plural(g), result.Count(g.hidden, "CUDA graph")),
			Remedy: nodeTrace})
	}
}

// plural names the steps of a group: "decodes", "decodes of process 7".
func (m *measured) plural(g *group) string {
	text := map[trace.Phase]string{trace.Prefill: "prefills", trace.Decode: "decodes", trace.Mixed: "mixed steps", trace.NoPhase: "empty steps"}[g.phase]
	return text + strings.Replace(m.suffix(g), ",", " of", 1)
}

func (m *measured) suffix(g *group) string {
	if len(m.steps.Lanes) < 2 {
		return ""
	}
	return m.of(g.lane)
}

// count is the number of steps of a group with their name.
func (m *measured) count(g *group) string {
	n := int64(len(g.steps))
	noun := map[trace.Phase]string{trace.Prefill: "prefill", trace.Decode: "decode", trace.Mixed: "mixed step", trace.NoPhase: "empty step"}[g.phase]
	return result.Count(n, noun) + strings.Replace(m.suffix(g), ",", " of", 1)
}

// unseen names phases from which no GPU work was launched.
func (m *measured) unseen(r *result.Result) {
	for _, g := range m.groups {
		if g.gpu || g.hidden > 0 || g.phase == trace.NoPhase {
			continue
		}
		absent := append(trace.WorkTables(), "api_calls")
		cause, remedy := "Their thread launches no work within the ranges; another one may.", "Put the ranges around the launches, on the thread that makes them."
		if !m.t.HasWork() {
			cause, remedy = "The trace has no GPU work at all.", "Capture with nsys profile --trace=cuda,nvtx; where the engine runs in a child process, add --trace-fork-before-exec=true."
		} else if m.t.Calls.Len() == 0 {
			cause, remedy = "The trace has no CUDA calls, which tie GPU work to ranges.", "Capture with nsys profile --trace=cuda,nvtx."
		}
		r.WarnAbsent(absent, remedy, "The GPU time of %s is unknown. %s", m.plural(g), cause)
	}
}

// outside says how much GPU work no step accounts for.
func (m *measured) outside(r *result.Result) {
	const worthSaying = 5.0 // %
	w, all := m.work[len(m.steps.List)], int64(0)
	for i := range m.work {
		all += m.work[i].Sum
	}
	if part := result.Share(w.Sum, all); part >= worthSaying {
		r.Findings = append(r.Findings, result.Finding{Severity: result.Warning, StakeNs: w.Sum, Absent: []string{"api_calls"},
			Text:   fmt.Sprintf("%.1f %% of the GPU time of the trace (%s) was launched outside of all steps and is in no phase.", part, result.Duration(w.Sum)),
			Remedy: "Look at nvtx-tree for where it comes from; where the steps of the engine are named in another way, give the parameters prefill, decode and mixed."})
	}
}

// overview says how the time divides into phases, thread by thread.
func (m *measured) overview(r *result.Result) {
	for _, lane := range m.steps.Lanes {
		total := m.laneTotal(lane)
		if total == 0 {
			continue
		}
		var parts []string
		of := ""
		for _, g := range m.groups {
			if g.lane == lane && g.timed > 0 {
				parts = append(parts, fmt.Sprintf("%s %.1f %%", result.Count(int64(len(g.steps)), name(g.phase)), result.Share(g.total, total)))
				of = strings.Replace(m.suffix(g), ",", " of", 1)
			}
		}
		r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: total,
			Text: fmt.Sprintf("The steps%s take %s from the first start to the last: %s.", of, result.Duration(total), strings.Join(parts, ", "))})
	}
}

// phaseFinding says what a step takes and what bounds it.
func (m *measured) phaseFinding(r *result.Result, g *group) {
	if g.timed == 0 || g.phase == trace.NoPhase || g.step.Median <= 0 {
		return
	}
	f := result.Finding{Severity: result.Info, StakeNs: g.total, Table: "phases", Column: "phase", Values: []string{name(g.phase)}}
	f.Text = fmt.Sprintf("A step of %s takes %s from start to start (median)", m.label(g), result.Duration(int64(g.step.Median)))
	f.Absent = append(trace.WorkTables(), "api_calls")
	if g.host.Count > 0 {
		f.Text += fmt.Sprintf(", of which its range is open for %s on the host", result.Duration(int64(g.host.Median)))
	}
	f.Known = f.Text + ". Whether the host or the GPU bounds it cannot be told."
	if g.gpu {
		f.Text += fmt.Sprintf("; the GPU works on it for %s", result.Duration(int64(g.busy.Median)))
	}
	if g.active >= 0 {
		f.Text += fmt.Sprintf(", and on anything for %.1f %% of the step time of all.", result.Share(g.active, g.total))
		m.bound(&f, g)
	} else {
		f.Text += "."
	}
	r.Findings = append(r.Findings, f)
}

// bound says which side a phase waits for. An idle GPU waits for the host; a busy one
// may be at work for other steps, which counts as well.
func (m *measured) bound(f *result.Finding, g *group) {
	const (
		gpuBound, hostBound, ahead = 90.0, 70.0, 110.0 // %
		manyLaunches               = 20
	)
	active, idle := result.Share(g.active, g.total), g.total-g.active
	launches := float64(g.launches) / float64(len(g.steps))
	switch inRange := g.host.Median >= 0.8*g.step.Median; {
	case g.gpu && result.Share(g.timedBusy, g.total) > ahead:
		f.Text += " The host runs ahead: the GPU still works on it when the next step begins, and a later one waits."
	case active >= gpuBound:
		f.Text += " It is bound by the GPU: shorter kernels make it shorter."
	case active >= hostBound:
	case inRange && launches >= manyLaunches:
		f.Severity, f.StakeNs = result.Warning, idle
		f.Text += fmt.Sprintf(" It is bound by the host, which needs nearly all of the step for %.0f launches in the range.", launches)
		f.Remedy = "Launch less: CUDA graphs for the step, fused kernels; see cuda-graphs and launch-overhead."
	case inRange && m.t.Calls.Len() == 0:
		f.Severity, f.StakeNs = result.Warning, idle
		f.Text += " It is bound by the host, which spends nearly all of the step in the range; whether on launches cannot be told, for the trace has no CUDA calls."
		f.Remedy = "Capture with nsys profile --trace=cuda,nvtx."
	case inRange:
		f.Severity, f.StakeNs = result.Warning, idle
		f.Text += " It is bound by the host, which spends nearly all of the step in the range, and not on launches."
		f.Remedy = "See nvtx-tree and synchronization for what the range does on the host."
	default:
		f.Severity, f.StakeNs = result.Warning, idle
		f.Text += fmt.Sprintf(" For the other %s the GPU is idle: the launches come late, after what the host does between the ranges (waiting, sampling, scheduling).", result.Duration(idle))
		f.Remedy = "Look between the ranges: a synchronization in each step, a copy to the host, Python; gpu-utilization has the gaps."
	}
}

// pause names a step so long that it is no step.
func (m *measured) pause(r *result.Result, g *group) {
	const times, part = 20, 10.0 // times the median, and % of the total
	if g.timed < 3 || float64(g.step.Max) < times*g.step.Median || result.Share(g.step.Max, g.total) < part {
		return
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Warning, StakeNs: g.step.Max,
		Text: fmt.Sprintf("The longest of %s takes %s to the next start, %.0f times the median: a pause of the server rather than work. It is in the total and in the rate; the median leaves it out.",
			m.count(g), result.Duration(g.step.Max), float64(g.step.Max)/g.step.Median),
		Table: "steps", Column: "start", Values: []string{fmt.Sprint(m.steps.Start(g.longest))}, Remedy: "Keep the server busy while the capture runs."})
}

// counts says how many requests and tokens the steps carry and how fast.
func (m *measured) counts(r *result.Result, g *group) {
	switch {
	case g.phase == trace.NoPhase:
	case g.requests < 0:
		r.Note("The names of %s do not say how many requests they serve.", m.plural(g))
	case g.tokens < 0:
		r.Note("%s serve %s; how many tokens of new requests there are the names do not say.", m.count(g), result.Count(g.requests, "request"))
	case g.timedTokens > 0 && g.total > 0:
		r.Findings = append(r.Findings, result.Finding{Severity: result.Info, Table: "phases", Column: "phase", Values: []string{name(g.phase)},
			Text: fmt.Sprintf("%s: %s in steps of %.3g %s on average, %s per token, %s tokens/s.", m.count(g), result.Count(g.tokens, "token"),
				float64(g.requests)/float64(len(g.steps)), result.Plural(g.requests/int64(len(g.steps)), "request"), result.Duration(g.total/g.timedTokens),
				result.Grouped(int64(1e9*float64(g.timedTokens)/float64(g.total))))})
	}
}

// threads says that nothing is added up over threads.
func (m *measured) threads(r *result.Result) {
	lanes := m.steps.Lanes
	if len(lanes) < 2 {
		return
	}
	pids := map[int64]bool{}
	for _, lane := range lanes {
		pids[lane.Pid] = true
	}
	r.Note("Steps come from %s of %s: each has rows of its own, and nothing is added up over them. Ranks of one model serve the same tokens.",
		result.Count(int64(len(lanes)), "thread"), result.Count(int64(len(pids)), "process"))
}

// gpus says where a process uses several GPUs.
func (m *measured) gpus(r *result.Result) {
	count := map[int64]int64{}
	for _, gpu := range m.t.GPUs {
		count[gpu.Pid]++
	}
	for _, pid := range m.t.Processes {
		if count[pid] > 1 {
			r.Note("Process %d works on %s: their busy times are added up and can exceed the step time.", pid, result.Count(count[pid], "GPU"))
		}
	}
	if m.t.Wholes > 0 {
		r.Note("%s seen as wholes: the time within a graph counts as busy from its first kernel to its last. With --cuda-graph-trace=node the trace shows the kernels.", result.Count(int64(m.t.Wholes), "CUDA graph launch is"))
	}
}
