package export

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"html"
	"regexp"
	"slices"
	"strings"

	"profilemate/notebooks"
	"profilemate/workbench/render"
)

// startsWithTitle reports whether a Markdown cell begins with the heading that the
// page has at its head anyway.
func startsWithTitle(c *notebooks.Cell, title string) bool {
	line, _, _ := strings.Cut(strings.TrimLeft(c.Source, "\n"), "\n")
	return c.Type == notebooks.Markdown && strings.TrimSpace(line) == "# "+title
}

// writeCell writes one cell; untitled leaves out its first line.
func writeCell(out *bufio.Writer, c *notebooks.Cell, untitled bool) {
	fmt.Fprintf(out, `<section class="pm-cell" id="%s">`+"\n", html.EscapeString(c.ID))
	switch c.Type {
	case notebooks.Markdown:
		source := c.Source
		if untitled {
			_, source, _ = strings.Cut(strings.TrimLeft(source, "\n"), "\n")
		}
		out.WriteString(render.Markdown(attached(source, c.Attachments)))
	case notebooks.Raw:
		writePre(out, c.Source)
	default:
		writeCode(out, c.Source)
		for _, o := range c.Outputs {
			writeOutput(out, o)
		}
		if len(c.Outputs) == 0 && c.ExecutionCount == nil && strings.TrimSpace(c.Source) != "" {
			out.WriteString(`<p class="pm-more">This cell was not run.</p>` + "\n")
		}
	}
	out.WriteString("</section>\n")
}

// writeCode folds the text of a cell behind its first line.
func writeCode(out *bufio.Writer, source string) {
	source = strings.Trim(source, "\n")
	first, _, more := strings.Cut(source, "\n")
	if source == "" {
		return
	}
	if !more && len(first) <= 120 {
		fmt.Fprintf(out, `<p class="pm-source"><code>%s</code></p>`+"\n", html.EscapeString(first))
		return
	}
	fmt.Fprintf(out, `<details class="pm-code"><summary>%s</summary>`, html.EscapeString(first))
	writePre(out, source)
	out.WriteString("</details>\n")
}

func writePre(out *bufio.Writer, text string) {
	out.WriteString("<pre>" + html.EscapeString(terminal.ReplaceAllString(text, "")) + "</pre>\n")
}

// terminal matches the color codes that programs write to terminals.
var terminal = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]")

func writeOutput(out *bufio.Writer, o notebooks.Output) {
	switch o.Type() {
	case notebooks.StreamOutput:
		writePre(out, o.Text())
	case notebooks.ErrorOutput:
		name, value := o.Failure()
		out.WriteString(`<div class="pm-failure">`)
		writePre(out, strings.TrimPrefix(name+": "+value, ": "))
		out.WriteString("</div>\n")
	default:
		writeData(out, o.Data())
	}
}

// writeData shows the richest form of an output that is safe to show.
func writeData(out *bufio.Writer, data notebooks.Bundle) {
	if b, ok := data.Result(); ok {
		out.WriteString(resultHTML(b))
		return
	}
	if text, ok := data.Text("text/markdown"); ok {
		out.WriteString(render.Markdown(text))
		return
	}
	if url := imageURL(data); url != "" {
		alt, _ := data.Text("text/plain")
		fmt.Fprintf(out, `<figure><img src="%s" alt="%s"></figure>`+"\n", url, html.EscapeString(alt))
		return
	}
	if text, ok := data.Text("text/plain"); ok {
		writePre(out, text)
		return
	}
	types := make([]string, 0, len(data))
	for mime := range data {
		types = append(types, mime)
	}
	slices.Sort(types)
	fmt.Fprintf(out, `<p class="pm-more">An output of type %s is not shown here.</p>`+"\n", html.EscapeString(strings.Join(types, ", ")))
}

// imageURL returns an image of the bundle as a data URL, empty for none. In an img
// element no script of an SVG runs.
func imageURL(data notebooks.Bundle) string {
	if svg, ok := data.Text("image/svg+xml"); ok {
		return "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString([]byte(svg))
	}
	for _, mime := range []string{"image/png", "image/jpeg", "image/gif", "image/webp"} {
		if text, ok := data.Text(mime); ok {
			if content, ok := base64Content(text); ok {
				return "data:" + mime + ";base64," + content
			}
		}
	}
	return ""
}

// base64Content returns text without line breaks if it is base64.
func base64Content(text string) (string, bool) {
	text = strings.Join(strings.Fields(text), "")
	_, err := base64.StdEncoding.DecodeString(text)
	return text, err == nil && text != ""
}

// attached puts the images that a Markdown cell carries in the place of their
// names.
func attached(source string, attachments map[string]any) string {
	for name, value := range attachments {
		data, ok := value.(map[string]any)
		if !ok {
			continue
		}
		if url := imageURL(data); url != "" && !strings.HasPrefix(url, "data:image/svg") {
			source = strings.ReplaceAll(source, "(attachment:"+name+")", "("+url+")")
		}
	}
	return source
}
