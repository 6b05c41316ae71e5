package main_test

import (
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"profilemate/workbench/traffic/standin"
)

// The commands of docs/capture.md work in their order, here with stand-ins for the
// profilers and the server.
func TestCapturePage(t *testing.T) {
	t.Parallel()
	b := newBench(t, standin.Options{Profiler: true, Unready: 2 * time.Second}, "")
	running := standin.New(standin.Options{Profiler: true})
	h := httptest.NewServer(running)
	t.Cleanup(func() { running.Close(); h.Close() })
	if err := os.WriteFile(filepath.Join(b.dir, "train.py"), []byte("import time\ntime.sleep(0.1)\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(captures, "demo_cudagraph.sqlite"), filepath.Join(b.dir, "run.sqlite")); err != nil {
		t.Fatal(err)
	}
	says := map[string]string{"--dry-run": "leaves", "jobs list": "vLLM server, org/model", "jobs show": "vLLM server, org/model", "jobs stop": ": cancelled", "--detach": "-"}
	lines := append(append(pageCommands(t, "capture.md", "profile"), pageCommands(t, "capture.md", "jobs")...), "profilemate shims bin")
	for _, line := range lines {
		out, err := b.typed(line, h.URL)
		if err != nil {
			t.Errorf("%s: %v\n%s", line, err, out)
		}
		for part, want := range says {
			if strings.Contains(line, part) && !strings.Contains(out, want) {
				t.Errorf("%s does not say %q:\n%s", line, want, out)
			}
		}
	}
}

// typed runs a command of the page with little traffic, on a port of its own.
func (b *bench) typed(line, running string) (string, error) {
	small := " --num-requests 6 --warmup 2 --input-len 16 --output-len 4 --gpus none"
	there := strings.Replace(line, "--model org/model", "--model org/model --port "+b.port+small, 1)
	there = strings.Replace(there, "--url http://127.0.0.1:8000", "--url "+running+small, 1)
	cmd := exec.CommandContext(b.t.Context(), "sh", "-c", there)
	cmd.Dir = b.dir
	cmd.Env = b.env
	for i, entry := range cmd.Env {
		if path, ok := strings.CutPrefix(entry, "PATH="); ok {
			cmd.Env[i] = "PATH=" + filepath.Dir(binary) + string(os.PathListSeparator) + path
		}
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}
