package doctor

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"profilemate/workbench/process"
)

// programLimit is how long a program may take to say its version.
const programLimit = 20 * time.Second

// nsight is one of the two profilers.
type nsight struct {
	need    Need
	name    string
	program string
	places  []string // where installers put it, as patterns
}

// release is a version of Nsight: 2025.3.
type release struct{ year, number int }

var nsightVersion = regexp.MustCompile(`(?i)version:? (20\d\d)\.(\d+)[.\d]*`)

func (r release) before(o release) bool {
	return r.year < o.year || r.year == o.year && r.number < o.number
}

func (r release) String() string { return fmt.Sprintf("%d.%d", r.year, r.number) }

// profiler looks for a profiler, asks it for its version and compares that with the
// driver.
func (e *examination) profiler(ctx context.Context, n nsight) {
	if !e.matters(n.need) {
		return
	}
	c := Outcome{Name: n.program, For: []Need{n.need}}
	path, err := e.find(n.program)
	if err != nil {
		c.Blocks = c.For
		c.Said = fmt.Sprintf("There is no %s on the PATH.", n.program)
		c.Remedy = fmt.Sprintf("Install %s, or put the folder of its %s on the PATH.", n.name, n.program)
		if found := e.elsewhere(n.places); found != "" {
			c.Said = fmt.Sprintf("%s is at %s, which is not on the PATH.", n.name, found)
			c.Remedy = fmt.Sprintf("Put %s on the PATH.", filepath.Dir(found))
		}
		e.add(c)
		return
	}
	said, err := process.Output(ctx, programLimit, process.Command{Path: path, Args: []string{"--version"}})
	version := nsightVersion.FindStringSubmatch(said)
	switch {
	case ctx.Err() != nil:
		c.Status, c.Said = Unknown, "The version of "+n.name+" was not waited for."
	case errors.Is(err, context.DeadlineExceeded):
		c.Blocks, c.Said = c.For, fmt.Sprintf("%s did not say its version within %v.", path, programLimit)
		c.Remedy = "Install " + n.name + " anew."
	case err != nil:
		c.Blocks, c.Said, c.Remedy = c.For, fmt.Sprintf("%s does not run: %v.", path, err), "Install "+n.name+" anew."
	case version == nil:
		c.Status, c.Said = Unknown, fmt.Sprintf("%s says no version that is known here.", path)
	default:
		year, _ := strconv.Atoi(version[1])
		number, _ := strconv.Atoi(version[2]) // too long for an int: the largest int, which is new enough
		c.Status, c.Said = OK, fmt.Sprintf("%s %d.%d is at %s.", n.name, year, number, path)
		e.fit(&c, n, release{year, number})
	}
	e.add(c)
}

// elsewhere returns the last of the files that the patterns match.
func (e *examination) elsewhere(patterns []string) string {
	for _, p := range patterns {
		if found, err := filepath.Glob(filepath.Join("/", e.Host.Root, p)); err == nil && len(found) > 0 {
			return found[len(found)-1]
		}
	}
	return ""
}

// oldest are the first releases that came with a major version of CUDA, from the
// release history of Nsight Compute and the toolkits' release notes.
var oldest = map[Need]map[int]release{
	Nsys: {12: {2022, 4}, 13: {2025, 3}},
	Ncu:  {12: {2022, 4}, 13: {2025, 3}},
}

// architectures are the first releases of Nsight Compute for a compute capability
// and those above it, highest first.
var architectures = []struct {
	capability float64
	first      release
}{{12.1, release{2025, 2}}, {12.0, release{2025, 1}}, {11.0, release{2025, 3}}, {10.3, release{2025, 2}}, {10.0, release{2025, 1}}, {8.9, release{2022, 3}}}

// fit says when a profiler is older than the driver's CUDA or than the GPU. A newer
// one than the driver is no trouble: each brings the libraries for older drivers.
func (e *examination) fit(c *Outcome, n nsight, have release) {
	want := oldest[n.need][e.driver.cuda]
	for _, g := range e.gpus {
		for _, a := range architectures {
			if n.need == Ncu && g.capability >= a.capability {
				if have.before(a.first) {
					c.Blocks = c.For
					c.Said += fmt.Sprintf(" It does not know the %s of this machine.", g.name)
					c.Remedy = fmt.Sprintf("Install %s %v or newer.", n.name, a.first)
					return
				}
				break
			}
		}
	}
	if have.before(want) {
		c.Status = Warning
		c.Said += fmt.Sprintf(" It is older than driver %s, which speaks CUDA %d: kernels may be missing.", e.driver.version, e.driver.cuda)
		c.Remedy = fmt.Sprintf("Install %s %v or newer.", n.name, want)
	}
}
