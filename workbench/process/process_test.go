package process_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"profilemate/workbench/fault"
	"profilemate/workbench/process"
)

// role tells the test binary, started as a child, what to do.
const role = "PROFILEMATE_TEST_CHILD"

func TestMain(m *testing.M) {
	if what := os.Getenv(role); what != "" {
		os.Exit(child(what))
	}
	os.Exit(m.Run())
}

func child(what string) int {
	switch what {
	case "echo":
		if _, err := io.Copy(os.Stdout, os.Stdin); err != nil {
			return 4
		}
		return 0
	case "fail":
		fmt.Fprint(os.Stderr, strings.Repeat("x", 100_000), "the last words")
		return 3
	case "parent": // starts a child of its own that holds its output open
		grandchild := exec.Command(os.Args[0])
		grandchild.Env = append(os.Environ(), role+"=sleep")
		grandchild.Stdout, grandchild.Stderr = os.Stdout, os.Stderr
		if err := grandchild.Start(); err != nil {
			return 5
		}
		fmt.Println("started")
	}
	time.Sleep(time.Minute) // "sleep", and "parent"
	return 0
}

func start(t *testing.T, what string) *process.Child {
	t.Helper()
	c, err := process.Start(process.Command{Path: os.Args[0], Env: []string{role + "=" + what}, Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Kill)
	return c
}

// ended fails the test when a child does not end soon.
func ended(t *testing.T, c *process.Child) error {
	t.Helper()
	select {
	case <-c.Done():
		return c.Wait()
	case <-time.After(10 * time.Second):
		t.Fatal("the child did not end")
		return nil
	}
}

func TestChildTalksAndEndsWithItsInput(t *testing.T) {
	t.Parallel()
	c := start(t, "echo")
	if _, err := io.WriteString(c.Stdin(), "hello\n"); err != nil {
		t.Fatal(err)
	}
	out := bufio.NewReader(c.Stdout())
	if line, err := out.ReadString('\n'); err != nil || line != "hello\n" {
		t.Errorf("echo %q, %v", line, err)
	}
	if err := c.Stdin().Close(); err != nil {
		t.Fatal(err)
	}
	if err := ended(t, c); err != nil {
		t.Errorf("ended with %v", err)
	}
	if rest, err := io.ReadAll(out); err != nil || len(rest) != 0 {
		t.Errorf("after the end: %q, %v", rest, err)
	}
}

func TestLastWordsAreKept(t *testing.T) {
	t.Parallel()
	c := start(t, "fail")
	if err := ended(t, c); err == nil || err.Error() != "exit status 3" {
		t.Errorf("ended with %v", err)
	}
	if words := c.Stderr(); len(words) != 64<<10 || !strings.HasSuffix(words, "xxthe last words") {
		t.Errorf("%d bytes that end with %q", len(words), words[max(0, len(words)-20):])
	}
}

func TestKillTakesTheWholeGroup(t *testing.T) {
	t.Parallel()
	c := start(t, "parent")
	out := bufio.NewReader(c.Stdout())
	if line, err := out.ReadString('\n'); err != nil || line != "started\n" {
		t.Fatalf("the child says %q, %v", line, err)
	}
	c.Kill()
	c.Kill() // once more does no harm
	if err := ended(t, c); err == nil {
		t.Error("a killed child ended well")
	}
	closed := make(chan error, 1)
	go func() { // the output ends only when the grandchild is gone too
		_, err := io.ReadAll(out)
		closed <- err
	}()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the grandchild lives on")
	}
}

func TestStartNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []process.Command{{Path: "no-such-program-anywhere"}, {Path: os.Args[0], Dir: "/no/such/folder"}} {
		if _, err := process.Start(c); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%+v: %v, want NotFound", c, err)
		}
	}
}

func TestOpenBrowserTakesWebAddressesOnly(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"file:///etc/passwd", "javascript:alert(1)", "--help", "", "http://[::1"} {
		if err := process.OpenBrowser(address); fault.KindOf(err) != fault.Misuse {
			t.Errorf("%q: %v, want Misuse", address, err)
		}
	}
}

func TestOpenBrowserWithoutOne(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if err := process.OpenBrowser("http://127.0.0.1:8899/"); err == nil || !strings.Contains(err.Error(), "open http://127.0.0.1:8899/ yourself") {
		t.Errorf("error %v", err)
	}
}
