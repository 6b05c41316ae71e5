package capture_test

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"profilemate/workbench/analysis"
	"profilemate/workbench/capture"
	"profilemate/workbench/job"
	"profilemate/workbench/traffic/standin"
)

// attached makes a capture of a stand-in server with these values and returns its end.
func attached(t *testing.T, url string, values analysis.Values) job.Job {
	t.Helper()
	book := capture.NewBook()
	var supervisors sync.WaitGroup
	t.Cleanup(supervisors.Wait)
	m := job.NewManager(job.Config{Root: t.TempDir(), Book: book, Launch: func(folder string) error {
		supervisors.Go(func() { // the error is in the job
			_ = job.Supervise(context.Background(), job.Supervision{Folder: folder}, book.Work(capture.Config{}))
		})
		return nil
	}})
	values["url"], values["control"], values["output-dir"] = url, "none", t.TempDir()
	j, err := m.Start("attach", values)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, err := range m.Events(ctx, j.ID, 1) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if j, err = m.Get(j.ID); err != nil {
		t.Fatal(err)
	}
	return j
}

// The prompts of a data set are what is measured, each once, and no prompt of the
// warm-up begins as one of them does.
func TestDataset(t *testing.T) {
	t.Parallel()
	server := standin.New(standin.Options{})
	h := httptest.NewServer(server)
	t.Cleanup(func() { server.Close(); h.Close() })
	data := filepath.Join(t.TempDir(), "prompts.txt")
	if err := os.WriteFile(data, []byte("What is a tensor?\nTell a story.\nWhy is the sky blue?\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	values := analysis.Values{"dataset": data, "num-requests": "3", "warmup": "2", "concurrency": "1", "output-len": "2"}
	if j := attached(t, h.URL, values); j.State != job.Done {
		t.Fatalf("%s: %s", j.State, j.Error)
	}
	var texts []string
	for _, r := range server.Requests() {
		texts = append(texts, r.Prompt)
	}
	n := len(texts)
	if n != 1+2+3 || strings.Join(texts[3:], "|") != "What is a tensor?|Tell a story.|Why is the sky blue?" {
		t.Fatalf("prompts %q", texts)
	}
	for _, warm := range texts[1:3] {
		if !strings.HasPrefix(warm, "Warming up, ") {
			t.Errorf("a prompt of the warm-up is %q", warm)
		}
	}
	values["dataset"] = data + "-none"
	if j := attached(t, h.URL, values); j.State != job.Failed || !strings.Contains(j.Error, "Opening the data set") || j.Remedy != "See what --dataset names." || len(server.Requests()) != n {
		t.Errorf("%s: %s %s", j.State, j.Error, j.Remedy)
	}
}
