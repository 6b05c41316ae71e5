package parse

import (
	"context"
	"math"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/analysis/launch"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/result"
)

// NCUKernel is all launches of one kernel name: the keys of the scripts, then ours.
// Times, bytes and operations are sums, percentages are weighted by time. What the
// profile does not know of any launch is nil, and its key is left out.
type NCUKernel struct {
	Name         string   `json:"kernel_name"` // whole
	DRAMRead     *int64   `json:"dram_read_bytes,omitempty"`
	DRAMWrite    *int64   `json:"dram_write_bytes,omitempty"`
	DRAMPct      *float64 `json:"dram_throughput_pct,omitempty"`
	SMPct        *float64 `json:"sm_throughput_pct,omitempty"`
	DurationNs   *int64   `json:"duration_ns,omitempty"`    // of all launches
	Bandwidth    *float64 `json:"bandwidth_gbps,omitempty"` // GB/s of DRAM: bytes over time
	ComputeBound *bool    `json:"compute_bound,omitempty"`  // Bottleneck is "compute"
	Bottleneck   string   `json:"bottleneck,omitempty"`     // "compute", "memory", "balanced" or "latency"

	Launches  int64    `json:"launches"`
	DRAMBytes *int64   `json:"dram_bytes,omitempty"` // read and written
	MemoryPct *float64 `json:"memory_throughput_pct,omitempty"`
	Class     string   `json:"ncu_class,omitempty"` // of ncu's rule SOLBottleneck
	Roof
}

// NCUKernels rolls the launches of an artifact up by kernel name, the longest total
// time first. roofline is the result of the analysis of that name on the same
// artifact, which has the operations and ceilings; nil leaves these out.
func NCUKernels(ctx context.Context, a artifacts.Artifact, roofline *result.Result) ([]NCUKernel, error) {
	launches, err := artifacts.Load(ctx, a, "launches")
	if err != nil {
		return nil, err
	}
	byName := func(k launch.Key) launch.Key { return launch.Key{Name: k.Name} }
	p, err := launch.LoadAs(ctx, rolled{launches}, launch.RoleName, "", nil, byName)
	if err != nil {
		return nil, err
	}
	roofs := roofsOf(roofline)
	list := make([]NCUKernel, len(p.Kernels))
	for i, k := range p.Kernels {
		list[i] = ncuKernel(p, k)
		list[i].Roof = roofs[k.Name].roof(counted(p, k))
	}
	return list, nil
}

// rolled gives package launch the table that it rolls up.
type rolled struct{ launches *frames.Frame }

func (r rolled) Frame(string, string) (*frames.Frame, error) { return r.launches, nil }
func (r rolled) Source(string) analysis.Source               { return analysis.Source{} }

func ncuKernel(p *launch.Profile, k *launch.Kernel) NCUKernel {
	sum := func(column string) *int64 { return wholeOf(k.Sum(p.Column(column))) }
	mean := func(column string) *float64 { return realOf(k.Mean(p.Column(column))) }
	out := NCUKernel{Name: k.Name, Launches: k.Launches(), DRAMRead: sum("dram_read"), DRAMWrite: sum("dram_write"), DRAMBytes: sum("dram_bytes"),
		DRAMPct: mean("dram_pct"), SMPct: mean("sm_pct"), MemoryPct: mean("memory_pct")}
	if k.Time > 0 {
		out.DurationNs = &k.Time
		out.Bandwidth = realOf(k.Sum(p.Column("dram_bytes")) / float64(k.Time)) // bytes a ns are GB/s
	}
	out.Class = launch.SpeedOfLight(k.Mean(p.Column("sm_pct")), k.Mean(p.Column("memory_pct")), k.Mean(p.Column("waves")))
	if out.Bottleneck = bottleneckOf(out.Class); out.Bottleneck != "" {
		compute := out.Bottleneck == "compute"
		out.ComputeBound = &compute
	}
	return out
}

// bottleneckOf is ncu's class in a word. The scripts knew two; a kernel that keeps
// neither side busy was "memory" there, however little it moved.
func bottleneckOf(class string) string {
	switch limit := launch.Limit(class); {
	case limit != "" || class == "":
		return limit
	case class == launch.Balanced:
		return "balanced"
	}
	return "latency"
}

// counted reports whether the operations of every launch were counted, so that none
// seen means none done.
func counted(p *launch.Profile, k *launch.Kernel) bool {
	all := p.Column("flop_fp64").Plus(p.Column("flop_fp32"), p.Column("flop_fp16"), p.Column("flop_tensor"))
	return !math.IsNaN(k.Sum(all))
}

func realOf(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// wholeOf is a sum of whole numbers as one. Sums beyond 2^53 are rounded.
func wholeOf(v float64) *int64 {
	if n, ok := launch.Whole(v).(int64); ok {
		return &n
	}
	return nil
}
