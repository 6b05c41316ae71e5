package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/history"
	"profilemate/workbench/compare"
	"profilemate/workbench/fault"
)

type historyAddCmd struct {
	Paths  []string `arg:"" help:"Captures, summary.json files or folders of them; of one that is in the history, the model, commit and flags given are changed."`
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
			continue
		}
		changed, err := book.Amend(id, c.Model, c.Commit, c.Flags)
		if err != nil {
			return err
		}
		fmt.Fprintf(w, "%s is run %d already%s\n", r.Name, id, amended(changed))
	}
	return nil
}

// amended says what was changed of a run that was there.
func amended(changed []string) string {
	if len(changed) == 0 {
		return ""
	}
	return ": changed its " + strings.Join(changed, ", ")
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
	e := history.Entry{Run: history.Run{Time: info.ModTime().UTC(), Name: r.Name, Path: path, Content: digest, Kind: r.Kind, Model: c.Model, Flags: c.Flags,
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
	e.Run.Commit = commitOf(c.Commit, e.Run.Time)
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
