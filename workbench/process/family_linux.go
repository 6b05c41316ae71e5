package process

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"profilemate/workbench/fault"
)

// Family is all that a supervisor started, however its programs hide: its
// descendants, those that carry its mark in their environment, the descendants of
// these, and what is in a session that one of them leads.
type Family struct {
	Mark     string // "NAME=value" in the environment of what is started; empty: no mark counts
	Orphaned bool   // the supervisor is gone: this process's own descendants are none of it
}

// Member is one process.
type Member struct {
	PID, Parent, Group, Session int
	Name                        string // of its program, at most 15 letters
	state                       byte
}

// prSetChildSubreaper is PR_SET_CHILD_SUBREAPER of prctl.
const prSetChildSubreaper = 36

// Reaper makes this process the parent of what its descendants leave behind, so that
// none of them escapes from its family.
func Reaper() error {
	if _, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prSetChildSubreaper, 1, 0); errno != 0 {
		return fault.Errorf(fault.Unsupported, "becoming the reaper of child processes: %w", errno)
	}
	return nil
}

// Reap takes leave of processes that have ended and were left to this one by Reaper, so
// that they do not stay as zombies where the machine's first process takes no care of
// them. It must not be called while a child that somebody waits for runs.
func Reap() {
	for {
		if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); pid <= 0 || err != nil {
			return
		}
	}
}

// Members returns the processes of the family that live, without this one.
func (f Family) Members() []Member {
	all := everybody()
	in := map[int]bool{os.Getpid(): !f.Orphaned}
	for _, m := range all {
		if m.PID != os.Getpid() && f.marked(m.PID) {
			in[m.PID] = true
		}
	}
	for grown := true; grown; {
		grown = false
		for _, m := range all {
			if !in[m.PID] && (in[m.Parent] || m.Session != os.Getpid() && in[m.Session]) {
				in[m.PID], grown = true, true
			}
		}
	}
	var out []Member
	for _, m := range all {
		if in[m.PID] && m.PID != os.Getpid() && m.state != 'Z' && m.state != 'X' {
			out = append(out, m)
		}
	}
	return out
}

func (f Family) marked(pid int) bool {
	if f.Mark == "" {
		return false
	}
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ")
	return err == nil && bytes.Contains(append([]byte{0}, text...), []byte("\x00"+f.Mark+"\x00"))
}

// everybody reads the table of processes.
func everybody() []Member {
	paths, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil // only a bad pattern fails
	}
	var out []Member
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has just ended
		}
		if m, ok := parseStat(string(text)); ok {
			out = append(out, m)
		}
	}
	return out
}

// parseStat reads /proc/PID/stat. The program's name stands in parentheses and may
// hold any letter, also parentheses.
func parseStat(text string) (m Member, ok bool) {
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 1 || end < open {
		return m, false
	}
	fields := strings.Fields(text[end+1:])
	if len(fields) < 4 {
		return m, false
	}
	m.Name, m.state = text[open+1:end], fields[0][0]
	for _, f := range []struct {
		text string
		into *int
	}{{strings.TrimSpace(text[:open]), &m.PID}, {fields[1], &m.Parent}, {fields[2], &m.Group}, {fields[3], &m.Session}} {
		n, err := strconv.Atoi(f.text)
		if err != nil {
			return m, false
		}
		*f.into = n
	}
	return m, true
}

// endEvery is how often it is looked whether a family has ended.
const endEvery = 20 * time.Millisecond

// End ends the family: SIGTERM to all, and SIGKILL to those that are left after grace
// or once now is closed. It returns what it could not end.
func (f Family) End(grace time.Duration, now <-chan struct{}) []Member {
	until := time.After(grace)
	f.signal(syscall.SIGTERM)
	for len(f.Members()) > 0 {
		select {
		case <-now:
			return f.kill()
		case <-until:
			return f.kill()
		case <-time.After(endEvery):
		}
	}
	return nil
}

// killFor is how long killed processes are waited for.
const killFor = 10 * time.Second

// kill kills again and again, since those it kills may be starting others.
func (f Family) kill() []Member {
	var left []Member
	for begin := time.Now(); time.Since(begin) < killFor; time.Sleep(endEvery) {
		if left = f.Members(); len(left) == 0 {
			return nil
		}
		f.signal(syscall.SIGKILL)
	}
	return left
}

func (f Family) signal(s syscall.Signal) {
	for _, m := range f.Members() {
		_ = syscall.Kill(m.PID, s) // it may have ended
	}
}

// InterruptBelow interrupts the programs that run below a process, passing through
// those whose names begin with one of skipped, such as a profiler's launcher.
func InterruptBelow(pid int, skipped []string) {
	children := map[int][]Member{}
	for _, m := range everybody() {
		children[m.Parent] = append(children[m.Parent], m)
	}
	interruptBelow(children, pid, skipped)
}

func interruptBelow(children map[int][]Member, pid int, skipped []string) {
	for _, m := range children[pid] {
		if slices.ContainsFunc(skipped, func(name string) bool { return strings.HasPrefix(m.Name, name) }) {
			interruptBelow(children, m.PID, skipped)
			continue
		}
		_ = syscall.Kill(m.PID, syscall.SIGINT) // it may have ended
	}
}
