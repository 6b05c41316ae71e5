package health

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"profilemate/workbench/result"
	"profilemate/workbench/trace"
)

const again = "Copy the file again, or export it again from the .nsys-rep file."

// fileCheck repeats what the reader says of the file itself.
func (e *evidence) fileCheck() check {
	c := check{name: "file", seen: "What was read of the export is whole.", told: true}
	for _, f := range e.reported {
		damaged, beside := isDamage(f), strings.Contains(f.Text, "beside the file")
		if v := (map[bool]verdict{true: problem, false: warning})[damaged]; (damaged || beside) && v > c.verdict {
			c.verdict, c.seen, c.remedy = v, f.Text, f.Remedy
		}
	}
	return c
}

// isDamage reports whether the reader says that the file is cut off or damaged.
func isDamage(f result.Finding) bool { return strings.HasPrefix(f.Text, "The file is ") }

// damaged reports whether what is missing may have been in the part of the file that
// cannot be read.
func (e *evidence) damaged() bool { return slices.ContainsFunc(e.reported, isDamage) }

// lost is the verdict of a check that finds nothing in a damaged file: what is not
// there may have been.
func (c check) lost(what string) check {
	c.verdict, c.remedy = unknown, again
	c.seen = fmt.Sprintf("The part of the file that can be read has no %s; whether there was any cannot be told.", what)
	return c
}

// rowCheck counts what cannot be: rows that end before they begin, or run for weeks.
func (e *evidence) rowCheck() check {
	c := check{name: "times"}
	n, odd := int64(e.timeline.Len()+e.host.Len()), e.timeline.Odd+e.host.Odd
	switch {
	case odd > 0:
		c.verdict, c.seen, c.remedy = warning, fmt.Sprintf("%s of GPU work and calls with impossible times, left out; %s are sound.", result.Count(odd, "row"), result.Grouped(n)), again
	case n == 0:
		c.verdict, c.seen = unknown, "There is no row of GPU work and no call."
	default:
		c.seen = fmt.Sprintf("All times are possible, in %s of GPU work and calls.", result.Count(n, "row"))
	}
	return c
}

// loss matches what nsys says when it did not record everything.
var loss = regexp.MustCompile(`(?i)\b(drop|dropped|drops|lost|lose|incomplete|overflow\w*|discard\w*|truncat\w*|not (all|every)|missing events?)\b`)

const noDiagnostics = "The export holds no message of the profiler: exports before 2024.5 do not carry them."

func (e *evidence) droppedCheck() check {
	c := check{name: "dropped events"}
	if e.diagnostics == nil && e.damaged() {
		return c.lost("message of the profiler")
	}
	if e.diagnostics == nil {
		c.verdict, c.seen = unknown, noDiagnostics
		c.remedy = "Look at the diagnostics of the .nsys-rep file in the Nsight Systems window, or export it with 2024.5 or later."
		return c
	}
	lost := int64(0)
	for _, text := range e.diagnostics.Strings("text") {
		if loss.MatchString(text) {
			if lost == 0 {
				c.seen = text
			}
			lost++
		}
	}
	if lost == 0 {
		c.seen = fmt.Sprintf("%s of the profiler, none about lost events.", result.Count(int64(e.diagnostics.Len()), "message"))
		return c
	}
	c.verdict, c.told = problem, false
	c.seen = fmt.Sprintf("%s of the profiler about events that are not in the trace: %s", result.Count(lost, "message"), quoted(c.seen))
	c.remedy = "Capture a shorter range, trace less (no osrt), or raise the buffers (--cuda-flush-interval, --buffer-size)."
	return c
}

// quoted ends a message of the profiler as a sentence ends.
func quoted(message string) string { return strings.TrimRight(strings.TrimSpace(message), ".") + "." }

// messageCheck counts what the profiler warned of; the reader's findings quote it.
func (e *evidence) messageCheck() check {
	c := check{name: "messages", told: true}
	if e.diagnostics == nil && e.damaged() {
		return c.lost("message of the profiler")
	}
	if e.diagnostics == nil {
		c.verdict, c.seen = unknown, noDiagnostics
		return c
	}
	warnings, errors := int64(0), int64(0)
	first := ""
	texts := e.diagnostics.Strings("text")
	for i, s := range e.diagnostics.Strings("severity") {
		switch s {
		case "warning":
			warnings++
		case "error":
			errors++
		default:
			continue
		}
		if first == "" || s == "error" && errors == 1 {
			first = texts[i]
		}
	}
	c.seen = fmt.Sprintf("%s and %s of the profiler among %s.", result.Count(errors, "error"), result.Count(warnings, "warning"), result.Count(int64(len(texts)), "message"))
	if first != "" {
		c.verdict, c.remedy = warning, "Read the messages below; they say what is not in the trace."
		c.seen += " The first: " + quoted(first)
	}
	if errors > 0 {
		c.verdict = problem
	}
	return c
}

// launchCheck holds calls against work: each kernel has a launch and the other way
// round, but for launches that are captured into a graph.
func (e *evidence) launchCheck() check {
	c := check{name: "launches"}
	if e.host.Len() == 0 && e.damaged() {
		return c.lost("CUDA call")
	}
	if e.host.Len() == 0 {
		c.verdict, c.seen, c.remedy = unknown, "No CUDA call is recorded: what launched the work, and whether work is missing, cannot be told.", "Capture with nsys profile --trace=cuda."
		return c
	}
	orphans, idle, launches, capturing := e.pair()
	n := int64(e.timeline.Len())
	parts := []string{}
	if orphans > 0 {
		parts = append(parts, fmt.Sprintf("%s of %s of GPU work have no call that launched them", result.Grouped(orphans), result.Count(n, "piece")))
	}
	if idle > 0 {
		parts = append(parts, fmt.Sprintf("%s of %s have no work", result.Grouped(idle), result.Count(launches, "kernel launch")))
	}
	switch {
	case n == 0 && launches == 0:
		c.verdict, c.seen = unknown, "There is no launch and no GPU work to hold against each other."
		return c
	case len(parts) == 0:
		c.seen = fmt.Sprintf("%s and %s of GPU work belong together.", result.Count(launches, "kernel launch"), result.Count(n, "piece"))
		return c
	case e.damaged():
		c.verdict, c.remedy = unknown, again
	case orphans*100 > n || idle*100 > launches && !capturing:
		c.verdict = warning
		c.remedy = "Begin the capture before the work is launched, synchronize before it ends, and do not skip calls (CUDA_SKIP_SOME_API_CALLS=false)."
	}
	c.seen = strings.Join(parts, " and ") + "."
	if idle > 0 && capturing {
		c.seen += " Launches that are captured into a graph have none."
	}
	return c
}

var beginCapture = regexp.MustCompile(`StreamBeginCapture`)

// pair counts work without a call, and successful launches without work.
// capturing says whether graphs were captured meanwhile.
func (e *evidence) pair() (orphans, idle, launches int64, capturing bool) {
	shown := make([]bool, e.host.Len())
	for i := range e.timeline.Len() {
		if call := e.lookup.Find(e.timeline.Pid[i], e.timeline.Correlation[i]); call >= 0 {
			shown[call] = true
		} else {
			orphans++
		}
	}
	begins := e.callsNamed(beginCapture)
	for i := range int32(e.host.Len()) {
		capturing = capturing || e.host.Name[i] >= 0 && begins[e.host.Name[i]]
		if e.host.Role(i) != trace.LaunchCall || e.host.Failed != nil && e.host.Failed[i] {
			continue
		}
		if call := e.lookup.Find(e.host.Pid[i], e.host.Correlation[i]); call != i {
			continue // a runtime call and the driver call within it share one number
		}
		launches++
		if !shown[i] {
			idle++
		}
	}
	return orphans, idle, launches, capturing
}
