package capture

import (
	"bufio"
	"context"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"profilemate/workbench/job"
	"profilemate/workbench/process"
)

// Host is the machine of a capture.
type Host struct {
	Name   string `json:"name"`
	System string `json:"system"`           // "linux/amd64"
	Kernel string `json:"kernel,omitempty"` // release of the operating system's
	CPUs   int    `json:"cpus"`             // that this process may use
	Memory int64  `json:"memory,omitempty"` // bytes
	GPUs   []GPU  `json:"gpus"`             // empty: none, or nvidia-smi does not say
}

// GPU is a device as nvidia-smi describes it.
type GPU struct {
	Index  string `json:"index"`
	Name   string `json:"name"`
	UUID   string `json:"uuid"`
	Memory string `json:"memory"`
	Driver string `json:"driver"`
}

// askFor is how long a program may take to say its version.
const askFor = 20 * time.Second

func hostFacts(ctx context.Context) Host {
	h := Host{System: runtime.GOOS + "/" + runtime.GOARCH, CPUs: runtime.NumCPU(), GPUs: []GPU{}}
	h.Name, _ = os.Hostname() // a machine without a name has none here
	if text, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		h.Kernel = strings.TrimSpace(string(text))
	}
	h.Memory = memory()
	said, err := process.Output(ctx, askFor, process.Command{Path: "nvidia-smi",
		Args: []string{"--query-gpu=index,name,uuid,memory.total,driver_version", "--format=csv,noheader"}})
	if err != nil {
		return h
	}
	for line := range strings.Lines(said) {
		if f := strings.Split(strings.TrimSpace(line), ", "); len(f) == 5 {
			h.GPUs = append(h.GPUs, GPU{Index: f[0], Name: f[1], UUID: f[2], Memory: f[3], Driver: f[4]})
		}
	}
	return h
}

// Devices returns the UUIDs of GPUs that a plan names by index, by UUID or as all:
// what they are called is the same for every user and in every container. Empty: there
// is none, or nvidia-smi does not say.
func Devices(ctx context.Context, gpus []string) []string {
	var out []string
	for _, g := range hostFacts(ctx).GPUs {
		if slices.Contains(gpus, job.AllGPUs) || slices.Contains(gpus, g.Index) || slices.Contains(gpus, g.UUID) {
			out = append(out, g.UUID)
		}
	}
	return out
}

// memory reads the size of main memory, 0 where it is not said.
func memory() int64 {
	file, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if f := strings.Fields(lines.Text()); len(f) == 3 && f[0] == "MemTotal:" {
			kib, err := strconv.ParseInt(f[1], 10, 64)
			if err == nil {
				return kib << 10
			}
		}
	}
	return 0
}

// toolVersions asks the profilers of a plan for their versions.
func toolVersions(ctx context.Context, p job.Plan) map[string]string {
	out := map[string]string{}
	for _, c := range p.Commands {
		name := c.Args[0]
		if name != "nsys" && name != "ncu" || out[name] != "" {
			continue
		}
		said, err := process.Output(ctx, askFor, process.Command{Path: name, Args: []string{"--version"}})
		if lines := strings.Split(strings.TrimSpace(said), "\n"); err == nil {
			out[name] = strings.TrimSpace(lines[len(lines)-1])
		}
	}
	return out
}
