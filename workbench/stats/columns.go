package stats

import (
	"bufio"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Columns are as wide as their widest cell in the first rows, up to a bound; what is
// wider is cut, and ends in an ellipsis.
const (
	measuredRows = 100
	widest       = 100
)

// columns writes a table with its cells below each other.
type columns struct {
	w       *bufio.Writer
	boxed   bool
	headers []string
	widths  []int
	left    []bool     // the column holds words
	early   [][]string // rows that wait for the widths
	begun   bool
}

// writeColumns writes the report's title and its table.
func writeColumns(w *bufio.Writer, o Outcome, boxed bool) error {
	fmt.Fprintf(w, "\n ** %s (%s):\n\n", o.Choice.Report.Title, o.Choice.Name)
	n := len(o.Table.Headers)
	c := columns{w: w, boxed: boxed, headers: o.Table.Headers, widths: make([]int, n), left: make([]bool, n)}
	for i, h := range c.headers {
		c.widths[i] = min(utf8.RuneCountInString(h), widest)
	}
	err := o.Table.Rows(func(r *Row) error {
		if len(c.early) < measuredRows {
			c.measure(r)
			return nil
		}
		c.begin()
		return c.line(cellsOf(r))
	})
	if err != nil {
		return err
	}
	c.begin()
	if boxed {
		return c.rule()
	}
	return nil
}

func cellsOf(r *Row) []string {
	cells := make([]string, r.Len())
	for i := range cells {
		cells[i] = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ").Replace(r.Text(i))
	}
	return cells
}

// measure keeps an early row.
func (c *columns) measure(r *Row) {
	cells := cellsOf(r)
	for i, text := range cells {
		c.widths[i] = max(c.widths[i], min(utf8.RuneCountInString(text), widest))
		c.left[i] = c.left[i] || r.cells[i].kind == words
	}
	c.early = append(c.early, cells)
}

// begin writes the head and the early rows, once. Errors of the writer stay in it.
func (c *columns) begin() {
	if c.begun {
		return
	}
	c.begun = true
	if c.boxed {
		c.rule()
	}
	titles, dashes := make([]string, len(c.headers)), make([]string, len(c.headers))
	for i, h := range c.headers {
		titles[i], dashes[i] = centered(h, c.widths[i]), strings.Repeat("-", c.widths[i])
	}
	c.line(titles)
	if c.boxed {
		c.rule()
	} else {
		c.line(dashes)
	}
	for _, cells := range c.early {
		c.line(cells)
	}
}

// line writes one row of cells.
func (c *columns) line(cells []string) error {
	before, between, after := " ", "  ", "\n"
	if c.boxed {
		before, between, after = "| ", " | ", " |\n"
	}
	c.w.WriteString(before)
	for i, text := range cells {
		if i > 0 {
			c.w.WriteString(between)
		}
		c.cell(text, i)
	}
	_, err := c.w.WriteString(after)
	return err
}

func (c *columns) cell(text string, column int) {
	text = cut(text, c.widths[column])
	space := strings.Repeat(" ", c.widths[column]-utf8.RuneCountInString(text))
	if c.left[column] {
		c.w.WriteString(text)
		c.w.WriteString(space)
		return
	}
	c.w.WriteString(space)
	c.w.WriteString(text)
}

// rule writes a line of a box.
func (c *columns) rule() error {
	for _, width := range c.widths {
		c.w.WriteString("+")
		c.w.WriteString(strings.Repeat("-", width+2))
	}
	_, err := c.w.WriteString("+\n")
	return err
}

// cut shortens text to a width in characters.
func cut(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:width-1]) + "…"
}

// centered puts text in the middle, where it must be a bit to the left.
func centered(text string, width int) string {
	text = cut(text, width)
	space := width - utf8.RuneCountInString(text)
	return strings.Repeat(" ", space/2) + text + strings.Repeat(" ", space-space/2)
}
