package capture_test

import (
	"context"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"profilemate/workbench/analysis"
	"profilemate/workbench/capture"
	"profilemate/workbench/job"
	"profilemate/workbench/traffic/standin"
)

// Results that are read from a disk which does not answer hear of no stop; a second one
// does not wait for them.
func TestStopOfResultsThatHang(t *testing.T) {
	t.Parallel()
	server := standin.New(standin.Options{})
	h := httptest.NewServer(server)
	t.Cleanup(func() { server.Close(); h.Close() })
	reading, release := make(chan struct{}), make(chan struct{})
	book := capture.NewBook()
	work := book.Work(capture.Config{Results: func(context.Context, string, bool, *job.Run) error {
		close(reading)
		<-release
		return nil
	}})
	var supervisors sync.WaitGroup
	t.Cleanup(supervisors.Wait)
	t.Cleanup(func() { close(release) })
	m := job.NewManager(job.Config{Root: t.TempDir(), Book: book, Launch: func(folder string) error {
		supervisors.Go(func() { _ = job.Supervise(context.Background(), job.Supervision{Folder: folder}, work) }) // the error is in the job
		return nil
	}})
	j, err := m.Start("attach", analysis.Values{"url": h.URL, "control": "none", "num-requests": "2", "warmup": "0", "input-len": "4", "output-len": "2", "output-dir": t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	<-reading
	for range 2 {
		if err := m.Stop(j.ID); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for _, err := range m.Events(ctx, j.ID, 1) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if j, err = m.Get(j.ID); err != nil || j.State != job.Cancelled || j.Phase() != "results" {
		t.Errorf("%s in %s: %s, %v", j.State, j.Phase(), j.Error, err)
	}
}
