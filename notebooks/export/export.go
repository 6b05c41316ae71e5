// Package export writes notebooks and results as HTML files that can be sent to
// somebody: one file, nothing loaded from anywhere, charts as SVG, tables that sort
// and filter without a server, light and dark, fit for printing.
package export

import (
	"bufio"
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
		if words := markWords(nb); words != "" {
			out.WriteString(`<p class="pm-more pm-reproduced">` + html.EscapeString(words) + "</p>\n")
		}
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
	return render.HTML(b, render.HTMLOptions{Rows: result.PreviewRows, AllCharts: true, Themed: true, ChartData: true})
}

// page writes the file around a body.
func page(w io.Writer, o Options, body func(*bufio.Writer)) error {
	return render.Page(w, render.PageOptions{Title: o.Title, Date: o.Date}, body)
}
