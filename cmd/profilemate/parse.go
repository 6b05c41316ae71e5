package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"golang.org/x/sync/errgroup"

	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/engine"
	"profilemate/workbench/fault"
	"profilemate/workbench/parse"
	"profilemate/workbench/result"
)

// parseCmd writes the files of the scripts that this program replaces.
type parseCmd struct {
	Nsys parseNsysCmd `cmd:"" help:"Write nvtx_ranges.csv, kernel_stats.csv, memcpy_stats.csv and summary.json of an nsys export."`
	MoE  parseMoECmd  `cmd:"" name:"moe" help:"Write the files of moe_expert_tracking again, computed rightly from the counts, and moe_metrics.json."`
	NCU  parseNCUCmd  `cmd:"" name:"ncu" help:"Write kernel_bandwidth_metrics.csv, roofline_data.csv and ncu_summary.json of a profile of ncu."`
}

// parseNsysCmd is parse_nsys_profile.py.
type parseNsysCmd struct {
	File      string `arg:"" help:"An nsys export."`
	OutputDir string `help:"Folder for the files; made where it is missing." default:"./nsys_results" placeholder:"DIR" type:"path"`
}

// Run writes the files and prints the breakdown.
func (c *parseNsysCmd) Run(ctx context.Context, a *app) error {
	artifact, err := a.formats().Open(ctx, c.File)
	if err != nil {
		return err
	}
	defer artifact.Close()
	if kind := artifact.Info().Kind; kind != artifacts.Nsys {
		return fault.Errorf(fault.Misuse, "%s is of kind %s, not an nsys export", c.File, kind)
	}
	e := a.engine()
	var kernels []parse.Kernel
	var results parse.Results
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		kernels, err = parse.Nsys(groupCtx, artifact, c.OutputDir)
		return err
	})
	for name, into := range map[string]**result.Result{"phases": &results.Phases, "components": &results.Components, "cuda-graphs": &results.Graphs} {
		group.Go(func() (err error) {
			*into, err = optional(groupCtx, e, name, c.File)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	lost := parse.Hidden(artifact)
	results.HiddenKernels = slices.ContainsFunc(lost, func(l parse.Lost) bool { return l.File == parse.KernelsFile })
	summary := parse.Summarize(kernels, results)
	if err := summary.Write(c.OutputDir); err != nil {
		return err
	}
	writeBreakdown(a.out, summary)
	if len(lost) > 0 {
		return c.without(a.out, lost)
	}
	fmt.Fprintf(a.out, "wrote %s, %s, %s, %s in %s\n", parse.RangesFile, parse.KernelsFile, parse.CopiesFile, parse.SummaryFile, c.OutputDir)
	a.remember(ctx, c.File)
	return nil
}

// without says which files are there, and fails with why the others are not.
func (c *parseNsysCmd) without(w io.Writer, lost []parse.Lost) error {
	files := []string{parse.RangesFile, parse.KernelsFile, parse.CopiesFile, parse.SummaryFile}
	var missing []string
	for _, l := range lost {
		missing = append(missing, l.File)
		files = slices.DeleteFunc(files, func(name string) bool { return name == l.File })
	}
	fmt.Fprintf(w, "wrote %s in %s\n", strings.Join(files, ", "), c.OutputDir)
	return fmt.Errorf("%s could not be written: %w", strings.Join(missing, ", "), lost[0].Why)
}

// optional runs an analysis that an artifact may lack the tables for: nil then, and
// the reason as a finding.
func optional(ctx context.Context, e *engine.Engine, name, file string) (*result.Result, error) {
	out, err := e.Run(ctx, engine.Request{Analysis: name, Inputs: []analysis.CallInput{{Path: file}}}, nil)
	if kind := fault.KindOf(err); kind == fault.Missing || kind == fault.Corrupt {
		r := &result.Result{}
		r.Warn("", "%s could not be told: %s.", name, strings.TrimRight(err.Error(), "."))
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	return out.Result, nil
}

// writeBreakdown prints what the scripts printed: phases, components, the first
// kernels and the coverage by CUDA graphs.
func writeBreakdown(w io.Writer, s parse.Summary) {
	table := tabwriter.NewWriter(w, 2, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "phase\tsteps\thost ms\tms a step\tGPU busy ms\t\n")
	for _, name := range slices.Sorted(maps.Keys(s.PrefillDecode)) {
		p := s.PrefillDecode[name]
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t\n", name, grouped(p.Count), known(p.TotalMs), known(p.AvgMs), known(p.GPUBusyMs))
	}
	fmt.Fprint(table, "\ncomponent\thost ms\thost %\tGPU busy ms\tGPU %\t\n")
	for _, name := range slices.Sorted(maps.Keys(s.Components)) {
		c := s.Components[name]
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t\n", name, known(c.TotalMs), known(c.Percent), known(c.GPUBusyMs), known(c.GPUPercent))
	}
	table.Flush()
	fmt.Fprintln(w, "\nkernels by total time")
	for _, k := range s.TopKernels[:min(10, len(s.TopKernels))] {
		fmt.Fprintf(w, "%12.3f ms %9s × %10.2f µs  %s\n", k.TotalMs, grouped(k.Invocations), k.AvgUs, k.Name)
	}
	fmt.Fprintf(w, "\nCUDA graphs: %s of %s kernels, coverage %s %%\n\n", countOf(s.CUDAGraphs.FromGraphs), countOf(s.CUDAGraphs.Kernels), known(s.CUDAGraphs.CoveragePct))
	writeFindings(w, s.Findings)
}

// countOf writes a number, or a dash for one that is not known.
func countOf(n *int64) string {
	if n == nil {
		return "—"
	}
	return grouped(*n)
}

// known writes a figure, or a dash for one that the trace cannot know.
func known(v *float64) string {
	if v == nil {
		return "—"
	}
	return fmt.Sprintf("%.2f", *v)
}
