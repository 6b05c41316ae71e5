package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
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
	out, width := bufio.NewWriter(a.out), textFor(a.out).Width
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
			writeInspection(out, seen, len(inspected) > 1, c.Stored, width)
			writeFitting(out, a.registry, seen.Analyses, width)
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

// writeInspection describes an artifact in lines for a terminal so many characters
// wide, 0 for none.
func writeInspection(w io.Writer, seen *engine.Inspection, apart, stored bool, width int) {
	if apart {
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "%s\n  %s", seen.Path, seen.Info.Format)
	if seen.Info.Producer != "" {
		fmt.Fprintf(w, ", written by %s", seen.Info.Producer)
	}
	fmt.Fprintln(w)
	writeWords(w, "  "+seen.Info.Summary, width)
	fmt.Fprintln(w)
	writeFindings(w, seen.Info.Findings)
	tables := slices.DeleteFunc(slices.Clone(seen.Tables), func(t artifacts.TableInfo) bool { return !stored && nsys.IsStored(t.Name) })
	writeTables(w, tables, width)
	if left := len(seen.Tables) - len(tables); left > 0 {
		fmt.Fprintf(w, "  and %d tables as the export stores them: --stored lists them\n", left)
	}
}

// writeTables lists tables with their columns.
func writeTables(w io.Writer, tables []artifacts.TableInfo, width int) {
	names, counts := len("table"), len("rows")
	rows := make([]string, len(tables))
	for i, t := range tables {
		rows[i] = "not counted"
		if t.Rows >= 0 {
			rows[i] = grouped(t.Rows)
		}
		names, counts = max(names, len(t.Name)), max(counts, len(rows[i]))
	}
	room := unboundColumns
	if width > 0 {
		room = max(width-names-counts-len("      "), leastColumns)
	}
	fmt.Fprintf(w, "  %-*s  %-*s  columns\n", names, "table", counts, "rows")
	for i, t := range tables {
		heads := make([]string, len(t.Schema))
		for j, f := range t.Schema {
			heads[j] = f.String()
		}
		fmt.Fprintf(w, "  %-*s  %-*s  %s\n", names, t.Name, counts, rows[i], abridged(heads, room))
	}
}

// How many characters the columns of a table get where lines may have any length, and
// the least that they get on a terminal.
const unboundColumns, leastColumns = 110, 20

// writeFitting lists the analyses that fit an artifact, those apart that it is not
// enough for.
func writeFitting(w io.Writer, registry *analysis.Registry, names []string, width int) {
	var alone, more []string
	for _, name := range names {
		if an, err := registry.Get(name); err == nil && len(an.Roles) > 1 {
			more = append(more, name)
		} else {
			alone = append(alone, name)
		}
	}
	fmt.Fprintln(w)
	writeWords(w, "  analyses that fit: "+orNone(alone), width)
	if len(more) > 0 {
		writeWords(w, "  with another artifact: "+strings.Join(more, ", "), width)
	}
}

// writeWords writes a line, broken between words where it is wider than width.
func writeWords(w io.Writer, line string, width int) {
	const indent = "    "
	for width > 0 && len(line) > width {
		at := strings.LastIndexByte(line[:width+1], ' ')
		if at <= len(indent) {
			break
		}
		fmt.Fprintln(w, line[:at])
		line = indent + line[at+1:]
	}
	fmt.Fprintln(w, line)
}

// abridged joins names to a text of at most room characters, and counts those that do
// not fit; the first is always there.
func abridged(names []string, room int) string {
	for n := len(names); n > 1; n-- {
		text := strings.Join(names[:n], ", ")
		if n < len(names) {
			text += fmt.Sprintf(" and %d more", len(names)-n)
		}
		if utf8.RuneCountInString(text) <= room {
			return text
		}
	}
	if len(names) > 1 {
		return fmt.Sprintf("%s and %d more", names[0], len(names)-1)
	}
	return strings.Join(names, "")
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
