package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"profilemate/workbench/job"
	"profilemate/workbench/traffic/standin"
)

// twoGPUs answers as nvidia-smi does, whatever it is asked.
const twoGPUs = `#!/bin/sh
echo '0, NVIDIA H100, GPU-aaaa, 81559 MiB, 580.1'
echo '1, NVIDIA H100, GPU-bbbb, 81559 MiB, 580.1'
`

// Captures of other users, whose folders of jobs are others, are waited for where they
// use the same GPU, and only there.
func TestCapturesOfOtherUsersQueue(t *testing.T) {
	t.Parallel()
	locks, bin := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "nvidia-smi"), []byte(twoGPUs), 0o755); err != nil {
		t.Fatal(err)
	}
	user := func(server standin.Options) *bench {
		b := newBench(t, server, "")
		for i, e := range b.env {
			if path, ok := strings.CutPrefix(e, "PATH="); ok {
				b.env[i] = "PATH=" + bin + string(os.PathListSeparator) + path
			}
		}
		b.env = append(b.env, "PROFILEMATE_GPU_LOCKS="+locks)
		return b
	}
	one, same, other := user(standin.Options{Profiler: true, Unready: time.Hour}), user(standin.Options{Profiler: true}), user(standin.Options{Profiler: true})
	first := one.begin("--gpus", "0")
	one.until(first, func(j job.Job) bool { return j.Phase() == "nsys-start" })
	second, third := same.begin("--gpus", "all"), other.begin("--gpus", "1")
	if j := same.until(second, func(j job.Job) bool { return j.State == job.Queued }); !strings.Contains(j.Waits, "GPU-aaaa") || !strings.Contains(j.Waits, "another user") {
		t.Errorf("it waits because %q", j.Waits)
	}
	if j := other.until(third, func(j job.Job) bool { return j.State.Ended() }); j.State != job.Done {
		t.Errorf("on the free GPU: %s: %s", j.State, j.Error)
	}
	if j := same.job(second); j.State != job.Queued {
		t.Errorf("while the first goes on, the second is %s", j.State)
	}
	if out, err := one.command("jobs", "stop").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if j := same.until(second, func(j job.Job) bool { return j.State.Ended() }); j.State != job.Done {
		t.Errorf("after the first: %s: %s", j.State, j.Error)
	}
	for _, name := range []string{"profilemate-gpu-GPU-aaaa.lock", "profilemate-gpu-GPU-bbbb.lock"} {
		if info, err := os.Lstat(filepath.Join(locks, name)); err != nil || info.Mode().Perm()&0o022 != 0 || info.Mode().Perm()&0o444 != 0o444 {
			t.Errorf("%s: %v, %v; everybody has to read it and nobody else to write it", name, info, err)
		}
	}
}

// A place for locks that cannot be trusted, here a link to a file of ours, is left out.
func TestSharedLocksThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	b := newBench(t, standin.Options{Profiler: true}, "")
	b.env = append(b.env, "PATH="+b.dir+string(os.PathListSeparator)+strings.TrimPrefix(b.env[len(os.Environ())], "PATH="))
	b.script("nvidia-smi", twoGPUs)
	victim := b.script("victim", "mine")
	if err := os.Symlink(victim, filepath.Join(b.dir, "profilemate-gpu-GPU-aaaa.lock")); err != nil {
		t.Fatal(err)
	}
	id := b.begin("--gpus", "0")
	if j := b.until(id, func(j job.Job) bool { return j.State.Ended() }); j.State != job.Done {
		t.Errorf("%s: %s", j.State, j.Error)
	}
	out, err := b.command("jobs", "logs", id).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Captures of other users are not waited for") {
		t.Errorf("%v: %s", err, out)
	}
}
