package main_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"profilemate/notebooks/demo"
)

// The Python client brings results into pandas, with the numbers that SQLite has.
func TestPythonClient(t *testing.T) {
	t.Parallel()
	dir, library, cache := t.TempDir(), t.TempDir(), t.TempDir()
	if _, err := demo.Write(dir); err != nil {
		t.Fatal(err)
	}
	text, err := exec.Command(binary, "python-client").Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(library, "profilemate.py"), text, 0o644); err != nil {
		t.Fatal(err)
	}
	env := append(os.Environ(), "PROFILEMATE_CACHE="+cache, "PYTHONPATH="+library, "PYTHONDONTWRITEBYTECODE=1", "PYTHONWARNINGS=ignore")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	server := exec.CommandContext(ctx, binary, "serve", "--no-browser", dir)
	server.Env = env
	server.Cancel = func() error { return server.Process.Signal(os.Interrupt) }
	server.WaitDelay = 10 * time.Second
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	announced := func() []string { files, _ := filepath.Glob(filepath.Join(cache, "servers", "*.json")); return files }
	for len(announced()) == 0 && ctx.Err() == nil {
		time.Sleep(20 * time.Millisecond)
	}
	client, err := filepath.Abs("testdata/clients/handoff.py")
	if err != nil {
		t.Fatal(err)
	}
	script := exec.CommandContext(ctx, "/usr/bin/python3", client, binary)
	script.Env, script.Dir = env, dir
	if out, err := script.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS") {
		t.Errorf("%v\n%s", err, out)
	}
	if info, err := os.Stat(announced()[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the token is in a file of mode %v (%v)", info.Mode(), err)
	}
	if err := server.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := server.Wait(); err != nil {
		t.Error(err)
	}
	if left := announced(); len(left) > 0 {
		t.Errorf("a server that ended is still announced: %q", left)
	}
}
