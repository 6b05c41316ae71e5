package ncu

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"profilemate/workbench/artifacts"
)

// content is what the launches of a source are and what they have, for its Info.
type content struct {
	launches int64
	kernels  map[string]bool
	devices  []string
	graphs   int64
	has      map[string]bool // what some launch has: "flops", "dram_bytes", "tensor_ops"
}

func newContent() content {
	return content{kernels: map[string]bool{}, has: map[string]bool{}}
}

func (c *content) note(r row) {
	c.launches++
	c.kernels[r.cell("Kernel Name")] = true
	if device := r.cell("device__attribute_display_name"); device != "" && !slices.Contains(c.devices, device) {
		c.devices = append(c.devices, device)
	}
	if r.workload() == "graph" {
		c.graphs++
	}
	for _, f := range families {
		if !c.has["flops"] {
			_, c.has["flops"] = r.flops(f)
		}
	}
	if !c.has["dram_bytes"] {
		_, c.has["dram_bytes"] = r.dramBytes()
	}
	if !c.has["tensor_ops"] {
		_, c.has["tensor_ops"] = r.tensors()
	}
}

// info describes the source in words. metrics is the most that a launch has.
func (c *content) info(format string, metrics int) artifacts.Info {
	info := artifacts.Info{Kind: artifacts.NCU, Format: format, Producer: "Nsight Compute",
		Summary: fmt.Sprintf("%d launches of %d kernels with up to %d metrics each", c.launches, len(c.kernels), metrics)}
	if len(c.devices) > 0 {
		info.Summary += " on " + strings.Join(c.devices, ", ")
	}
	info.Metadata = map[string]string{
		"device": strings.Join(c.devices, ", "), "launches": strconv.FormatInt(c.launches, 10),
		"graphs": strconv.FormatInt(c.graphs, 10),
	}
	for _, what := range []string{"flops", "dram_bytes", "tensor_ops"} {
		info.Metadata["has_"+what] = strconv.FormatBool(c.has[what])
	}
	return info
}
