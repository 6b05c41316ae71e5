package render

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// TextOptions say how a result is written for a terminal.
type TextOptions struct {
	Width int    // of the terminal in characters; 0 for 100. Names are folded to fit, numbers never
	Whole bool   // never fold a name, however wide the table is
	Fit   bool   // leave out columns of a table that is wider even so, and name them
	Table string // write this table only, without the findings; empty for all
	Rows  int    // of each table at most; 0 for 20, -1 for all

	// Keys names, by table, the columns that answer its question, the most important
	// first: with Fit they are the last to go. Without them the last columns go first.
	Keys map[string][]string
}

const (
	defaultTextWidth = 100
	defaultTextRows  = 20
	leastName        = 24 // characters that a column of names keeps
)

// Text writes a result for a terminal: findings as sentences, then each table with
// aligned columns, units in the header, times and sizes in one prefix per column,
// and "—" for what is missing. Charts are not drawn. A Table that the result does
// not have is a NotFound fault that lists the ones it has.
func Text(w io.Writer, r *result.Result, o TextOptions) error {
	limit := o.rows()
	previews := make([]result.Preview, 0, len(r.Tables))
	for _, t := range r.Tables {
		n := limit
		if n < 0 {
			n = t.Frame.Len()
		}
		previews = append(previews, result.NewPreview(t, n))
	}
	return BundleText(w, result.Bundle{Findings: r.Findings, Tables: previews}, o)
}

// BundleText is Text for a result that has traveled: it has the rows of the
// bundle's previews and no more.
func BundleText(w io.Writer, b result.Bundle, o TextOptions) error {
	if o.Width <= 0 {
		o.Width = defaultTextWidth
	}
	out := &textWriter{Writer: bufio.NewWriter(w)}
	tables, err := chosen(b.Tables, o.Table)
	if err != nil {
		return err
	}
	if o.Table == "" {
		out.findings(b.Findings, o.Width)
	}
	for _, t := range tables {
		out.table(t, o)
	}
	return out.Flush()
}

func (o TextOptions) rows() int {
	if o.Rows == 0 {
		return defaultTextRows
	}
	return o.Rows
}

func chosen(tables []result.Preview, name string) ([]result.Preview, error) {
	if name == "" {
		return tables, nil
	}
	names := make([]string, len(tables))
	for i, t := range tables {
		if t.Name == name {
			return tables[i : i+1], nil
		}
		names[i] = t.Name
	}
	return nil, fault.Errorf(fault.NotFound, "the result has no table %q (there are: %s)", name, strings.Join(names, ", "))
}

// textWriter writes blocks with an empty line between them. A bufio.Writer keeps
// its first error for Flush.
type textWriter struct {
	*bufio.Writer
	begun bool
}

func (t *textWriter) block() {
	if t.begun {
		t.WriteByte('\n')
	}
	t.begun = true
}

func (t *textWriter) findings(list []result.Finding, width int) {
	list = append([]result.Finding(nil), list...)
	result.SortFindings(list)
	for i, f := range list {
		if i == 0 {
			t.block()
		}
		text := string(f.Severity) + ": " + oneLine(f.Text)
		t.wrapped(text, "", "  ", width)
		if f.Remedy != "" {
			t.wrapped("remedy: "+oneLine(f.Remedy), "  ", "  ", width)
		}
	}
}

// wrapped breaks text between words. A word that is too long stays whole.
func (t *textWriter) wrapped(text, first, rest string, width int) {
	at := 0
	for i, word := range strings.Fields(text) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
			t.WriteString(first)
			at = len(first)
		case at+1+n > width:
			t.WriteString("\n" + rest)
			at = len(rest)
		default:
			t.WriteByte(' ')
			at++
		}
		t.WriteString(word)
		at += n
	}
	t.WriteByte('\n')
}

func (t *textWriter) table(p result.Preview, o TextOptions) {
	rows := p.Rows
	if limit := o.rows(); limit >= 0 && len(rows) > limit {
		rows = rows[:limit]
	}
	t.block()
	title := p.Title
	if title == "" {
		title = p.Name
	}
	fmt.Fprintf(t, "%s (%s)\n", oneLine(title), counted(p.Total, "row"))
	if len(p.Columns) == 0 {
		return
	}
	width := o.Width
	if o.Whole {
		width = math.MaxInt
	}
	grid := newTextGrid(p, rows, width)
	var left []string
	if o.Fit {
		left = grid.fit(o.Width, o.Keys[p.Name])
	}
	for _, line := range grid.cells {
		t.WriteString(grid.line(line))
	}
	if more := p.Total - len(rows); more > 0 {
		fmt.Fprintf(t, "… and %s\n", counted(more, "more row"))
	}
	if n := len(left); n > 0 {
		t.wrapped(fmt.Sprintf("… and %s, which a wider terminal or CSV shows: %s", counted(n, "more column"), strings.Join(left, ", ")), "", "  ", o.Width)
	}
}

func counted(n int, noun string) string {
	text := groupDigits(fmt.Sprint(n), ",") + " " + noun
	if n != 1 {
		text += "s"
	}
	return text
}

// textGrid is a table as text: the header first, each cell of its column's width.
type textGrid struct {
	cells  [][]string
	names  []string // of the columns, without units
	right  []bool
	widths []int
}

func newTextGrid(p result.Preview, rows [][]any, width int) textGrid {
	g := textGrid{cells: make([][]string, len(rows)+1), right: make([]bool, len(p.Columns)), widths: make([]int, len(p.Columns))}
	for c, field := range p.Columns {
		f := newColumnFormat(field, rows, c, ",")
		g.right[c] = f.numeric
		g.names = append(g.names, field.Name)
		g.cells[0] = append(g.cells[0], oneLine(f.header()))
		for i, row := range rows {
			var v any
			if c < len(row) {
				v = row[c]
			}
			g.cells[i+1] = append(g.cells[i+1], f.cell(v))
		}
	}
	g.measure()
	if g.over(width) > 0 {
		g.dropSpelledOut()
	}
	g.foldNames(width)
	return g
}

// over is how many characters the table is too wide.
func (g *textGrid) over(width int) int {
	over := 2*(len(g.widths)-1) - width
	for _, w := range g.widths {
		over += w
	}
	return over
}

// dropSpelledOut leaves out a column of names that only spells out those of an
// earlier one: folded, the two would show the same.
func (g *textGrid) dropSpelledOut() {
	for later := len(g.widths) - 1; later > 0; later-- {
		for earlier := range later {
			if !g.right[later] && !g.right[earlier] && g.spellsOut(later, earlier) {
				g.drop(later)
				break
			}
		}
	}
}

func (g *textGrid) spellsOut(later, earlier int) bool {
	for _, line := range g.cells[1:] {
		short, _, _ := strings.Cut(line[earlier], "<")
		full, _, _ := strings.Cut(ShortName(line[later]), "<")
		if short != full {
			return false
		}
	}
	return len(g.cells) > 1
}

func (g *textGrid) drop(column int) {
	g.right = slices.Delete(g.right, column, column+1)
	g.names = slices.Delete(g.names, column, column+1)
	g.widths = slices.Delete(g.widths, column, column+1)
	for i := range g.cells {
		g.cells[i] = slices.Delete(g.cells[i], column, column+1)
	}
}

// fit leaves out columns of a table that is too wide and returns their headers: from
// the last one on, those of keys after all others, the first key last. The first
// column stays.
func (g *textGrid) fit(width int, keys []string) []string {
	rank := func(column int) int {
		if at := slices.Index(keys, g.names[column]); at >= 0 {
			return at
		}
		return len(keys) + column
	}
	var left []int
	for over := g.over(width); over > 0 && len(left) < len(g.widths)-1; {
		least := 0
		for c := 1; c < len(g.widths); c++ {
			if !slices.Contains(left, c) && (least == 0 || rank(c) > rank(least)) {
				least = c
			}
		}
		left, over = append(left, least), over-g.widths[least]-2
	}
	slices.Sort(left)
	headers := make([]string, len(left))
	for i, column := range left {
		headers[i] = g.cells[0][column]
	}
	for _, column := range slices.Backward(left) {
		g.drop(column)
	}
	return headers
}

func (g *textGrid) measure() {
	for c := range g.widths {
		g.widths[c] = 0
		for _, line := range g.cells {
			g.widths[c] = max(g.widths[c], utf8.RuneCountInString(line[c]))
		}
	}
}

// foldNames shortens text columns until the table fits, the widest first: to short
// names where that is enough, else folded.
func (g *textGrid) foldNames(width int) {
	for {
		over, widest := g.over(width), -1
		for c, w := range g.widths {
			if !g.right[c] && w > leastName && (widest < 0 || w > g.widths[widest]) {
				widest = c
			}
		}
		if over <= 0 || widest < 0 {
			return
		}
		g.fold(widest, max(g.widths[widest]-over, leastName))
	}
}

func (g *textGrid) fold(column, width int) {
	names := make([]string, len(g.cells)-1)
	for i := range names {
		names[i] = g.cells[i+1][column]
	}
	short := shortNames(names)
	folded := make([]string, len(names))
	for i, name := range names {
		folded[i] = name
		if utf8.RuneCountInString(name) > width {
			folded[i] = Fold(short[i], width)
		}
	}
	for i, name := range distinct(short, folded) {
		g.cells[i+1][column] = name
	}
	g.cells[0][column] = Fold(g.cells[0][column], width)
	g.measure()
	g.widths[column] = min(g.widths[column], width)
}

func (g *textGrid) line(cells []string) string {
	var b strings.Builder
	for c, text := range cells {
		pad := strings.Repeat(" ", max(g.widths[c]-utf8.RuneCountInString(text), 0))
		if c > 0 {
			b.WriteString("  ")
		}
		if g.right[c] {
			text, pad = pad+text, ""
		}
		b.WriteString(text + pad)
	}
	return strings.TrimRight(b.String(), " ") + "\n"
}
