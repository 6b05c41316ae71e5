package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"profilemate/workbench/fault"
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
		"The history is an artifact: analyses (trend) and SQL cells read it. The commit is that of --commit, of GITHUB_SHA or CI_COMMIT_SHA, or what the git repository around the working folder had checked out when the run began."
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
