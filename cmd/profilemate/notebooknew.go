package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"profilemate/notebooks"
	"profilemate/notebooks/templates"
	"profilemate/workbench/fault"
)

// notebookNewCmd writes a notebook.
type notebookNewCmd struct {
	Output    string   `arg:"" optional:"" help:"Notebook to write; one that is there is not overwritten."`
	Artifacts []string `arg:"" optional:"" help:"Captures that it is about."`
	Template  string   `help:"Template to begin with (default: the first that fits the captures; none without captures)." placeholder:"NAME"`
	List      bool     `help:"List the templates instead."`
}

// Run writes the notebook.
func (c *notebookNewCmd) Run(ctx context.Context, a *app) error {
	if c.List {
		for _, t := range templates.All() {
			fmt.Fprintf(a.out, "%-14s %s (%s)\n", t.Name, t.Title, inputWords(t))
		}
		return nil
	}
	if filepath.Ext(c.Output) != ".ipynb" {
		return fault.WithRemedy(fault.Errorf(fault.Misuse, "the notebook to write needs a name that ends in .ipynb"), "profilemate notebook new OUT.ipynb")
	}
	if _, err := os.Lstat(c.Output); err == nil {
		return fault.Errorf(fault.Conflict, "%s is there already", c.Output)
	}
	captures, err := c.captures(ctx, a)
	if err != nil {
		return err
	}
	n, said, err := c.notebook(captures)
	if err != nil {
		return err
	}
	if err := writeNotebook(c.Output, n); err != nil {
		return err
	}
	fmt.Fprintf(a.err, "%s: %s\n", c.Output, said)
	return nil
}

func inputWords(t templates.Template) string {
	words := make([]string, len(t.Inputs))
	for i, in := range t.Inputs {
		words[i] = in.Param + ": " + in.Kind
	}
	return strings.Join(words, ", ")
}

// captures finds out of what kind the artifacts are, and how cells of the notebook
// should write their paths.
func (c *notebookNewCmd) captures(ctx context.Context, a *app) ([]templates.Capture, error) {
	dir, err := filepath.Abs(filepath.Dir(c.Output))
	if err != nil {
		return nil, err
	}
	var list []templates.Capture
	for _, path := range c.Artifacts {
		artifact, err := a.formats().Open(ctx, path)
		if err != nil {
			return nil, err
		}
		kind := artifact.Info().Kind
		if err := artifact.Close(); err != nil {
			return nil, err
		}
		abs, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		if rel, err := filepath.Rel(dir, abs); err == nil && filepath.IsLocal(rel) {
			abs = rel
		}
		list = append(list, templates.Capture{Path: filepath.ToSlash(abs), Kind: kind})
	}
	return list, nil
}

// notebook makes the document and says in words what it is.
func (c *notebookNewCmd) notebook(captures []templates.Capture) (*notebooks.Notebook, string, error) {
	t, err := c.template(captures)
	if err != nil {
		return nil, "", err
	}
	if t == nil {
		title := strings.TrimSuffix(filepath.Base(c.Output), ".ipynb")
		n := notebooks.New(title)
		return n, "an empty notebook; templates are listed by: profilemate notebook new --list", n.Insert(0, notebooks.NewCell(notebooks.Markdown, "# "+title))
	}
	n, err := t.Notebook(captures)
	said := fmt.Sprintf("from the template %s; run it with: profilemate notebook run %s", t.Name, shellWord(c.Output))
	if missing := len(t.Inputs) - len(captures); missing > 0 {
		said = fmt.Sprintf("from the template %s; set %s in its %%%%params cell, or run it with -p NAME=FILE", t.Name, paramWords(*t))
	}
	return n, said, err
}

func paramWords(t templates.Template) string {
	words := make([]string, len(t.Inputs))
	for i, in := range t.Inputs {
		words[i] = in.Param
	}
	return strings.Join(words, " and ")
}

// template returns the one that is asked for, else the first that fits; nil for none.
func (c *notebookNewCmd) template(captures []templates.Capture) (*templates.Template, error) {
	if c.Template != "" {
		t, err := templates.Get(c.Template)
		return &t, err
	}
	if len(captures) == 0 {
		return nil, nil
	}
	for _, t := range templates.All() {
		if t.Fits(captures) {
			return &t, nil
		}
	}
	return nil, fault.WithRemedy(fault.Errorf(fault.Misuse, "no template is about these captures together"), "leave some out, or see: profilemate notebook new --list")
}
