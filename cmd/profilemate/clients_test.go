package main_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"profilemate/notebooks/demo"
	"profilemate/workbench/jupyter/zmq"
)

// jupyterPython finds a Python that has Jupyter's own clients.
func jupyterPython(t testing.TB) string {
	t.Helper()
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import jupyter_client, ipykernel, nbclient, nbconvert, nbformat, jupyter_kernel_test").Run() == nil {
			return python
		}
	}
	t.Fatal("no python3 has Jupyter's clients; make setup installs them")
	return ""
}

// jupyterClient runs a Python program of Jupyter's with our kernel installed for it.
func jupyterClient(t *testing.T, args ...string) string {
	t.Helper()
	home := t.TempDir()
	env := append(os.Environ(), "HOME="+home, "JUPYTER_DATA_DIR="+filepath.Join(home, "data"), "JUPYTER_RUNTIME_DIR="+filepath.Join(home, "run"),
		"PROFILEMATE_CACHE="+filepath.Join(home, "cache"), "CAPTURES="+captures, "PYTHONWARNINGS=ignore")
	install := exec.Command(binary, "kernel", "install")
	install.Env = env
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("installing the kernel: %v\n%s", err, out)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, jupyterPython(t), args...)
	cmd.Env = env
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// slowCapture makes a capture that an analysis takes seconds for.
func slowCapture(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "slow.sqlite")
	cmd := exec.Command(binary, "generate", "nsys", "--from", filepath.Join(captures, "demo_cudagraph.sqlite"), "--times", "30", "-o", path)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("making a capture: %v\n%s", err, out)
	}
	return path
}

func TestJupyterClient(t *testing.T) {
	t.Parallel()
	out := jupyterClient(t, "testdata/clients/smoke.py", "profilemate",
		"%%analysis kernel-summary "+filepath.Join(captures, "demo_eager.sqlite"), "%%analysis concurrency "+slowCapture(t))
	if n := strings.Count(out, "PASS"); n != 9 {
		t.Errorf("%d steps passed, want 9:\n%s", n, out)
	}
}

func TestJupyterKernelTest(t *testing.T) {
	t.Parallel()
	out := jupyterClient(t, "testdata/clients/conformance.py")
	if !strings.Contains(out, "Ran 6 tests") || strings.Contains(out, "skipped") {
		t.Errorf("not all of the tests ran:\n%s", out)
	}
}

// nbconvert and nbclient run the demo with our kernel, and nbformat validates what
// they wrote.
func TestNotebookIsExecuted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := demo.Write(dir); err != nil {
		t.Fatal(err)
	}
	notebook, executed := filepath.Join(dir, "demo.ipynb"), filepath.Join(dir, "executed.ipynb")
	jupyterClient(t, "-m", "nbconvert", "--to", "notebook", "--execute", "--ExecutePreprocessor.kernel_name=profilemate", "--output", executed, notebook)
	if t.Failed() {
		return
	}
	out := jupyterClient(t, "testdata/clients/notebook.py", notebook, executed)
	if !strings.Contains(out, "ran ") {
		t.Errorf("the notebook did not run:\n%s", out)
	}
}

// A kernel must not outlive who started it, however that ended.
func TestKernelEndsWithItsParent(t *testing.T) {
	t.Parallel()
	connection, err := zmq.NewConnection()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "connection.json")
	if err := connection.Write(file); err != nil {
		t.Fatal(err)
	}
	parent := exec.Command("/bin/sh", "-c", `JPY_PARENT_PID=$$ "$0" kernel --connection-file "$1" >/dev/null 2>&1 & echo $!; sleep 100`, binary, file)
	parent.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	defer syscall.Kill(-parent.Process.Pid, syscall.SIGKILL)
	line := make([]byte, 32)
	n, err := out.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(line[:n])))
	if err != nil {
		t.Fatal(err)
	}
	conn, err := zmq.Dial(t.Context(), connection)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if gone(pid) {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Error("the kernel outlives its parent by 5 s")
}

// gone reports whether a process has ended; one that nobody has waited for has.
func gone(pid int) bool {
	raw, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || strings.Contains(string(raw), ") Z ")
}
