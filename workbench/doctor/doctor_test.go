package doctor_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"profilemate/workbench/doctor"
	"profilemate/workbench/fault"
)

// machine is a folder that stands for /, with programs in bin.
type machine struct {
	t    *testing.T
	root string
	env  map[string]string
}

const (
	h100      = "0, NVIDIA H100 80GB HBM3, GPU-a1, 580.159.04, 81559, 81079, 9.0\n"
	oldDriver = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue Mar  5 22:23:56 UTC 2024\nGCC version: 12\n"
	newDriver = "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.159.04  Release Build  (nixbld@)  \nGCC version:  gcc version 14.2.0 (GCC) \n"
	nobody    = "Name:\tprofilemate\nCapEff:\t0000000000000000\n"
	admin     = "Name:\tprofilemate\nCapEff:\t000001ffffffffff\n"
	perfmon   = "Name:\tprofilemate\nCapEff:\t0000004000000000\n"
)

// ready returns a machine that everything works on.
func ready(t *testing.T) *machine {
	m := &machine{t: t, root: t.TempDir(), env: map[string]string{}}
	m.file("proc/driver/nvidia/version", newDriver)
	m.file("proc/driver/nvidia/params", "ResmanDebugLevel: 4294967295\nRmProfilingAdminOnly: 0\n")
	m.file("proc/self/status", nobody)
	m.file("proc/sys/kernel/perf_event_paranoid", "2\n")
	m.file("tmp/.keep", "")
	m.smi(h100, "")
	m.program("nsys", "echo 'NVIDIA Nsight Systems version 2025.5.1.121-255136380782v0'")
	m.program("ncu", "echo 'NVIDIA (R) Nsight Compute Command Line Profiler'; echo 'Version 2025.3.1.0 (build 36398880) (public-release)'")
	m.program("python3", `[ "$1" = -c ] && echo 'INFO importing' && echo 'version of vllm: 0.28.1'`)
	return m
}

func (m *machine) file(path, text string) {
	m.t.Helper()
	path = filepath.Join(m.root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		m.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) program(name, script string) {
	m.t.Helper()
	m.file("bin/"+name, "#!/bin/sh\n"+script+"\n")
	if err := os.Chmod(filepath.Join(m.root, "bin", name), 0o755); err != nil {
		m.t.Fatal(err)
	}
}

// smi writes an nvidia-smi that lists GPUs and processes.
func (m *machine) smi(gpus, processes string) {
	m.program("nvidia-smi", "case $1 in --query-gpu=*) printf '"+gpus+"';; --query-compute-apps=*) printf '"+processes+"';; *) exit 9;; esac")
}

func (m *machine) remove(path string) {
	m.t.Helper()
	if err := os.RemoveAll(filepath.Join(m.root, path)); err != nil {
		m.t.Fatal(err)
	}
}

func (m *machine) check(n doctor.Needs) doctor.Report {
	m.t.Helper()
	n.Host = doctor.Host{Root: m.root, Path: filepath.Join(m.root, "bin"), Getenv: func(name string) string { return m.env[name] }}
	n.Output = m.root
	return doctor.Check(m.t.Context(), n)
}

func (m *machine) outcome(r doctor.Report, name string) doctor.Outcome {
	m.t.Helper()
	i := slices.IndexFunc(r.Checks, func(c doctor.Outcome) bool { return c.Name == name })
	if i < 0 {
		m.t.Fatalf("%s was not looked at: %+v", name, r.Checks)
	}
	return r.Checks[i]
}

func TestReadyMachine(t *testing.T) {
	t.Parallel()
	r := ready(t).check(doctor.Needs{For: doctor.AllNeeds()})
	if err := r.Err(); err != nil {
		t.Error(err)
	}
	var names []string
	for _, c := range r.Checks {
		names = append(names, c.Name)
		if c.Status != doctor.OK && c.Name != "disk" { // that is of the machine that runs the test
			t.Errorf("%s: %s: %s", c.Name, c.Status, c.Said)
		}
	}
	if want := "gpu gpu-free nsys ncu counters cpu-sampling vllm disk tmp"; strings.Join(names, " ") != want {
		t.Errorf("looked at %v, want %s", names, want)
	}
}

// Each case spoils one thing of a machine that is ready.
func TestTroubles(t *testing.T) {
	t.Parallel()
	all := []doctor.Need{doctor.Ncu, doctor.VLLM, doctor.MoE}
	for _, c := range []struct {
		name   string
		spoil  func(*machine)
		check  string
		status doctor.Status
		blocks []doctor.Need
		said   string
		remedy string
	}{
		{"no GPU", func(m *machine) { m.remove("bin/nvidia-smi") }, "gpu", doctor.Failed, all, "There is no GPU here", "Run this where the GPU is"},
		{"no GPU listed", func(m *machine) { m.smi("", "") }, "gpu", doctor.Failed, all, "lists no GPU", "--gpus all"},
		{"driver mismatch", func(m *machine) {
			m.program("nvidia-smi", "echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18")
		}, "gpu", doctor.Failed, all, "exit status 18: Failed to initialize NVML: Driver/library version mismatch.", "a reboot"},
		{"other columns", func(m *machine) { m.smi("a,b\\n", "") }, "gpu", doctor.Failed, all, "2 columns where 7", "Run nvidia-smi"},
		{"hidden GPU", func(m *machine) { m.env["CUDA_VISIBLE_DEVICES"] = "-1" }, "gpu", doctor.Failed, all, "hides them all", "Unset CUDA_VISIBLE_DEVICES"},
		{"busy GPU", func(m *machine) { m.smi(h100, "GPU-a1, 4711, python3\\nGPU-a1, 4712, python3\\n") }, "gpu-free", doctor.Warning, nil,
			"GPU 0 has 2 processes (python3 4711), 85.0 GB of its 85.5 GB are free.", "Stop them"},
		{"GPU of others", func(m *machine) { m.smi(strings.Replace(h100, "81079", "1079", 1), "") }, "gpu-free", doctor.Warning, nil,
			"in use by a process that is not visible here, 1.13 GB of its 85.5 GB are free", "CUDA_VISIBLE_DEVICES"},
		{"driver without nvidia-smi", func(m *machine) {
			m.remove("bin/nvidia-smi")
			m.program("nsys", "echo NVIDIA Nsight Systems version 2024.1.1")
		}, "nsys", doctor.Warning, nil, "older than driver 580.159.04", "2025.3 or newer"},
		{"no nsys", func(m *machine) { m.remove("bin/nsys") }, "nsys", doctor.Failed, []doctor.Need{doctor.Nsys}, "There is no nsys on the PATH.", "Install Nsight Systems"},
		{"nsys elsewhere", func(m *machine) {
			m.remove("bin/nsys")
			m.file("opt/nvidia/nsight-systems/2025.5.1/bin/nsys", "")
		}, "nsys", doctor.Failed, []doctor.Need{doctor.Nsys}, "2025.5.1/bin/nsys, which is not on the PATH", "Put "},
		{"broken nsys", func(m *machine) { m.program("nsys", "echo no libraries >&2; exit 127") }, "nsys", doctor.Failed, []doctor.Need{doctor.Nsys}, "exit status 127: no libraries", "Install Nsight Systems anew."},
		{"odd nsys", func(m *machine) { m.program("nsys", "echo hello") }, "nsys", doctor.Unknown, nil, "says no version", ""},
		{"nsys before the driver", func(m *machine) { m.program("nsys", "echo NVIDIA Nsight Systems version 2024.6.2.225") }, "nsys", doctor.Warning, nil,
			"older than driver 580.159.04, which speaks CUDA 13", "Install Nsight Systems 2025.3 or newer."},
		{"ncu before the GPU", func(m *machine) { m.program("ncu", "echo Version 2022.1.0.0") }, "ncu", doctor.Failed, []doctor.Need{doctor.Ncu},
			"does not know the NVIDIA H100 80GB HBM3", "Install Nsight Compute 2022.3 or newer."},
		{"counters for root", func(m *machine) { m.file("proc/driver/nvidia/params", "RmProfilingAdminOnly: 1\n") }, "counters", doctor.Failed, []doctor.Need{doctor.Ncu},
			"ERR_NVGPUCTRPERM", "NVreg_RestrictProfilingToAdminUsers=0"},
		{"counters, root", func(m *machine) {
			m.file("proc/driver/nvidia/params", "RmProfilingAdminOnly: 1\n")
			m.file("proc/self/status", admin)
		}, "counters", doctor.OK, nil, "has CAP_SYS_ADMIN", ""},
		{"counters, perfmon", func(m *machine) {
			m.file("proc/driver/nvidia/params", "RmProfilingAdminOnly: 1\n")
			m.file("proc/self/status", perfmon)
		}, "counters", doctor.OK, nil, "has CAP_PERFMON", ""},
		{"counters, perfmon and an old driver", func(m *machine) {
			m.file("proc/driver/nvidia/params", "RmProfilingAdminOnly: 1\n")
			m.file("proc/self/status", perfmon)
			m.file("proc/driver/nvidia/version", oldDriver)
			m.smi(strings.Replace(h100, "580.159.04", "550.54.15", 1), "")
		}, "counters", doctor.Failed, []doctor.Need{doctor.Ncu}, "ERR_NVGPUCTRPERM", "run as root"},
		{"silent driver", func(m *machine) { m.remove("proc/driver/nvidia/params") }, "counters", doctor.Unknown, nil, "does not say who may read", ""},
		{"paranoid kernel", func(m *machine) { m.file("proc/sys/kernel/perf_event_paranoid", "4\n") }, "cpu-sampling", doctor.Warning, nil,
			"perf_event_paranoid is 4. GPU work", "sysctl -w kernel.perf_event_paranoid=2"},
		{"paranoid kernel, root", func(m *machine) {
			m.file("proc/sys/kernel/perf_event_paranoid", "4\n")
			m.file("proc/self/status", admin)
		}, "cpu-sampling", doctor.OK, nil, "this process may do so", ""},
		{"no /proc", func(m *machine) { m.remove("proc/sys") }, "cpu-sampling", doctor.Unknown, nil, "does not say", ""},
		{"no python", func(m *machine) { m.remove("bin/python3") }, "vllm", doctor.Failed, all[1:], "no python3", "Activate"},
		{"no vLLM", func(m *machine) {
			m.program("python3", `echo "ModuleNotFoundError: No module named 'vllm'" >&2; exit 1`)
		}, "vllm", doctor.Failed, all[1:], "has no vLLM", "install it there"},
		{"broken vLLM", func(m *machine) { m.program("python3", `echo "ImportError: libcudart.so.13" >&2; exit 1`) }, "vllm", doctor.Failed, all[1:],
			"vLLM cannot be imported: exit status 1: ImportError: libcudart.so.13.", "put right"},
		{"old vLLM", func(m *machine) { m.program("python3", "echo version of vllm: 0.11.2") }, "vllm", doctor.Warning, nil, "no --profiler-config", "Install vLLM 0.13"},
		{"vLLM from source", func(m *machine) { m.program("python3", "echo version of vllm: 0.1.dev1+g123") }, "vllm", doctor.OK, nil, "0.1.dev1", ""},
		{"no tmp", func(m *machine) { m.remove("tmp") }, "tmp", doctor.Failed, doctor.AllNeeds(), "cannot be written", "Set TMPDIR"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := ready(t)
			c.spoil(m)
			r := m.check(doctor.Needs{})
			got := m.outcome(r, c.check)
			if got.Status != c.status || !slices.Equal(got.Blocks, c.blocks) || !strings.Contains(got.Said, c.said) || !strings.Contains(got.Remedy, c.remedy) || c.remedy == "" && got.Remedy != "" {
				t.Errorf("got %+v", got)
			}
			wellWritten(t, r)
		})
	}
}

// wellWritten fails the test when a sentence is none.
func wellWritten(t *testing.T, r doctor.Report) {
	t.Helper()
	for _, c := range r.Checks {
		if !strings.HasSuffix(c.Said, ".") || strings.Contains(c.Said, "..") && !strings.Contains(c.Said, "/") {
			t.Errorf("%s says %q", c.Name, c.Said)
		}
		if c.Remedy != "" && (!strings.HasSuffix(c.Remedy, ".") || strings.ToUpper(c.Remedy[:1]) != c.Remedy[:1]) {
			t.Errorf("the remedy of %s is %q", c.Name, c.Remedy)
		}
		if (c.Status == doctor.Failed) != (len(c.Blocks) > 0) {
			t.Errorf("%s is %s and blocks %v", c.Name, c.Status, c.Blocks)
		}
	}
}

func TestNewestGPUWantsNewNcu(t *testing.T) {
	t.Parallel()
	for capability, c := range map[string]struct{ version, want string }{
		"10.0": {"2024.3.2", "2025.1"}, "10.3": {"2025.1.1", "2025.2"}, "12.0": {"2024.3.2", "2025.1"}, "11.0": {"2025.2.0", "2025.3"}, "12.1": {"2025.1.1", "2025.2"}, "8.9": {"2022.2.0", "2022.3"},
	} {
		m := ready(t)
		m.smi(strings.Replace(h100, ", 9.0", ", "+capability, 1), "")
		m.program("ncu", "echo Version "+c.version)
		if got := m.outcome(m.check(doctor.Needs{For: []doctor.Need{doctor.Ncu}}), "ncu"); got.Status != doctor.Failed || !strings.Contains(got.Remedy, c.want) {
			t.Errorf("%s with %s: %+v", capability, c.version, got)
		}
	}
}

// What one need does not rest on is not looked at, and what blocks another is a warning.
func TestNeedsChoose(t *testing.T) {
	t.Parallel()
	m := ready(t)
	m.remove("bin/nvidia-smi")
	m.program("python3", "sleep 100")
	begin := time.Now()
	r := m.check(doctor.Needs{For: []doctor.Need{doctor.Nsys}})
	if err := r.Err(); err != nil || time.Since(begin) > 20*time.Second {
		t.Errorf("nsys needs no GPU and no vLLM: %v after %v", err, time.Since(begin))
	}
	if gpu := m.outcome(r, "gpu"); gpu.Status != doctor.Warning {
		t.Errorf("gpu is %s", gpu.Status)
	}
	r = m.check(doctor.Needs{For: []doctor.Need{doctor.Nsys, doctor.Ncu}})
	err := r.Err()
	if fault.KindOf(err) != fault.Missing || !strings.HasPrefix(err.Error(), "this machine is not ready for ncu: There is no GPU here") || !strings.Contains(err.Error(), "Run this where the GPU is") {
		t.Errorf("error %v", err)
	}
}

func TestPort(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	m := ready(t)
	needs := doctor.Needs{For: []doctor.Need{doctor.VLLM}, Port: port}
	if got := m.outcome(m.check(needs), "port"); got.Status != doctor.Failed || !strings.Contains(got.Said, "address already in use") {
		t.Errorf("a port in use: %+v", got)
	}
	listener.Close()
	if got := m.outcome(m.check(needs), "port"); got.Status != doctor.OK {
		t.Errorf("a free port: %+v", got)
	}
}

// When there is no time left, what is slow is unknown, and nothing is left running.
func TestCanceled(t *testing.T) {
	t.Parallel()
	m := ready(t)
	m.program("python3", "sleep 100")
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	begin := time.Now()
	r := doctor.Check(ctx, doctor.Needs{For: []doctor.Need{doctor.VLLM}, Host: doctor.Host{Root: m.root, Path: filepath.Join(m.root, "bin")}})
	if got := m.outcome(r, "vllm"); got.Status != doctor.Unknown || time.Since(begin) > 20*time.Second {
		t.Errorf("%+v after %v", got, time.Since(begin))
	}
}

func TestParseNeeds(t *testing.T) {
	t.Parallel()
	got, err := doctor.ParseNeeds("nsys, vllm,nsys,")
	if err != nil || !slices.Equal(got, []doctor.Need{doctor.Nsys, doctor.VLLM}) {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := doctor.ParseNeeds("nsys,gdb"); fault.KindOf(err) != fault.Misuse || !strings.Contains(err.Error(), `"gdb" is none of nsys, ncu, vllm, moe`) {
		t.Errorf("%v", err)
	}
}

// This machine, whatever it is, gets a report in whole sentences.
func TestThisMachine(t *testing.T) {
	t.Parallel()
	r := doctor.Check(t.Context(), doctor.Needs{For: []doctor.Need{doctor.Nsys, doctor.Ncu}})
	if len(r.Checks) < 6 {
		t.Errorf("%d checks", len(r.Checks))
	}
	for _, c := range r.Checks {
		if !strings.HasSuffix(c.Said, ".") {
			t.Errorf("%s says %q", c.Name, c.Said)
		}
	}
}
