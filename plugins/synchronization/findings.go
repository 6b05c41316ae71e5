package synchronization

import (
	"fmt"

	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

// findings adds what is worth saying, in words.
func (v *view) findings(r *result.Result, list []*sum) {
	if odd := v.timeline.Odd + v.host.Odd; odd > 0 {
		r.Warn("The file may be damaged: export it again.", "%s with impossible times left out.", result.Count(odd, "row"))
	}
	if n := v.hidden.Launches; n > 0 {
		r.Warn("Capture with nsys profile --cuda-graph-trace=node.", "%s whose work this trace does not show: time in calls while it may have run is unknown, neither busy nor idle.",
			result.Count(n, "graph launch"))
	}
	if len(list) == 0 {
		r.Note("No call that waits for the GPU is recorded.")
		return
	}
	if v.timeline.Len() == 0 && v.hidden.Launches == 0 {
		r.WarnAbsent(trace.WorkTables(), "Capture with nsys profile --trace=cuda --cuda-graph-trace=node.", "No GPU work is recorded, so what the GPU did while the host waited is not known.")
	}
	for _, pid := range processes(list) {
		v.overview(r, pid, list)
		v.after(r, pid, list)
		v.needless(r, pid, list)
		v.pageableFinding(r, pid, list)
		v.memory(r, pid, list)
	}
}

// processes lists the processes, the one that waits longest first.
func processes(list []*sum) []int64 {
	var out []int64
	seen := map[int64]bool{}
	for _, s := range list {
		if !seen[s.pid] {
			seen[s.pid] = true
			out = append(out, s.pid)
		}
	}
	return out
}

// part adds up the rows of a process that a test accepts.
type part struct {
	count, time, busy, idle, unknown, after int64
	first                                   *sum // the row with the longest total
	names                                   []string
	threads                                 int
}

func gather(list []*sum, pid int64, accept func(*sum) bool) part {
	var p part
	threads := map[int64]bool{}
	for _, s := range list {
		if s.pid != pid || !accept(s) {
			continue
		}
		if p.first == nil {
			p.first = s
		}
		p.count += s.times.Len()
		p.time += s.times.Total()
		p.busy += s.busy
		p.idle += s.idle
		p.unknown += s.unknown
		p.after += s.after
		p.names = append(p.names, s.name)
		threads[s.tid] = true
	}
	p.threads = len(threads)
	return p
}

func waits(s *sum) bool { return s.role.Waits() || s.pageable }

// of names the process where there are several.
func of(pid int64, list []*sum) string {
	if len(processes(list)) < 2 {
		return ""
	}
	return fmt.Sprintf(" of process %d", pid)
}

// share is part in percent of whole; a part of nothing is 0.
func share(part, whole int64) float64 {
	if whole <= 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

func (v *view) overview(r *result.Result, pid int64, list []*sum) {
	p := gather(list, pid, waits)
	if p.count == 0 {
		return
	}
	text := fmt.Sprintf("The host%s waited for the GPU for %s in %s, %.1f %% of the time from the first to the last CUDA call; most in %s (%s in %s).",
		of(pid, list), result.Duration(p.time), result.Count(p.count, "call"), share(p.time, v.window(pid).Duration()),
		v.label(p.first, list), result.Duration(p.first.times.Total()), result.Count(p.first.times.Len(), "call"))
	if p.threads > 1 {
		text += fmt.Sprintf(" The time of %d threads is added up.", p.threads)
	}
	if p.unknown == 0 && p.time > 0 {
		text += fmt.Sprintf(" The GPU was busy in %.1f %% of it.", share(p.busy, p.time))
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: p.time, Text: text, Table: "calls", Column: "call", Values: []string{p.first.name}})
}

// after tells of the time in which the GPU had nothing to do after waits: a warning
// from a twentieth of the time of the calls on.
func (v *view) after(r *result.Result, pid int64, list []*sum) {
	p := gather(list, pid, func(s *sum) bool { return waits(s) && s.after > 0 })
	window := v.window(pid).Duration()
	if p.after == 0 || p.after*100 < window {
		return
	}
	f := result.Finding{Severity: result.Info, StakeNs: p.after, Table: "calls", Column: "call", Values: p.names,
		Text: fmt.Sprintf("After these waits%s the GPU had nothing to do for %s, %.1f %% of the time from the first to the last CUDA call: nothing was queued when the wait was over.",
			of(pid, list), result.Duration(p.after), share(p.after, window)),
		Remedy: "Queue the next step before waiting for this one, wait for an event instead of the device, or keep on the GPU what the host waits for."}
	if p.after*20 >= window {
		f.Severity = result.Warning
	}
	r.Findings = append(r.Findings, f)
}

// needless tells of waits in which the GPU had nothing to do, when they are most of
// the waiting.
func (v *view) needless(r *result.Result, pid int64, list []*sum) {
	p := gather(list, pid, waits)
	if v.timeline.Len() == 0 || p.idle*2 < p.time || p.idle*100 < v.window(pid).Duration() {
		return
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: p.idle, Table: "calls", Column: "call", Values: p.names,
		Text: fmt.Sprintf("In %s of the %s of waiting%s no device of the process was busy: the work was done before the host asked, and the calls themselves take this time.",
			result.Duration(p.idle), result.Duration(p.time), of(pid, list)),
		Remedy: "Synchronize less often: the results were there already."})
}

func (v *view) pageableFinding(r *result.Result, pid int64, list []*sum) {
	p := gather(list, pid, func(s *sum) bool { return s.pageable || s.role == trace.BlockingCopy })
	if p.count == 0 {
		return
	}
	f := result.Finding{Severity: result.Info, StakeNs: p.time, Table: "calls", Column: "kind", Values: []string{p.first.kind()},
		Text: fmt.Sprintf("%s%s held the host for %s in all: a copy of pageable memory, or one without Async in its name, returns only when the memory may be used again.",
			result.Count(p.count, "copy call"), of(pid, list), result.Duration(p.time)),
		Remedy: "Use pinned host memory with the Async form (in PyTorch pin_memory and non_blocking=True), and wait for an event where the result is used."}
	if p.time*100 >= v.window(pid).Duration() {
		f.Severity = result.Warning
	}
	r.Findings = append(r.Findings, f)
}

func (v *view) memory(r *result.Result, pid int64, list []*sum) {
	p := gather(list, pid, func(s *sum) bool { return s.role == trace.MemoryCall })
	if p.count == 0 || p.time*100 < v.window(pid).Duration() {
		return
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: p.time, Table: "calls", Column: "call", Values: p.names,
		Text: fmt.Sprintf("Allocating and freeing memory%s took %s in %s, and such a call may wait for the whole device.",
			of(pid, list), result.Duration(p.time), result.Count(p.count, "call")),
		Remedy: "Allocate before the steady part, or use a caching or stream-ordered allocator."})
}
