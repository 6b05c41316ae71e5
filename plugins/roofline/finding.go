package roofline

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"profilemate/workbench/analysis/launch/roof"
	"profilemate/workbench/result"
)

// What to run so that a report has what the roofline needs.
const (
	captureAll     = "Profile with: ncu --set roofline (or --set full); --section SpeedOfLight_RooflineChart alone has fp64, fp32 and DRAM"
	captureTensor  = "Profile with: ncu --set roofline, or --section SpeedOfLight_HierarchicalTensorRooflineChart, of ncu 2025.1 or later on compute capability 8.0 or later."
	captureTraffic = "Profile with: ncu --set roofline, or add --metrics dram__bytes_read.sum,dram__bytes_write.sum; integrated GPUs have no DRAM counters: use level=l2."
)

// report adds what the tables cannot say by themselves.
func report(r *result.Result, p *roof.Profile, floats, integers []roof.Point, params Params) {
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
func kernelFinding(severity result.Severity, list []*roof.Kernel, remedy, textFormat string, args ...any) result.Finding {
	f := result.Finding{Severity: severity, Text: fmt.Sprintf(textFormat, args...), Remedy: remedy, Table: "kernels", Column: "kernel"}
	for _, k := range list {
		f.StakeNs += k.Time
		if !slices.Contains(f.Values, k.ID.Name) {
			f.Values = append(f.Values, k.ID.Name)
		}
	}
	return f
}

// mostNamed bounds how many kernels a finding names.
const mostNamed = 5

// names joins the labels of the first few kernels.
func names(list []*roof.Kernel) string {
	var labels []string
	for i, k := range list {
		if i == mostNamed {
			labels = append(labels, fmt.Sprintf("%d more", len(list)-mostNamed))
			break
		}
		labels = append(labels, k.Label())
	}
	return strings.Join(labels, ", ")
}

// plural picks the verb of a list.
func plural(list []*roof.Kernel, one, many string) string {
	if len(list) == 1 {
		return one
	}
	return many
}

func reportScope(r *result.Result, p *roof.Profile, points []roof.Point, params Params) {
	if len(points) == 0 && params.Precision != "all" && len(p.Kernels) > 0 {
		r.Note("No kernel is seen to compute in %s.", params.Precision)
	}
	if p.Timeless > 0 {
		r.Warn("Profile with: ncu --metrics gpu__time_duration.sum, or any set.", "Launches without a time are left out: %d.", p.Timeless)
	}
	if graphs := p.Where(func(k *roof.Kernel) bool { return k.Graph }); len(graphs) > 0 {
		r.Findings = append(r.Findings, kernelFinding(result.Warning, graphs, "Profile with --graph-profiling node to see the kernels inside.",
			"%s: whole CUDA graphs profiled as one, so one point mixes all their kernels.", names(graphs)))
	}
}

// reportIdle names the kernels that were counted and do no floating-point work.
func reportIdle(r *result.Result, p *roof.Profile) {
	idle := p.Where(func(k *roof.Kernel) bool { return k.Counted && len(k.Work) == 0 })
	if len(idle) == 0 {
		return
	}
	what := "floating-point operations"
	if slices.ContainsFunc(idle, func(k *roof.Kernel) bool { return !k.TensorCounted }) {
		what = "fp64, fp32 or fp16 operations (tensor operations were not counted)"
	}
	f := kernelFinding(result.Info, idle, "", "%s %s no %s, so %s no arithmetic intensity and no point on the chart.",
		names(idle), plural(idle, "executes", "execute"), what, plural(idle, "it has", "they have"))
	for _, k := range idle[:min(len(idle), mostNamed)] {
		f.Text += moves(k)
	}
	r.Findings = append(r.Findings, f)
}

// moves says how fast a kernel moves bytes, "" when that is not known.
func moves(k *roof.Kernel) string {
	v := k.Bytes.Value * 1e9 / float64(k.Time)
	if k.Bytes.Missing || v == 0 {
		return ""
	}
	if peak := k.Bandwidth.Value(); peak > 0 {
		return fmt.Sprintf(" %s moves %s, %s of the bandwidth.", k.Label(), si(v, "B/s"), percent(100*v/peak))
	}
	return fmt.Sprintf(" %s moves %s.", k.Label(), si(v, "B/s"))
}

// reportCounters says which operations were not counted, and what would count them.
func reportCounters(r *result.Result, p *roof.Profile) {
	remedy := captureAll
	if len(p.Where(func(k *roof.Kernel) bool { return k.Graph })) > 0 {
		remedy += "; under --graph-profiling graph ncu does not count them"
	}
	say := func(missing []*roof.Kernel, what, remedy, consequence string) {
		if len(missing) > 0 {
			r.Findings = append(r.Findings, kernelFinding(result.Warning, missing, remedy,
				"The report has no counts of %s for %s (%s of GPU time)%s.", what, names(missing), percent(100*timeOf(missing)/float64(p.Time)), consequence))
		}
	}
	remedy += "."
	say(p.Where(func(k *roof.Kernel) bool { return !k.Counted && !k.TensorCounted }), "operations", remedy, ": they are not on the chart")
	say(p.Where(func(k *roof.Kernel) bool { return !k.Counted && k.TensorCounted }), "fp64, fp32 and fp16 operations", remedy, ": only tensor operations are on the chart")
	say(p.Where(func(k *roof.Kernel) bool { return k.Counted && !k.TensorCounted }), "tensor operations", captureTensor, ": what they do on tensor cores is not on the chart")
}

func timeOf(list []*roof.Kernel) (ns float64) {
	for _, k := range list {
		ns += float64(k.Time)
	}
	return ns
}

func reportTraffic(r *result.Result, p *roof.Profile, params Params) {
	level, remedy := roof.LevelName(params.Level), captureTraffic
	if params.Level != "dram" {
		remedy = "Profile with: ncu --set roofline."
	}
	if missing := p.Where(func(k *roof.Kernel) bool { return k.Bytes.Missing }); len(missing) > 0 {
		r.Findings = append(r.Findings, kernelFinding(result.Warning, missing, remedy,
			"The report has no %s bytes of %s (%s of GPU time): without them a kernel has no intensity.", level, names(missing), percent(100*timeOf(missing)/float64(p.Time))))
	}
	none := p.Where(func(k *roof.Kernel) bool { return !k.Bytes.Missing && k.Bytes.Value == 0 && len(k.Work) > 0 })
	if len(none) > 0 {
		r.Findings = append(r.Findings, kernelFinding(result.Info, none, "",
			"%s moved no %s bytes: the data stayed nearer to the cores, the intensity has no bound, and there is no point.", names(none), level))
	}
}

// reportCeilings says which roofs the report lacks: those of a known device come from
// its data sheet, and those of another are asked for, not guessed.
func reportCeilings(r *result.Result, points []roof.Point, params Params) {
	var asked, known []*roof.Kernel
	var parameters, devices []string
	for _, pt := range points {
		if (pt.PeakFrom == roof.FromDevice || pt.BandwidthFrom == roof.FromDevice) && !slices.Contains(known, pt.Kernel) {
			known = append(known, pt.Kernel)
		}
		lacks := missingCeilings(pt)
		if len(lacks) == 0 {
			continue
		}
		if !slices.Contains(asked, pt.Kernel) {
			asked = append(asked, pt.Kernel)
		}
		parameters = appendNew(parameters, lacks...)
		devices = appendNew(devices, cmp.Or(pt.ID.Device, "a device without a name"))
	}
	if len(known) > 0 {
		f := kernelFinding(result.Info, known, captureAll+"; its peaks are at the clock during profiling.",
			"Ceilings of %s that the report lacks are those of the data sheet, at the boost clock: at the clock during profiling a kernel is nearer to its roof than it seems.", names(known))
		f.StakeNs = 0
		r.Findings = append(r.Findings, f)
	}
	if len(asked) > 0 {
		r.Findings = append(r.Findings, kernelFinding(result.Warning, asked,
			"Give the data sheet's ceilings: "+strings.Join(parameters, " ")+"; or profile with ncu --set roofline, whose report has its own.",
			"The report lacks ceilings for %s, and no data sheet known here has those of %s: there is no %s roof to compare with.", names(asked), strings.Join(devices, ", "), roof.LevelName(params.Level)))
	}
}

// missingCeilings are the parameters that would give what a point lacks.
func missingCeilings(pt roof.Point) (parameters []string) {
	if math.IsNaN(pt.Bandwidth) {
		parameters = append(parameters, "bandwidth=…")
	}
	if math.IsNaN(pt.Peak) {
		switch {
		case pt.Integer:
			parameters = append(parameters, "peak-int=…")
		case pt.Tensor:
			parameters = append(parameters, "peak-tensor=…")
		default:
			parameters = append(parameters, "peak-"+pt.Precision+"=…")
		}
	}
	return parameters
}

func appendNew(list []string, more ...string) []string {
	for _, s := range more {
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

func reportTensor(r *result.Result, points []roof.Point) {
	var exact, estimated []*roof.Kernel
	var paths []string
	for _, pt := range points {
		switch {
		case !pt.Tensor:
		case pt.Method == "estimate":
			estimated = append(estimated, pt.Kernel)
		default:
			if !slices.Contains(exact, pt.Kernel) {
				exact = append(exact, pt.Kernel)
			}
			if name := seriesName(pt.Amount.Label(), pt.Path); !slices.Contains(paths, name) {
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
