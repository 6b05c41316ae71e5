package roofline

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"profilemate/workbench/result"
)

// What to run so that a report has what the roofline needs.
const (
	captureAll     = "Profile with: ncu --set roofline (or --set full); --section SpeedOfLight_RooflineChart alone has fp64, fp32 and DRAM"
	captureTensor  = "Profile with: ncu --set roofline, or --section SpeedOfLight_HierarchicalTensorRooflineChart, of ncu 2025.1 or later on compute capability 8.0 or later."
	captureTraffic = "Profile with: ncu --set roofline, or add --metrics dram__bytes_read.sum,dram__bytes_write.sum; integrated GPUs have no DRAM counters: use level=l2."
)

// report adds what the tables cannot say by themselves.
func report(r *result.Result, p *profile, floats, integers []point, params Params) {
	points := slices.Concat(floats, integers)
	reportScope(r, p, points, params)
	reportIdle(r, p)
	reportCounters(r, p)
	reportTraffic(r, p, params)
	reportCeilings(r, points, params)
	reportTensor(r, points)
	reportSlowPath(r, points)
	reportHalves(r, p, params)
	reportBoth(r, points)
	reportHeadroom(r, points)
	reportAbove(r, points, params)
	reportPrecision(r, points)
	reportClock(r, p, points)
}

// kernelFinding is a finding about kernels: it names them and points at their rows.
func kernelFinding(severity result.Severity, list []*kernel, remedy, textFormat string, args ...any) result.Finding {
	f := result.Finding{Severity: severity, Text: fmt.Sprintf(textFormat, args...), Remedy: remedy, Table: "kernels", Column: "kernel"}
	for _, k := range list {
		f.StakeNs += k.time
		if !slices.Contains(f.Values, k.id.name) {
			f.Values = append(f.Values, k.id.name)
		}
	}
	return f
}

// mostNamed bounds how many kernels a finding names.
const mostNamed = 5

// names joins the labels of the first few kernels.
func names(list []*kernel) string {
	var labels []string
	for i, k := range list {
		if i == mostNamed {
			labels = append(labels, fmt.Sprintf("%d more", len(list)-mostNamed))
			break
		}
		labels = append(labels, k.label())
	}
	return strings.Join(labels, ", ")
}

// plural picks the verb of a list.
func plural(list []*kernel, one, many string) string {
	if len(list) == 1 {
		return one
	}
	return many
}

func (p *profile) where(keep func(*kernel) bool) []*kernel {
	var list []*kernel
	for _, k := range p.kernels {
		if keep(k) {
			list = append(list, k)
		}
	}
	return list
}

func reportScope(r *result.Result, p *profile, points []point, params Params) {
	if len(points) == 0 && params.Precision != "all" && len(p.kernels) > 0 {
		r.Note("No kernel is seen to compute in %s.", params.Precision)
	}
	if p.timeless > 0 {
		r.Warn("Profile with: ncu --metrics gpu__time_duration.sum, or any set.", "Launches without a time are left out: %d.", p.timeless)
	}
	if graphs := p.where(func(k *kernel) bool { return k.graph }); len(graphs) > 0 {
		r.Findings = append(r.Findings, kernelFinding(result.Warning, graphs, "Profile with --graph-profiling node to see the kernels inside.",
			"%s: whole CUDA graphs profiled as one, so one point mixes all their kernels.", names(graphs)))
	}
}

// reportIdle names the kernels that were counted and do no floating-point work.
func reportIdle(r *result.Result, p *profile) {
	idle := p.where(func(k *kernel) bool { return k.counted && len(k.work) == 0 })
	if len(idle) == 0 {
		return
	}
	what := "floating-point operations"
	if slices.ContainsFunc(idle, func(k *kernel) bool { return !k.tensorCounted }) {
		what = "fp64, fp32 or fp16 operations (tensor operations were not counted)"
	}
	f := kernelFinding(result.Info, idle, "", "%s %s no %s, so %s no arithmetic intensity and no point on the chart.",
		names(idle), plural(idle, "executes", "execute"), what, plural(idle, "it has", "they have"))
	for _, k := range idle[:min(len(idle), mostNamed)] {
		f.Text += k.moves()
	}
	r.Findings = append(r.Findings, f)
}

// moves says how fast a kernel moves bytes, "" when that is not known.
func (k *kernel) moves() string {
	v := k.bytes.value * 1e9 / float64(k.time)
	if k.bytes.missing || v == 0 {
		return ""
	}
	if peak := k.bandwidth.value(); peak > 0 {
		return fmt.Sprintf(" %s moves %s, %s of the bandwidth.", k.label(), si(v, "B/s"), percent(100*v/peak))
	}
	return fmt.Sprintf(" %s moves %s.", k.label(), si(v, "B/s"))
}

// reportCounters says which operations were not counted, and what would count them.
func reportCounters(r *result.Result, p *profile) {
	remedy := captureAll
	if len(p.where(func(k *kernel) bool { return k.graph })) > 0 {
		remedy += "; under --graph-profiling graph ncu does not count them"
	}
	say := func(missing []*kernel, what, remedy, consequence string) {
		if len(missing) > 0 {
			r.Findings = append(r.Findings, kernelFinding(result.Warning, missing, remedy,
				"The report has no counts of %s for %s (%s of GPU time)%s.", what, names(missing), percent(100*timeOf(missing)/float64(p.time)), consequence))
		}
	}
	remedy += "."
	say(p.where(func(k *kernel) bool { return !k.counted && !k.tensorCounted }), "operations", remedy, ": they are not on the chart")
	say(p.where(func(k *kernel) bool { return !k.counted && k.tensorCounted }), "fp64, fp32 and fp16 operations", remedy, ": only tensor operations are on the chart")
	say(p.where(func(k *kernel) bool { return k.counted && !k.tensorCounted }), "tensor operations", captureTensor, ": what they do on tensor cores is not on the chart")
}

func timeOf(list []*kernel) (ns float64) {
	for _, k := range list {
		ns += float64(k.time)
	}
	return ns
}

func reportTraffic(r *result.Result, p *profile, params Params) {
	level, remedy := levelName(params.Level), captureTraffic
	if params.Level != "dram" {
		remedy = "Profile with: ncu --set roofline."
	}
	if missing := p.where(func(k *kernel) bool { return k.bytes.missing }); len(missing) > 0 {
		r.Findings = append(r.Findings, kernelFinding(result.Warning, missing, remedy,
			"The report has no %s bytes of %s (%s of GPU time): without them a kernel has no intensity.", level, names(missing), percent(100*timeOf(missing)/float64(p.time))))
	}
	none := p.where(func(k *kernel) bool { return !k.bytes.missing && k.bytes.value == 0 && len(k.work) > 0 })
	if len(none) > 0 {
		r.Findings = append(r.Findings, kernelFinding(result.Info, none, "",
			"%s moved no %s bytes: the data stayed nearer to the cores, the intensity has no bound, and there is no point.", names(none), level))
	}
}

// reportCeilings says which roofs the report lacks.
func reportCeilings(r *result.Result, points []point, params Params) {
	var bandwidth, peak []*kernel
	for _, pt := range points {
		if math.IsNaN(pt.bandwidth) && !slices.Contains(bandwidth, pt.kernel) {
			bandwidth = append(bandwidth, pt.kernel)
		}
		if math.IsNaN(pt.peak) && !slices.Contains(peak, pt.kernel) {
			peak = append(peak, pt.kernel)
		}
	}
	if len(bandwidth) > 0 {
		r.Findings = append(r.Findings, kernelFinding(result.Warning, bandwidth, captureAll+"; or give the data sheet's as the parameter bandwidth.",
			"The report has no %s bandwidth for %s: there is no roof to compare with.", levelName(params.Level), names(bandwidth)))
	}
	if len(peak) > 0 {
		r.Findings = append(r.Findings, kernelFinding(result.Warning, peak, captureAll+"; or give the data sheet's as a parameter (peak-fp32=…).",
			"The report has no peak rate for %s: there is no roof to compare with.", names(peak)))
	}
}

func reportTensor(r *result.Result, points []point) {
	var exact, estimated []*kernel
	var paths []string
	for _, pt := range points {
		switch {
		case !pt.tensor:
		case pt.method == "estimate":
			estimated = append(estimated, pt.kernel)
		default:
			if !slices.Contains(exact, pt.kernel) {
				exact = append(exact, pt.kernel)
			}
			if name := seriesName(pt.amount.label(), pt.path); !slices.Contains(paths, name) {
				paths = append(paths, name)
			}
		}
	}
	if len(exact) > 0 {
		r.Findings = append(r.Findings, kernelFinding(result.Info, exact, "",
			"Tensor operations of %s are exact counts (sm__ops_path_tensor_*), each under the peak of its own counter: %s.", names(exact), strings.Join(paths, ", ")))
	}
	if len(estimated) > 0 {
		r.Findings = append(r.Findings, kernelFinding(result.Warning, estimated, captureTensor,
			"Tensor operations of %s are estimated as 512 FLOP an instruction, as older ncu does; that is right on V100 and can be off by 4 on later devices.", names(estimated)))
	}
}
