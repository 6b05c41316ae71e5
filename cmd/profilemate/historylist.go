package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts/history"
	"profilemate/workbench/engine"
	"profilemate/workbench/render"
	"profilemate/workbench/result"
)

// existing opens the history to read.
func (a *app) existing(h *historyCmd) (*history.Book, error) {
	file, err := a.historyPath(h.File)
	if err != nil {
		return nil, err
	}
	return history.OpenExisting(file)
}

type historyListCmd struct {
	Model string `help:"Only runs of this model." placeholder:"NAME"`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// Run lists the runs, oldest first.
func (c *historyListCmd) Run(a *app, h *historyCmd) error {
	book, err := a.existing(h)
	if err != nil {
		return err
	}
	defer book.Close()
	runs, err := book.Runs()
	if err != nil {
		return err
	}
	runs = slices.DeleteFunc(runs, func(r history.Run) bool { return c.Model != "" && r.Model != c.Model })
	if c.JSON {
		return writeJSON(a.out, append([]history.Run{}, runs...))
	}
	w := tabwriter.NewWriter(a.out, 2, 0, 2, ' ', 0)
	fmt.Fprintln(w, "run\ttime\tname\tkind\tmodel\tcommit\tGPU")
	for _, r := range runs {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.Time.Format(time.DateTime), r.Name, r.Kind, dash(r.Model), dash(r.Commit), dash(r.GPU))
	}
	return w.Flush()
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

type historyShowCmd struct {
	ID   int64 `arg:"" name:"run" help:"Number of the run."`
	JSON bool  `name:"json" help:"Print JSON."`
}

// Run shows a run.
func (c *historyShowCmd) Run(a *app, h *historyCmd) error {
	book, err := a.existing(h)
	if err != nil {
		return err
	}
	defer book.Close()
	e, err := book.Entry(c.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		return writeJSON(a.out, e)
	}
	r := e.Run
	fmt.Fprintf(a.out, "run %d, %s: %s\n%s, GPU %s, model %s, commit %s, host %s\nflags %s\n\n", r.ID, r.Time.Format(time.DateTime), r.Path, r.Kind, dash(r.GPU), dash(r.Model), dash(r.Commit), dash(r.Host), strings.TrimSpace(dash(r.Flags)))
	w := tabwriter.NewWriter(a.out, 2, 0, 2, ' ', 0)
	for _, f := range e.Figures {
		fmt.Fprintf(w, "%s\t%s\n", f.Name, render.Value(f.Value, f.Unit))
	}
	for _, k := range e.Kernels[:min(10, len(e.Kernels))] {
		fmt.Fprintf(w, "%.60s %s\t%s × %s, %.1f %%\n", k.Name, k.Grid, result.Grouped(k.Count), result.Duration(int64(k.Mean)), k.Share)
	}
	return w.Flush()
}

type historyTrendCmd struct {
	Figure string `arg:"" optional:"" help:"Names of figures: * is any text." default:"phase/*/step_time"`
	Model  string `help:"Only runs of this model." placeholder:"NAME"`
}

// Run prints what the analysis trend says.
func (c *historyTrendCmd) Run(ctx context.Context, a *app, h *historyCmd) error {
	file, err := a.historyPath(h.File)
	if err != nil {
		return err
	}
	out, err := a.engine().Run(ctx, engine.Request{Analysis: "trend", Inputs: []analysis.CallInput{{Path: file}}, Params: analysis.Values{"figure": c.Figure, "model": c.Model}}, nil)
	if err != nil {
		return err
	}
	writeFindings(a.out, out.Result.Findings)
	return render.Text(a.out, out.Result, render.TextOptions{})
}
