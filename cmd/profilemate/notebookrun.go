package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"profilemate/notebooks"
	"profilemate/notebooks/export"
	"profilemate/notebooks/graph"
	"profilemate/notebooks/inject"
	"profilemate/web/live"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// notebookRunCmd runs a notebook.
type notebookRunCmd struct {
	Notebook    string        `arg:"" help:"The notebook."`
	Params      []string      `short:"p" name:"param" sep:"none" help:"Set a parameter that the notebook declares." placeholder:"NAME=VALUE"`
	Output      string        `short:"o" help:"Save to this file: .ipynb, or .html for a report (default: the notebook itself)." placeholder:"FILE"`
	Timeout     time.Duration `help:"Stop a cell that runs longer, such as 90s or 5m (default: never)." placeholder:"TIME"`
	AllowErrors bool          `help:"Go on after a cell that failed, and count it as no failure."`
	Kernel      string        `help:"Run in this installed kernel instead of the notebook's." placeholder:"NAME"`
	Quiet       bool          `short:"q" help:"Say nothing but what failed."`

	KernelMemory memorySize `help:"Most memory that the kernel may take, such as 16GiB (default: four fifths of the machine's). Linux only." env:"PROFILEMATE_KERNEL_MEMORY" placeholder:"SIZE"`
}

// Help is the long help.
func (notebookRunCmd) Help() string {
	return "Cells run from top to bottom in a fresh kernel, with paths from the notebook's folder. Outputs are saved also when a cell fails; the exit code is 1 then. " +
		"Parameters are declared in a cell that starts with %%params and has a line NAME = VALUE for each; other cells write {NAME}. " +
		"A cell after it sets the ones given with -p, each of the kind that the declared value has."
}

// Run runs the notebook and saves what it gave.
func (c *notebookRunCmd) Run(ctx context.Context, a *app) error {
	n, err := readNotebook(c.Notebook)
	if err != nil {
		return err
	}
	target, err := c.target()
	if err != nil {
		return err
	}
	if err := setParams(n, c.Params); err != nil {
		return err
	}
	dir, err := filepath.Abs(filepath.Dir(c.Notebook))
	if err != nil {
		return err
	}
	words := a.err
	if c.Quiet {
		words = io.Discard
	}
	h := headless{app: a, dir: dir, kernel: c.Kernel, timeout: c.Timeout, keepGoing: c.AllowErrors, memory: c.KernelMemory}
	h.report(words)
	done, failed, err := h.run(ctx, n)
	if done == nil {
		return err
	}
	if saved := c.save(target, done); saved != nil {
		return errors.Join(err, saved)
	}
	fmt.Fprintf(words, "%s%s\n", target, markWords(done))
	if err != nil {
		return err
	}
	return c.judge(a, done, failed)
}

// markWords says whether the run was one from top to bottom.
func markWords(n *notebooks.Notebook) string {
	if graph.Holds(n) {
		return ": saved, reproduced from top to bottom"
	}
	return ": saved"
}

// target is the file to write.
func (c *notebookRunCmd) target() (string, error) {
	if c.Output == "" {
		return c.Notebook, nil
	}
	switch filepath.Ext(c.Output) {
	case ".ipynb", ".html":
		return c.Output, nil
	}
	return "", fault.Errorf(fault.Misuse, "the name %s does not say what to write: it must end in .ipynb or .html", c.Output)
}

// setParams injects what -p gives.
func setParams(n *notebooks.Notebook, words []string) error {
	if len(words) == 0 {
		return nil
	}
	var given []inject.Given
	for _, w := range words {
		g, err := inject.ParseGiven(w)
		if err != nil {
			return err
		}
		given = append(given, g)
	}
	return inject.Set(n, given)
}

func (c *notebookRunCmd) save(target string, n *notebooks.Notebook) error {
	if filepath.Ext(target) == ".html" {
		return replaceFile(target, func(w io.Writer) error {
			return export.HTML(w, n, export.Options{File: filepath.Base(c.Notebook)})
		})
	}
	return writeNotebook(target, n)
}

// judge says which cells failed and why.
func (c *notebookRunCmd) judge(a *app, n *notebooks.Notebook, failed []failedCell) error {
	for _, f := range failed {
		fmt.Fprintf(a.err, "profilemate: %s: cell %d (%s) failed: %s\n    %s\n", c.Notebook, f.place, f.cell.ID, f.message, firstLine(f.cell.Source, 100))
	}
	if len(failed) > 0 && !c.AllowErrors {
		if left := notRun(n); left > 0 {
			fmt.Fprintf(a.err, "%s did not run: what follows may build on what failed (--allow-errors runs it all the same).\n", result.Count(int64(left), "cell"))
		}
		return errSaid
	}
	return nil
}

// report says on w what each cell did, a line each, and on a terminal what the
// running one does.
func (h *headless) report(w io.Writer) {
	line := newProgressLine(w)
	h.progress = line.show
	h.began = func(place, cells int, c *notebooks.Cell) {
		line.begin()
		line.show(fmt.Sprintf("[%d/%d] %s", place, cells, firstLine(c.Source, 60)), 0, 0)
	}
	h.ended = func(place, cells int, c *notebooks.Cell, state live.State, reused bool, took time.Duration) {
		line.clear()
		word := result.Duration(took.Nanoseconds())
		switch {
		case state == live.Failed:
			word = "failed"
		case reused:
			word = "reused"
		}
		fmt.Fprintf(w, "[%*d/%d] %-7s %s\n", len(fmt.Sprint(cells)), place, cells, word, firstLine(c.Source, 90))
	}
}

// notebookVerifyCmd compares a notebook with what running it gives.
type notebookVerifyCmd struct {
	Notebook string        `arg:"" help:"The notebook."`
	Timeout  time.Duration `help:"Stop a cell that runs longer (default: never)." placeholder:"TIME"`
	Reuse    bool          `help:"Take results from the store where they are; else everything is computed anew."`
	Quiet    bool          `short:"q" help:"Say nothing but the differences."`

	KernelMemory memorySize `help:"Most memory that the kernel may take, such as 16GiB (default: four fifths of the machine's). Linux only." env:"PROFILEMATE_KERNEL_MEMORY" placeholder:"SIZE"`
}

// Help is the long help.
func (notebookVerifyCmd) Help() string {
	return "Every cell runs again in a fresh kernel, on a copy: the notebook stays as it is. Tables are compared cell by cell as far as the notebook holds them, findings, charts and texts as they are; " +
		"times, counts and where a result came from do not count. Differences go to standard output, and the exit code is 1 then."
}

// Run prints the differences.
func (c *notebookVerifyCmd) Run(ctx context.Context, a *app) error {
	n, err := readNotebook(c.Notebook)
	if err != nil {
		return err
	}
	fresh, err := n.Clone()
	if err != nil {
		return err
	}
	h, cleanup, err := c.headless(a)
	if err != nil {
		return err
	}
	defer cleanup()
	done, _, err := h.run(ctx, fresh)
	if err != nil {
		return err
	}
	lines, cells := compareRuns(n, done)
	for _, line := range lines {
		fmt.Fprintln(a.out, line)
	}
	if len(lines) > 0 {
		return fmt.Errorf("%s is not reproduced: %d of %d cells differ", c.Notebook, cells, codeCount(n))
	}
	if !c.Quiet {
		fmt.Fprintf(a.err, "%s is reproduced: %d cells give what they show.\n", c.Notebook, codeCount(n))
	}
	return nil
}

// notRun counts the cells that a failure has kept from running.
func notRun(n *notebooks.Notebook) int {
	count := 0
	for _, c := range n.Cells {
		if c.Type == notebooks.Code && strings.TrimSpace(c.Source) != "" && c.ExecutionCount == nil {
			count++
		}
	}
	return count
}

func codeCount(n *notebooks.Notebook) int {
	count := 0
	for _, c := range n.Cells {
		if c.Type == notebooks.Code && strings.TrimSpace(c.Source) != "" {
			count++
		}
	}
	return count
}
