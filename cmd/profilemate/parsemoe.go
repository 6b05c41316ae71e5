package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
	"profilemate/workbench/parse"
)

// parseMoECmd writes the tracker's files.
type parseMoECmd struct {
	Dir       string `arg:"" help:"A folder of recorded MoE routing, or one of its files."`
	OutputDir string `help:"Folder for the files; made where it is missing." default:"./moe_results" placeholder:"DIR" type:"path"`
}

// Run writes the files and prints the breakdown.
func (c *parseMoECmd) Run(ctx context.Context, a *app) error {
	artifact, err := a.formats().Open(ctx, c.Dir)
	if err != nil {
		return err
	}
	defer artifact.Close()
	if kind := artifact.Info().Kind; kind != artifacts.MoE {
		return fault.Errorf(fault.Misuse, "%s is of kind %s, not recorded MoE routing", c.Dir, kind)
	}
	report, err := parse.MoE(ctx, artifact, c.OutputDir)
	if err != nil {
		return err
	}
	writeMoEBreakdown(a.out, report)
	fmt.Fprintf(a.out, "wrote %s, %s, %s, %s, %s, %s in %s\n", parse.ActivationsFile, parse.CoselectionFile, parse.WeightsFile,
		parse.ImbalanceFile, parse.MoESummaryFile, parse.MoEMetricsFile, c.OutputDir)
	a.remember(ctx, c.Dir)
	return nil
}

// writeMoEBreakdown prints one line per layer, then the findings.
func writeMoEBreakdown(w io.Writer, r parse.MoEReport) {
	table := tabwriter.NewWriter(w, 2, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "layer\ttokens\tcoverage %\tmax/mean\tby chance\tCV\tmax/min\tGini\tentropy\thottest\tdead\t\n")
	for i, s := range r.Summary {
		m, tokens := r.Metrics.Layers[i], "—"
		if m.Tokens != nil {
			tokens = grouped(*m.Tokens)
		}
		fmt.Fprintf(table, "%d\t%s\t%.1f\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t\n", s.Layer, tokens, s.CoveragePct, known(m.OverMean),
			known(m.ChanceOverMean), known(m.CV), known(s.Ratio), known(m.Gini), known(m.Entropy), m.Hottest, len(m.Dead))
	}
	table.Flush()
	fmt.Fprintln(w)
	writeFindings(w, r.Metrics.Findings)
}
