package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	profilers "profilemate/workbench/capture/standin"
	"profilemate/workbench/job"
	"profilemate/workbench/traffic/standin"
)

// moeServer behaves as STANDIN_MOE says in the pass with the tracker.
const moeServer = `#!/bin/sh
[ -n "$PROFILEMATE_MOE_TRACKER" ] && export STANDIN_VLLM="$STANDIN_MOE"
exec vllm serve "$@"
`

// script writes a program of the bench and returns its path.
func (b *bench) script(name, text string) string {
	b.t.Helper()
	path := filepath.Join(b.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		b.t.Fatal(err)
	}
	return path
}

// bigExport is a capture that takes many times as long to read and judge as it takes to
// stop that.
var bigExport = func() func(*testing.T) string {
	make := sync.OnceValues(func() (string, error) {
		path := filepath.Join(filepath.Dir(captures), "big.sqlite")
		out, err := exec.Command(binary, "generate", "nsys", "--from", filepath.Join(captures, "demo_eager.sqlite"), "--times", "20", "-o", path).CombinedOutput()
		if err != nil {
			return "", fmt.Errorf("%w: %s", err, out)
		}
		return path, nil
	})
	return func(t *testing.T) string {
		t.Helper()
		path, err := make()
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
}()

// Stopping in any phase of any recipe ends everything, keeps the record and what was
// recorded, and is no failure of ours.
func TestCaptureStops(t *testing.T) {
	t.Parallel()
	quick := standin.Options{Profiler: true, Workers: 2}
	loading, slow, hanging, deaf := quick, quick, quick, quick
	loading.Unready, slow.TTFT, hanging.HangAfter, deaf.Deaf = time.Hour, time.Hour, 4, true
	for _, c := range []struct {
		mode, phase string
		server      standin.Options
		fault       string
		now         bool   // the stop waits for nothing
		big         bool   // reading the results takes a while
		keeps       string // file with what was recorded
	}{
		{mode: "quick", phase: "nsys-start", server: loading},
		{mode: "quick", phase: "nsys-warmup", server: slow},
		{mode: "quick", phase: "nsys-capture", server: hanging, keeps: "vllm_quick_profile.nsys-rep"},
		{mode: "quick", phase: "nsys-stop", server: quick, fault: "slow-report", now: true},
		{mode: "quick", phase: "nsys-export", server: quick, fault: "slow-export", keeps: "vllm_quick_profile.nsys-rep"},
		{mode: "ncu", phase: "ncu-start", server: loading},
		{mode: "ncu", phase: "ncu-warmup", server: slow},
		{mode: "ncu", phase: "ncu-capture", server: hanging, fault: "empty"},
		{mode: "ncu", phase: "ncu-stop", server: quick, fault: "slow-report", now: true},
		{mode: "ncu", phase: "ncu-export", server: quick, fault: "slow-export", keeps: "vllm_ncu_profile.ncu-rep"},
		{mode: "quick", phase: "results", server: quick, big: true, keeps: "vllm_quick_profile.sqlite"},
		{mode: "moe", phase: "moe-start", server: loading, keeps: "vllm_quick_profile.sqlite"},
		{mode: "moe", phase: "moe-warmup", server: slow, keeps: "vllm_quick_profile.sqlite"},
		{mode: "moe", phase: "moe-capture", server: hanging, keeps: "vllm_quick_profile.sqlite"},
		{mode: "moe", phase: "moe-stop", server: deaf, now: true, keeps: "vllm_quick_profile.sqlite"},
	} {
		t.Run(c.phase, func(t *testing.T) {
			t.Parallel()
			args, server := []string{"--mode", c.mode}, c.server
			if c.mode == "moe" {
				server = quick
			}
			b := newBench(t, server, c.fault)
			if c.big {
				b.env = append(b.env, profilers.SQLiteVariable+"="+bigExport(t))
			}
			if c.mode == "moe" {
				b.env = append(b.env, strings.Replace(c.server.Environment(), standin.Variable, "STANDIN_MOE", 1))
				args = append(args, "--server-command", b.script("server", moeServer))
			}
			b.stops(b.begin(args...), c.phase, c.now)
			b.keeps(c.keeps)
		})
	}
}

// Stopping a program under a profiler, likewise.
func TestProgramCaptureStops(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ recipe, phase, fault, program, keeps string }{
		{"nsys", "nsys-run", "", "sleep 60", "profile.nsys-rep"},
		{"nsys", "nsys-export", "slow-export", "true", "profile.nsys-rep"},
		{"ncu", "ncu-run", "empty", "sleep 60", ""},
		{"ncu", "ncu-export", "slow-export", "true", "profile.ncu-rep"},
	} {
		t.Run(c.phase, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, standin.Options{}, c.fault)
			args := append([]string{c.recipe, "--output-dir", b.folder, "--grace", "20s"}, []string{"--"}...)
			b.stops(b.detach(append(args, strings.Fields(c.program)...)...), c.phase, false)
			b.keeps(c.keeps)
		})
	}
}

// serving starts a server that is not the capture's.
func (b *bench) serving() *exec.Cmd {
	b.t.Helper()
	bin, err := standins()
	if err != nil {
		b.t.Fatal(err)
	}
	cmd := exec.Command(filepath.Join(bin, "vllm"), "serve", "org/model", "--port", b.port)
	cmd.Env = b.env
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.Signal(0)); err != nil {
			b.t.Errorf("the server that was there before has ended: %v", err)
		}
		_ = cmd.Process.Signal(syscall.SIGTERM) // checked above
		_ = cmd.Wait()
	})
	return cmd
}

// A capture that is attached to a server leaves that running, also when it is stopped.
func TestAttachStops(t *testing.T) {
	t.Parallel()
	for phase, server := range map[string]standin.Options{
		"ready":   {Profiler: true, Unready: time.Hour},
		"warmup":  {Profiler: true, TTFT: time.Hour},
		"capture": {Profiler: true, HangAfter: 4},
	} {
		t.Run(phase, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, server, "")
			b.serving()
			b.stops(b.detach(b.attach()...), phase, false)
			log, err := os.ReadFile(filepath.Join(b.dir, "profiler.log"))
			if phase == "capture" && (err != nil || string(log) != "start\nstop\n") {
				t.Errorf("the server's profiler was told %q, %v", log, err)
			}
		})
	}
}

func (b *bench) attach(more ...string) []string {
	return append([]string{"attach", "--url", "http://127.0.0.1:" + b.port, "--output-dir", b.folder, "--num-requests", "6", "--warmup", "2", "--input-len", "16",
		"--output-len", "4", "--grace", "20s"}, more...)
}

// stops stops a job in a phase and checks how it ended.
func (b *bench) stops(id, phase string, now bool) {
	b.t.Helper()
	if j := b.until(id, func(j job.Job) bool { return j.State.Ended() || j.Phase() == phase && b.inside(j) }); j.State.Ended() {
		b.t.Fatalf("it is %s in %s: %s", j.State, j.Phase(), j.Error)
	}
	args := []string{"jobs", "stop", id}
	if now {
		args = append(args, "--now")
	}
	begin := time.Now()
	if out, err := b.command(args...).CombinedOutput(); err != nil || !strings.Contains(string(out), "cancelled") {
		b.t.Fatalf("%v: %s", err, out)
	}
	if took := time.Since(begin); took > 30*time.Second {
		b.t.Errorf("the stop took %v", took)
	}
	r := b.record()
	if r.State != job.Cancelled || r.Ended.IsZero() {
		b.t.Errorf("the record says %s at %v", r.State, r.Ended)
	}
	if i := slices.IndexFunc(r.Phases, func(p job.PhaseState) bool { return p.Name == phase }); i != len(r.Phases)-1 {
		b.t.Errorf("the phases are %v, want %s as the last", r.Phases, phase)
	}
}

// inside reports whether a phase is far enough to be stopped in its middle: what it
// starts runs, what it sends was sent, what it records has begun.
func (b *bench) inside(j job.Job) bool {
	running := func(words string) bool {
		return slices.ContainsFunc(b.left(), func(line string) bool { return strings.HasPrefix(line, words) })
	}
	_, step, found := strings.Cut(j.Phase(), "-")
	switch {
	case step == "start":
		return running("vllm serve")
	case step == "run":
		return running("sleep")
	case step == "warmup" || j.Phase() == "warmup":
		text, err := os.ReadFile(b.requests())
		return err == nil && strings.Contains(string(text), "/v1/completions")
	case step == "capture" || j.Phase() == "capture":
		return j.Done > 0
	}
	return found || j.Phase() != ""
}

// keptIn is keeps for a capture whose folder was named by the workbench.
func (b *bench) keptIn(id, name string) {
	b.t.Helper()
	b.folder = b.job(id).Plan.Folder
	b.keeps(name)
}

// keeps checks that a file was kept, unless the name is empty.
func (b *bench) keeps(name string) {
	b.t.Helper()
	if info, err := os.Stat(filepath.Join(b.folder, name)); name != "" && (err != nil || info.Size() == 0) {
		b.t.Errorf("what was recorded is lost: %v", err)
	}
}

// The first interrupt of the command in front stops the capture in order, so that the
// report is written; a second one ends everything at once.
func TestCaptureInterrupted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		fault string
		times int
		keeps string
	}{{"once", "", 1, "vllm_quick_profile.nsys-rep"}, {"twice", "slow-report", 2, ""}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, standin.Options{Profiler: true, HangAfter: 4, Workers: 2}, c.fault)
			var said strings.Builder
			cmd := b.command("profile", "--model", "org/model", "--port", b.port, "--output-dir", b.folder, "--num-requests", "6", "--warmup", "2",
				"--input-len", "16", "--output-len", "4", "--grace", "50s")
			cmd.Stderr = &said
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			b.until("last", func(j job.Job) bool { return j.Phase() == "nsys-capture" && b.inside(j) })
			for range c.times {
				if err := cmd.Process.Signal(os.Interrupt); err != nil {
					t.Fatal(err)
				}
				b.until("last", func(j job.Job) bool { return j.State == job.Stopping || j.State.Ended() })
			}
			select {
			case err := <-ended:
				if status := cmd.ProcessState.ExitCode(); err == nil || status != 1 || !strings.Contains(said.String(), "was stopped") {
					t.Errorf("exit status %d:\n%s", status, said.String())
				}
			case <-time.After(30 * time.Second):
				t.Fatal("it does not end")
			}
			if r := b.record(); r.State != job.Cancelled {
				t.Errorf("the record says %s", r.State)
			}
			b.keeps(c.keeps)
		})
	}
}
