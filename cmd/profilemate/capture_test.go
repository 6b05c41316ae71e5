package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"profilemate/workbench/capture"
	profilers "profilemate/workbench/capture/standin"
	"profilemate/workbench/job"
	"profilemate/workbench/traffic/standin"
)

// standins are programs that stand for nsys, ncu and vllm, built once.
var standins = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "profilemate-standins-")
	if err != nil {
		return "", err
	}
	for name, pkg := range map[string]string{"nsys": "../../workbench/capture/standin/profiler", "vllm": "../../workbench/traffic/standin/vllm"} {
		build := exec.Command("go", "build", "-o", filepath.Join(dir, name), pkg)
		build.Env = append(os.Environ(), "CGO_ENABLED=0") // what make check has built is there
		if out, err := build.CombinedOutput(); err != nil {
			return "", fmt.Errorf("building %s: %w: %s", name, err, out)
		}
	}
	if err := os.Symlink("nsys", filepath.Join(dir, "ncu")); err != nil {
		return "", err
	}
	packed, err := os.Open("../../workbench/artifacts/ncu/testdata/h100_mini_basic.ncu-rep.zst")
	if err != nil {
		return "", err
	}
	defer packed.Close()
	report, err := zstd.NewReader(packed)
	if err != nil {
		return "", err
	}
	defer report.Close()
	text, err := io.ReadAll(report)
	if err != nil {
		return "", err
	}
	return dir, os.WriteFile(filepath.Join(dir, "basic.ncu-rep"), text, 0o644)
})

// bench is a place to make captures in.
type bench struct {
	t      *testing.T
	dir    string
	folder string // output folder
	port   string
	env    []string
}

func newBench(t *testing.T, server standin.Options, fault string) *bench {
	t.Helper()
	bin, err := standins()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, dir: t.TempDir(), port: freePort(t)}
	b.folder = filepath.Join(b.dir, "out put") // with a space, since nothing is split
	server.ProfileLog, server.RequestLog = filepath.Join(b.dir, "profiler.log"), b.requests()
	b.env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "PROFILEMATE_CACHE="+filepath.Join(b.dir, "cache"),
		server.Environment(), profilers.LogVariable+"="+server.ProfileLog, profilers.FaultVariable+"="+fault,
		profilers.SQLiteVariable+"="+filepath.Join(captures, "demo_eager.sqlite"),
		profilers.ReportVariable+"="+filepath.Join(bin, "basic.ncu-rep"), profilers.CSVVariable+"="+filepath.Join(captures, "h100_mini_full_raw.csv"), b.mark(), "PROFILEMATE_GPU_LOCKS="+b.dir)
	t.Cleanup(b.nothingLeft)
	return b
}

// mark is in the environment of all that a bench starts.
func (b *bench) mark() string { return "PROFILEMATE_TEST_BENCH=" + b.dir }

// requests is the file with the requests that the server got.
func (b *bench) requests() string { return filepath.Join(b.dir, "requests.log") }

// left returns the processes that the bench started and that live.
func (b *bench) left() []string {
	var out []string
	paths, _ := filepath.Glob("/proc/[0-9]*/environ") // the pattern is good
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err == nil && bytes.Contains(text, []byte(b.mark()+"\x00")) {
			line, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline")) // it may just have ended
			out = append(out, strings.ReplaceAll(string(line), "\x00", " "))
		}
	}
	return out
}

// nothingLeft fails the test when a process lives on. A supervisor that has written
// its last state takes a moment to end.
func (b *bench) nothingLeft() {
	for range 100 {
		if len(b.left()) == 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Errorf("left running: %q", b.left())
}

func (b *bench) command(args ...string) *exec.Cmd {
	cmd := exec.Command(binary, args...)
	cmd.Env = b.env
	return cmd
}

// profile makes a capture of a server and returns what the program said and its exit
// status.
func (b *bench) profile(args ...string) (string, int) {
	b.t.Helper()
	args = append([]string{"profile", "--model", "org/model", "--port", b.port, "--output-dir", b.folder, "--gpus", "none", "--num-requests", "6",
		"--warmup", "2", "--output-len", "4", "--input-len", "16", "--grace", "20s"}, args...)
	out, err := b.command(args...).CombinedOutput()
	exit := new(exec.ExitError)
	if err != nil && !errors.As(err, &exit) {
		b.t.Fatal(err)
	}
	status := 0
	if err != nil {
		status = exit.ExitCode()
	}
	return string(out), status
}

func (b *bench) record() capture.Record {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join(b.folder, capture.RecordFile))
	if err != nil {
		b.t.Fatal(err)
	}
	var r capture.Record
	if err := json.Unmarshal(text, &r); err != nil {
		b.t.Fatal(err)
	}
	return r
}

// Each mode and each failure: exit status, what is said, what is there afterwards.
func TestCaptureOfServer(t *testing.T) {
	t.Parallel()
	good := standin.Options{Profiler: true, Workers: 2, Unready: 200 * time.Millisecond}
	for _, c := range []struct {
		name   string
		server standin.Options
		fault  string
		args   []string
		status int
		says   string   // some words of the output
		files  []string // in the output folder
		starts int      // of programs, the helpers of profilers among them
	}{
		{name: "quick", server: good, says: "done", starts: 2,
			files: []string{"vllm_quick_profile.nsys-rep", "vllm_quick_profile.sqlite", "parsed/summary.json", "profile_report.html", "logs/nsys.log"}},
		{name: "full", server: good, args: []string{"--mode", "full"}, says: "done", starts: 4,
			files: []string{"vllm_quick_profile.sqlite", "vllm_ncu_profile.ncu-rep", "vllm_ncu_profile.csv", "ncu_parsed/ncu_summary.json", "profile_report.html"}},
		{name: "no report", server: good, args: []string{"--no-report", "--with-ncu"}, says: "done", starts: 4, files: []string{"vllm_ncu_profile.ncu-rep"}},
		{name: "no endpoints", server: standin.Options{}, args: []string{"--control", "session"}, says: "done", starts: 4, files: []string{"vllm_quick_profile.sqlite"}},
		{name: "routed experts", server: standin.Options{Profiler: true}, args: []string{"--mode", "moe", "--routing", "routed-experts"}, says: "done", starts: 3,
			files: []string{"moe_responses.jsonl", "moe_expert_tracking/moe_summary.json"}},
		{name: "crash while loading", server: standin.Options{CrashAtOnce: true, Profiler: true}, status: 1, says: "CUDA out of memory", starts: 1},
		{name: "never ready", server: standin.Options{Unready: time.Hour, Profiler: true}, args: []string{"--ready-timeout", "2s"}, status: 1, says: "--ready-timeout", starts: 1},
		{name: "crash in the capture", server: standin.Options{Profiler: true, CrashAfter: 6}, status: 1, says: "EngineDeadError", starts: 1},
		{name: "refusing", server: standin.Options{Profiler: true, Refuse: 503}, status: 1, says: "503", starts: 1},
		{name: "hanging", server: standin.Options{Profiler: true, HangAfter: 5}, args: []string{"--request-timeout", "1s"}, says: "failed", starts: 2},
		{name: "profiler crashes", server: good, fault: "crash", status: 1, says: "the profiler has crashed", starts: 1},
		{name: "empty range", server: good, fault: "empty", status: 1, says: "Nsight Systems wrote no report", starts: 1},
		{name: "export fails", server: good, fault: "export", status: 1, says: "failed to open the report", starts: 2, files: []string{"vllm_quick_profile.nsys-rep"}},
		{name: "no kernel measured", server: good, fault: "empty", args: []string{"--mode", "ncu"}, status: 1, says: "No kernels were profiled", starts: 1},
		{name: "deaf server", server: standin.Options{Profiler: true, Deaf: true}, args: []string{"--grace", "1s"}, status: 1, says: "told to terminate", starts: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, c.server, c.fault)
			out, status := b.profile(c.args...)
			if status != c.status || !strings.Contains(out, c.says) {
				t.Errorf("exit status %d, want %d and %q:\n%s", status, c.status, c.says, out)
			}
			for _, name := range c.files {
				if info, err := os.Stat(filepath.Join(b.folder, name)); err != nil || info.Size() == 0 {
					t.Errorf("%s: %v", name, err)
				}
			}
			r := b.record()
			if len(r.Programs) != c.starts {
				t.Errorf("%d programs are in the record, want %d", len(r.Programs), c.starts)
			}
			for _, p := range r.Programs {
				if p.Exit == "" {
					t.Errorf("how %q ended is not known", p.Args)
				}
			}
			if want := map[int]job.State{0: job.Done, 1: job.Failed}[c.status]; r.State != want {
				t.Errorf("the record says %s, want %s", r.State, want)
			}
		})
	}
}

// oldServer is a server that knows no profiler flags and has no endpoints.
const oldServer = `#!/bin/sh
for word; do
  shift
  case $word in --profiler-config.profiler | cuda) ;; *) set -- "$@" "$word" ;; esac
done
exec vllm "$@"
`

// A server without profile endpoints is found out, started again and recorded by a
// session of nsys.
func TestCaptureFallsBack(t *testing.T) {
	t.Parallel()
	b := newBench(t, standin.Options{}, "")
	server := filepath.Join(b.dir, "old-server")
	if err := os.WriteFile(server, []byte(oldServer), 0o755); err != nil {
		t.Fatal(err)
	}
	out, status := b.profile("--server-command", server+" serve")
	if status != 0 || !strings.Contains(out, "started again") || len(b.record().Programs) != 5 {
		t.Fatalf("exit status %d, %d programs:\n%s", status, len(b.record().Programs), out)
	}
	log, err := os.ReadFile(filepath.Join(b.dir, "profiler.log"))
	if err != nil || string(log) != "start session\nstop session\n" {
		t.Errorf("the session was told %q, %v", log, err)
	}
}

// begin starts a capture of a server that nobody follows.
func (b *bench) begin(args ...string) string {
	b.t.Helper()
	return b.detach(append([]string{"--model", "org/model", "--port", b.port, "--output-dir", b.folder, "--num-requests", "6", "--warmup", "2",
		"--input-len", "16", "--output-len", "4", "--grace", "20s"}, args...)...)
}

// detach starts a capture that nobody follows.
func (b *bench) detach(args ...string) string {
	b.t.Helper()
	args = append([]string{"profile", "--detach"}, args...)
	out, err := b.command(args...).CombinedOutput()
	if err != nil {
		b.t.Fatalf("%v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

func (b *bench) job(id string) job.Job {
	b.t.Helper()
	j, err := b.look(id)
	if err != nil {
		b.t.Fatal(err)
	}
	return j
}

func (b *bench) look(id string) (j job.Job, err error) {
	out, err := b.command("jobs", "show", "--json", id).Output()
	if err == nil {
		err = json.Unmarshal(out, &j)
	}
	return j, err
}

// until waits for a job, which need not be there yet, to get somewhere.
func (b *bench) until(id string, reached func(job.Job) bool) job.Job {
	b.t.Helper()
	var j job.Job
	var err error
	for begin := time.Now(); time.Since(begin) < time.Minute; time.Sleep(100 * time.Millisecond) {
		if j, err = b.look(id); err == nil && reached(j) {
			return j
		}
	}
	b.t.Fatalf("the job stays %s in %q (%v)", j.State, j.Phase(), err)
	return j
}

// A supervisor that is killed leaves orphans; the next look ends them and says so.
func TestCaptureSurvivesItsSupervisor(t *testing.T) {
	t.Parallel()
	b := newBench(t, standin.Options{Profiler: true, HangAfter: 4, Workers: 2}, "")
	id := b.begin()
	b.until(id, func(j job.Job) bool { return j.Phase() == "nsys-capture" })
	killed := 0
	paths, _ := filepath.Glob("/proc/[0-9]*/cmdline") // the pattern is good
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err == nil && bytes.Contains(text, []byte("supervise\x00")) && bytes.Contains(text, []byte(id)) {
			var pid int
			fmt.Sscanf(path, "/proc/%d/", &pid)
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			killed++
		}
	}
	if killed != 1 {
		t.Fatalf("%d supervisors", killed)
	}
	if r := b.record(); r.Job != id || !r.Ended.IsZero() || len(r.Programs) != 1 {
		t.Errorf("before the next look, the record of %s ended at %v with %d programs", r.Job, r.Ended, len(r.Programs))
	}
	j := b.until(id, func(j job.Job) bool { return j.State.Ended() })
	if j.State != job.Failed || !strings.Contains(j.Error, "is gone") {
		t.Errorf("%s: %s", j.State, j.Error)
	}
	r := b.record()
	if r.State != job.Failed || r.Ended.IsZero() || r.Error != j.Error || len(r.Phases) != 3 || len(r.Programs) != 1 || !strings.HasPrefix(r.Programs[0].Exit, "not seen") {
		t.Errorf("the record says %s at %v: %s, %d phases, programs %+v", r.State, r.Ended, r.Error, len(r.Phases), r.Programs)
	}
}

// Two captures that want the same GPUs follow each other.
func TestCapturesQueue(t *testing.T) {
	t.Parallel()
	b := newBench(t, standin.Options{Profiler: true, Unready: 2 * time.Second}, "")
	first := b.begin()
	b.until(first, func(j job.Job) bool { return j.State == job.Running })
	b.folder += "2"
	second := b.begin()
	if j := b.until(second, func(j job.Job) bool { return j.State == job.Queued }); !strings.Contains(j.Waits, first) {
		t.Errorf("it waits because %q", j.Waits)
	}
	one := b.until(first, func(j job.Job) bool { return j.State.Ended() })
	two := b.until(second, func(j job.Job) bool { return j.State.Ended() })
	if one.State != job.Done || two.State != job.Done || two.Started.Before(one.Ended.Add(-time.Second)) {
		t.Errorf("the first is %s (%s) until %v, the second %s (%s) from %v", one.State, one.Error, one.Ended, two.State, two.Error, two.Started)
	}
}
