package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/engine"
	"profilemate/workbench/fault"
)

// inspectCmd says what artifacts hold.
type inspectCmd struct {
	Files []string `arg:"" name:"file" help:"Files or folders that a profiler wrote."`
	JSON  bool     `help:"Write JSON, one array for all files."`

	ShowPrivate bool `help:"Show names of people and machines, paths and command lines that captures carry. Secrets stay masked."`
	Stored      bool `help:"List the tables as the export stores them (raw.NAME), too."`
}

// Run inspects the files in order. A file that cannot be read does not keep the
// others from being told about; the exit code then is 1.
func (c *inspectCmd) Run(ctx context.Context, a *app) error {
	var options []nsys.Option
	if c.ShowPrivate {
		options = append(options, nsys.ShowPrivate)
	}
	e := engine.New(engine.Config{Registry: a.registry, Formats: a.formats(options...)})
	out := bufio.NewWriter(a.out)
	inspected := []*engine.Inspection{}
	failed := 0
	for _, file := range c.Files {
		seen, err := e.Inspect(ctx, file)
		if err != nil {
			fmt.Fprintln(a.err, "profilemate:", err)
			failed++
			continue
		}
		inspected = append(inspected, seen)
		if !c.JSON {
			writeInspection(out, seen, len(inspected) > 1, c.Stored)
			writeFitting(out, a.registry, seen.Analyses)
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
	if c.JSON {
		if err := writeJSON(a.out, inspected); err != nil {
			return err
		}
	}
	if failed > 0 && len(c.Files) > 1 {
		return fault.Errorf(fault.Unsupported, "%d of %d files could not be read", failed, len(c.Files))
	}
	if failed > 0 {
		return errSaid
	}
	return nil
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

func writeInspection(w io.Writer, seen *engine.Inspection, apart, stored bool) {
	if apart {
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%s\n  %s", seen.Path, seen.Info.Format)
	if seen.Info.Producer != "" {
		fmt.Fprintf(w, ", written by %s", seen.Info.Producer)
	}
	fmt.Fprintf(w, "\n  %s\n\n", seen.Info.Summary)
	writeFindings(w, seen.Info.Findings)
	table := tabwriter.NewWriter(w, 2, 0, 2, ' ', 0)
	fmt.Fprintln(table, "  table\trows\tcolumns")
	left := 0
	for _, t := range seen.Tables {
		if !stored && nsys.IsStored(t.Name) {
			left++
			continue
		}
		rows := "not counted"
		if t.Rows >= 0 {
			rows = grouped(t.Rows)
		}
		heads := make([]string, len(t.Schema))
		for i, f := range t.Schema {
			heads[i] = f.String()
		}
		fmt.Fprintf(table, "  %s\t%s\t%s\n", t.Name, rows, abridged(heads))
	}
	table.Flush()
	if left > 0 {
		fmt.Fprintf(w, "  and %d tables as the export stores them: --stored lists them\n", left)
	}
}

// writeFitting lists the analyses that fit an artifact, those apart that it is not
// enough for.
func writeFitting(w io.Writer, registry *analysis.Registry, names []string) {
	var alone, more []string
	for _, name := range names {
		if an, err := registry.Get(name); err == nil && len(an.Roles) > 1 {
			more = append(more, name)
		} else {
			alone = append(alone, name)
		}
	}
	fmt.Fprintf(w, "\n  analyses that fit: %s\n", orNone(alone))
	if len(more) > 0 {
		fmt.Fprintf(w, "  with another artifact: %s\n", strings.Join(more, ", "))
	}
}

// abridged joins what fits in a line and counts the rest.
func abridged(names []string) string {
	text := ""
	for i, name := range names {
		if len(text)+len(name) > 90 {
			return fmt.Sprintf("%s and %d more", text, len(names)-i)
		}
		if i > 0 {
			text += ", "
		}
		text += name
	}
	return text
}

func orNone(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return strings.Join(names, ", ")
}

// grouped writes n with commas between thousands.
func grouped(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
