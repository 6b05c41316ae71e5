package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"profilemate/notebooks"
	"profilemate/workbench/fault"
)

// notebookCmd works with notebooks without a browser.
type notebookCmd struct {
	Run      notebookRunCmd      `cmd:"" help:"Run a notebook from top to bottom and save its outputs."`
	Verify   notebookVerifyCmd   `cmd:"" help:"Run a notebook anew and compare with the outputs that it holds."`
	New      notebookNewCmd      `cmd:"" help:"Write a notebook from a template."`
	Export   notebookExportCmd   `cmd:"" help:"Write a notebook as HTML, Markdown or a shell script."`
	Validate notebookValidateCmd `cmd:"" help:"Check notebooks against nbformat 4.5."`
	Diff     notebookDiffCmd     `cmd:"" help:"Say how two notebooks differ, by cells and results."`
}

// readNotebook reads the notebook in a file.
func readNotebook(path string) (*notebooks.Notebook, error) {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return nil, fault.Errorf(fault.NotFound, "opening %s: there is no such folder", path)
	}
	defer root.Close()
	n, err := notebooks.Load(root, filepath.Base(path))
	if err != nil && filepath.Dir(path) != "." {
		return nil, fmt.Errorf("%s: %w", filepath.Dir(path), err)
	}
	return n, err
}

// writeNotebook writes a notebook to a file, whole.
func writeNotebook(path string, n *notebooks.Notebook) error {
	return replaceFile(path, n.Write)
}

// firstLine is the first line of a cell that says something, cut to fit.
func firstLine(source string, width int) string {
	line, _, more := strings.Cut(strings.TrimSpace(source), "\n")
	if runes := []rune(line); len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	if more {
		line += " …"
	}
	return line
}

// notebookValidateCmd checks notebooks.
type notebookValidateCmd struct {
	Notebooks []string `arg:"" help:"Notebooks to check."`
}

// Run prints a line for each notebook, and everything that is wrong with one.
func (c *notebookValidateCmd) Run(a *app) error {
	failed := false
	for _, path := range c.Notebooks {
		problems, err := validate(path)
		switch {
		case err != nil:
			fmt.Fprintf(a.out, "%s: cannot be read: %v\n", path, err)
		case len(problems) > 0:
			for _, p := range problems {
				fmt.Fprintf(a.out, "%s: %s\n", path, p)
			}
		default:
			fmt.Fprintf(a.out, "%s: valid\n", path)
			continue
		}
		failed = true
	}
	if failed {
		return errSaid
	}
	return nil
}

// validate lists what is wrong with the file as it is, before anything is repaired.
func validate(path string) ([]string, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fault.Errorf(fault.NotFound, "%w", withoutFile(err))
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, notebooks.MaxBytes+1))
	if err != nil {
		return nil, withoutFile(err)
	}
	return notebooks.Problems(text)
}

// withoutFile is an error of the file system without the path, which the line names
// already.
func withoutFile(err error) error {
	if e, ok := err.(*os.PathError); ok {
		return e.Err
	}
	return err
}
