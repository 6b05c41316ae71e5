package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"profilemate/workbench/job"
	"profilemate/workbench/traffic/standin"
)

// A server of SGLang is asked for CUDA by its endpoints; its flags are its own.
func TestCaptureOfSGLang(t *testing.T) {
	t.Parallel()
	b := newBench(t, standin.Options{Profiler: true, Models: []string{"org/model"}}, "")
	server := b.script("sglang", "#!/bin/sh\nexec vllm serve \"$@\"\n")
	args := []string{"--mode", "full", "--model", "org/model", "--port", b.port, "--output-dir", b.folder, "--gpus", "none", "--num-requests", "6", "--warmup", "2",
		"--input-len", "16", "--output-len", "4", "--server-command", server}
	if out, err := b.command(append([]string{"profile", "sglang"}, args...)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, name := range []string{"sglang_quick_profile.sqlite", "sglang_ncu_profile.ncu-rep", "sglang_ncu_profile.csv", "parsed/summary.json", "ncu_parsed/ncu_summary.json", "profile_report.html"} {
		b.keeps(name)
	}
	args = strings.Split(strings.Join(b.record().Programs[0].Args, "\n"), "\n")
	if joined := strings.Join(args, " "); !strings.Contains(joined, "--model-path org/model") || strings.Contains(joined, "--profiler-config") {
		t.Errorf("the server was started as %s", joined)
	}
}

// Traffic to a server that runs already: by its endpoints, by a session of nsys, and
// without any profiler. The server goes on.
func TestAttach(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		control, log string
		more         []string
		status       int
		says         string
	}{
		{"server", "start\nstop\n", nil, 0, "done"},
		{"session", "start session\nstop session\n", []string{"--nsys-session", "profilemate-mine"}, 0, "done"},
		{"session", "", nil, 2, "--nsys-session"},
		{"none", "", nil, 0, "done"},
	} {
		t.Run(c.control+" "+c.says, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, standin.Options{Profiler: true}, "")
			b.serving()
			out, err := b.command(append([]string{"profile"}, b.attach(append(c.more, "--control", c.control)...)...)...).CombinedOutput()
			status := 0
			if err != nil {
				status = 1
			}
			if min(c.status, 1) != status || c.status == 0 && !strings.Contains(string(out), c.says) || c.status > 0 && !strings.Contains(string(out), "nsys-session") {
				t.Fatalf("%v:\n%s", err, out)
			}
			if log, err := os.ReadFile(filepath.Join(b.dir, "profiler.log")); string(log) != c.log || err != nil && c.log != "" {
				t.Errorf("the profiler was told %q, %v; want %q", log, err, c.log)
			}
			if c.status > 0 {
				return
			}
			if r := b.record(); r.State != job.Done || len(r.Traffic) != 1 || r.Traffic[0].Completed != 6 {
				t.Errorf("the record says %s, traffic %+v", r.State, r.Traffic)
			}
		})
	}
}

// Without endpoints Nsight Compute counts launches from the server's start, found out or
// asked for, and that the window may lie in loading is said.
func TestCaptureCountsLaunches(t *testing.T) {
	t.Parallel()
	for name, control := range map[string]string{"found out": "auto", "asked for": "session"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, standin.Options{}, "")
			server := b.script("old-server", oldServer)
			out, status := b.profile("--mode", "ncu", "--control", control, "--server-command", server+" serve")
			if !strings.Contains(out, "launches are counted from the server's start") || !strings.Contains(out, "--launch-skip") {
				t.Errorf("exit status %d without the warning:\n%s", status, out)
			}
			if status != 0 {
				t.Fatalf("exit status %d:\n%s", status, out)
			}
			b.keeps("vllm_ncu_profile.ncu-rep")
		})
	}
}

// What servers write and answer is readable by nobody else, also where an earlier file
// was; secrets stay out of the record.
func TestCaptureKeepsSecrets(t *testing.T) {
	t.Parallel()
	b := newBench(t, standin.Options{Profiler: true}, "")
	b.env = append(b.env, "HF_TOKEN=hush-token", "VLLM_API_KEY=hush-key", "VLLM_LOGGING_LEVEL=INFO")
	logs := filepath.Join(b.folder, "logs")
	if err := os.MkdirAll(logs, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(logs, "nsys.log"), []byte("old\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, status := b.profile("--mode", "moe", "--routing", "routed-experts", "--server-args", "--api-key hush-argument --seed=3"); status != 0 {
		t.Fatal(out)
	}
	for _, path := range []string{filepath.Join(logs, "nsys.log"), filepath.Join(logs, "server.log"), filepath.Join(b.folder, "moe_responses.jsonl")} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	text, err := os.ReadFile(filepath.Join(b.folder, "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "hush") || !strings.Contains(string(text), "VLLM_LOGGING_LEVEL=INFO") || !strings.Contains(string(text), "--seed=3") {
		t.Errorf("the record is\n%s", text)
	}
}
