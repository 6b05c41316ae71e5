package job_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"profilemate/workbench/fault"
	"profilemate/workbench/job"
)

// What was written so far can be read without waiting for the end, also what no
// snapshot counts.
func TestRecorded(t *testing.T) {
	t.Parallel()
	logged := make(chan struct{})
	m := start(t, func(ctx context.Context, r *job.Run) error {
		r.Phase("one")
		r.Log("server", "first")
		r.Log("server", "second")
		close(logged)
		<-ctx.Done()
		return ctx.Err()
	})
	id := mustStart(t, m, "").ID
	<-logged
	if got := recorded(t, m, id); !strings.HasSuffix(got, "phase:one log:first log:second") {
		t.Errorf("recorded so far: %s", got)
	}
	if err := m.Stop(id); err != nil {
		t.Fatal(err)
	}
	ended(t, m, id)
	if got := recorded(t, m, id); !strings.HasSuffix(got, "log:second state:stopping state:cancelled") {
		t.Errorf("recorded at the end: %s", got)
	}
}

// recorded is the events of a job in a line; a gap in their numbers fails.
func recorded(t *testing.T, m *job.Manager, id string) string {
	t.Helper()
	var list []string
	for e, err := range m.Recorded(id, 1) {
		if err != nil || e.Seq != int64(len(list)+1) {
			t.Fatalf("event %d after %d, %v", e.Seq, len(list), err)
		}
		list = append(list, string(e.Kind)+":"+string(e.State)+e.Phase+e.Text)
	}
	return strings.Join(list, " ")
}

// A supervisor that dies in the middle of a line, behind lines that its last snapshot
// does not count, leaves a record that goes on without gap or damage.
func TestHalfALine(t *testing.T) {
	t.Parallel()
	m := job.NewManager(job.Config{Root: t.TempDir(), Book: book{}, Launch: func(folder string) error {
		died := make(chan struct{})
		go func() {
			defer close(died)
			defer func() { _ = recover() }() // the supervisor dies with its work
			_ = job.Supervise(context.Background(), job.Supervision{Folder: folder}, func(_ context.Context, r *job.Run) error {
				r.Phase("one")
				r.Log("server", "not in the snapshot")
				panic("dies")
			})
		}()
		<-died
		events, err := os.OpenFile(filepath.Join(folder, "events.jsonl"), os.O_WRONLY|os.O_APPEND, 0)
		if err == nil {
			_, err = events.WriteString(`{"seq":7,"kind":"lo`)
			events.Close()
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, ".new-123"), []byte("half a snapshot"), 0o600)
		}
		return err
	}})
	id := mustStart(t, m, "").ID
	if j, err := m.Get(id); err != nil || j.State != job.Failed || j.Seq != 6 {
		t.Errorf("%s at event %d, %v", j.State, j.Seq, err)
	}
	if got := recorded(t, m, id); !strings.Contains(got, "log:not in the snapshot state:failedThe process") {
		t.Errorf("the record: %s", got)
	}
	if left, err := filepath.Glob(filepath.Join(m.Root, id, ".new-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	for e, err := range m.Recorded("20260101-000000.000-aaaa", 1) {
		if fault.KindOf(err) != fault.NotFound {
			t.Errorf("a job that is not there: %+v, %v", e, err)
		}
	}
}
