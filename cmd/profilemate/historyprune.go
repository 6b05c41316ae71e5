package main

import (
	"fmt"
	"time"

	"profilemate/workbench/artifacts/history"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

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
