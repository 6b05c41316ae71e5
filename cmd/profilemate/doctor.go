package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"profilemate/workbench/doctor"
	"profilemate/workbench/fault"
)

// doctorCmd says whether this machine can make a capture.
type doctorCmd struct {
	For       string `help:"What is going to be used, with commas between: nsys, ncu, vllm, moe. Exit status 1 when it cannot be. Unset, everything is looked at." placeholder:"NEEDS"`
	Port      int    `help:"Port that a vLLM server is going to listen on." default:"8000"`
	OutputDir string `help:"Folder that gets the captures." placeholder:"DIR"`
	Python    string `help:"Interpreter that has vLLM." placeholder:"PROGRAM"`
	JSON      bool   `name:"json" help:"Print JSON."`
}

// Run looks at everything and prints what it found.
func (c doctorCmd) Run(ctx context.Context, a *app) error {
	needs, err := doctor.ParseNeeds(c.For)
	if err != nil {
		return err
	}
	if c.Port < 1 || c.Port > 65535 {
		return fault.Errorf(fault.Misuse, "--port %d is no port; choose one from 1 to 65535", c.Port)
	}
	report := doctor.Check(ctx, doctor.Needs{For: needs, Port: c.Port, Output: c.OutputDir, Python: c.Python})
	if c.JSON {
		encoder := json.NewEncoder(a.out)
		encoder.SetIndent("", "  ")
		err = encoder.Encode(struct {
			doctor.Report
			Ready map[doctor.Need]bool `json:"ready"`
		}{report, readiness(report)})
	} else {
		_, err = io.WriteString(a.out, reportText(report))
	}
	switch {
	case err != nil:
		return fmt.Errorf("writing the report: %w", err)
	case ctx.Err() != nil:
		return ctx.Err()
	case report.Err() != nil:
		return errSaid
	}
	return nil
}

// asked returns the needs that a report is about.
func asked(r doctor.Report) []doctor.Need {
	if len(r.For) == 0 {
		return doctor.AllNeeds()
	}
	return r.For
}

func readiness(r doctor.Report) map[doctor.Need]bool {
	ready := map[doctor.Need]bool{}
	for _, n := range asked(r) {
		ready[n] = len(r.Blocking(n)) == 0
	}
	return ready
}

// reportText is a line a check, its remedy below, and then which captures can be made.
func reportText(r doctor.Report) string {
	var b strings.Builder
	for _, c := range r.Checks {
		fmt.Fprintf(&b, "%-8s %-13s %s\n", c.Status, c.Name, c.Said)
		if c.Remedy != "" {
			fmt.Fprintf(&b, "%22s -> %s\n", "", c.Remedy)
		}
	}
	var ready, not []string
	for _, n := range asked(r) {
		var names []string
		for _, c := range r.Blocking(n) {
			names = append(names, c.Name)
		}
		if len(names) == 0 {
			ready = append(ready, string(n))
			continue
		}
		not = append(not, fmt.Sprintf("%s (%s)", n, strings.Join(names, ", ")))
	}
	b.WriteString("\n" + sentence("Ready for", ready) + sentence("Not ready for", not))
	return b.String()
}

// sentence is a line that names things; without any it is empty.
func sentence(start string, list []string) string {
	if len(list) == 0 {
		return ""
	}
	return start + ": " + strings.Join(list, ", ") + ".\n"
}
