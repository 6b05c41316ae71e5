package capture

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"profilemate/workbench/fault"
	"profilemate/workbench/job"
	"profilemate/workbench/process"
	"profilemate/workbench/result"
	"profilemate/workbench/traffic"
)

// running is a program under way, and the server in it if there is one.
type running struct {
	name   string // of its log
	log    string // path of the file that has its output
	child  *process.Child
	entry  *programEntry
	tailed chan struct{} // closed once all of its output is in the job's log

	client    *traffic.Client // of the server; nil: there is none
	url       string
	model     string
	cuda      bool // its profiler has to be asked for CUDA
	recording bool // it was asked to record, and not yet to stop
	tried     bool // it has answered a request
	text      bool // it takes no token ids

	mu   sync.Mutex
	last []string // the last lines of its output
}

// keptLines is how many of the last lines are looked at for a reason.
const keptLines = 40

// start starts a program whose output goes to a file and from there to the job's log.
func (s *session) start(name string, c job.Command) (*running, error) {
	r := &running{name: name, log: s.choices.path("logs/" + name + ".log"), tailed: make(chan struct{})}
	out, err := private(r.log, os.O_APPEND)
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "writing the log of %s: %w", name, err)
	}
	defer out.Close()
	begin, err := out.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "writing the log of %s: %w", name, err)
	}
	r.entry = s.record.begin(s.run.Job().Phase(), c)
	r.child, err = process.Start(process.Command{Path: c.Args[0], Args: c.Args[1:], Env: append([]string{s.family.Mark}, c.Env...), Output: out})
	if err != nil {
		s.record.end(r.entry, err)
		return nil, fault.WithRemedy(err, "install it, or put its folder on the PATH")
	}
	s.programs = append(s.programs, r)
	go s.tail(r, begin)
	return r, nil
}

// private opens a file that only this user reads: what servers write, and what they
// answer, holds people's prompts.
func private(path string, flag int) (*os.File, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|flag, 0o600)
	if err != nil {
		return nil, err
	}
	if err := file.Chmod(0o600); err != nil { // one of an earlier capture may be open to others
		file.Close()
		return nil, err
	}
	return file, nil
}

// tailEvery is how often new output is looked for.
const tailEvery = 100 * time.Millisecond

// tail copies what a program writes to its file into the job's log.
func (s *session) tail(r *running, from int64) {
	defer close(r.tailed)
	file, err := os.Open(r.log)
	if err != nil {
		s.run.Say("reading the log of %s: %v", r.name, err)
		return
	}
	defer file.Close()
	if _, err := file.Seek(from, io.SeekStart); err != nil {
		return
	}
	in, rest := bufio.NewReader(file), ""
	for over := false; ; {
		text, err := in.ReadString('\n')
		rest += text
		if err == nil {
			s.line(r, rest)
			rest = ""
			continue
		}
		if over {
			s.line(r, rest)
			return
		}
		select {
		case <-r.child.Done():
			over = true // what it wrote is in the file now; once more
		case <-time.After(tailEvery):
		}
	}
}

// line logs a line. Of one that draws a progress bar by carriage returns, the last
// state counts.
func (s *session) line(r *running, text string) {
	text = strings.TrimRight(text, "\r\n")
	if i := strings.LastIndexByte(text, '\r'); i >= 0 {
		text = text[i+1:]
	}
	if text = strings.ToValidUTF8(text, "?"); strings.TrimSpace(text) == "" {
		return
	}
	r.mu.Lock()
	r.last = append(r.last, text)
	r.last = r.last[max(0, len(r.last)-keptLines):]
	r.mu.Unlock()
	s.run.Log(r.name, text)
}

// ended reports whether the program has ended by now.
func (r *running) ended() bool {
	select {
	case <-r.child.Done():
		return true
	default:
		return false
	}
}

// gone is nil while the program runs, and otherwise says how it ended.
func (r *running) gone() error {
	if r.child == nil || !r.ended() {
		return nil
	}
	how := "exit status 0"
	if err := r.child.Wait(); err != nil {
		how = err.Error()
	}
	return fault.WithRemedy(fault.Errorf(fault.Missing, "the server ended with %s%s", how, r.lastWords()), "look at %s", r.log)
}

// context ends when ctx does or the program has ended.
func (r *running) context(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	if r.child == nil {
		return ctx, cancel
	}
	go func() {
		select {
		case <-r.child.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// end ends a program in order: it is interrupted, so that a profiler writes its
// report, then told to terminate, then killed with all that it started. Whether ctx
// has ended plays no part: a job that stops waits for the report, too, unless it is
// asked a second time.
func (s *session) end(_ context.Context, r *running) error {
	if r == nil || r.child == nil {
		return nil
	}
	if r.name == "ncu" {
		// An interrupted ncu would lose what it has measured; one whose program ends writes it.
		process.InterruptBelow(r.child.PID(), profilers())
	} else {
		r.child.Interrupt()
	}
	if !s.wait(r, s.choices.common.Grace) {
		s.run.Say("%s does not end on an interrupt; it is told to terminate.", r.name)
		r.child.Interrupt()
		r.child.Terminate()
		s.wait(r, 10*time.Second)
	}
	s.depart()
	left := s.family.End(10*time.Second, s.run.Killed())
	<-r.child.Done()
	<-r.tailed
	s.record.end(r.entry, r.child.Wait())
	if len(left) > 0 {
		return fault.Errorf(fault.Conflict, "%s of %s could not be ended: %s", result.Count(int64(len(left)), "process"), r.name, names(left))
	}
	return nil
}

// departs is how long what a program has left behind may take to end by itself. An
// agent of nsys that is ended from outside can make the next nsys fail to start.
const departs = 3 * time.Second

func (s *session) depart() {
	for begin := time.Now(); time.Since(begin) < departs && len(s.family.Members()) > 0; {
		select {
		case <-s.run.Killed():
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// profilers are the names of programs that stand between us and what is profiled.
func profilers() []string { return []string{"ncu", "nv-nsight", "nsys", "sh", "bash", "dash"} }

// wait reports whether the program ends in time. A job asked twice to stop does not wait.
func (s *session) wait(r *running, limit time.Duration) bool {
	select {
	case <-r.child.Done():
		return true
	case <-time.After(limit):
	case <-s.run.Killed():
	}
	return false
}

// through runs a program to its end.
func (s *session) through(ctx context.Context, name string, c job.Command) (*running, error) {
	r, err := s.start(name, c)
	if err != nil {
		return nil, err
	}
	select {
	case <-r.child.Done():
	case <-ctx.Done():
	}
	interrupted := ctx.Err()
	return r, errors.Join(interrupted, s.end(ctx, r))
}

// mind warns of a program that has left a report and yet ended badly.
func (s *session) mind(r *running) {
	if err := r.child.Wait(); err != nil {
		s.run.Finding(result.Finding{Severity: result.Warning, Text: fmt.Sprintf("The program under %s ended with %v%s.", r.name, err, strings.TrimSuffix(r.lastWords(), ".")),
			Remedy: "See whether that is how it should end; the log is " + r.log + "."})
	}
}

// complete runs a helper program of a profiler, which has to succeed.
func (s *session) complete(ctx context.Context, name string, c job.Command) error {
	r, err := s.start(name, c)
	if err != nil {
		return err
	}
	select {
	case <-r.child.Done():
	case <-ctx.Done():
		r.child.Kill()
	case <-s.run.Killed():
		r.child.Kill()
	}
	err = r.child.Wait()
	<-r.tailed
	s.record.end(r.entry, err)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fault.Errorf(fault.Unsupported, "running %s %s: it ended with %w%s", c.Args[0], c.Args[1], err, r.lastWords())
	}
	return nil
}

// copy runs a helper program and writes what it prints.
func (s *session) copy(ctx context.Context, c job.Command, to io.Writer) error {
	entry := s.record.begin(s.run.Job().Phase(), c)
	child, err := process.Start(process.Command{Path: c.Args[0], Args: c.Args[1:], Env: append([]string{s.family.Mark}, c.Env...)})
	if err != nil {
		s.record.end(entry, err)
		return err
	}
	defer context.AfterFunc(ctx, child.Kill)()
	defer child.Stdout().Close()
	child.Stdin().Close()
	_, err = io.Copy(to, child.Stdout())
	if err != nil {
		child.Kill()
	}
	ended := child.Wait()
	s.record.end(entry, ended)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("keeping what %s prints: %w", c.Args[0], err)
	case ended != nil:
		return fault.Errorf(fault.Unsupported, "running %s %s: it ended with %w: %s", c.Args[0], c.Args[1], ended, strings.TrimSpace(child.Stderr()))
	}
	return nil
}
