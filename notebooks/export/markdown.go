package export

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"profilemate/notebooks"
	"profilemate/workbench/render"
	"profilemate/workbench/result"
)

// MarkdownOptions say how a notebook becomes Markdown.
type MarkdownOptions struct {
	Rows int // of each table; the rest is counted. 0 for none

	// Picture keeps a picture under a name of its own and returns the link to it; nil
	// leaves pictures out and names them.
	Picture func(name string, content []byte) (link string, err error)
}

// Markdown writes a notebook as a text that GitHub and others show: cells as they
// are, findings as lists, tables as tables, charts as pictures. The error is the
// writer's, or that of a picture.
func Markdown(w io.Writer, n *notebooks.Notebook, o MarkdownOptions) error {
	m := &markdown{out: bufio.NewWriter(w), opts: o}
	for i, c := range n.Cells {
		if i > 0 {
			m.out.WriteByte('\n')
		}
		if err := m.cell(c); err != nil {
			return fmt.Errorf("cell %d (%s): %w", i+1, c.ID, err)
		}
	}
	if words := markWords(n); words != "" {
		fmt.Fprintf(m.out, "\n*%s*\n", inline(words))
	}
	if err := m.out.Flush(); err != nil {
		return fmt.Errorf("writing the Markdown: %w", err)
	}
	return nil
}

type markdown struct {
	out  *bufio.Writer
	opts MarkdownOptions
}

func (m *markdown) cell(c *notebooks.Cell) error {
	if c.Type != notebooks.Code {
		m.out.WriteString(strings.Trim(c.Source, "\n") + "\n")
		return nil
	}
	if strings.TrimSpace(c.Source) == "" {
		return nil
	}
	m.fence(languageOf(c.Source), strings.Trim(c.Source, "\n"))
	for i, o := range c.Outputs {
		m.out.WriteByte('\n')
		if err := m.output(fmt.Sprintf("%s-%d", c.ID, i+1), o); err != nil {
			return err
		}
	}
	return nil
}

// languageOf names the language of a cell for its fence.
func languageOf(source string) string {
	switch {
	case strings.HasPrefix(strings.TrimSpace(source), "%%sql"):
		return "sql"
	case strings.HasPrefix(strings.TrimSpace(source), "%%") && !strings.HasPrefix(strings.TrimSpace(source), "%%go"):
		return "text"
	}
	return "go"
}

// fence writes a text between fences that are longer than any in it.
func (m *markdown) fence(language, text string) {
	ticks := "```"
	for strings.Contains(text, ticks) {
		ticks += "`"
	}
	fmt.Fprintf(m.out, "%s%s\n%s\n%s\n", ticks, language, strings.TrimRight(text, "\n"), ticks)
}

func (m *markdown) output(name string, o notebooks.Output) error {
	switch o.Type() {
	case notebooks.StreamOutput:
		m.fence("", terminal.ReplaceAllString(o.Text(), ""))
		return nil
	case notebooks.ErrorOutput:
		kind, value := o.Failure()
		m.fence("", "Error: "+strings.TrimPrefix(kind+": "+value, ": "))
		return nil
	}
	data := o.Data()
	if b, ok := data.Result(); ok {
		return m.result(name, b)
	}
	if text, ok := data.Text("text/markdown"); ok {
		m.out.WriteString(strings.Trim(text, "\n") + "\n")
		return nil
	}
	if done, err := m.image(name, data); done {
		return err
	}
	text, _ := data.Text("text/plain")
	m.fence("", text)
	return nil
}

// image writes a picture of a bundle; done is false where it has none.
func (m *markdown) image(name string, data notebooks.Bundle) (done bool, err error) {
	if svg, ok := data.Text("image/svg+xml"); ok {
		return true, m.picture(name+".svg", "Picture", []byte(svg))
	}
	if text, ok := data.Text("image/png"); ok {
		content, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
		if err == nil {
			return true, m.picture(name+".png", "Picture", content)
		}
	}
	return false, nil
}

func (m *markdown) picture(name, title string, content []byte) error {
	if m.opts.Picture == nil {
		fmt.Fprintf(m.out, "*%s: not written to standard output.*\n", inline(title))
		return nil
	}
	link, err := m.opts.Picture(name, content)
	if err != nil {
		return err
	}
	fmt.Fprintf(m.out, "![%s](<%s>)\n", inline(title), link)
	return nil
}

func (m *markdown) result(name string, b result.Bundle) error {
	for _, f := range b.Findings {
		fmt.Fprintf(m.out, "- **%s**: %s", f.Severity, inline(f.Text))
		if f.Remedy != "" {
			m.out.WriteString(" " + inline(f.Remedy))
		}
		m.out.WriteByte('\n')
	}
	for i, c := range b.Charts {
		var svg []byte
		var err error
		if m.opts.Picture != nil {
			svg, err = render.SVG(c, render.Options{})
		}
		if err != nil {
			return err
		}
		m.out.WriteByte('\n')
		if err := m.picture(fmt.Sprintf("%s-chart-%d.svg", name, i+1), c.Title, svg); err != nil {
			return err
		}
	}
	for _, t := range b.Tables {
		m.out.WriteByte('\n')
		m.table(t)
	}
	return nil
}

// table writes the first rows of a table.
func (m *markdown) table(t result.Preview) {
	if t.Title != "" {
		fmt.Fprintf(m.out, "**%s**\n\n", inline(t.Title))
	}
	var head, rule strings.Builder
	for _, c := range t.Columns {
		name := c.Name
		if c.Unit != "" {
			name += " [" + c.Unit + "]"
		}
		head.WriteString("| " + tableCell(name) + " ")
		if k := c.Kind.String(); k == "int64" || k == "float64" {
			rule.WriteString("| ---: ")
		} else {
			rule.WriteString("| --- ")
		}
	}
	fmt.Fprintf(m.out, "%s|\n%s|\n", head.String(), rule.String())
	rows := t.Rows[:min(m.opts.Rows, len(t.Rows))]
	for _, row := range rows {
		for _, v := range row {
			m.out.WriteString("| " + tableCell(valueText(v)) + " ")
		}
		m.out.WriteString("|\n")
	}
	if left := t.Total - len(rows); left > 0 {
		fmt.Fprintf(m.out, "\n*%s more.*\n", result.Count(int64(left), "row"))
	}
}

// valueText writes a value of a table; one that is missing is empty.
func valueText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return fmt.Sprint(v)
	}
	return strings.TrimSpace(b.String())
}

// inline escapes what Markdown would take for more than text.
func inline(text string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "<", "&lt;", "\n", " ").Replace(text)
}

// tableCell is inline text in which no bar ends the cell.
func tableCell(text string) string { return strings.ReplaceAll(inline(text), "|", `\|`) }
