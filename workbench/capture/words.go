package capture

import (
	"strings"
	"time"
)

// lastWords are the words of a program that explain a failure best, as ": words", or
// nothing.
func (r *running) lastWords() string {
	select {
	case <-r.tailed:
	case <-time.After(2 * time.Second):
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := len(r.last) - 1; i >= 0; i-- {
		if tells(r.last[i]) {
			return ": " + strings.TrimSpace(r.last[i])
		}
	}
	for i := len(r.last) - 1; i >= 0; i-- {
		if line := strings.TrimSpace(r.last[i]); !idle(line) {
			return ": " + line
		}
	}
	return ""
}

// idle reports whether a line tells nothing of the program: where to read on, and how
// far a profiler is with its report.
func idle(line string) bool {
	for _, begin := range []string{"http", "Please refer to", "Generating '", "Generated:", "[1/", "Collecting data", "Processing events", "==PROF=="} {
		if strings.HasPrefix(line, begin) {
			return true
		}
	}
	return strings.HasSuffix(line, ".nsys-rep") || strings.HasSuffix(line, ".ncu-rep") || strings.HasSuffix(line, ".sqlite")
}

// tells reports whether a line looks like a reason.
func tells(line string) bool {
	line = strings.ToLower(line)
	if strings.HasPrefix(strings.TrimSpace(line), "http") {
		return false // where to read on
	}
	for _, word := range []string{"error", "no kernels were profiled", "not found", "no such file", "permission", "failed", "exception", "out of memory"} {
		if strings.Contains(line, word) {
			return true
		}
	}
	return false
}
