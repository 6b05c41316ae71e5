package main

import (
	"context"
	"fmt"
	"io"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
	"profilemate/workbench/parse"
)

// parseNCUCmd is parse_ncu_profile.py.
type parseNCUCmd struct {
	File      string `arg:"" help:"A report of ncu (.ncu-rep), or what it prints as CSV."`
	OutputDir string `help:"Folder for the files; made where it is missing." default:"./ncu_results" placeholder:"DIR" type:"path"`
}

// Help is the long help.
func (parseNCUCmd) Help() string {
	return "A row stands for all launches of a kernel name: bytes, times and operations are summed, percentages weighted by time. " +
		"The columns of the script come first; launches, operations, intensity and roof come after them. " +
		"The bottleneck is that of ncu's own speed-of-light rule: compute, memory, balanced, or latency where neither side is busy."
}

// Run writes the files and prints the breakdown.
func (c *parseNCUCmd) Run(ctx context.Context, a *app) error {
	artifact, err := a.formats().Open(ctx, c.File)
	if err != nil {
		return err
	}
	defer artifact.Close()
	if kind := artifact.Info().Kind; kind != artifacts.NCU {
		return fault.Errorf(fault.Misuse, "%s is of kind %s, not a profile of ncu", c.File, kind)
	}
	roofline, err := optional(ctx, a.engine(), "roofline", c.File)
	if err != nil {
		return err
	}
	kernels, err := parse.NCUKernels(ctx, artifact, roofline)
	if err != nil {
		return err
	}
	summary := parse.SummarizeNCU(kernels, roofline.Findings)
	if err := parse.WriteNCU(c.OutputDir, kernels, summary); err != nil {
		return err
	}
	writeNCUBreakdown(a.out, summary)
	writeFindings(a.out, summary.Findings)
	fmt.Fprintf(a.out, "wrote %s, %s, %s in %s\n", parse.BandwidthFile, parse.RooflineFile, parse.NCUSummaryFile, c.OutputDir)
	a.remember(ctx, c.File)
	return nil
}

// writeNCUBreakdown prints what the script printed: the kernels with the highest
// bandwidth, the bottlenecks, and the kernels of mixture-of-experts layers.
func writeNCUBreakdown(w io.Writer, s parse.NCUSummary) {
	fmt.Fprintln(w, "kernels by bandwidth")
	for i, k := range s.TopByBandwidth[:min(10, len(s.TopByBandwidth))] {
		fmt.Fprintf(w, "%2d. %s\n    Bandwidth: %s GB/s, DRAM Util: %s %%, SM Util: %s %%, of its roof: %s %%\n",
			i+1, k.Name, known(k.Bandwidth), known(k.DRAMPct), known(k.SMPct), known(k.OfRoof))
	}
	if len(s.TopByBandwidth) == 0 {
		fmt.Fprintln(w, "    not known of any")
	}
	b := s.Bounds
	fmt.Fprintf(w, "\nbottlenecks of %d kernels, %s launches\n", s.Kernels, grouped(s.Launches))
	fmt.Fprintf(w, "    Compute-bound kernels: %d\n    Memory-bound kernels: %d\n    Balanced kernels: %d\n    Latency-bound kernels: %d\n", b.Compute, b.Memory, b.Balanced, b.Latency)
	if b.Unknown > 0 {
		fmt.Fprintf(w, "    Not known: %d\n", b.Unknown)
	}
	if !s.MoE.Found {
		fmt.Fprint(w, "\nno kernels of mixture-of-experts layers, by their names\n\n")
		return
	}
	fmt.Fprintf(w, "\nMoE kernels found: %d\n    Total MoE time: %s ms\n    Avg MoE bandwidth: %s GB/s\n\n", s.MoE.Kernels, known(s.MoE.TotalMs), known(s.MoE.Bandwidth))
}
