package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"profilemate/notebooks"
	"profilemate/notebooks/export"
	"profilemate/workbench/analysis"
	"profilemate/workbench/fault"
	"profilemate/workbench/parameters"
)

// notebookExportCmd writes a notebook in another form.
type notebookExportCmd struct {
	Form     string `arg:"" enum:"html,markdown,script" help:"html: one self-contained file. markdown: with charts as files beside it. script: a shell script that makes the same results."`
	Notebook string `arg:"" help:"The notebook."`
	Output   string `short:"o" help:"Write to this file instead of standard output." placeholder:"FILE"`
	Rows     int    `help:"Rows of a table in Markdown; the rest is counted." default:"20"`
}

// Run writes the notebook as it is; nothing is run.
func (c *notebookExportCmd) Run(a *app) error {
	n, err := readNotebook(c.Notebook)
	if err != nil {
		return err
	}
	if c.Rows < 1 {
		return fault.Errorf(fault.Misuse, "--rows must be 1 or more, not %d", c.Rows)
	}
	var out bytes.Buffer
	switch c.Form {
	case "html":
		err = export.HTML(&out, n, export.Options{File: filepath.Base(c.Notebook)})
	case "markdown":
		err = export.Markdown(&out, n, export.MarkdownOptions{Rows: c.Rows, Picture: c.picture()})
	default:
		err = c.script(&out, a, n)
	}
	if err != nil {
		return err
	}
	if c.Output == "" {
		_, err := out.WriteTo(a.out)
		return err
	}
	return replaceFile(c.Output, func(w io.Writer) error {
		_, err := out.WriteTo(w)
		return err
	})
}

// picture returns what writes charts into a folder beside the output; nil where there
// is no output file to put them beside.
func (c *notebookExportCmd) picture() func(name string, svg []byte) (string, error) {
	if c.Output == "" {
		return nil
	}
	folder := strings.TrimSuffix(c.Output, filepath.Ext(c.Output)) + "_files"
	return func(name string, svg []byte) (string, error) {
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return "", outputFault(folder, err)
		}
		err := replaceFile(filepath.Join(folder, name), func(w io.Writer) error {
			_, err := w.Write(svg)
			return err
		})
		return filepath.ToSlash(filepath.Join(filepath.Base(folder), name)), err
	}
}

// script writes a shell script with a command for each cell that has one.
func (c *notebookExportCmd) script(w io.Writer, a *app, n *notebooks.Notebook) error {
	fmt.Fprintf(w, "#!/bin/sh\n# %s\n# Run it in the folder of the notebook.\nset -e\n", strings.ReplaceAll(n.Title(filepath.Base(c.Notebook)), "\n", " "))
	values := map[string]any{}
	for i, cell := range n.Cells {
		source := strings.TrimSpace(cell.Source)
		if source == "" {
			continue
		}
		fmt.Fprintln(w)
		if cell.Type != notebooks.Code {
			comment(w, source)
			continue
		}
		if err := a.scriptCell(w, source, values); err != nil {
			return fmt.Errorf("cell %d (%s): %w", i+1, cell.ID, err)
		}
	}
	return nil
}

// scriptCell writes one code cell: as a command of this program, or as a comment where
// there is none for it.
func (a *app) scriptCell(w io.Writer, source string, values map[string]any) error {
	if parameters.IsCell(source) {
		list, err := parameters.Parse(source)
		for _, p := range list {
			values[p.Name] = p.Value
			fmt.Fprintf(w, "%s=%s\n", p.Name, shellWord(parameters.Text(p.Value)))
		}
		return err
	}
	shell := func(name string) (any, bool) { _, ok := values[name]; return "\x00" + name + "\x00", ok }
	expanded, err := parameters.Expand(source, shell)
	if err != nil {
		return err
	}
	switch {
	case analysis.IsCell(source):
		return a.analysisCommand(w, expanded)
	case strings.HasPrefix(source, "%%sql"):
		return sqlCommand(w, expanded)
	}
	fmt.Fprintln(w, "# This cell runs in the notebook only:")
	comment(w, source)
	return nil
}

func (a *app) analysisCommand(w io.Writer, source string) error {
	call, err := analysis.ParseCell(source, a.registry.Get)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "profilemate run %s", call.Analysis)
	for _, in := range call.Inputs {
		word := in.Path
		if in.Role != "" {
			word = in.Role + "=" + word
		}
		fmt.Fprint(w, " "+shellWord(word))
	}
	declared, err := a.registry.Get(call.Analysis)
	if err != nil {
		return err
	}
	for _, p := range declared.Params {
		value, ok := call.Params[p.Name]
		switch {
		case !ok:
		case p.Kind == analysis.BoolParam && value == "true":
			fmt.Fprint(w, " --"+p.Name)
		case p.Kind == analysis.BoolParam:
			fmt.Fprint(w, " --no-"+p.Name)
		default:
			fmt.Fprint(w, " --"+p.Name+"="+shellWord(value))
		}
	}
	fmt.Fprintln(w)
	return nil
}

// sqlCommand writes a SQL cell with its statement in a here-document, in which the
// shell replaces nothing.
func sqlCommand(w io.Writer, source string) error {
	head, body, _ := strings.Cut(source, "\n")
	words, err := analysis.SplitWords(strings.TrimPrefix(head, "%%sql"))
	if err != nil {
		return err
	}
	fmt.Fprint(w, "profilemate sql")
	for _, word := range words {
		fmt.Fprint(w, " "+shellWord(wordText(word)))
	}
	fmt.Fprintf(w, " -e \"$(cat <<'SQL'\n%s\nSQL\n)\"\n", strings.TrimRight(body, "\n"))
	return nil
}

// wordText is a word as a command line has it.
func wordText(w analysis.Word) string {
	if w.Key == "" {
		return w.Text
	}
	return w.Key + "=" + w.Text
}

// comment writes a text behind "# ".
func comment(w io.Writer, text string) {
	for line := range strings.Lines(text) {
		fmt.Fprintln(w, strings.TrimRight("# "+strings.TrimRight(line, "\n"), " "))
	}
}

// shellWord quotes a word for sh where it needs that. A name between NUL bytes is a
// variable of the script.
func shellWord(text string) string {
	if parts := strings.Split(text, "\x00"); len(parts) > 1 {
		for i, part := range parts {
			if i%2 == 1 {
				parts[i] = "${" + part + "}"
			} else {
				parts[i] = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(part)
			}
		}
		return `"` + strings.Join(parts, "") + `"`
	}
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=,:+@%", r)
	}
	if text != "" && strings.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
