package process_test

import (
	"bufio"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"profilemate/workbench/process"
)

// A process that has left its parent, group and session is found by its mark, one
// that has lost the mark by its parent; both are ended, and nobody else.
func TestFamily(t *testing.T) {
	t.Parallel()
	const mark = "PROFILEMATE_TEST_FAMILY=one"
	// The first shell is marked and ends at once; its child has a session of its own, and a
	// child without the mark, which ignores SIGTERM.
	cmd := exec.Command("/bin/sh", "-c", `setsid sh -c 'trap "" TERM; env -u PROFILEMATE_TEST_FAMILY sleep 61 & echo $$ $!; wait; sleep 62' & sleep 0.2`)
	cmd.Env = append(os.Environ(), mark)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stranger := exec.Command("sleep", "63")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if err := stranger.Start(); err != nil {
		t.Fatal(err)
	}
	defer stranger.Wait()
	defer stranger.Process.Kill()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	family := process.Family{Mark: mark, Orphaned: true}
	members := family.Members()
	for _, text := range strings.Fields(line) {
		pid, err := strconv.Atoi(text)
		if err != nil || !slices.ContainsFunc(members, func(m process.Member) bool { return m.PID == pid }) {
			t.Errorf("process %q is none of %v", text, members)
		}
	}
	if left := family.End(300*time.Millisecond, nil); len(left) > 0 || len(family.Members()) > 0 {
		t.Errorf("left: %v", left)
	}
	if err := syscall.Kill(stranger.Process.Pid, 0); err != nil {
		t.Errorf("a stranger was ended: %v", err)
	}
}
