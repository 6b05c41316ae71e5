package parse

import (
	"cmp"
	"math"
	"os"
	"slices"
	"strconv"

	"profilemate/workbench/fault"
	"profilemate/workbench/result"
	"profilemate/workbench/trace/names"
)

// The files that WriteNCU writes.
const (
	BandwidthFile  = "kernel_bandwidth_metrics.csv"
	RooflineFile   = "roofline_data.csv"
	NCUSummaryFile = "ncu_summary.json"
)

// topMoE is how many kernels of mixture-of-experts layers the summary lists.
const topMoE = 10

// NCUSummary is ncu_summary.json: the keys of the scripts, then ours.
type NCUSummary struct {
	Kernels        int              `json:"total_kernels"`            // distinct names
	TopByBandwidth []NCUKernel      `json:"top_kernels_by_bandwidth"` // those whose bandwidth is known, the highest first
	Bounds         Bounds           `json:"roofline_summary"`
	MoE            MoEKernels       `json:"moe_analysis"`
	Launches       int64            `json:"total_launches"`
	DurationMs     *float64         `json:"total_time_ms"` // null when the profile is not timed
	Findings       []result.Finding `json:"findings"`
}

// Bounds counts kernels by bottleneck.
type Bounds struct {
	Compute  int `json:"compute_bound"`
	Memory   int `json:"memory_bound"`
	Balanced int `json:"balanced"`
	Latency  int `json:"latency_bound"`
	Unknown  int `json:"unknown"` // throughputs were not collected
}

// MoEKernels is the kernels whose name is one of mixture-of-experts layers, by the
// rules of the analysis kernel-families. The bandwidth is the sum of their bytes over
// the sum of their times, null when either is not known of any.
type MoEKernels struct {
	Found     bool        `json:"moe_kernels_found"`
	Kernels   int         `json:"num_moe_kernels"`
	TotalMs   *float64    `json:"total_time_ms"`
	Bandwidth *float64    `json:"avg_bandwidth_gbps"`
	Longest   []NCUKernel `json:"kernels"` // by time
}

// SummarizeNCU puts a summary together of kernels that are ordered by time.
func SummarizeNCU(kernels []NCUKernel, findings []result.Finding) NCUSummary {
	s := NCUSummary{Kernels: len(kernels), TopByBandwidth: []NCUKernel{}, MoE: moeOf(kernels), Findings: append([]result.Finding{}, findings...)}
	for _, k := range kernels {
		s.Bounds.add(k.Bottleneck)
		s.Launches += k.Launches
		if k.Bandwidth != nil {
			s.TopByBandwidth = append(s.TopByBandwidth, k)
		}
	}
	s.Findings = append(s.Findings, unknownBounds(kernels)...)
	_, time := totals(kernels)
	s.DurationMs = realOf(time / 1e6)
	slices.SortStableFunc(s.TopByBandwidth, func(a, b NCUKernel) int { return cmp.Compare(*b.Bandwidth, *a.Bandwidth) })
	s.TopByBandwidth = s.TopByBandwidth[:min(topKernels, len(s.TopByBandwidth))]
	return s
}

// unknownBounds says what would tell the bottlenecks that are not known.
func unknownBounds(kernels []NCUKernel) []result.Finding {
	unknown := int64(0)
	for _, k := range kernels {
		if k.Bottleneck == "" {
			unknown++
		}
	}
	if unknown == 0 {
		return nil
	}
	r := result.Result{}
	r.Warn("Profile with: ncu --section SpeedOfLight beside the other sections, or any --set.",
		"The bottleneck of %s is not known: the profile lacks the compute or memory throughput.", result.Count(unknown, "kernel"))
	return r.Findings
}

func (b *Bounds) add(bottleneck string) {
	switch bottleneck {
	case "compute":
		b.Compute++
	case "memory":
		b.Memory++
	case "balanced":
		b.Balanced++
	case "latency":
		b.Latency++
	default:
		b.Unknown++
	}
}

func moeOf(kernels []NCUKernel) MoEKernels {
	var list []NCUKernel
	for _, k := range kernels {
		if family, _ := names.Family(k.Name); family == "moe" {
			list = append(list, k)
		}
	}
	out := MoEKernels{Found: len(list) > 0, Kernels: len(list), Longest: append([]NCUKernel{}, list[:min(topMoE, len(list))]...)}
	if out.Found {
		bytes, time := totals(list)
		out.TotalMs, out.Bandwidth = realOf(time/1e6), realOf(bytes/time)
	}
	return out
}

// totals adds bytes and ns up: NaN when a kernel lacks them.
func totals(kernels []NCUKernel) (bytes, time float64) {
	for _, k := range kernels {
		bytes += floatOf(k.DRAMBytes)
		time += floatOf(k.DurationNs)
	}
	return bytes, time
}

func floatOf(v *int64) float64 {
	if v == nil {
		return math.NaN()
	}
	return float64(*v)
}

// WriteNCU writes the two CSV files, a row a kernel name, and the summary into dir.
func WriteNCU(dir string, kernels []NCUKernel, s NCUSummary) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fault.Errorf(fault.Denied, "making %s: %w", dir, err)
	}
	for _, f := range []struct {
		name   string
		header []string
		row    func(*table, NCUKernel)
	}{{BandwidthFile, bandwidthHeader(), bandwidthRow}, {RooflineFile, rooflineHeader(), rooflineRow}} {
		out, err := newTable(dir, f.name, f.header...)
		if err != nil {
			return err
		}
		for _, k := range kernels {
			f.row(out, k)
			out.row()
		}
		if err := out.close(nil); err != nil {
			return fault.Errorf(fault.Denied, "writing %s: %w", f.name, err)
		}
	}
	return writeJSON(dir, NCUSummaryFile, s)
}

func bandwidthHeader() []string {
	return []string{"kernel_name", "dram_read_bytes", "dram_write_bytes", "dram_throughput_pct", "sm_throughput_pct", "duration_ns", "bandwidth_gbps",
		"launches", "dram_bytes", "memory_throughput_pct", "ncu_class"}
}

func bandwidthRow(t *table, k NCUKernel) {
	t.text(k.Name)
	t.whole(k.DRAMRead)
	t.whole(k.DRAMWrite)
	t.real(k.DRAMPct)
	t.real(k.SMPct)
	t.whole(k.DurationNs)
	t.real(k.Bandwidth)
	t.int(k.Launches)
	t.whole(k.DRAMBytes)
	t.real(k.MemoryPct)
	t.text(k.Class)
}

func rooflineHeader() []string {
	return []string{"kernel_name", "sm_utilization", "memory_utilization", "bottleneck", "bandwidth_gbps",
		"launches", "duration_ns", "flop", "arithmetic_intensity", "flop_per_second", "ridge_intensity", "peak_flop_per_second",
		"roof_flop_per_second", "roof_share_pct", "roofline_side", "flop_precision", "flop_method"}
}

// rooflineRow has DRAM's throughput as memory_utilization, as the scripts did.
func rooflineRow(t *table, k NCUKernel) {
	t.text(k.Name)
	t.real(k.SMPct)
	t.real(k.DRAMPct)
	t.text(k.Bottleneck)
	t.real(k.Bandwidth)
	t.int(k.Launches)
	t.whole(k.DurationNs)
	t.whole(k.FLOP)
	for _, v := range []*float64{k.Intensity, k.Rate, k.Ridge, k.Peak, k.Ceiling, k.OfRoof} {
		t.real(v)
	}
	t.text(k.Side)
	t.text(k.Precision)
	t.text(k.Method)
}

// whole appends a whole number, nothing where it is nil.
func (t *table) whole(v *int64) {
	if v == nil {
		t.raw("")
		return
	}
	t.int(*v)
}

// real appends a number in its shortest exact form, nothing where it is nil.
func (t *table) real(v *float64) {
	t.separate()
	if v != nil {
		t.line = strconv.AppendFloat(t.line, *v, 'f', -1, 64)
	}
}
