package job_test

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"profilemate/workbench/analysis"
	"profilemate/workbench/fault"
	"profilemate/workbench/job"
)

// book has one plan, for the GPUs that the values name.
type book struct{}

func (book) Recipes() []job.Recipe { return []job.Recipe{{Name: "wait", Title: "wait"}} }

func (book) Plan(name string, v analysis.Values) (job.Plan, error) {
	if name != "wait" {
		return job.Plan{}, fault.Errorf(fault.NotFound, "no %s", name)
	}
	return job.Plan{Recipe: name, GPUs: strings.Fields(v["gpus"]), Phases: []job.Phase{{Name: "one", Expect: time.Minute}, {Name: "two", Expect: 2 * time.Minute}}}, nil
}

// start returns a manager whose supervisors are goroutines that do work.
func start(t *testing.T, work func(context.Context, *job.Run) error) *job.Manager {
	t.Helper()
	var all sync.WaitGroup
	t.Cleanup(all.Wait)
	return job.NewManager(job.Config{Root: t.TempDir(), Book: book{}, Launch: func(folder string) error {
		all.Go(func() { _ = job.Supervise(context.Background(), job.Supervision{Folder: folder}, work) }) // the error is in the job
		return nil
	}})
}

func ended(t *testing.T, m *job.Manager, id string) job.Job {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, err := range m.Events(ctx, id, 1) {
		if err != nil {
			t.Fatal(err)
		}
	}
	j, err := m.Get(id)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func mustStart(t *testing.T, m *job.Manager, gpus string) job.Job {
	t.Helper()
	j, err := m.Start("wait", analysis.Values{"gpus": gpus})
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// The events tell the whole story, from any number on, without gaps.
func TestEvents(t *testing.T) {
	t.Parallel()
	m := start(t, func(_ context.Context, r *job.Run) error {
		r.Phase("one")
		r.Log("server", "hello")
		r.Progress(3, 6)
		r.Phase("two")
		r.Artifact(job.Artifact{Name: "a", Path: "/a"})
		r.Finish()
		return nil
	})
	j := mustStart(t, m, "")
	var kinds []string
	for e, err := range m.Events(t.Context(), j.ID, 1) {
		if err != nil || e.Seq != int64(len(kinds)+1) {
			t.Fatalf("event %d after %d, %v", e.Seq, len(kinds), err)
		}
		kinds = append(kinds, strings.TrimSpace(string(e.Kind)+" "+string(e.State)+e.Phase+e.Text))
	}
	want := []string{"state planned", "state preparing", "state running", "phase one", "log hello", "progress one", "phase two", "artifact", "state finishing", "state done"}
	if !slices.Equal(kinds, want) {
		t.Errorf("events %q, want %q", kinds, want)
	}
	for e := range m.Events(t.Context(), j.ID, 9) {
		if e.Seq < 9 {
			t.Errorf("event %d, from 9 on", e.Seq)
		}
	}
	if j = ended(t, m, j.ID); j.State != job.Done || len(j.Phases) != 2 || j.Phases[1].Ended.IsZero() || j.Artifacts[0].Path != "/a" {
		t.Errorf("%+v", j)
	}
}

// An error is a sentence with its remedy, and a stop is no error.
func TestEnds(t *testing.T) {
	t.Parallel()
	m := start(t, func(context.Context, *job.Run) error {
		return fault.WithRemedy(errors.New("the server ended"), "start another one")
	})
	if j := ended(t, m, mustStart(t, m, "").ID); j.State != job.Failed || j.Error != "The server ended." || j.Remedy != "Start another one." {
		t.Errorf("%s: %q %q", j.State, j.Error, j.Remedy)
	}
	m = start(t, func(ctx context.Context, r *job.Run) error {
		r.Phase("one")
		<-ctx.Done()
		<-r.Killed()
		return ctx.Err()
	})
	id := mustStart(t, m, "").ID
	for range 2 { // asked once, it waits; asked twice, it does not
		if err := m.Stop(id); err != nil {
			t.Fatal(err)
		}
	}
	if j := ended(t, m, id); j.State != job.Cancelled || j.Error != "" {
		t.Errorf("%s: %q", j.State, j.Error)
	}
	if err := m.Stop(id); fault.KindOf(err) != fault.Conflict {
		t.Errorf("stopping an ended job: %v", err)
	}
}

// Jobs for one GPU follow each other in their order; others run beside them.
func TestQueue(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var order []string
	busy := map[string]bool{}
	m := start(t, func(_ context.Context, r *job.Run) error {
		gpus := r.Job().Plan.GPUs
		mu.Lock()
		order = append(order, r.Job().ID)
		for _, g := range gpus {
			if busy[g] || busy["all"] {
				t.Errorf("GPU %s is used twice", g)
			}
			busy[g] = true
		}
		mu.Unlock()
		time.Sleep(300 * time.Millisecond)
		mu.Lock()
		defer mu.Unlock()
		for _, g := range gpus {
			busy[g] = false
		}
		return nil
	})
	var ids []string
	for _, gpus := range []string{"0", "0", "all", "0 1"} {
		ids = append(ids, mustStart(t, m, gpus).ID)
		time.Sleep(5 * time.Millisecond) // names are a millisecond apart
	}
	for _, id := range ids {
		if j := ended(t, m, id); j.State != job.Done {
			t.Errorf("%s: %s %s", id, j.State, j.Error)
		}
	}
	if !slices.Equal(order, ids) {
		t.Errorf("they ran as %q, want %q", order, ids)
	}
}

// A job whose supervisor never came, or died, is found and ended.
func TestLostSupervisor(t *testing.T) {
	t.Parallel()
	reaped := ""
	m := start(t, func(context.Context, *job.Run) error { return nil })
	j := mustStart(t, m, "")
	ended(t, m, j.ID)
	m.Reap = func(id string) error { reaped = id; return nil }
	rewind(t, filepath.Join(m.Root, j.ID, "state.json"))
	lost, err := m.Get(j.ID)
	for range 100 { // the supervisor says the end before it is gone
		if err != nil || lost.State.Ended() {
			break
		}
		time.Sleep(50 * time.Millisecond)
		lost, err = m.Get(j.ID)
	}
	if err != nil || lost.State != job.Failed || reaped != j.ID || !strings.Contains(lost.Error, "is gone") {
		t.Errorf("%s %q, %v; reaped %q", lost.State, lost.Error, err, reaped)
	}
	if err := m.Remove(j.ID); err != nil {
		t.Error(err)
	}
	if list, err := m.List(); err != nil || len(list) != 0 {
		t.Errorf("%d jobs, %v", len(list), err)
	}
}

func TestNoSuchJob(t *testing.T) {
	t.Parallel()
	m := start(t, nil)
	for _, id := range []string{"", "..", "../../etc", "20260101-000000.000-aaaa"} {
		if _, err := m.Get(id); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%q: %v", id, err)
		}
	}
	if _, err := m.Start("other", nil); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an unknown recipe: %v", err)
	}
}

// By hand: phase one took its time, 30 s of the 120 s of phase two are over; with a
// quarter of its units done, 90 s are left by either.
func TestLeft(t *testing.T) {
	t.Parallel()
	now := time.Now()
	plan, err := book{}.Plan("wait", nil)
	if err != nil {
		t.Fatal(err)
	}
	j := job.Job{State: job.Running, Plan: plan, Phases: []job.PhaseState{{Name: "one", Ended: now}, {Name: "two", Started: now.Add(-30 * time.Second)}}}
	if left, ok := j.Left(now); !ok || left != 90*time.Second {
		t.Errorf("%v left, %v", left, ok)
	}
	j.Done, j.Total = 50, 100
	if left, ok := j.Left(now); !ok || left != 30*time.Second {
		t.Errorf("with half of it done, %v left, %v", left, ok)
	}
	j.Phases = j.Phases[:0]
	if left, ok := j.Left(now); !ok || left != 3*time.Minute {
		t.Errorf("before the first phase, %v left, %v", left, ok)
	}
	for _, state := range []job.State{job.Planned, job.Queued, job.Stopping, job.Done} {
		j.State = state
		if left, ok := j.Left(now); ok {
			t.Errorf("a job that is %s has %v left", state, left)
		}
	}
}
