package job

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// Run is a job as its supervisor sees it. Its methods record what happens, on disk,
// before they return. A record that cannot be written does not end the work: the
// first failure is what Supervise returns. It is safe for concurrent use.
type Run struct {
	mu     sync.Mutex
	at     folder
	job    Job
	events *os.File
	logged int   // lines of log so far
	failed error // the first record that could not be written
	kill   chan struct{}
}

// mostLogged is how many lines of log go into the events; the files of the programs
// have them all.
const mostLogged = 50_000

func newRun(at folder, j Job) (*Run, error) {
	events, err := os.OpenFile(at.path(eventsFile), os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fault.Errorf(fault.Denied, "recording job %s: %w", j.ID, err)
	}
	last, err := mend(events)
	if err != nil {
		events.Close()
		return nil, fault.Errorf(fault.Denied, "recording job %s: %w", j.ID, err)
	}
	j.Seq = max(j.Seq, last) // the snapshot does not count lines of log
	return &Run{at: at, job: j, events: events, kill: make(chan struct{})}, nil
}

func (r *Run) close() { r.events.Close() }

// Job returns the present snapshot.
func (r *Run) Job() Job {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.job
}

// Killed is closed when the job was asked a second time to stop: nothing is to be
// waited for any more.
func (r *Run) Killed() <-chan struct{} { return r.kill }

// Phase ends the present phase and begins the named one; the job is Running, or
// stays Stopping.
func (r *Run) Phase(name string) {
	r.advance(Running)
	now := time.Now()
	r.record(Event{Kind: PhaseEvent, Phase: name}, func(j *Job) {
		j.endPhase(now)
		j.Phases = append(j.Phases[:len(j.Phases):len(j.Phases)], PhaseState{Name: name, Started: now})
		j.Done, j.Total = 0, 0
	})
}

func (j *Job) endPhase(now time.Time) {
	if n := len(j.Phases); n > 0 && j.Phases[n-1].Ended.IsZero() {
		phases := append([]PhaseState(nil), j.Phases...)
		phases[n-1].Ended = now
		j.Phases = phases
	}
}

// Progress says how many units of the present phase are done; total 0: not known.
func (r *Run) Progress(done, total int64) {
	r.record(Event{Kind: ProgressEvent, Phase: r.Job().Phase(), Done: done, Total: total}, func(j *Job) { j.Done, j.Total = done, total })
}

// Log records one line that a program wrote.
func (r *Run) Log(source, line string) {
	n := r.countLine()
	switch {
	case n > mostLogged:
		return
	case n == mostLogged:
		source, line = "profilemate", "The log goes on in the files of the output folder."
	}
	r.record(Event{Kind: LogEvent, Source: source, Text: line}, nil)
}

func (r *Run) countLine() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.logged++
	return r.logged
}

// Say records a line of our own.
func (r *Run) Say(format string, args ...any) { r.Log("profilemate", fmt.Sprintf(format, args...)) }

// Finding records what a check of the capture found.
func (r *Run) Finding(f result.Finding) {
	r.record(Event{Kind: FindingEvent, Finding: &f}, func(j *Job) { j.Findings = append(j.Findings[:len(j.Findings):len(j.Findings)], f) })
}

// Artifact records something that the job made.
func (r *Run) Artifact(a Artifact) {
	r.record(Event{Kind: ArtifactEvent, Artifact: &a}, func(j *Job) { j.Artifacts = append(j.Artifacts[:len(j.Artifacts):len(j.Artifacts)], a) })
}

// Finish begins to make and check the results.
func (r *Run) Finish() { r.advance(Finishing) }

// wait says why the job is queued. A job that is stopping stays so.
func (r *Run) wait(why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.job.State == Queued || r.job.State.before(Queued) {
		r.keep(r.move(Queued, why, ""))
	}
}

// enter changes the state. Entering the present state again changes its reason.
func (r *Run) enter(s State, why, remedy string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.job.State; now != s && !now.before(s) {
		return fault.Errorf(fault.Internal, "job %s cannot go from %s to %s", r.job.ID, now, s)
	}
	return r.move(s, why, remedy)
}

// advance changes the state where that can follow the present one, and does nothing
// otherwise: a job that is stopping does not become running again.
func (r *Run) advance(s State) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.job.State.before(s) {
		r.keep(r.move(s, "", ""))
	}
}

// move records the new state.
func (r *Run) move(s State, why, remedy string) error {
	now := time.Now()
	return r.append(Event{Kind: StateEvent, State: s, Text: why, Remedy: remedy}, func(j *Job) {
		j.State, j.Waits = s, ""
		switch {
		case s == Queued:
			j.Waits = why
		case s == Preparing:
			j.Started = now
		case s.Ended():
			j.endPhase(now)
			j.Ended, j.Error, j.Remedy = now, why, remedy
		}
	})
}

func (r *Run) record(e Event, change func(*Job)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keep(r.append(e, change))
}

// keep remembers the first failure.
func (r *Run) keep(err error) {
	if r.failed == nil {
		r.failed = err
	}
}

// append writes an event, and the snapshot where change makes another one. An event
// that could not be written whole leaves nothing.
func (r *Run) append(e Event, change func(*Job)) error {
	e.Seq, e.Time = r.job.Seq+1, time.Now()
	line, err := json.Marshal(e)
	if err != nil {
		return err
	}
	if n, err := r.events.Write(append(line, '\n')); err != nil {
		return errors.Join(fault.Errorf(fault.Denied, "recording job %s: %w", r.job.ID, err), cut(r.events, n))
	}
	r.job.Seq++
	if change == nil {
		return nil
	}
	change(&r.job)
	return r.at.write(r.job)
}
