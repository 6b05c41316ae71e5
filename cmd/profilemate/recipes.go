package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"profilemate/workbench/analysis"
	"profilemate/workbench/capture"
	"profilemate/workbench/job"
)

// recipesCmd lists what can be captured, from the declarations.
type recipesCmd struct {
	JSON     bool `name:"json" help:"Write the declarations as JSON."`
	Markdown bool `help:"Write the page docs/recipes.md."`
}

// Run writes the list in the asked form.
func (c *recipesCmd) Run(a *app) error {
	list := capture.NewBook().Recipes()
	if c.JSON {
		return writeJSON(a.out, list)
	}
	out := bufio.NewWriter(a.out)
	if c.Markdown {
		writeRecipesPage(out, list)
		return out.Flush()
	}
	for _, r := range list {
		fmt.Fprintf(out, "%-8s%s\n", r.Name, r.Title)
	}
	fmt.Fprintln(out, "\nprofilemate profile NAME --help tells all about one.")
	return out.Flush()
}

// writeRecipesPage writes docs/recipes.md. A test holds the page in the tree to it.
func writeRecipesPage(w io.Writer, list []job.Recipe) {
	fmt.Fprint(w, "# Recipes\n\nWhat `profilemate profile` and the form of the page can capture, and its parameters; [Captures](capture.md) tells how. Written by `profilemate recipes --markdown` from the declarations; do not edit.\n")
	for _, r := range list {
		fmt.Fprintf(w, "\n## %s: %s\n\n%s\n", r.Name, r.Title, r.Doc)
		for _, g := range r.Groups {
			fmt.Fprintf(w, "\n%s%s:\n\n| parameter | kind | default | meaning |\n| --- | --- | --- | --- |\n", g.Title, onlyWith(g))
			for _, name := range g.Params {
				p := r.Params[slices.IndexFunc(r.Params, func(p analysis.Param) bool { return p.Name == name })]
				fmt.Fprintf(w, "| `%s` | %s | %s | %s |\n", p.Name, paramKind(p), code(p.Default), strings.ReplaceAll(p.Doc, "|", `\|`))
			}
		}
	}
}

// onlyWith says when the parameters of a group are used.
func onlyWith(g job.Group) string {
	flags := g.Flags()
	if len(flags) == 0 {
		return ""
	}
	for i, f := range flags {
		flags[i] = code(f)
	}
	n := len(flags) - 1
	if n == 0 {
		return ", with " + flags[0]
	}
	return ", with " + strings.Join(flags[:n], ", ") + " or " + flags[n]
}

// code marks a text as code in a table of Markdown; an empty one stays so.
func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + strings.ReplaceAll(text, "|", `\|`) + "`"
}
