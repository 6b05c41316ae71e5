package render

import (
	"fmt"
	"strings"

	"profilemate/workbench/result"
)

// MarkdownText escapes text so that Markdown in the GitHub dialect shows it as it is, in
// a line or in a cell of a table.
func MarkdownText(s string) string {
	return markdownEscapes.Replace(oneLine(s))
}

// markdownEscapes covers what begins markup within a line. Underscores within words are
// left alone in the GitHub dialect; those at the ends are not.
var markdownEscapes = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "<", "&lt;", ">", "&gt;", "&", "&amp;", "[", `\[`, "]", `\]`, "|", `\|`, "~", `\~`)

// MarkdownTable writes the first rows of a table in the GitHub dialect, under its title,
// with the units and numbers that HTML shows. Names are whole.
func MarkdownTable(p result.Preview, limit int) string {
	rows := p.Rows[:min(len(p.Rows), limit)]
	var out strings.Builder
	title := p.Title
	if title == "" {
		title = p.Name
	}
	fmt.Fprintf(&out, "**%s** (%s)\n\n", MarkdownText(title), counted(p.Total, "row"))
	if len(rows) == 0 {
		return out.String()
	}
	formats := make([]columnFormat, len(p.Columns))
	rule := ""
	for c, field := range p.Columns {
		formats[c] = newColumnFormat(field, rows, c, ",")
		out.WriteString("| " + MarkdownText(formats[c].header()) + " ")
		if formats[c].numeric {
			rule += "| ---: "
		} else {
			rule += "| --- "
		}
	}
	out.WriteString("|\n" + rule + "|\n")
	for _, row := range rows {
		for c, f := range formats {
			var v any
			if c < len(row) {
				v = row[c]
			}
			out.WriteString("| " + MarkdownText(f.cell(v)) + " ")
		}
		out.WriteString("|\n")
	}
	if more := p.Total - len(rows); more > 0 {
		fmt.Fprintf(&out, "\n… and %s\n", counted(more, "more row"))
	}
	return out.String()
}
