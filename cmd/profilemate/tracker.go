package main

import (
	"fmt"

	"profilemate/workbench/tracker"
)

// trackerCmd is about the recorder of MoE routing that runs inside a serving engine.
type trackerCmd struct {
	Install       trackerInstallCmd `cmd:"" help:"Write the tracker's Python files and print the environment that turns it on."`
	ConvertSGLang convertSGLangCmd  `cmd:"" name:"convert-sglang" help:"Print a Python program that converts dumps (.pt) of SGLang's expert distribution recorder."`
}

type trackerInstallCmd struct {
	Dir string `arg:"" help:"Folder for the tracker and its recordings; it is made."`
}

// Run installs the tracker. The lines for the shell go to standard output, so that
// eval or source can read them.
func (c *trackerInstallCmd) Run(a *app) error {
	at, err := tracker.Install(c.Dir)
	if err != nil {
		return err
	}
	for _, line := range at.Environment() {
		fmt.Fprintln(a.out, line)
	}
	fmt.Fprintf(a.err, "the MoE tracker is in %s; start the server in a shell with these lines, then: profilemate inspect %s\n", at.Path, at.Output)
	return nil
}
