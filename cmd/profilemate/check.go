package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sync/errgroup"

	"profilemate/workbench/compare"
	"profilemate/workbench/fault"
)

// checkCmd gates performance: it sets runs beside earlier ones.
type checkCmd struct {
	Current     []string `help:"A run to judge: a capture, a summary.json, a folder with one, or a folder of captures; may be given several times." placeholder:"PATH" required:"" sep:"none"`
	Baseline    []string `help:"A run to judge it by; may be given several times." placeholder:"PATH" required:"" sep:"none"`
	Threshold   float64  `help:"Change for the worse that is let pass, in % or, of percentages, in points (default: ${default})." default:"10" placeholder:"PERCENT"`
	Thresholds  string   `help:"File of thresholds by name of figure: a pattern and a number or off on each line." placeholder:"FILE"`
	MinShare    float64  `help:"Judge kernels and families from this share of GPU time on, in % (default: ${default})." default:"0.5" placeholder:"PERCENT"`
	Format      string   `help:"Form of the output: text, json, markdown, junit or html (default: by the name of --output, else text)." enum:",text,json,markdown,junit,html" default:"" placeholder:"FORM"`
	Output      string   `short:"o" help:"Write to this file instead of standard output." placeholder:"FILE"`
	AllowUnlike bool     `help:"Compare runs that differ in GPU, profiler, model or batch, or of which one is damaged or lacks what the others have."`
}

// Help is the long help.
func (checkCmd) Help() string {
	return "Exits with 0 when nothing got worse, with 1 when something did, and with 2 when an input cannot be used or the output cannot be written. " +
		"A change counts when it is beyond the threshold and beyond noise. With several runs on each side (five are good) noise is what differs between them; " +
		"with one it is what differs within it, and that proves little. All figures together give a false alarm in at most 5 % of comparisons of like with like."
}

// Run compares and says.
func (c *checkCmd) Run(ctx context.Context, a *app) error {
	r, err := c.judge(ctx, a)
	switch {
	case fault.KindOf(err) == fault.Canceled:
		return err
	case err != nil:
		// Whatever its cause, there is no answer: exit code 2, so that a pipeline tells it from
		// a regression.
		return &fault.Error{Kind: fault.Misuse, Err: err}
	case r.Regressed():
		return errSaid
	}
	return nil
}

// judge compares and delivers what it found.
func (c *checkCmd) judge(ctx context.Context, a *app) (*compare.Report, error) {
	form, err := c.form()
	if err != nil {
		return nil, err
	}
	r, err := c.compare(ctx, a)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := compare.Write(&out, r, form); err != nil {
		return nil, err
	}
	return r, c.deliver(a.out, out.Bytes())
}

// form returns the form as asked for, or as the output file's name says.
func (c *checkCmd) form() (compare.Format, error) {
	if c.Format != "" {
		return compare.Format(c.Format), nil
	}
	switch strings.ToLower(filepath.Ext(c.Output)) {
	case "", ".txt", ".log":
		return compare.Text, nil
	case ".json":
		return compare.JSON, nil
	case ".md", ".markdown":
		return compare.Markdown, nil
	case ".xml":
		return compare.JUnit, nil
	case ".html", ".htm":
		return compare.HTML, nil
	}
	return "", fault.Errorf(fault.Misuse, "the name %s does not say which form to write; add --format", c.Output)
}

func (c *checkCmd) deliver(stdout io.Writer, data []byte) error {
	if c.Output == "" || c.Output == "-" {
		_, err := stdout.Write(data)
		return err
	}
	return replaceFile(c.Output, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

func (c *checkCmd) compare(ctx context.Context, a *app) (*compare.Report, error) {
	o, err := c.options()
	if err != nil {
		return nil, err
	}
	line := newProgressLine(a.err)
	defer line.clear()
	runs, err := openSides(ctx, a, line, c.Baseline, c.Current)
	if err != nil {
		return nil, err
	}
	return compare.Compare(runs[0], runs[1], o)
}

func (c *checkCmd) options() (compare.Options, error) {
	o := compare.Options{Thresholds: compare.Thresholds{Default: c.Threshold}, MinShare: c.MinShare, AllowUnlike: c.AllowUnlike, AllowPartial: c.AllowUnlike}
	if !(c.Threshold >= 0) {
		return o, fault.Errorf(fault.Misuse, "threshold %v is below 0", c.Threshold)
	}
	if c.Thresholds == "" {
		return o, nil
	}
	f, err := os.Open(c.Thresholds)
	if err != nil {
		return o, fault.Errorf(fault.NotFound, "reading thresholds: %w", err)
	}
	defer f.Close()
	return o, o.Thresholds.ReadThresholds(f, c.Thresholds)
}

// openSides reads the runs of several sides at once.
func openSides(ctx context.Context, a *app, line *progressLine, sides ...[]string) ([][]*compare.Run, error) {
	e := a.engine()
	runs := make([][]*compare.Run, len(sides))
	group, ctx := errgroup.WithContext(ctx)
	for i, paths := range sides {
		group.Go(func() (err error) {
			if runs[i], err = compare.Open(ctx, e, paths, line.show); err != nil {
				return err
			}
			runs[i], err = compare.Distinct(ctx, runs[i])
			return err
		})
	}
	return runs, group.Wait()
}
