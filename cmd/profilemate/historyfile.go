package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"profilemate/workbench/artifacts/history"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

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
