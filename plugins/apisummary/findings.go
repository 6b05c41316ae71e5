package apisummary

import (
	"fmt"
	"slices"
	"strings"

	"profilemate/workbench/result"
)

// findings adds what is worth saying, in words.
func (s *summary) findings(r *result.Result) {
	if s.odd > 0 {
		r.Warn("The file may be damaged: export it again.",
			"%s with impossible times left out: no begin or end, an end before the begin, or weeks between them.", result.Count(s.odd, "call"))
	}
	if len(s.calls) == 0 {
		r.Warn("", "There is no CUDA call to show.")
		return
	}
	s.failed(r)
	s.overview(r)
	s.launches(r)
	s.waiting(r)
	s.memory(r)
	s.loads(r)
	s.threadFinding(r)
}

// failed names the failures, the most frequent first.
func (s *summary) failed(r *result.Result) {
	const shown = 3
	words := meanings()
	for _, f := range s.failures[:min(shown, len(s.failures))] {
		meaning := ""
		if text, ok := words[f.result]; ok {
			meaning = " (" + text + ")"
		}
		r.Findings = append(r.Findings, result.Finding{Severity: result.Warning, Table: "failures", Column: "function", Values: []string{f.name},
			Text:   fmt.Sprintf("%s of %s failed and returned %d%s.", result.Count(f.calls, "call"), f.name, f.result, meaning),
			Remedy: "Where the program expects it and goes on, as allocators and feature probes do, ignore it; otherwise what follows may be wrong."})
	}
	if more := len(s.failures) - shown; more > 0 {
		r.Warn("", "%s of failure more are in the table failures.", result.Count(int64(more), "kind"))
	}
	if s.known(0) == nil {
		r.Note("This export does not say what calls returned: failures cannot be told.")
	}
}

// group is the calls of some functions added up.
type group struct {
	count, time int64
	names       []string // longest total first
}

// gather adds up the functions that keep accepts.
func (s *summary) gather(keep func(row) bool) group {
	var g group
	for _, c := range s.calls {
		if keep(c) {
			g.count += c.stats.Count
			g.time += c.stats.Total
			g.names = append(g.names, c.name)
		}
	}
	return g
}

func (s *summary) ofClass(list ...class) group {
	return s.gather(func(c row) bool { return slices.Contains(list, c.function.class) })
}

// perCall is the mean time of a call in ns.
func (g group) perCall() int64 { return g.time / max(1, g.count) }

func (s *summary) overview(r *result.Result) {
	type part struct {
		class class
		time  int64
	}
	var parts []part
	for c := range classes {
		if g := s.ofClass(c); g.time > 0 {
			parts = append(parts, part{c, g.time})
		}
	}
	slices.SortStableFunc(parts, func(a, b part) int { return int(min(1, max(-1, b.time-a.time))) })
	words := make([]string, min(3, len(parts)))
	for i := range words {
		words[i] = fmt.Sprintf("%s %.1f %%", parts[i].class, result.Share(parts[i].time, s.total))
	}
	all := s.gather(func(row) bool { return true })
	text := fmt.Sprintf("%s of %s took %s of host time within %s", result.Count(all.count, "call"),
		result.Count(int64(len(s.calls)), "function"), result.Duration(s.total), result.Duration(s.span.length()))
	if len(words) > 0 {
		text += ": " + strings.Join(words, ", ")
	}
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: s.total, Text: text + "."})
}

// launches says how fast the host launches and what a launch costs it.
func (s *summary) launches(r *result.Result) {
	kernels, graphs := s.ofClass(launching), s.ofClass(replaying)
	if kernels.count+graphs.count == 0 {
		return
	}
	var what, cost []string
	for _, l := range []struct {
		group
		noun string
	}{{kernels, "kernel launch"}, {graphs, "graph launch"}} {
		if l.count > 0 {
			what = append(what, result.Count(l.count, l.noun))
			cost = append(cost, fmt.Sprintf("%s for a %s", result.Duration(l.perCall()), l.noun))
		}
	}
	rate := ""
	if s.span.length() > 0 {
		rate = fmt.Sprintf(", %s per second", result.Grouped(int64(float64(kernels.count+graphs.count)*1e9/float64(s.span.length())+0.5)))
	}
	time := kernels.time + graphs.time
	r.Findings = append(r.Findings, result.Finding{Severity: result.Info, StakeNs: time, Table: "calls", Column: "function",
		Values: append(kernels.names, graphs.names...),
		Text: fmt.Sprintf("%s%s, took %s of host time: on average %s.", strings.Join(what, " and "), rate,
			result.Duration(time), strings.Join(cost, " and "))})
}

// waiting tells of the calls in which the host waits for the GPU.
func (s *summary) waiting(r *result.Result) {
	g := s.gather(func(c row) bool { return waits(c.name, c.function.class) })
	if g.count == 0 {
		return
	}
	f := result.Finding{Severity: result.Info, StakeNs: g.time, Table: "calls", Column: "function", Values: g.names,
		Text: fmt.Sprintf("Waiting for the GPU took %s in %s of %s, %.1f %% of the time between the first and the last call.",
			result.Duration(g.time), result.Count(g.count, "call"), list(g.names), result.Share(g.time, s.span.length()))}
	if copies := s.gather(func(c row) bool { return c.function.class == copying && waits(c.name, copying) }); copies.count > 0 {
		f.Severity = result.Warning
		f.Remedy = fmt.Sprintf("A call of %s returns when its copy is done: use pinned memory and the Async form.", list(copies.names))
	}
	r.Findings = append(r.Findings, f)
}

// list writes at most three names.
func list(names []string) string {
	if len(names) > 3 {
		return strings.Join(names[:3], ", ") + " …"
	}
	return strings.Join(names, ", ")
}

// late counts the rare calls of some classes, and apart those in the second half
// of the span.
func (s *summary) late(of ...class) (all, late group) {
	half := s.span.half()
	for _, c := range s.calls {
		if !c.function.rare || !slices.Contains(of, c.function.class) {
			continue
		}
		all.names = append(all.names, c.name)
		for _, call := range c.function.calls {
			all.count++
			all.time += call.duration
			if call.start >= half {
				late.count++
				late.time += call.duration
			}
		}
	}
	return all, late
}

// severity is that of rare calls in the second half of the span: worth a warning
// from 1 % of its time on.
func (s *summary) severity(late group) result.Severity {
	if late.time*200 >= s.span.length() {
		return result.Warning
	}
	return result.Info
}

func (s *summary) memory(r *result.Result) {
	all, late := s.late(allocating, freeing)
	if all.count == 0 {
		return
	}
	f := result.Finding{Severity: result.Info, StakeNs: all.time, Table: "calls", Column: "function", Values: all.names,
		Text: fmt.Sprintf("Allocating and freeing memory took %s in %s of %s, all in the first half of the calls' time.",
			result.Duration(all.time), result.Count(all.count, "call"), list(all.names))}
	if late.count > 0 {
		f.Severity, f.StakeNs = s.severity(late), late.time
		f.Text = fmt.Sprintf("Allocating and freeing memory took %s in %s of %s; %s (%s) came in the second half of the calls' time, when work should be steady.",
			result.Duration(all.time), result.Count(all.count, "call"), list(all.names), result.Grouped(late.count), result.Duration(late.time))
		f.Remedy = "Allocate before the steady part, or use a caching or stream-ordered allocator: a free may wait for the whole GPU."
	}
	r.Findings = append(r.Findings, f)
}

func (s *summary) loads(r *result.Result) {
	all, late := s.late(loading)
	if all.count == 0 {
		return
	}
	f := result.Finding{Severity: result.Info, StakeNs: all.time, Table: "calls", Column: "function", Values: all.names,
		Text: fmt.Sprintf("Loading GPU code took %s in %s of %s, all in the first half of the calls' time: a kernel is loaded when it is first used.",
			result.Duration(all.time), result.Count(all.count, "call"), list(all.names)),
		Remedy: "Warm up before the capture range where start-up is not of interest."}
	if late.count > 0 {
		f.Severity, f.StakeNs = s.severity(late), late.time
		f.Text = fmt.Sprintf("Loading GPU code took %s in %s of %s; %s (%s) came in the second half of the calls' time, when a kernel was used for the first time.",
			result.Duration(all.time), result.Count(all.count, "call"), list(all.names), result.Grouped(late.count), result.Duration(late.time))
		f.Remedy = "Warm up with all shapes before the capture range, or set CUDA_MODULE_LOADING=EAGER."
	}
	r.Findings = append(r.Findings, f)
}

func (s *summary) threadFinding(r *result.Result) {
	if s.params.Thread != allThreads || len(s.threads) < 2 {
		return
	}
	processes := map[int64]bool{}
	all := int64(0)
	for _, t := range s.threads {
		processes[t.pid] = true
		all += t.total()
	}
	first := s.threads[0]
	r.Note("%s of %s call CUDA; thread %d takes %.1f %% of the time. The parameter thread shows one.", result.Count(int64(len(s.threads)), "thread"),
		result.Count(int64(len(processes)), "process"), first.tid, result.Share(first.total(), all))
}
