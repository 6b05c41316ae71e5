package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"profilemate/workbench/fault"
	"profilemate/workbench/report"
	"profilemate/workbench/result"
)

// reportCmd writes what all analyses say of a run into one file.
type reportCmd struct {
	NsysResults string   `help:"An nsys export, a folder that holds one, or the folder of profilemate parse nsys." placeholder:"PATH"`
	NCUResults  string   `name:"ncu-results" help:"A report of ncu or its CSV, a folder that holds one, or the folder of profilemate parse ncu." placeholder:"PATH"`
	MoEResults  string   `name:"moe-results" help:"Recorded MoE routing." placeholder:"PATH"`
	Baseline    []string `help:"The same of an earlier run, to set the figures beside: an artifact or parsed folder; may be given once for each kind." placeholder:"PATH" sep:"none"`
	Output      string   `short:"o" help:"Write to this file; - is standard output." default:"profile_report.html" placeholder:"FILE"`
	Format      string   `help:"Form of the report: html, markdown or json (default: by the name of --output, else html)." placeholder:"FORM" enum:",html,markdown,json" default:""`
	Title       string   `help:"Title of the report (default: made from the names of the inputs)." placeholder:"TEXT"`
}

// Help is the long help.
func (reportCmd) Help() string {
	return "One file that loads nothing: figures, recommendations with their evidence, and sections of tables that sort, filter and download, " +
		"and of charts with their data. Every number is that of the analysis that it names. What the inputs cannot tell is said, with what would. " +
		"An HTML report has at most 3 MB; tables are shortened until it fits, and say so."
}

// Run writes the report.
func (c *reportCmd) Run(ctx context.Context, a *app) error {
	form, err := c.form()
	if err != nil {
		return err
	}
	e := a.engine()
	line := newProgressLine(a.err)
	r, err := report.Gather(ctx, e, report.Request{Nsys: c.NsysResults, NCU: c.NCUResults, MoE: c.MoEResults, Baselines: c.Baseline, Title: c.Title}, line.show)
	line.clear()
	if err != nil {
		return err
	}
	var out bytes.Buffer
	if err := report.Write(&out, r, form, report.Options{LinkFrom: c.folder()}); err != nil {
		return err
	}
	if c.Output == "-" {
		_, err := a.out.Write(out.Bytes())
		return err
	}
	if err := replaceFile(c.Output, func(w io.Writer) error {
		_, err := w.Write(out.Bytes())
		return err
	}); err != nil {
		return err
	}
	c.say(a.err, r, out.Len())
	return nil
}

// folder is where the report will lie, empty for standard output. Both it and the inputs
// may be relative to the working folder.
func (c *reportCmd) folder() string {
	if c.Output == "-" {
		return ""
	}
	return filepath.Dir(c.Output)
}

// form returns the form as asked for, or as the output file's name says.
func (c *reportCmd) form() (report.Format, error) {
	if c.Format != "" {
		return report.Format(c.Format), nil
	}
	switch strings.ToLower(filepath.Ext(c.Output)) {
	case ".html", ".htm", "":
		return report.HTML, nil
	case ".md", ".markdown":
		return report.Markdown, nil
	case ".json":
		return report.JSON, nil
	}
	return "", fault.Errorf(fault.Misuse, "the name %s does not say which form to write; add --format", c.Output)
}

// say tells on the terminal what was written, and how much there is to do.
func (c *reportCmd) say(w io.Writer, r *report.Report, bytes int) {
	count := map[report.State]int64{}
	for _, advice := range r.Advice {
		count[advice.State]++
	}
	fmt.Fprintf(w, "wrote %s, %d kB, with %s; %d cannot be told\n", c.Output, (bytes+999)/1000, result.Count(count[report.Act], "recommendation"), count[report.CannotTell])
}
