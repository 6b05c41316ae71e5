package main_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

// What was stopped says so in our words.
func TestInterruptIsSaid(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(binary, "traffic", "--url", "http://127.0.0.1:1")
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	lines := bufio.NewReader(said)
	if _, err := lines.ReadString('\n'); err != nil { // it waits for the server
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	rest, err := io.ReadAll(lines)
	if err != nil || strings.TrimSpace(string(rest)) != "profilemate: stopped" {
		t.Errorf("%v; it says %q", err, rest)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("what was stopped did not fail")
	}
}
