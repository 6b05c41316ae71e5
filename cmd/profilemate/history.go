package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/history"
	"profilemate/workbench/compare"
	"profilemate/workbench/engine"
	"profilemate/workbench/fault"
	"profilemate/workbench/render"
	"profilemate/workbench/result"
)

// historyCmd keeps the figures of runs over time.
type historyCmd struct {
	File string `help:"The history (default: history.sqlite in the folder of --cache, or in the user's configuration)." env:"PROFILEMATE_HISTORY" placeholder:"FILE"`

	List   historyListCmd   `cmd:"" help:"List the runs."`
	Show   historyShowCmd   `cmd:"" help:"Show a run with its figures and kernels."`
	Trend  historyTrendCmd  `cmd:"" help:"Show how a figure went over time."`
	Add    historyAddCmd    `cmd:"" help:"Add runs: captures or summaries."`
	Export historyExportCmd `cmd:"" help:"Write all runs as JSON, one a line."`
	Import historyImportCmd `cmd:"" help:"Add the runs of such a file; those that are there stay as they are."`
	Prune  historyPruneCmd  `cmd:"" help:"Remove old runs."`
}

// Help is the long help.
func (historyCmd) Help() string {
	return "Every capture that profilemate parses or makes is added, with its model, commit, host, figures and first kernels, unless PROFILEMATE_HISTORY is off. " +
		"The history is an artifact: analyses (trend) and SQL cells read it. The commit is that of --commit, or of GITHUB_SHA or CI_COMMIT_SHA."
}

// historyOff is the value of PROFILEMATE_HISTORY that keeps nothing.
const historyOff = "off"

// historyPath returns the file: as given, or its place by default.
func (a *app) historyPath(given string) (string, error) {
	if given != "" {
		return given, nil
	}
	if a.cache != "" {
		return filepath.Join(a.cache, "history.sqlite"), nil
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", fault.WithRemedy(fault.Errorf(fault.Missing, "no folder for the history: %w", err), "name a file with --file")
	}
	return filepath.Join(dir, "profilemate", "history.sqlite"), nil
}

// remember adds a parsed artifact to the history. The work itself is done, so that a
// failure is only said.
func (a *app) remember(ctx context.Context, path string) {
	given := os.Getenv("PROFILEMATE_HISTORY")
	if given == historyOff {
		return
	}
	file, err := a.historyPath(given)
	if err == nil {
		err = a.addRuns(ctx, file, historyAddCmd{Paths: []string{path}}, io.Discard)
	}
	// A profile without a figure is nothing to keep.
	if err != nil && ctx.Err() == nil && fault.KindOf(err) != fault.Missing {
		fmt.Fprintln(a.err, "profilemate: the run is not kept in the history:", err)
	}
}

type historyAddCmd struct {
	Paths  []string `arg:"" help:"Captures, summary.json files or folders of them."`
	Model  string   `help:"Model that ran (default: as run.json beside the capture says)." placeholder:"NAME"`
	Commit string   `help:"Commit that was measured." placeholder:"ID"`
	Flags  string   `help:"How it was started." placeholder:"TEXT"`
}

// Run adds runs.
func (c *historyAddCmd) Run(ctx context.Context, a *app, h *historyCmd) error {
	file, err := a.historyPath(h.File)
	if err != nil {
		return err
	}
	return a.addRuns(ctx, file, *c, a.out)
}

func (a *app) addRuns(ctx context.Context, file string, c historyAddCmd, w io.Writer) error {
	e := a.engine()
	runs, err := compare.Open(ctx, e, c.Paths, nil)
	if err != nil {
		return err
	}
	book, err := history.Open(file)
	if err != nil {
		return err
	}
	defer book.Close()
	for _, r := range runs {
		entry, err := entryOf(ctx, r, c)
		if err != nil {
			return err
		}
		id, added, err := book.Add(entry)
		if err != nil {
			return err
		}
		if added {
			fmt.Fprintf(w, "run %d: %s\n", id, r.Name)
		} else {
			fmt.Fprintf(w, "%s is run %d already\n", r.Name, id)
		}
	}
	return nil
}

// keptKernels is how many kernels of a run are kept: those that take most time.
const keptKernels = 100

// entryOf makes what is kept of a run.
func entryOf(ctx context.Context, r *compare.Run, c historyAddCmd) (history.Entry, error) {
	digest, err := artifacts.Digest(ctx, r.Path)
	if err != nil {
		return history.Entry{}, err
	}
	info, err := os.Stat(r.Path)
	if err != nil {
		return history.Entry{}, fault.Errorf(fault.NotFound, "reading %s: %w", r.Path, err)
	}
	path, err := filepath.Abs(r.Path)
	if err != nil {
		path = r.Path
	}
	e := history.Entry{Run: history.Run{Time: info.ModTime().UTC(), Name: r.Name, Path: path, Content: digest, Kind: r.Kind, Model: c.Model, Commit: commitOf(c.Commit), Flags: c.Flags,
		GPU: r.Conditions["GPU"], Profiler: r.Conditions["profiler version"]}, Figures: []history.Figure{}}
	if !r.Started.IsZero() {
		e.Run.Time = r.Started.UTC()
	}
	if e.Run.Model == "" {
		e.Run.Model = r.Conditions["model"]
	}
	if rec := compare.ReadRecord(filepath.Dir(r.Path)); rec != nil {
		e.Run.Time, e.Run.Host = rec.Started.UTC(), rec.Host.Name
		if e.Run.Flags == "" {
			e.Run.Flags = rec.Recipe + " " + flagsOfRecord(rec.Values)
		}
	}
	for _, f := range r.Figures {
		if v := f.Value; finite(v.Value) {
			kept := history.Figure{Name: f.Name, Unit: f.Unit, Better: string(f.Better), Value: v.Value}
			if finite(v.Error) {
				kept.Error = &v.Error
			}
			e.Figures = append(e.Figures, kept)
		}
	}
	for _, k := range r.Kernels[:min(keptKernels, len(r.Kernels))] {
		if finite(k.Mean.Value) {
			e.Kernels = append(e.Kernels, history.Kernel{Name: k.Name, Grid: k.Grid, Block: k.Block, Family: k.Family, Count: k.Count, Total: k.Total, Mean: k.Mean.Value, Share: k.Share})
		}
	}
	return e, nil
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func flagsOfRecord(values map[string]string) string {
	var words []string
	for name, v := range values {
		words = append(words, name+"="+v)
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// commitOf is the commit as given, or as the pipeline says.
func commitOf(given string) string {
	for _, v := range []string{given, os.Getenv("GITHUB_SHA"), os.Getenv("CI_COMMIT_SHA")} {
		if v != "" {
			return v
		}
	}
	return ""
}

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
	fmt.Fprintf(a.out, "run %d, %s: %s\n%s, GPU %s, model %s, commit %s, host %s\n%s\n\n", r.ID, r.Time.Format(time.DateTime), r.Path, r.Kind, dash(r.GPU), dash(r.Model), dash(r.Commit), dash(r.Host), strings.TrimSpace(dash(r.Flags)))
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

type historyExportCmd struct {
	Output string `short:"o" help:"Write to this file instead of standard output." placeholder:"FILE"`
}

// Run writes the runs.
func (c *historyExportCmd) Run(a *app, h *historyCmd) error {
	book, err := a.existing(h)
	if err != nil {
		return err
	}
	defer book.Close()
	if c.Output == "" || c.Output == "-" {
		return exportRuns(a.out, book)
	}
	return replaceFile(c.Output, func(w io.Writer) error { return exportRuns(w, book) })
}

func exportRuns(w io.Writer, book *history.Book) error {
	runs, err := book.Runs()
	if err != nil {
		return err
	}
	out := json.NewEncoder(w)
	for _, r := range runs {
		e, err := book.Entry(r.ID)
		if err != nil {
			return err
		}
		if err := out.Encode(e); err != nil {
			return err
		}
	}
	return nil
}

type historyImportCmd struct {
	File string `arg:"" help:"What history export wrote."`
}

// Run adds the runs of a file: all of them, or none where one cannot be read.
func (c *historyImportCmd) Run(a *app, h *historyCmd) error {
	entries, err := readEntries(c.File)
	if err != nil {
		return err
	}
	file, err := a.historyPath(h.File)
	if err != nil {
		return err
	}
	book, err := history.Open(file)
	if err != nil {
		return err
	}
	defer book.Close()
	count := int64(0)
	for _, e := range entries {
		_, added, err := book.Add(e)
		if err != nil {
			return err
		}
		if added {
			count++
		}
	}
	fmt.Fprintf(a.out, "added %s of %s\n", result.Grouped(count), result.Count(int64(len(entries)), "run"))
	return nil
}

func readEntries(path string) ([]history.Entry, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.Errorf(fault.NotFound, "reading runs: %w", err)
	}
	defer f.Close()
	var list []history.Entry
	for d := json.NewDecoder(f); ; {
		var e history.Entry
		err := d.Decode(&e)
		switch {
		case errors.Is(err, io.EOF):
			return list, nil
		case err != nil:
			return nil, fault.Errorf(fault.Corrupt, "reading run %d of %s: %w", len(list)+1, path, err)
		case e.Run.Content == "" || e.Run.Time.IsZero():
			return nil, fault.Errorf(fault.Corrupt, "run %d of %s has no content or no time", len(list)+1, path)
		}
		list = append(list, e)
	}
}

type historyPruneCmd struct {
	OlderThan int `help:"Remove runs older than this." default:"365" placeholder:"DAYS"`
	Keep      int `help:"Keep the newest of all, however old." default:"100" placeholder:"RUNS"`
}

// Run removes runs.
func (c *historyPruneCmd) Run(a *app, h *historyCmd) error {
	if c.OlderThan < 0 || c.Keep < 0 {
		return fault.Errorf(fault.Misuse, "days and runs are counted from 0")
	}
	file, err := a.historyPath(h.File)
	if err != nil {
		return err
	}
	if book, err := history.OpenExisting(file); err != nil {
		return err
	} else if err := book.Close(); err != nil {
		return err
	}
	book, err := history.Open(file)
	if err != nil {
		return err
	}
	defer book.Close()
	n, err := book.Prune(time.Now().AddDate(0, 0, -c.OlderThan), c.Keep)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.out, "removed %s\n", result.Count(n, "run"))
	return nil
}
