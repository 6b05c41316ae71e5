package doctor

import (
	"fmt"
	"regexp"
	"strconv"
)

// Capabilities of Linux, as bits of CapEff in /proc/self/status.
const (
	capSysAdmin = 1 << 21
	capPerfmon  = 1 << 38
)

// perfmonDriver is the first branch of the driver that lets CAP_PERFMON count.
const perfmonDriver = 565

var (
	effective   = regexp.MustCompile(`(?m)^CapEff:\s*([0-9a-fA-F]{1,16})\s*$`)
	adminOnly   = regexp.MustCompile(`(?m)^RmProfilingAdminOnly:\s*(\d+)\s*$`)
	driverMajor = regexp.MustCompile(`^\d+`)
)

// may reports whether this process has a capability. Root of a container may lack
// them, so the user does not matter.
func (e *examination) may(capability uint64) bool {
	status, _ := e.read("proc/self/status")
	m := effective.FindStringSubmatch(status)
	if m == nil {
		return false
	}
	bits, err := strconv.ParseUint(m[1], 16, 64)
	return err == nil && bits&capability != 0
}

// counters says whether Nsight Compute may read the GPU's counters.
func (e *examination) counters() {
	c := Outcome{Name: "counters", Status: OK, For: []Need{Ncu}}
	params, ok := e.read("proc/driver/nvidia/params")
	m := adminOnly.FindStringSubmatch(params)
	major, _ := strconv.Atoi(driverMajor.FindString(e.driver.version)) // no driver: 0
	switch {
	case !ok && e.driver.version == "":
		c.Status, c.Said = Unknown, "Without a driver it cannot be told who may read GPU counters."
	case m == nil:
		c.Status, c.Said = Unknown, "The driver does not say who may read GPU counters. Nsight Compute reports ERR_NVGPUCTRPERM when you may not."
	case m[1] == "0":
		c.Said = "All users may read GPU counters."
	case e.may(capSysAdmin):
		c.Said = "The driver lets administrators alone read GPU counters, and this process has CAP_SYS_ADMIN."
	case major >= perfmonDriver && e.may(capPerfmon):
		c.Said = "The driver lets administrators alone read GPU counters, and this process has CAP_PERFMON."
	default:
		c.Blocks, c.Said = c.For, "The driver lets administrators alone read GPU counters (ERR_NVGPUCTRPERM)."
		c.Remedy = `Put "options nvidia NVreg_RestrictProfilingToAdminUsers=0" into a file in /etc/modprobe.d and reboot, or run as root; in a container, start that with --cap-add=SYS_ADMIN.`
	}
	e.add(c)
}

// paranoid is the highest perf_event_paranoid with which nsys samples CPUs.
const paranoid = 2

// sampling says whether Nsight Systems may sample CPU stacks.
func (e *examination) sampling() {
	c := Outcome{Name: "cpu-sampling", Status: OK, For: []Need{Nsys}}
	text, ok := e.read("proc/sys/kernel/perf_event_paranoid")
	level, err := strconv.Atoi(text)
	switch {
	case !ok || err != nil:
		c.Status, c.Said = Unknown, "This system does not say whether CPU stacks may be sampled."
	case level <= paranoid:
		c.Said = fmt.Sprintf("CPU stacks may be sampled (perf_event_paranoid is %d).", level)
	case e.may(capSysAdmin) || e.may(capPerfmon):
		c.Said = fmt.Sprintf("CPU stacks may be sampled: perf_event_paranoid is %d, but this process may do so.", level)
	default:
		c.Status, c.Said = Warning, fmt.Sprintf("CPU stacks cannot be sampled: perf_event_paranoid is %d. GPU work, NVTX and API calls are traced all the same.", level)
		c.Remedy = "Run sysctl -w kernel.perf_event_paranoid=2 as root where you need CPU samples."
	}
	e.add(c)
}
