// Package export writes notebooks and results as HTML files that can be sent to
// somebody: one file, nothing loaded from anywhere, charts as SVG, tables that sort
// and filter without a server, light and dark, fit for printing.
package export

import (
	"bufio"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"time"

	"profilemate/notebooks"
	"profilemate/workbench/render"
	"profilemate/workbench/result"
)

// Options say what stands at the head of the file. The zero value is fine.
type Options struct {
	Title string    // empty: the notebook's, or the result's
	File  string    // name of the notebook's file, its title where it has no other
	Date  time.Time // printed under the title; zero for none, so that the same document gives the same bytes
}

// HTML writes a notebook as one self-contained file. A table has at most
// result.PreviewRows rows in it, and says so where it had more. Outputs in MIME
// types that cannot be shown safely are shown as their plain text. The error is the
// writer's.
func HTML(w io.Writer, nb *notebooks.Notebook, o Options) error {
	if o.Title == "" {
		o.Title = nb.Title(o.File)
	}
	return page(w, o, func(out *bufio.Writer) {
		for i, c := range nb.Cells {
			writeCell(out, c, i == 0 && startsWithTitle(c, o.Title))
		}
	})
}

// Bundle writes one result as one self-contained file, in the look of HTML.
func Bundle(w io.Writer, b result.Bundle, o Options) error {
	if o.Title == "" {
		o.Title = b.Title
	}
	if o.Title == "" {
		o.Title = b.Analysis
	}
	return page(w, o, func(out *bufio.Writer) { out.WriteString(resultHTML(b)) })
}

// resultHTML is the markup of a result in an exported page, with everything that
// has traveled with it.
func resultHTML(b result.Bundle) string {
	return render.HTML(b, render.HTMLOptions{Rows: result.PreviewRows, AllCharts: true, Themed: true})
}

//go:embed page/style.css
var style string

//go:embed page/table.js
var script string

// page writes the file around a body. A bufio.Writer keeps its first error for
// Flush.
func page(w io.Writer, o Options, body func(*bufio.Writer)) error {
	out := bufio.NewWriter(w)
	hash := sha256.Sum256([]byte(script))
	// Only our own script may run, and nothing may be loaded: the page stays inert
	// even if something in it should ever slip through the escaping.
	policy := "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-" +
		base64.StdEncoding.EncodeToString(hash[:]) + "'; base-uri 'none'; form-action 'none'"
	title := html.EscapeString(o.Title)
	fmt.Fprintf(out, `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="%s">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="ProfileMate Workbench">
<title>%s</title>
<style>
%s</style>
</head>
<body>
<header><h1>%s</h1>
`, policy, title, style, title)
	if !o.Date.IsZero() {
		fmt.Fprintf(out, `<p class="pm-date"><time datetime="%s">%s</time></p>`+"\n",
			o.Date.Format(time.RFC3339), html.EscapeString(o.Date.Format("2 January 2006, 15:04 MST")))
	}
	out.WriteString("</header>\n<main>\n")
	body(out)
	out.WriteString("</main>\n<script>" + script + "</script>\n</body>\n</html>\n")
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the page %q: %w", o.Title, err)
	}
	return nil
}
