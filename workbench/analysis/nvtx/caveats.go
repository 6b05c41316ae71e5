package nvtx

import (
	"fmt"
	"strings"

	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// Caveats adds the findings that the numbers of an attribution must not be used
// without: GPU work that the trace hides or lacks, rows that were left out, ranges
// that never end, and processes that are added up. process is the parameter that
// the attribution was loaded with.
func Caveats(r *result.Result, a *trace.Attribution, process int) {
	hidden(r, a)
	trace.WarnOdd(r, a.Odd, "row")
	if !a.HasWork() && a.Ranges.Len() > 0 {
		r.WarnAbsent(trace.WorkTables(), "Capture with nsys profile --trace=cuda,nvtx.", "The trace has no GPU work, so the columns of GPU time are missing.")
	}
	unattributed(r, a)
	open(r, a)
	crossing(r, a)
	processes(r, a, process)
}

func hidden(r *result.Result, a *trace.Attribution) {
	n := int64(a.Hidden.Len())
	if n == 0 {
		return
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Problem,
		Text:   fmt.Sprintf("%s whose work this trace does not show: the GPU time of ranges around such a launch is not known and left empty, and shares are of the other work only.", result.Count(n, "graph launch")),
		Remedy: "Capture again with nsys profile --cuda-graph-trace=node."})
}

// unattributed tells of work whose launch is not in the trace.
func unattributed(r *result.Result, a *trace.Attribution) {
	lost, time := int64(0), int64(0)
	for i, call := range a.Call {
		if call < 0 {
			lost++
			time += a.Ops.End[i] - a.Ops.Start[i]
		}
	}
	if lost == 0 {
		return
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Warning, StakeNs: time, Absent: []string{"api_calls"},
		Text:   fmt.Sprintf("No API call in this trace launched %s of GPU work (%s), so that no range can be told: this counts as outside any range.", result.Count(lost, "piece"), result.Duration(time)),
		Remedy: "Begin the capture before the work is launched, and do not skip API calls (CUDA_SKIP_SOME_API_CALLS=false)."})
}

func open(r *result.Result, a *trace.Attribution) {
	never, away := int64(0), int64(0)
	for _, o := range a.Ranges.Open {
		if o {
			never++
		}
	}
	for _, o := range a.Ranges.Away {
		if o {
			away++
		}
	}
	if never > 0 {
		r.Warn("End the capture after the step, and pop every range that is pushed.", "Never closed in this trace: %s, which count up to the end of the others, as in nsys.", result.Count(never, "range"))
	}
	if away > 0 {
		r.Note("Closed by another thread than the one that began them: %s. They have a host time, but nothing lies below them and no GPU work is theirs, as in nsys.", result.Count(away, "range"))
	}
}

// crossing says when self times are more than the time under ranges.
func crossing(r *result.Result, a *trace.Attribution) {
	type thread struct{ pid, tid int64 }
	type outer struct{ start, end []int64 }
	threads := map[thread]*outer{}
	self, covered := int64(0), int64(0)
	for _, row := range a.Nesting.Ordered() {
		self += a.Nesting.Self[row]
		if a.Nesting.Parent[row] >= 0 {
			continue
		}
		at := thread{a.Ranges.Pid[row], a.Ranges.Tid[row]}
		if threads[at] == nil {
			threads[at] = &outer{}
		}
		threads[at].start = append(threads[at].start, a.Ranges.Start[row])
		threads[at].end = append(threads[at].end, a.Ranges.End[row])
	}
	for _, o := range threads {
		covered += trace.Busy(o.start, o.end)
	}
	if self > covered {
		r.Warn("Use push/pop ranges for code that nests.", "Ranges of one thread overlap without one holding the other, as start/end ranges may, so self times add up to %s of %s under ranges.",
			result.Duration(self), result.Duration(covered))
	}
}

func processes(r *result.Result, a *trace.Attribution, process int) {
	if len(a.GPUs) > 1 {
		r.Note("%d devices did the work: the time that each is busy counts by itself and is added up.", len(a.GPUs))
	}
	only := len(a.Processes) == 1 && a.Processes[0] == int64(process)
	if len(a.Processes) == 0 || only || len(a.Processes) == 1 && process == trace.AllProcesses {
		return
	}
	words := make([]string, 0, 8)
	for _, pid := range a.Processes {
		if len(words) == cap(words) {
			words = append(words[:7:7], fmt.Sprintf("and %d more", len(a.Processes)-7))
			break
		}
		words = append(words, fmt.Sprint(pid))
	}
	list := strings.Join(words, ", ")
	switch {
	case process == trace.AllProcesses:
		r.Warn("The parameter process shows one.", "%d processes are added up: %s. Host and GPU times are sums over them, not the time that passed.", len(a.Processes), list)
	default:
		r.Note("Only process %d of %d is shown (%s).", process, len(a.Processes), list)
	}
}
