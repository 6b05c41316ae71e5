//go:build unix

package web_test

import (
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A pipe that is named like a notebook is not opened, which would wait for its writer.
func TestPipesAreNotOpened(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	if err := syscall.Mkfifo(filepath.Join(s.root, "pipe.ipynb"), 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if status, _, body := s.do("GET", "/api/workbench/notebooks", "", withToken); status != 200 {
			t.Errorf("listing: %d %s", status, body)
		}
		if status, _, body := s.do("GET", "/api/workbench/export/pipe.ipynb", "", withToken); status == 200 {
			t.Errorf("export: %d %s", status, body)
		}
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("the server waits for the pipe")
	}
}
