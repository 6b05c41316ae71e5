package job_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"profilemate/workbench/job"
)

// Two folders of jobs that share locks use one device after the other, and never wait
// for each other in a circle, in whatever order their plans name the devices.
func TestSharedDevices(t *testing.T) {
	t.Parallel()
	var all sync.WaitGroup
	t.Cleanup(all.Wait)
	locks := t.TempDir()
	var using atomic.Int32
	work := func(context.Context, *job.Run) error {
		if n := using.Add(1); n != 1 {
			t.Errorf("%d jobs use the devices at a time", n)
		}
		time.Sleep(20 * time.Millisecond)
		using.Add(-1)
		return nil
	}
	open := func(order ...string) *job.Manager {
		return job.NewManager(job.Config{Root: t.TempDir(), Book: book{}, Launch: func(folder string) error {
			s := job.Supervision{Folder: folder, Shared: locks, Devices: func(context.Context, []string) []string { return order }}
			all.Go(func() { _ = job.Supervise(context.Background(), s, work) }) // the error is in the job
			return nil
		}})
	}
	one, two := open("GPU-a", "GPU-b"), open("GPU-b", "GPU-a")
	type started struct {
		m  *job.Manager
		id string
	}
	var jobs []started
	for range 3 {
		for _, m := range []*job.Manager{one, two} {
			jobs = append(jobs, started{m, mustStart(t, m, "all").ID})
		}
	}
	for _, s := range jobs {
		if j := ended(t, s.m, s.id); j.State != job.Done {
			t.Errorf("%s: %s %s", s.id, j.State, j.Error)
		}
	}
}

// A job whose supervisor never came has its record closed, once.
func TestLostJobIsClosed(t *testing.T) {
	t.Parallel()
	var closed []string
	m := job.NewManager(job.Config{Root: t.TempDir(), Book: book{}, Launch: func(folder string) error {
		s := job.Supervision{Folder: folder}
		died := make(chan struct{})
		go func() {
			defer close(died)
			defer func() { _ = recover() }() // the supervisor dies with its work
			_ = job.Supervise(context.Background(), s, func(_ context.Context, r *job.Run) error {
				r.Phase("one")
				panic("dies")
			})
		}()
		<-died
		return nil
	}, Close: func(j job.Job) error {
		closed = append(closed, string(j.State)+" "+j.Phase())
		return nil
	}})
	id := mustStart(t, m, "").ID
	for range 2 {
		if j, err := m.Get(id); err != nil || j.State != job.Failed {
			t.Errorf("%s, %v", j.State, err)
		}
	}
	if got := strings.Join(closed, ", "); got != "failed one" {
		t.Errorf("closed %q, want once: failed one", got)
	}
}
