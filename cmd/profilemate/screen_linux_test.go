package main_test

import (
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"unicode/utf8"
	"unsafe"
)

// onTerminal runs the program on a terminal of 80 columns and returns its lines.
func onTerminal(t *testing.T, args ...string) []string {
	t.Helper()
	ours, theirs := terminal(t)
	size := [4]uint16{50, 80}
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, ours.Fd(), syscall.TIOCSWINSZ, uintptr(unsafe.Pointer(&size))); errno != 0 {
		t.Fatal(errno)
	}
	cmd := exec.Command(binary, args...)
	cmd.Env = append(cmd.Environ(), "PROFILEMATE_CACHE="+t.TempDir())
	cmd.Stdout = theirs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirs.Close()
	said := &screen{ended: make(chan struct{})}
	go said.read(ours)
	<-said.ended
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.ReplaceAll(said.text(), "\r\n", "\n"), "\n")
}

// Lines fit a terminal of 80 columns, and the roofline keeps what it is looked at for.
func TestNarrowTerminal(t *testing.T) {
	t.Parallel()
	report := unpackReport(t, "full")
	for _, c := range []struct{ words, says []string }{
		{[]string{"inspect", report}, []string{"more", "analyses that fit: launches", "with another artifact: launch-compare"}},
		{[]string{"run", "roofline", report}, []string{"function precision time [µs] intensity [FLOP/B] of_roof [%]", "ridge [FLOP/B]"}},
		{[]string{"run", "launches", report}, []string{"function launches time [µs] share [%] class"}},
	} {
		lines := onTerminal(t, c.words...)
		for _, line := range lines {
			if n := utf8.RuneCountInString(line); n > 80 && line != report { // a path is not broken
				t.Errorf("%v writes a line of %d: %s", c.words, n, line)
			}
		}
		shown := strings.Join(strings.Fields(strings.Join(lines, " ")), " ")
		for _, want := range c.says {
			if !strings.Contains(shown, want) {
				t.Errorf("%v does not say %q:\n%s", c.words, want, strings.Join(lines, "\n"))
			}
		}
	}
}
