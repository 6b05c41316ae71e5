package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/artifacts/ncu"
	"profilemate/workbench/artifacts/nsys"
	"profilemate/workbench/export"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// exportCmd writes a table of an artifact.
type exportCmd struct {
	File   string `arg:"" help:"A file or folder that a profiler wrote."`
	Table  string `help:"Table to write (default: the first that --list names)." placeholder:"NAME"`
	To     string `help:"Form: csv, json, jsonl, arrow or parquet (default: by the name of --output, else csv)." placeholder:"FORM"`
	Output string `short:"o" help:"Write to this file instead of standard output." placeholder:"FILE"`
	List   bool   `help:"List the tables with their rows and columns instead."`

	ShowPrivate bool `help:"Show names of people and machines, paths and command lines that captures carry. Secrets stay masked."`
}

// Help is the long help.
func (exportCmd) Help() string {
	return "All rows of the table are written, however many there are. A missing value is an empty field in CSV and null elsewhere; " +
		"whole numbers have all their digits in JSON. Of a .ncu-rep file, --table raw is what ncu prints with --csv --page raw --print-units base, " +
		"its units row included, with the values that were measured instead of rounded ones."
}

// Run writes the table.
func (c *exportCmd) Run(ctx context.Context, a *app) error {
	form, err := c.form()
	if err != nil {
		return err
	}
	var options []nsys.Option
	if c.ShowPrivate {
		options = append(options, nsys.ShowPrivate)
	}
	artifact, err := a.formats(options...).Open(ctx, c.File)
	if err != nil {
		return err
	}
	defer artifact.Close()
	tables := artifacts.AllTables(artifact)
	if c.List {
		return listTables(a.out, tables)
	}
	if len(tables) == 0 {
		return fault.Errorf(fault.Missing, "%s has no tables", c.File)
	}
	if c.Table == "" {
		if c.Table, err = firstTable(artifact, tables); err != nil {
			return fmt.Errorf("%s: %w", c.File, err)
		}
	}
	if err := c.write(ctx, a, artifact, form); err != nil {
		return err
	}
	writeFindings(a.err, lost(artifact))
	return nil
}

// firstTable is the table that is written where none is named. Where damage hides one
// that may come before it, nothing is chosen in its place.
func firstTable(artifact artifacts.Artifact, tables []artifacts.TableInfo) (string, error) {
	first, hidden := tables[0].Name, artifact.Info().Unread
	if first == "kernels" || len(hidden) == 0 {
		return first, nil
	}
	err := artifacts.Hidden(artifact, hidden[0])
	return "", fault.WithRemedy(fault.Errorf(fault.Corrupt, "no table is named, and the first one is hidden: %w", err), "name another with --table, such as --table %s", first)
}

// form returns the form as asked for, or as the output file's name says.
func (c *exportCmd) form() (export.Form, error) {
	if c.To != "" {
		return export.ParseForm(c.To)
	}
	if c.Output == "" {
		return export.CSV, nil
	}
	extension := strings.TrimPrefix(filepath.Ext(c.Output), ".")
	form, err := export.ParseForm(extension)
	switch {
	case err == nil:
		return form, nil
	case extension == "feather" || extension == "ipc":
		return export.Arrow, nil
	case extension == "ndjson":
		return export.Lines, nil
	}
	return "", fault.Errorf(fault.Misuse, "the name %s does not say which form to write; add --to", c.Output)
}

func (c *exportCmd) write(ctx context.Context, a *app, artifact artifacts.Artifact, form export.Form) error {
	line := newProgressLine(a.err)
	defer line.clear()
	o := export.Options{Progress: func(done, total int64) { line.show("exporting "+c.Table, done, total) }}
	if artifact.Info().Kind == artifacts.NCU && c.Table == ncu.RawTable {
		o.UnitsRow = ncu.PrintedUnit
	}
	table := func(w io.Writer) error {
		_, err := export.Table(ctx, artifact, c.Table, form, w, o)
		return err
	}
	if c.Output != "" {
		if _, err := artifacts.Lookup(artifact, c.Table); err != nil { // before the file is touched
			return fmt.Errorf("%s: %w", c.File, err)
		}
		return replaceFile(c.Output, table)
	}
	if file, ok := a.out.(*os.File); ok && form.Binary() && isScreen(file) {
		return fault.WithRemedy(fault.Errorf(fault.Misuse, "%s is no text for a terminal", form), "name a file with -o FILE.%s, or pipe standard output", form)
	}
	return table(a.out)
}

// isScreen reports whether a file is a terminal that people read, and not /dev/null.
func isScreen(file *os.File) bool {
	info, err := file.Stat()
	null, errNull := os.Stat(os.DevNull)
	return isTerminal(file) && (err != nil || errNull != nil || !os.SameFile(info, null))
}

// lost is what the reader says of damage, and of rows that it could not deliver.
func lost(artifact artifacts.Artifact) []result.Finding {
	list := artifact.Info().Findings
	if f, ok := artifact.(artifacts.Finder); ok {
		list = append(slices.Clip(list), f.ScanFindings()...)
	}
	return list
}

// listTables writes a line a table.
func listTables(w io.Writer, tables []artifacts.TableInfo) error {
	out := tabwriter.NewWriter(w, 2, 0, 2, ' ', 0)
	fmt.Fprintln(out, "table\trows\tcolumns\twhat it is")
	for _, t := range tables {
		rows := "not counted"
		if t.Rows >= 0 {
			rows = grouped(t.Rows)
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", t.Name, rows, grouped(int64(len(t.Schema))), t.Doc)
	}
	return out.Flush()
}
