package main_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"profilemate/workbench/traffic/standin"
)

// What is said of a program that cannot be run or ends badly, in its own words, and of
// a profiler that is not there.
func TestCaptureOfProgram(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		fault   string
		path    string // replaces the PATH, unless empty
		args    []string
		program []string
		status  int
		says    string
	}{
		{name: "ends badly", args: []string{"nsys"}, program: []string{"sh", "-c", "echo the last words; exit 3"}, says: "The program under nsys ended with exit status 3: the last words."},
		{name: "ends badly, silently", args: []string{"nsys"}, program: []string{"sh", "-c", "exit 3"}, says: "The program under nsys ended with exit status 3."},
		{name: "no such program", args: []string{"nsys"}, program: []string{"no-such-program"}, status: 1, says: "There is no program no-such-program that could be run. Put its folder on the PATH"},
		{name: "no such server", args: []string{"vllm", "--model", "m", "--server-command", "no-such-server serve"}, status: 1, says: "There is no program no-such-server that could be run."},
		{name: "no nsys", path: "/bin", args: []string{"nsys"}, program: []string{"true"}, status: 1, says: "There is no program nsys on the PATH. Install Nsight Systems"},
		{name: "no ncu", path: "/bin", args: []string{"ncu"}, program: []string{"true"}, status: 1, says: "There is no program ncu on the PATH. Install Nsight Compute"},
		{name: "ncu measures nothing", fault: "empty", args: []string{"ncu"}, program: []string{"true"}, status: 1, says: "No kernels were profiled"},
		{name: "ncu crashes", fault: "crash", args: []string{"ncu"}, program: []string{"true"}, status: 1, says: "the profiler has crashed"},
		{name: "nsys records nothing", fault: "empty", args: []string{"nsys", "--capture-range", "cudaProfilerApi"}, program: []string{"true"}, status: 1, says: "the capture range cudaProfilerApi never began"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, standin.Options{}, c.fault)
			if c.path != "" {
				b.env = append(b.env, "PATH="+c.path)
			}
			args := append(append([]string{"profile"}, c.args...), "--gpus", "none", "--no-report", "--output-dir", b.folder)
			if c.program != nil {
				args = append(append(args, "--"), c.program...)
			}
			out, err := b.command(args...).CombinedOutput()
			if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
				t.Fatal(err)
			}
			status := 0
			if err != nil {
				status = 1
			}
			if status != c.status || strings.Count(string(out), c.says) != 1 {
				t.Errorf("%v, want exit status %d and once %q:\n%s", err, c.status, c.says, out)
			}
		})
	}
}

// A server without profile endpoints is no failure where that is left to us, and one
// with a remedy where it is not.
func TestCaptureWithoutEndpoints(t *testing.T) {
	t.Parallel()
	b := newBench(t, standin.Options{}, "")
	server := b.script("old-server", oldServer)
	out, status := b.profile("--control", "server", "--server-command", server+" serve")
	if status != 1 || !strings.Contains(out, "has no /start_profile. Use --control=auto, which does without.") {
		t.Errorf("exit status %d:\n%s", status, out)
	}
	if _, err := os.Stat(filepath.Join(b.folder, "vllm_quick_profile.nsys-rep")); err == nil {
		t.Error("there is a report of nothing")
	}
	b.serving()
	attached, err := b.command(append([]string{"profile"}, b.attach()...)...).CombinedOutput()
	if err == nil || !strings.Contains(string(attached), "or send traffic alone with --control=none.") {
		t.Errorf("%v:\n%s", err, attached)
	}
}
