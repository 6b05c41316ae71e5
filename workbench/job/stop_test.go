package job_test

import (
	"context"
	"testing"
	"time"

	"profilemate/workbench/analysis"
	"profilemate/workbench/fault"
	"profilemate/workbench/job"
)

// Work that comes to its end is done, also when a stop was asked for meanwhile; and the
// work is told the same as the job.
func TestStopAtTheLastMoment(t *testing.T) {
	t.Parallel()
	begun, outcome := make(chan struct{}), make(chan job.State, 1)
	m := start(t, func(ctx context.Context, r *job.Run) error {
		r.Phase("one")
		close(begun)
		<-ctx.Done()
		outcome <- job.Outcome(ctx, nil)
		return nil
	})
	id := mustStart(t, m, "").ID
	<-begun // a job that is stopped before it works is cancelled
	if err := m.Stop(id); err != nil {
		t.Fatal(err)
	}
	if j := ended(t, m, id); j.State != job.Done || <-outcome != job.Done {
		t.Errorf("%s: %s", j.State, j.Error)
	}
}

// A job that waits for a GPU is stopped without a word of a failure, and never works.
func TestStopInTheQueue(t *testing.T) {
	t.Parallel()
	first := make(chan struct{}, 1)
	m := start(t, func(ctx context.Context, r *job.Run) error {
		first <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	})
	one := mustStart(t, m, "0").ID
	<-first
	two := mustStart(t, m, "0").ID
	for e := range m.Events(t.Context(), two, 1) {
		if e.State == job.Queued {
			break
		}
	}
	if err := m.Stop(two); err != nil {
		t.Fatal(err)
	}
	if j := ended(t, m, two); j.State != job.Cancelled || j.Error != "" || !j.Started.IsZero() {
		t.Errorf("%s, begun at %v: %q", j.State, j.Started, j.Error)
	}
	if err := m.Stop(one); err != nil {
		t.Fatal(err)
	}
	ended(t, m, one)
	if len(first) != 0 {
		t.Error("the job that was stopped in the queue has worked")
	}
}

// inFolder is a book whose plans write to one folder.
type inFolder struct{ book }

func (inFolder) Plan(name string, v analysis.Values) (job.Plan, error) {
	return job.Plan{Recipe: name, Folder: "/one"}, nil
}

// Two jobs do not write to one folder at a time.
func TestOneFolder(t *testing.T) {
	t.Parallel()
	m := start(t, func(ctx context.Context, _ *job.Run) error {
		<-ctx.Done()
		return ctx.Err()
	})
	m.Book = inFolder{}
	id := mustStart(t, m, "").ID
	if _, err := m.Start("wait", nil); fault.KindOf(err) != fault.Conflict {
		t.Errorf("a second job for the folder: %v", err)
	}
	if err := m.Stop(id); err != nil {
		t.Fatal(err)
	}
	ended(t, m, id)
	j, err := m.Start("wait", nil)
	if err != nil {
		t.Fatalf("after the first: %v", err)
	}
	for m.Stop(j.ID) == nil { // until it has ended
		time.Sleep(20 * time.Millisecond)
	}
}
