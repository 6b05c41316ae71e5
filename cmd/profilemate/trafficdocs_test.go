package main_test

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"profilemate/workbench/traffic/standin"
)

// pageCommands returns the lines of a page that are commands of ours.
func pageCommands(t *testing.T, page, verb string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../docs", page))
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, m := range regexp.MustCompile(`(?m)^    (profilemate `+verb+`.*)$`).FindAllStringSubmatch(string(text), -1) {
		lines = append(lines, m[1])
	}
	if len(lines) < 3 {
		t.Fatalf("found only %d commands in %s", len(lines), page)
	}
	return lines
}

// shell returns a command line in a folder of its own, where profilemate is the program
// under test and bin, unless empty, comes first on the PATH.
func shell(t *testing.T, line, bin string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
	cmd.Dir = t.TempDir()
	path := filepath.Dir(binary) + string(os.PathListSeparator) + os.Getenv("PATH")
	if bin != "" {
		path = bin + string(os.PathListSeparator) + path
	}
	cmd.Env = append(os.Environ(), "PATH="+path)
	return cmd
}

// The commands of docs/traffic.md work, here against a stand-in for the server.
func TestTrafficPage(t *testing.T) {
	t.Parallel()
	server := standin.New(standin.Options{Profiler: true, TTFT: 5 * time.Millisecond, Experts: standin.Experts{Layers: 1, TopK: 1, Count: 4}})
	h := httptest.NewServer(server)
	t.Cleanup(func() { server.Close(); h.Close() })
	for _, line := range pageCommands(t, "traffic.md", "traffic") {
		there := strings.Replace(line, "--url http://127.0.0.1:8000", "--url "+h.URL, 1)
		if there == line {
			there += " --url " + h.URL
		}
		out, err := shell(t, there, "").CombinedOutput()
		if want := map[bool]string{true: `"mean_ttft_ms"`, false: "Time to first token"}[strings.Contains(line, "--json")]; err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v\n%s", line, err, out)
		}
	}
	if starts, on := server.Profiles(); starts != 2 || on {
		t.Errorf("the profiler was started %d times and is on: %v; two lines of the page want it", starts, on)
	}
}

// The commands of docs/doctor.md work, here with stand-ins for what they look for.
func TestDoctorPage(t *testing.T) {
	t.Parallel()
	bin := t.TempDir()
	for name, script := range map[string]string{
		"nsys":       "echo NVIDIA Nsight Systems version 2025.5.1",
		"ncu":        "echo Version 2025.4.0",
		"python3":    "echo version of vllm: 0.28.1",
		"nvidia-smi": "case $1 in --query-gpu=*) echo '0, NVIDIA H100, GPU-1, 550.54, 81559, 81000, 9.0';; esac",
	} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, line := range pageCommands(t, "doctor.md", "doctor") {
		out, err := shell(t, line, bin).Output()
		if code := exitCode(err); code > 1 { // the port, the disk and the driver are those of the machine that runs the test
			t.Errorf("%s: exit status %d", line, code)
		}
		want := "Nsight Systems 2025.5 is at "
		if strings.Contains(line, "ncu") {
			want = "Nsight Compute 2025.4 is at "
		}
		if !strings.Contains(string(out), want) {
			t.Errorf("%s does not say %s:\n%s", line, want, out)
		}
	}
}

// exitCode returns the exit status of a command, 99 where there is none.
func exitCode(err error) int {
	ended, ok := err.(*exec.ExitError)
	switch {
	case err == nil:
		return 0
	case ok:
		return ended.ExitCode()
	}
	return 99
}

// Ctrl-C in mid-run prints what there is and stops the profiler.
func TestTrafficInterrupt(t *testing.T) {
	t.Parallel()
	server := standin.New(standin.Options{Profiler: true, HangAfter: 20})
	h := httptest.NewServer(server)
	t.Cleanup(func() { server.Close(); h.Close() })
	cmd := exec.CommandContext(t.Context(), binary, "traffic", "--url", h.URL, "--warmup", "0", "--concurrency", "4")
	var out, words strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &words
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); len(server.Requests()) < 24; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the server saw %d requests", len(server.Requests()))
		}
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if code := exitCode(cmd.Wait()); code != 1 {
		t.Errorf("exit status %d", code)
	}
	if _, on := server.Profiles(); on {
		t.Error("the profiler is still on")
	}
	// The first of the 20 was the trial.
	if !strings.Contains(out.String(), "19 of 100 answered") || !strings.Contains(out.String(), "81 not sent or not waited for") {
		t.Errorf("printed\n%s", out.String())
	}
	if !strings.HasSuffix(words.String(), "stopping the profiler; the server writes its report\nprofilemate: stopped before all requests were answered\n") {
		t.Errorf("said\n%s", words.String())
	}
}
