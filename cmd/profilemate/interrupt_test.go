package main_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// The first Ctrl-C asks the program to stop. Where it waits for what cannot be
// stopped, here a reader that takes nothing, another one ends it.
func TestSecondInterruptEnds(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(binary, "run", "kernel-summary", filepath.Join(captures, "demo_eager.sqlite"),
		"--format", "html", "--cache", t.TempDir())
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	if _, err := io.ReadFull(out, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		cmd.Process.Wait()
		close(ended)
	}()
	for range 200 {
		cmd.Process.Signal(os.Interrupt)
		select {
		case <-ended:
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
	t.Error("200 interrupts did not end the program")
}
