package main

import (
	"encoding/json"
	"fmt"
	"io"

	"profilemate/notebooks/diff"
)

// notebookDiffCmd compares two notebooks.
type notebookDiffCmd struct {
	A    string `arg:"" help:"The older notebook."`
	B    string `arg:"" help:"The newer notebook."`
	JSON bool   `name:"json" help:"Write the changes as JSON."`
}

// Help is the long help.
func (notebookDiffCmd) Help() string {
	return "Cells belong together by their id, else by their text. Results are compared by their tables, findings and texts; times, counts and how the file is written do not count. The exit code is 1 if anything differs."
}

// Run prints the changes.
func (c *notebookDiffCmd) Run(a *app) error {
	old, err := readNotebook(c.A)
	if err != nil {
		return err
	}
	now, err := readNotebook(c.B)
	if err != nil {
		return err
	}
	changes := diff.Notebooks(old, now)
	if c.JSON {
		if changes == nil {
			changes = []diff.Change{}
		}
		e := json.NewEncoder(a.out)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		if err := e.Encode(changes); err != nil {
			return err
		}
	} else {
		writeChanges(a.out, changes)
	}
	if len(changes) > 0 {
		return errSaid
	}
	return nil
}

func writeChanges(w io.Writer, changes []diff.Change) {
	for i, c := range changes {
		if i > 0 {
			fmt.Fprintln(w)
		}
		place := fmt.Sprintf("cell %d", c.To)
		if c.To == 0 {
			place = fmt.Sprintf("cell %d", c.From)
		}
		words := c.Kind
		if c.Kind == diff.Moved {
			words = fmt.Sprintf("moved from %d", c.From)
		}
		fmt.Fprintf(w, "%s (%s, %s) %s\n", place, c.Cell, c.Type, words)
		for _, l := range c.Source {
			fmt.Fprintf(w, "  %s %s\n", l.Mark, l.Text)
		}
		for _, line := range c.Outputs {
			fmt.Fprintf(w, "  ! %s\n", line)
		}
	}
}
