// Package doctor says whether this machine can make a capture, and what to do where
// it cannot: the profilers and their fit with the driver, the GPUs and who uses
// them, permission for counters, vLLM, the port, disk space. It changes nothing and
// needs no GPU.
package doctor

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"profilemate/workbench/fault"
	"profilemate/workbench/process"
)

// Need is something that a capture rests on.
type Need string

// The needs. A capture of vLLM with Nsight Systems has two: Nsys and VLLM.
const (
	Nsys Need = "nsys" // Nsight Systems traces a program
	Ncu  Need = "ncu"  // Nsight Compute measures kernels
	VLLM Need = "vllm" // a vLLM server is started
	MoE  Need = "moe"  // the routing of a vLLM server is recorded
)

// AllNeeds returns every need.
func AllNeeds() []Need { return []Need{Nsys, Ncu, VLLM, MoE} }

// Needs are what a capture is going to use.
type Needs struct {
	For    []Need // empty: everything is looked at
	Port   int    // that a server is going to listen on; 0: it is not looked at
	Output string // folder that gets the capture, made or not; empty: the working folder
	Python string // interpreter that has vLLM; empty: python3 or python on the PATH
	Host   Host   // the zero value is this machine
}

// Host says where the facts come from.
type Host struct {
	Root   string              // folder that stands for /, where /proc is read; empty: /
	Path   string              // folders of programs, as in $PATH; empty: $PATH
	Getenv func(string) string // nil: os.Getenv
}

// Status is how a check came out.
type Status string

// How it came out.
const (
	OK      Status = "ok"
	Warning Status = "warning" // a capture works but may disappoint
	Failed  Status = "failed"  // some need is not met: Outcome.Blocks
	Unknown Status = "unknown" // it cannot be told here
)

// Outcome is one thing that was looked at.
type Outcome struct {
	Name   string `json:"name"` // of the thing: "gpu", "counters"
	Status Status `json:"status"`
	Said   string `json:"said"`             // what was found, in sentences
	Remedy string `json:"remedy,omitempty"` // what to do, a sentence; empty when there is nothing
	For    []Need `json:"for"`              // the needs that it matters to
	Blocks []Need `json:"blocks,omitempty"` // those of For that it makes impossible
}

// Report is what was found, in the order in which it is best put right.
type Report struct {
	Checks []Outcome `json:"checks"`
	For    []Need    `json:"for"` // that were asked for; empty: none in particular
}

// examination is one run of all checks, and what earlier ones found out.
type examination struct {
	Needs
	report *Report
	driver driver
	gpus   []gpu
}

// Check looks at what the needs rest on. It takes as long as vLLM's import where
// that is looked at, at most a minute. When ctx ends early, what is left is Unknown.
func Check(ctx context.Context, n Needs) Report {
	e := &examination{Needs: n, report: &Report{For: n.For, Checks: []Outcome{}}}
	e.graphics(ctx)
	e.profiler(ctx, nsight{need: Nsys, name: "Nsight Systems", program: "nsys", places: []string{
		"/opt/nvidia/nsight-systems/*/bin/nsys", "/opt/nvidia/nsight-systems-cli/*/bin/nsys", "/usr/local/cuda*/bin/nsys"}})
	e.profiler(ctx, nsight{need: Ncu, name: "Nsight Compute", program: "ncu", places: []string{
		"/opt/nvidia/nsight-compute/*/ncu", "/usr/local/cuda*/bin/ncu"}})
	e.counters()
	e.sampling()
	e.vllm(ctx)
	e.port()
	e.disk()
	e.temporary()
	return *e.report
}

// add keeps a check when it matters to a need that was asked for.
func (e *examination) add(c Outcome) {
	if !e.matters(c.For...) {
		return
	}
	if len(c.Blocks) > 0 {
		c.Status = Warning
		if e.matters(c.Blocks...) {
			c.Status = Failed
		}
	}
	e.report.Checks = append(e.report.Checks, c)
}

// matters reports whether some of the needs were asked for.
func (e *examination) matters(needs ...Need) bool {
	return len(e.For) == 0 || slices.ContainsFunc(needs, func(n Need) bool { return slices.Contains(e.For, n) })
}

// Blocking returns the checks that make a need impossible.
func (r Report) Blocking(n Need) []Outcome {
	return slices.DeleteFunc(slices.Clone(r.Checks), func(c Outcome) bool { return !slices.Contains(c.Blocks, n) })
}

// Err returns nil when all needs that were asked for are met, and else Missing, with
// the first thing that is not and its remedy.
func (r Report) Err() error {
	for _, n := range r.For {
		if blocking := r.Blocking(n); len(blocking) > 0 {
			err := fault.Errorf(fault.Missing, "this machine is not ready for %s: %s", n, blocking[0].Said)
			if blocking[0].Remedy != "" {
				err = fault.WithRemedy(err, "%s", blocking[0].Remedy)
			}
			return err
		}
	}
	return nil
}

// ParseNeeds reads a list of needs with commas between: "nsys,vllm". An empty text
// is none. An unknown word is Misuse.
func ParseNeeds(text string) ([]Need, error) {
	var needs []Need
	for word := range strings.SplitSeq(text, ",") {
		n := Need(strings.TrimSpace(word))
		switch {
		case n == "":
		case !slices.Contains(AllNeeds(), n):
			return nil, fault.Errorf(fault.Misuse, "%q is none of nsys, ncu, vllm, moe", string(n))
		case !slices.Contains(needs, n):
			needs = append(needs, n)
		}
	}
	return needs, nil
}

// read returns a file of the host without the spaces around; false where there is none.
func (e *examination) read(path string) (string, bool) {
	text, err := os.ReadFile(filepath.Join("/", e.Host.Root, path))
	return strings.TrimSpace(string(text)), err == nil
}

func (e *examination) getenv(name string) string {
	if e.Host.Getenv != nil {
		return e.Host.Getenv(name)
	}
	return os.Getenv(name)
}

func (e *examination) find(program string) (string, error) {
	return process.FindIn(program, e.Host.Path)
}
