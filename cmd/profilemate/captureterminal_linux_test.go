package main_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"profilemate/workbench/job"
	"profilemate/workbench/traffic/standin"
)

// terminal makes a pseudo-terminal and returns its two ends.
func terminal(t *testing.T) (ours, theirs *os.File) {
	t.Helper()
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close() })
	control := func(request uintptr, into *int32) {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, ours.Fd(), request, uintptr(unsafe.Pointer(into))); errno != 0 {
			t.Fatal(errno)
		}
	}
	var lock, number int32
	control(syscall.TIOCSPTLCK, &lock)
	control(syscall.TIOCGPTN, &number)
	theirs, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return ours, theirs
}

// screen is what was written to a terminal.
type screen struct {
	mu    sync.Mutex
	all   []byte
	ended chan struct{} // closed once nobody has the other end
}

func (s *screen) read(from *os.File) {
	defer close(s.ended)
	for part := make([]byte, 4096); ; {
		n, err := from.Read(part)
		s.mu.Lock()
		s.all = append(s.all, part[:n]...)
		s.mu.Unlock()
		if err != nil { // EIO is its end
			return
		}
	}
}

func (s *screen) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.all)
}

// On a terminal a capture has a line that is drawn again as requests are answered and
// as time goes by, and that says what Ctrl-C does; elsewhere it has plain lines alone.
func TestCaptureOnATerminal(t *testing.T) {
	t.Parallel()
	b := newBench(t, standin.Options{Profiler: true, HangAfter: 4}, "")
	ours, theirs := terminal(t)
	cmd := b.command("profile", "--model", "org/model", "--port", b.port, "--output-dir", b.folder, "--gpus", "none", "--num-requests", "6", "--warmup", "2",
		"--input-len", "16", "--output-len", "4", "--grace", "20s")
	cmd.Stderr = theirs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	said := &screen{ended: make(chan struct{})}
	go said.read(ours)
	b.until("last", func(j job.Job) bool { return j.Phase() == "nsys-capture" && b.inside(j) })
	left := regexp.MustCompile(`1 of 6 about (\S+) left`)
	for begin := time.Now(); ; time.Sleep(20 * time.Millisecond) { // nothing happens meanwhile but time
		lines := left.FindAllStringSubmatch(said.text(), -1)
		if n := len(lines); n > 1 && lines[0][1] != lines[n-1][1] {
			break
		}
		if time.Since(begin) > 20*time.Second {
			t.Fatalf("the time left stands still: %q", lines)
		}
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("a stopped capture ends well")
	}
	<-said.ended
	text := said.text()
	for _, want := range []string{`\[#+\.+\] 1 of 6 about \S+ left \(Ctrl-C stops\)`, `stopping (in order; once more|\(Ctrl-C) ends everything at once`, `\r +\r`, `\[3/6\] record while requests are served`} {
		if !regexp.MustCompile(want).MatchString(text) {
			t.Errorf("%s is not in %q", want, text)
		}
	}
	out, err := b.command("profile", "nsys", "--gpus", "none", "--output-dir", b.folder+"2", "--", "true").CombinedOutput()
	if err != nil || strings.ContainsAny(string(out), "\r#") || strings.Contains(string(out), "Ctrl-C") {
		t.Errorf("without a terminal, %v: %q", err, out)
	}
}
