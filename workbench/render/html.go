package render

import (
	"fmt"
	"html"
	"path"
	"strings"
	"unicode/utf8"

	"profilemate/frames"
	"profilemate/workbench/result"
)

// HTMLOptions say how a result is written as HTML.
type HTMLOptions struct {
	Rows      int  // of each table at most; 0 for 50
	AllCharts bool // every chart of a group, the first one open; otherwise the first only
	ChartData bool // under each chart, a link to its data as CSV, which is in the link itself
	Themed    bool // charts take paper and ink from the CSS variables --chart-paper, --chart-ink, --chart-muted, --chart-line, --chart-black and --chart-absent
}

const defaultHTMLRows = 50

// HTML returns a result as a static fragment for a notebook output or a report:
// findings, charts as inline SVG, and the heads of the tables. There is no script
// in it, and all text is escaped. Exact values and full names are in title
// attributes. A chart that cannot be drawn is said in its place.
func HTML(b result.Bundle, o HTMLOptions) string {
	if o.Rows == 0 {
		o.Rows = defaultHTMLRows
	}
	w := &htmlWriter{o: o}
	w.print(`<div class="pm-result">` + "\n")
	w.findings(b.Findings)
	w.charts(b.Charts)
	for _, t := range b.Tables {
		w.table(t)
	}
	w.inputs(b)
	w.print("</div>\n")
	return w.String()
}

type htmlWriter struct {
	strings.Builder
	o HTMLOptions
}

func (w *htmlWriter) print(text string) { w.WriteString(text) }

// printf escapes every argument that is a string.
func (w *htmlWriter) printf(format string, args ...any) {
	for i, a := range args {
		if text, ok := a.(string); ok {
			args[i] = html.EscapeString(text)
		}
	}
	fmt.Fprintf(w, format, args...)
}

func (w *htmlWriter) findings(list []result.Finding) {
	if len(list) == 0 {
		return
	}
	list = append([]result.Finding(nil), list...)
	result.SortFindings(list)
	w.print(`<ul class="pm-findings">` + "\n")
	for _, f := range list {
		w.printf(`<li class="pm-%s"><span class="pm-severity">%s %s</span> %s`, string(f.Severity), icon(f.Severity), string(f.Severity), f.Text)
		if f.Remedy != "" {
			w.printf(` <span class="pm-remedy">%s</span>`, f.Remedy)
		}
		w.print("</li>\n")
	}
	w.print("</ul>\n")
}

func icon(s result.Severity) string {
	switch s {
	case result.Problem:
		return "✖"
	case result.Warning:
		return "⚠"
	}
	return "•"
}

// charts writes the charts, those of a group behind each other: the browser keeps
// one of them open.
func (w *htmlWriter) charts(list []result.Chart) {
	sizes, seen := map[string]int{}, map[string]int{}
	for _, c := range list {
		sizes[c.Group]++
	}
	for _, c := range list {
		seen[c.Group]++
		switch first := seen[c.Group] == 1; {
		case c.Group == "" || sizes[c.Group] == 1:
			w.chart(c)
		case w.o.AllCharts:
			w.folded(c, first)
		case first:
			w.chart(c)
			w.printf(`<p class="pm-more">%s: the first of %d charts.</p>`+"\n", c.Group, sizes[c.Group])
		}
	}
}

func (w *htmlWriter) folded(c result.Chart, open bool) {
	state := markup("")
	if open {
		state = " open"
	}
	w.printf(`<details class="pm-chart" name="%s"%s><summary>%s</summary>`+"\n", c.Group, state, chartName(c))
	w.chart(c)
	w.print("</details>\n")
}

func chartName(c result.Chart) string {
	if c.Title != "" {
		return c.Title
	}
	return c.Name
}

func (w *htmlWriter) chart(c result.Chart) {
	svg, err := picture(c, Options{themed: w.o.Themed}, svgFormat)
	if err != nil {
		w.printf(`<p class="pm-warning">%s</p>`+"\n", err.Error())
		return
	}
	w.print("<figure>\n")
	w.Write(svg)
	w.caption(c)
	w.print("</figure>\n")
}

// caption is the chart's note and the link to its data.
func (w *htmlWriter) caption(c result.Chart) {
	if c.Note == "" && !w.o.ChartData {
		return
	}
	w.printf("<figcaption>%s", c.Note)
	if w.o.ChartData {
		w.printf(` <a class="pm-data" download="%s.csv" href="data:text/csv;charset=utf-8,%s">data (CSV)</a>`, c.Name, inURL(string(CSV(c))))
	}
	w.print("</figcaption>\n")
}

// inURL escapes what would end or change the content of a data URL; all else may stand
// in one, which keeps a page of many numbers small.
func inURL(text string) string {
	return strings.NewReplacer("%", "%25", "#", "%23", "\n", "%0A", "\r", "%0D", "\t", "%09").Replace(text)
}

func (w *htmlWriter) table(p result.Preview) {
	title := p.Title
	if title == "" {
		title = p.Name
	}
	rows := p.Rows[:min(len(p.Rows), w.o.Rows)]
	w.printf(`<section class="pm-table" data-name="%s"><h4>%s</h4>`+"\n", p.Name, title)
	if len(rows) < p.Total {
		w.printf(`<p class="pm-more">The first %d of %s.</p>`+"\n", len(rows), counted(p.Total, "row"))
	}
	if p.Total == 0 {
		w.print(`<p class="pm-more">No rows.</p></section>` + "\n")
		return
	}
	formats := make([]columnFormat, len(p.Columns))
	short := make([][]string, len(p.Columns))
	w.print(`<div class="pm-scroll"><table>` + "\n<thead><tr>")
	for c, field := range p.Columns {
		formats[c] = newColumnFormat(field, rows, c, thinSpace)
		if field.Kind == frames.String {
			short[c] = foldTexts(texts(rows, c))
		}
		w.printf(`<th scope="col"%s title="%s" data-field="%s">%s</th>`, numberClass(formats[c]), field.Doc, field.String(), formats[c].header())
	}
	w.print("</tr></thead>\n<tbody>\n")
	for i, row := range rows {
		w.print("<tr>")
		for c, f := range formats {
			var v any
			if c < len(row) {
				v = row[c]
			}
			text := f.cell(v)
			if short[c] != nil && v != nil {
				text = oneLine(short[c][i])
			}
			w.cell(f, text, f.exact(v))
		}
		w.print("</tr>\n")
	}
	w.print("</tbody>\n</table></div></section>\n")
}

// markup is text that is HTML already.
type markup string

func numberClass(f columnFormat) markup {
	if f.numeric {
		return ` class="n"`
	}
	return ""
}

// cell writes one cell, with its exact value as a tooltip where it is shown shorter.
func (w *htmlWriter) cell(f columnFormat, text, exact string) {
	class := numberClass(f)
	if !f.numeric && utf8.RuneCountInString(text) > cellWidth {
		class = ` class="w"`
	}
	w.printf("<td%s", class)
	if exact != "" && exact != text {
		w.printf(` title="%s"`, exact)
	}
	w.printf(">%s</td>", text)
}

// cellWidth is the most characters of a name in a table cell; longer sentences are
// wrapped.
const cellWidth = 52

// foldTexts gives names their short form, folded to a cell. A sentence stays whole.
func foldTexts(names []string) []string {
	short := shortNames(names)
	folded := make([]string, len(short))
	for i, name := range short {
		folded[i] = name
		if !strings.Contains(name, ". ") && strings.Count(name, " ") < 4 {
			folded[i] = Fold(name, cellWidth)
		}
	}
	return distinct(short, folded)
}

// texts returns a column of names; what is no text is empty.
func texts(rows [][]any, column int) []string {
	out := make([]string, len(rows))
	for i, row := range rows {
		if column < len(row) {
			out[i], _ = row[column].(string)
		}
	}
	return out
}

// inputs says what the result was made from.
func (w *htmlWriter) inputs(b result.Bundle) {
	if b.Analysis == "" {
		return
	}
	w.printf(`<p class="pm-source">%s`, b.Analysis)
	for i, in := range b.Inputs {
		joint := " of "
		if i > 0 {
			joint = ", "
		}
		w.printf("%s<code>%s</code>", joint, baseName(in.Path))
		if in.Digest != "" {
			w.printf(` <span title="%s">(%s)</span>`, in.Digest, Fold(in.Digest, 19))
		}
	}
	if b.ElapsedNs > 0 {
		w.printf("; computed in %s", short(float64(b.ElapsedNs), "ns"))
	}
	w.print("</p>\n")
}

// baseName is the last part of a path of any system. The folders before it would
// tell the reader of a report about its writer's machine.
func baseName(file string) string {
	return path.Base(strings.ReplaceAll(file, `\`, "/"))
}
