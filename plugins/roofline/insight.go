package roofline

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"profilemate/workbench/analysis/launch/roof"
	"profilemate/workbench/result"
)

// reportHalves explains fp16 counts that are no arithmetic: compilers load
// constants with HFMA2, which counts 4 FLOP a thread.
func reportHalves(r *result.Result, p *roof.Profile, params Params) {
	const perThread = 8 // two such instructions
	var loads []*roof.Kernel
	var hidden []string
	for _, k := range p.Kernels {
		for _, a := range k.Work {
			if k.Minor(a, params.MinShare) {
				hidden = append(hidden, fmt.Sprintf("%s of %s (%s)", seriesName(a.Label(), a.Path), k.Label(), si(a.Ops.Value, "FLOP")))
			} else if a.Precision == "fp16" && !a.Tensor && len(k.Work) > 1 && k.Threads > 0 && a.Ops.Value <= perThread*float64(k.Threads) {
				loads = append(loads, k)
			}
		}
	}
	if len(loads) > 0 {
		r.Findings = append(r.Findings, kernelFinding(result.Info, loads, "",
			"The fp16 operations of %s come to at most %d a thread beside work in another precision: likely constants that the compiler loads with HFMA2, not arithmetic.", names(loads), perThread))
	}
	if more := len(hidden) - mostNamed; more > 0 {
		hidden = append(hidden[:mostNamed], fmt.Sprintf("%d more", more))
	}
	if len(hidden) > 0 {
		r.Note("Left out, being less than %g %% of their kernel's operations: %s. Small fp16 counts are often constants that the compiler loads with HFMA2.",
			params.MinShare, strings.Join(hidden, ", "))
	}
}

// reportSlowPath names the longest kernels whose tensor instruction is not the device's fastest
// for its factors.
func reportSlowPath(r *result.Result, points []roof.Point) {
	const worthSaying = 1.05
	said := 0
	for _, p := range points {
		best, peak := p.BestPeak.Value(), p.Amount.Peak.Value()
		if !p.Tensor || !(best > worthSaying*peak) || said == mostNamed {
			continue
		}
		said++
		f := kernelFinding(result.Info, []*roof.Kernel{p.Kernel}, "",
			"%s computes %s by %s, whose peak is %s; %s reaches %s on this device.", p.Kernel.Label(), p.Amount.Label(), p.Path,
			si(peak, unitOf(p)+"/s"), p.Best, si(best, unitOf(p)+"/s"))
		if strings.HasPrefix(p.Best, "hgmma") || strings.HasPrefix(p.Best, "igmma") {
			f.Remedy = "Use a GEMM that is built on wgmma, as cuBLAS and CUTLASS 3 have for compute capability 9.0."
		}
		r.Findings = append(r.Findings, f)
	}
}

// reportBoth explains where ncu's class and the side of the ridge differ, for the
// longest kernels.
func reportBoth(r *result.Result, points []roof.Point) {
	var contrary []roof.Point
	for _, p := range points {
		limit, side := p.Limit(), p.Side()
		if limit == "memory" && side == roof.ComputeSide || limit == "compute" && side == roof.MemorySide {
			contrary = append(contrary, p)
		}
	}
	for _, p := range contrary[:min(len(contrary), mostNamed)] {
		r.Findings = append(r.Findings, bothTrue(p))
	}
	if more := len(contrary) - mostNamed; more > 0 {
		r.Note("For %d more points ncu's class and the side of the ridge differ in the same way: compare the columns side and class.", more)
	}
}

func bothTrue(p roof.Point) result.Finding {
	f := kernelFinding(result.Info, []*roof.Kernel{p.Kernel}, "",
		"%s lies on the %s of the ridge (%.3g %s per byte, ridge at %.3g) and reaches %s of its %s peak, while ncu's rule calls it %s (memory %s, compute %s). Both are true: ",
		p.Kernel.Label(), p.Side(), p.Intensity, unitOf(p), p.Ridge, percent(100*p.Rate/p.Peak), seriesName(p.Amount.Label(), p.Path),
		p.Class(), percent(p.Memory.Value()), percent(p.SM.Value()))
	if dram := p.DRAM.Value(); p.Limit() == "memory" && dram < p.Memory.Value()/2 {
		f.Text += fmt.Sprintf("the busy memory unit is a cache or its pipe, not DRAM, which is at %s.", percent(dram))
	} else {
		f.Text += "ncu names the busiest unit of any kind, the ridge compares the counted operations with traffic."
	}
	return f
}

func unitOf(p roof.Point) string {
	if p.Integer {
		return "OP"
	}
	return "FLOP"
}

// reportHeadroom names the kernel that would save most time at its roof: for a
// kernel of several precisions, at the roof it is nearest to.
func reportHeadroom(r *result.Result, points []roof.Point) {
	nearest := map[*roof.Kernel]roof.Point{}
	for _, p := range points {
		if math.IsNaN(p.Headroom()) {
			continue
		}
		if q, known := nearest[p.Kernel]; !known || p.OfRoof() > q.OfRoof() {
			nearest[p.Kernel] = p
		}
	}
	var best *roof.Point
	for _, p := range points { // in order, so that equals do not depend on the map
		if q, known := nearest[p.Kernel]; known && q.Amount == p.Amount && (best == nil || q.Headroom() > best.Headroom()) {
			best = &q
		}
	}
	if best == nil || best.Headroom() == 0 {
		return
	}
	f := kernelFinding(result.Info, []*roof.Kernel{best.Kernel}, "",
		"The biggest headroom is in %s: %s of its %s would be saved if it reached its roof; it runs at %s of it.",
		best.Kernel.Label(), milliseconds(best.Headroom()), milliseconds(float64(best.Time)), percent(best.OfRoof()))
	f.StakeNs = int64(math.Round(best.Headroom()))
	r.Findings = append(r.Findings, f)
}

// reportAbove explains points above their roof.
func reportAbove(r *result.Result, points []roof.Point, params Params) {
	var above []*roof.Kernel
	for _, p := range points {
		if p.OfRoof() > 100 && !slices.Contains(above, p.Kernel) {
			above = append(above, p.Kernel)
		}
	}
	given := max(params.Bandwidth, params.PeakFP64, params.PeakFP32, params.PeakFP16, params.PeakTensor, params.PeakInt) > 0
	switch {
	case len(above) > 0 && given:
		r.Findings = append(r.Findings, kernelFinding(result.Warning, above, "Leave bandwidth and peaks at 0 for the report's own.",
			"%s %s above a roof, and a bandwidth or peak is given by hand: it may be too low for this device.", names(above), plural(above, "lies", "lie")))
	case len(above) > 0:
		r.Findings = append(r.Findings, kernelFinding(result.Info, above, "",
			"%s %s above the roof: ncu collects work, traffic and time in different replays, which differ most in short kernels.", names(above), plural(above, "lies", "lie")))
	}
}

func milliseconds(ns float64) string {
	if ns >= 1e9 {
		return fmt.Sprintf("%.0f ms", ns/1e6)
	}
	return fmt.Sprintf("%.3g ms", ns/1e6)
}

// reportPrecision says how exact counts are that were printed as rates.
func reportPrecision(r *result.Result, points []roof.Point) {
	const worthSaying = 1e-6
	worst := 0.0
	for _, p := range points {
		if p.Ops.Value > 0 {
			worst = math.Max(worst, p.Margin/p.Ops.Value)
		}
	}
	if worst > worthSaying {
		r.Findings = append(r.Findings, result.Finding{Severity: result.Info,
			Text:   fmt.Sprintf("Operations are worked out from rates as printed: off by up to %.2g %%.", 100*worst),
			Remedy: "Print with automatic units, which have six decimals instead of two: leave --print-units base out."})
	}
}

// reportClock says what the peaks refer to.
func reportClock(r *result.Result, p *roof.Profile, points []roof.Point) {
	if len(points) == 0 || p.Fastest == 0 {
		return
	}
	r.Note("Peaks are at the SM clocks during profiling, %.2f to %.2f GHz; a data sheet's boost clock gives higher ones.", p.Slowest/1e9, p.Fastest/1e9)
}
