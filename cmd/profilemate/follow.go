package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"profilemate/workbench/capture"
	"profilemate/workbench/job"
	"profilemate/workbench/result"
)

// follower shows a job as it goes on: a line that is drawn again and again on a
// terminal, plain lines elsewhere.
type follower struct {
	app   *app
	jobs  *job.Manager
	json  bool // events as JSON, one a line
	stops bool // an interrupt stops the job; otherwise it only ends the following
	bare  bool // only the log's lines

	plan     job.Plan
	terminal bool
	drawn    int // width of the line on screen
}

// follow shows the events of a job until its end, and returns why it failed. The
// first interrupt asks it to stop in order, a second one at once.
func (f *follower) follow(ctx context.Context, j job.Job) error {
	f.plan, f.terminal = j.Plan, isTerminalWriter(f.app.err) && !f.json && !f.bare
	watched := ctx
	if f.stops {
		watched = context.WithoutCancel(ctx)
		defer f.stopOnInterrupt(ctx, j.ID)()
	}
	if !f.json && !f.bare {
		fmt.Fprintf(f.app.err, "job %s into %s\n", j.ID, j.Plan.Folder)
	}
	if err := f.showAll(watched, j.ID); err != nil {
		f.clear()
		return err
	}
	f.clear()
	j, err := f.jobs.Get(j.ID)
	if err != nil || f.json || f.bare {
		return errors.Join(err, failure(j))
	}
	return f.end(j)
}

// drawEvery is how often the line of progress is drawn while nothing happens.
const drawEvery = time.Second

// showAll shows the events of a job until it has ended.
func (f *follower) showAll(ctx context.Context, id string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ticks := time.NewTicker(drawEvery)
	defer ticks.Stop()
	events := f.events(ctx, id)
	for {
		select {
		case <-ticks.C:
			f.draw(id)
		case e, ok := <-events:
			if !ok || e.err != nil {
				return e.err
			}
			if err := f.show(id, e.Event); err != nil {
				return err
			}
		}
	}
}

// told is an event, or why there are no more.
type told struct {
	job.Event
	err error
}

// events passes the events of a job on until it has ended, or until ctx has and nobody
// takes them.
func (f *follower) events(ctx context.Context, id string) <-chan told {
	out := make(chan told)
	go func() {
		defer close(out)
		for e, err := range f.jobs.Events(ctx, id, 1) {
			select {
			case out <- told{e, err}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// stopOnInterrupt asks the job to stop when the user does, and returns what ends that.
func (f *follower) stopOnInterrupt(ctx context.Context, id string) func() {
	asked, done := make(chan os.Signal, 2), make(chan struct{})
	signal.Notify(asked, os.Interrupt, syscall.SIGTERM)
	stop := func() {
		// A job that has ended meanwhile needs no stop.
		if err := f.jobs.Stop(id); err == nil {
			fmt.Fprintln(f.app.err, "\nstopping in order; once more ends everything at once")
		}
	}
	go func() {
		first := ctx.Done()
		for {
			select {
			case <-first: // the program's own handler has seen the first signal
				first = nil
				stop()
			case <-asked:
				if first == nil {
					stop()
				}
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(asked)
		close(done)
	}
}

// show writes one event.
func (f *follower) show(id string, e job.Event) error {
	switch {
	case f.json:
		return json.NewEncoder(f.app.out).Encode(e)
	case f.bare:
		if e.Kind == job.LogEvent {
			fmt.Fprintf(f.app.out, "%s %-12s %s\n", e.Time.Format("15:04:05.000"), e.Source, e.Text)
		}
		return nil
	}
	switch e.Kind {
	case job.PhaseEvent:
		f.say("%s", f.title(e.Phase))
	case job.StateEvent:
		if e.State == job.Queued || e.State == job.Stopping {
			f.say("%s %s", e.State, e.Text)
		}
	case job.LogEvent:
		if e.Source == "profilemate" {
			f.say("  %s", e.Text)
		}
	}
	f.draw(id)
	return nil
}

func (f *follower) title(phase string) string {
	for i, p := range f.plan.Phases {
		if p.Name == phase {
			return fmt.Sprintf("[%d/%d] %s", i+1, len(f.plan.Phases), p.Title)
		}
	}
	return phase
}

func (f *follower) say(format string, args ...any) {
	f.clear()
	fmt.Fprintln(f.app.err, strings.TrimRight(fmt.Sprintf(format, args...), " "))
}

// barWidth is the length of the progress bar in letters.
const barWidth = 20

// draw draws the line of progress.
func (f *follower) draw(id string) {
	if !f.terminal {
		return
	}
	j, err := f.jobs.Get(id)
	if err != nil {
		return // the next event says it
	}
	var line strings.Builder
	if j.Total > 0 {
		filled := int(barWidth * min(j.Done, j.Total) / j.Total)
		fmt.Fprintf(&line, "[%s%s] %d of %d ", strings.Repeat("#", filled), strings.Repeat(".", barWidth-filled), j.Done, j.Total)
	}
	if left, ok := j.Left(time.Now()); ok {
		fmt.Fprintf(&line, "about %v left ", left.Round(time.Second))
	}
	if j.State == job.Stopping {
		line.WriteString("stopping (Ctrl-C ends everything at once)")
	} else {
		line.WriteString("(Ctrl-C stops)")
	}
	f.clear()
	fmt.Fprint(f.app.err, line.String())
	f.drawn = line.Len()
}

func (f *follower) clear() {
	if f.drawn > 0 {
		fmt.Fprintf(f.app.err, "\r%s\r", strings.Repeat(" ", f.drawn))
		f.drawn = 0
	}
}

// end says how the job ended: what it found and where things are.
func (f *follower) end(j job.Job) error {
	findings := append([]result.Finding(nil), j.Findings...)
	result.SortFindings(findings)
	writeFindings(f.app.err, findings)
	for _, a := range j.Artifacts {
		fmt.Fprintln(f.app.out, a.Path)
	}
	if _, err := os.Stat(j.Plan.Folder); err == nil {
		fmt.Fprintf(f.app.err, "%s; the record is %s/%s\n", j.State, j.Plan.Folder, capture.RecordFile)
	}
	return failure(j)
}

// failure is the error of a job that did not end well.
func failure(j job.Job) error {
	switch {
	case j.State == job.Cancelled:
		return fmt.Errorf("job %s was stopped", j.ID)
	case j.State == job.Failed && j.Remedy != "":
		return fmt.Errorf("%s %s", j.Error, j.Remedy)
	case j.State == job.Failed:
		return errors.New(j.Error)
	}
	return nil
}
