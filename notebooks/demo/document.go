package demo

import (
	_ "embed"
	"strings"

	"profilemate/notebooks"
)

//go:embed demo.md
var story string

// title names the notebook, and in its metadata says that it is this one.
const title = "One H100, seen four ways"

// document makes the notebook from demo.md: text up to a line that starts with
// "%%" is a Markdown cell, and such a line is a code cell.
func document() (*notebooks.Notebook, error) {
	n := notebooks.New(title)
	var text strings.Builder
	add := func(kind notebooks.CellType, source string) error {
		if source = strings.TrimSpace(source); source == "" {
			return nil
		}
		return n.Insert(len(n.Cells), notebooks.NewCell(kind, source))
	}
	for line := range strings.Lines(story) {
		if !strings.HasPrefix(line, "%%") {
			text.WriteString(line)
			continue
		}
		if err := add(notebooks.Markdown, text.String()); err != nil {
			return nil, err
		}
		text.Reset()
		if err := add(notebooks.Code, line); err != nil {
			return nil, err
		}
	}
	return n, add(notebooks.Markdown, text.String())
}
