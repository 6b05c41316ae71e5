package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"profilemate/workbench/analysis"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/engine"
	"profilemate/workbench/export"
	"profilemate/workbench/fault"
	"profilemate/workbench/kernel"
	"profilemate/workbench/render"
	"profilemate/workbench/result"
	"profilemate/workbench/sqlcell"
)

// sqlCmd runs SQL over the tables of artifacts.
type sqlCmd struct {
	Files []string `arg:"" optional:"" help:"Files or folders that a profiler wrote, as PATH or NAME=PATH: their tables are NAME.TABLE."`
	Query string   `short:"e" help:"SQL to run." placeholder:"SQL" xor:"sql"`
	From  string   `short:"f" name:"file" help:"Run the SQL of this file; - for standard input." placeholder:"FILE" xor:"sql"`
	To    string   `help:"Form: text, csv, json, jsonl, arrow or parquet (default: by the name of --output, else text)." placeholder:"FORM"`

	Output string `short:"o" help:"Write to this file instead of standard output." placeholder:"FILE"`
}

// Help is the long help.
func (sqlCmd) Help() string {
	return "Reads only: SELECT, WITH, VALUES and EXPLAIN. Without SQL it lists the tables. With several statements, forms other than text and csv " +
		"write the last one; \"-- name: x\" before a statement makes it a table for those after it. Text shows the first rows of a long table."
}

// textForm is the form for people.
const textForm = export.Form("text")

// Run runs the statements and writes what they give.
func (c *sqlCmd) Run(ctx context.Context, a *app) error {
	form, err := c.form()
	if err != nil {
		return err
	}
	text, err := c.text(a.in)
	if err != nil {
		return err
	}
	cell, err := sqlcell.NewCell(c.words(), text)
	if err != nil {
		return err
	}
	runner := sqlcell.New(sqlcell.Config{Engine: engine.New(engine.Config{Formats: a.formats()})})
	line := newProgressLine(a.err)
	defer line.clear()
	if text == "" {
		return c.list(ctx, a, runner, cell)
	}
	write := func(w io.Writer) error { return c.write(ctx, a, runner, cell, form, w, line) }
	if c.Output != "" {
		return replaceFile(c.Output, write)
	}
	if file, ok := a.out.(*os.File); ok && form.Binary() && isScreen(file) {
		return fault.WithRemedy(fault.Errorf(fault.Misuse, "%s is no text for a terminal", form), "name a file with -o FILE.%s, or pipe standard output", form)
	}
	return write(a.out)
}

// form returns the form as asked for, or as the output file's name says.
func (c *sqlCmd) form() (export.Form, error) {
	extension := strings.TrimPrefix(filepath.Ext(c.Output), ".")
	switch {
	case c.To == string(textForm), c.To == "" && (c.Output == "" || extension == "txt"):
		return textForm, nil
	case c.To != "":
		return export.ParseForm(c.To)
	}
	return (&exportCmd{Output: c.Output}).form()
}

// text returns the SQL, empty for none.
func (c *sqlCmd) text(in io.Reader) (string, error) {
	if c.From == "" {
		return strings.TrimSpace(c.Query), nil
	}
	var data []byte
	var err error
	if c.From == "-" {
		data, err = io.ReadAll(in)
	} else {
		data, err = os.ReadFile(c.From)
	}
	if err != nil {
		return "", fault.Errorf(fault.NotFound, "reading SQL: %w", err)
	}
	return string(data), nil
}

// words are the arguments as the first line of a cell has them.
func (c *sqlCmd) words() []analysis.Word {
	words := make([]analysis.Word, len(c.Files))
	for i, arg := range c.Files {
		words[i] = analysis.Word{Text: arg}
		if key, path, ok := strings.Cut(arg, "="); ok && !strings.ContainsAny(key, `/\.`) {
			words[i] = analysis.Word{Key: key, Text: path}
		}
	}
	return words
}

// list shows the tables that can be read.
func (c *sqlCmd) list(ctx context.Context, a *app, runner *sqlcell.Runner, cell sqlcell.Cell) error {
	b, err := runner.RunCell(ctx, cell, nil)
	if err != nil {
		return err
	}
	return render.BundleText(a.out, b, textFor(a.out))
}

// write runs the cell and writes its tables: all of them as text or CSV, else the
// last.
func (c *sqlCmd) write(ctx context.Context, a *app, runner *sqlcell.Runner, cell sqlcell.Cell, form export.Form, w io.Writer, line *progressLine) error {
	left := len(cell.Statements)
	return runner.Query(ctx, cell, line.show, func(answer artifacts.Artifact) error {
		line.clear()
		left--
		writeFindings(a.err, answer.Info().Findings)
		switch {
		case form == textForm:
			return writeAnswer(ctx, w, answer)
		case form != export.CSV && left > 0:
			return nil
		}
		_, err := export.Table(ctx, answer, answer.Tables()[0].Name, form, w, export.Options{})
		if form == export.CSV && left > 0 && err == nil {
			_, err = fmt.Fprintln(w)
		}
		return err
	})
}

// writeAnswer writes the head of a table for people.
func writeAnswer(ctx context.Context, w io.Writer, answer artifacts.Artifact) error {
	info := answer.Tables()[0]
	head, err := sqlcell.Head(ctx, answer, result.PreviewRows)
	if err != nil {
		return err
	}
	preview := result.NewPreview(result.Table{Name: info.Name, Title: info.Name, Frame: head}, result.PreviewRows)
	preview.Total = int(info.Rows)
	return render.BundleText(w, result.Bundle{Tables: []result.Preview{preview}}, textFor(w))
}

// drawSQL gives the result of a SQL cell the forms that clients show.
func drawSQL(b result.Bundle) (kernel.Data, error) {
	return kernel.Data{result.MIME: b, "text/html": render.HTML(b, render.HTMLOptions{}), "text/plain": bundleText(b)}, nil
}
