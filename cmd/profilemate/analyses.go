package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"profilemate/workbench/analysis"
)

// analysesCmd lists the analyses from their declarations.
type analysesCmd struct {
	Names    []string `arg:"" optional:"" name:"name" help:"Analyses to tell all about; without, all are listed in a line each."`
	JSON     bool     `help:"Write the declarations as JSON."`
	Markdown bool     `help:"Write the page docs/analyses.md."`
}

// Run writes the list in the asked form.
func (c *analysesCmd) Run(a *app) error {
	list, err := c.named(a.registry)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(a.out)
	switch {
	case c.JSON:
		return writeJSON(a.out, list)
	case c.Markdown:
		writeAnalysesPage(out, list)
		return out.Flush()
	case len(c.Names) == 0:
		listAnalyses(out, list)
		return out.Flush()
	}
	for i, an := range list {
		if i > 0 {
			fmt.Fprintln(out)
		}
		writeAnalysis(out, an)
	}
	return out.Flush()
}

// named returns the analyses that are asked for, all where none is.
func (c *analysesCmd) named(all *analysis.Registry) ([]analysis.Analysis, error) {
	if len(c.Names) == 0 {
		return all.All(), nil
	}
	list := make([]analysis.Analysis, len(c.Names))
	for i, name := range c.Names {
		var err error
		if list[i], err = all.Get(name); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// kindsOf returns the kinds of artifacts that analyses are about, in their order.
func kindsOf(list []analysis.Analysis) []string {
	var kinds []string
	for _, a := range list {
		if kind := a.Roles[0].Kind; !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// listAnalyses writes a line each, those of one kind of artifact together.
func listAnalyses(w io.Writer, list []analysis.Analysis) {
	wide := 0
	for _, a := range list {
		wide = max(wide, len(a.Name))
	}
	for _, kind := range kindsOf(list) {
		fmt.Fprintf(w, "%s\n", kindTitle(kind))
		for _, a := range list {
			if a.Roles[0].Kind == kind {
				fmt.Fprintf(w, "  %-*s  %s\n", wide, a.Name, a.Title)
			}
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintln(w, "profilemate analyses NAME tells all about one; profilemate run NAME FILE runs it.")
}

// kindTitle names a kind of artifact, as people do where they do otherwise.
func kindTitle(kind string) string {
	switch kind {
	case "nsys":
		return "Nsight Systems (nsys)"
	case "ncu":
		return "Nsight Compute (ncu)"
	case "moe":
		return "MoE routing (moe)"
	case "history":
		return "Earlier runs (history)"
	}
	return kind
}

func writeAnalysis(w io.Writer, a analysis.Analysis) {
	fmt.Fprintf(w, "%s: %s\n\n", a.Name, a.Title)
	for line := range strings.Lines(a.Doc) {
		fmt.Fprintf(w, "  %s\n", strings.TrimRight(line, "\n"))
	}
	fmt.Fprintln(w)
	for _, r := range a.Roles {
		fmt.Fprintf(w, "  %s=PATH  %s (%s)\n", r.Name, r.Doc, r.Kind)
	}
	for _, p := range a.Params {
		fmt.Fprintf(w, "  --%s %s  %s\n", p.Name, placeholder(p), paramHelp(p))
	}
}

// writeAnalysesPage writes docs/analyses.md. A test holds the page in the tree to it.
func writeAnalysesPage(w io.Writer, list []analysis.Analysis) {
	fmt.Fprint(w, "# Analyses\n\nWritten by `profilemate analyses --markdown` from the declarations; do not edit. A section shows the cell; on the command line it is `profilemate run NAME FILE`.\n")
	for _, kind := range kindsOf(list) {
		fmt.Fprintf(w, "\n%s:\n\n", kindTitle(kind))
		for _, a := range list {
			if a.Roles[0].Kind == kind {
				fmt.Fprintf(w, "- [%s](#%s): %s\n", a.Name, a.Name, a.Title)
			}
		}
	}
	for _, a := range list {
		fmt.Fprintf(w, "\n## %s\n\n*%s.* %s\n\n", a.Name, a.Heading(), a.Doc)
		fmt.Fprintf(w, "    %s %s%s\n", analysis.CellMarker, a.Name, exampleInputs(a))
		fmt.Fprint(w, "\n| input | kind | tables |\n| --- | --- | --- |\n")
		for _, r := range a.Roles {
			fmt.Fprintf(w, "| `%s` %s | %s | %s |\n", r.Name, r.Doc, r.Kind, needs(r))
		}
		if len(a.Params) > 0 {
			fmt.Fprint(w, "\n| parameter | kind | default | meaning |\n| --- | --- | --- | --- |\n")
		}
		for _, p := range a.Params {
			fmt.Fprintf(w, "| `%s` | %s | `%s` | %s |\n", p.Name, paramKind(p), p.Default, p.Doc)
		}
		fmt.Fprint(w, "\n| output | | |\n| --- | --- | --- |\n")
		for _, o := range a.Outputs {
			fmt.Fprintf(w, "| `%s` | %s | %s |\n", o.Name, o.Kind, o.Doc)
		}
	}
}

func exampleInputs(a analysis.Analysis) string {
	text := ""
	for _, r := range a.Roles {
		text += fmt.Sprintf(" %s=PATH", r.Name)
	}
	return text
}

func needs(r analysis.Role) string {
	list := make([]string, len(r.Tables))
	for i, n := range r.Tables {
		list[i] = n.Table
		if n.Optional {
			list[i] += " (optional: " + n.Doc + ")"
		}
	}
	return strings.Join(list, ", ")
}

func paramKind(p analysis.Param) string {
	text := string(p.Kind)
	if len(p.Options) > 0 {
		text = strings.Join(p.Options, ", ")
	}
	if p.Unit != "" {
		text += " [" + p.Unit + "]"
	}
	switch {
	case p.Min != "" && p.Max != "":
		text += fmt.Sprintf(", %s to %s", p.Min, p.Max)
	case p.Min != "":
		text += ", at least " + p.Min
	case p.Max != "":
		text += ", at most " + p.Max
	}
	return text
}
