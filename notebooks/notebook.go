// Package notebooks reads, changes and writes notebook documents in the nbformat
// 4.5 form that Jupyter, VS Code and nbconvert read.
//
// A document is kept whole: keys, outputs and MIME types that this program does
// not know are written back as they were read.
package notebooks

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/google/uuid"

	"profilemate/workbench/fault"
)

// Major and Minor are the version of the format that is written. A document of a
// later minor version keeps its own.
const (
	Major = 4
	Minor = 5
)

// CellType is what a cell is.
type CellType string

// The cell types of nbformat 4.
const (
	Code     CellType = "code"
	Markdown CellType = "markdown"
	Raw      CellType = "raw"
)

// Notebook is a document. It is not safe for concurrent use.
type Notebook struct {
	Metadata map[string]any // "kernelspec", "language_info", "title" and whatever else was read
	Cells    []*Cell
	Minor    int            // nbformat_minor, at least 5
	Extra    map[string]any // keys of the root that this version of the format does not know; nil for none
}

// Cell is one cell. Outputs and ExecutionCount are those of a Code cell.
type Cell struct {
	ID             string // unique in the document: 1 to 64 letters, digits, "-" and "_"
	Type           CellType
	Source         string
	Metadata       map[string]any // never nil after Read or NewCell
	Outputs        []Output
	ExecutionCount *int           // nil: not run
	Attachments    map[string]any // of a Markdown or Raw cell; nil for none
	Extra          map[string]any // keys that this version of the format does not know; nil for none
}

// New makes a document with a title and no cells.
func New(title string) *Notebook {
	return &Notebook{Minor: Minor, Cells: []*Cell{}, Metadata: map[string]any{
		"title":         title,
		"kernelspec":    map[string]any{"name": "profilemate", "display_name": "ProfileMate", "language": "go"},
		"language_info": map[string]any{"name": "go", "file_extension": ".go", "mimetype": "text/x-go"},
	}}
}

// NewCell makes a cell with an id of its own.
func NewCell(t CellType, source string) *Cell {
	c := &Cell{ID: uuid.NewString()[:8], Type: t, Source: source, Metadata: map[string]any{}}
	if t == Code {
		c.Outputs = []Output{}
	}
	return c
}

// Title returns the document's title: of its metadata, else its first heading,
// else the file's name.
func (n *Notebook) Title(file string) string {
	if title, ok := n.Metadata["title"].(string); ok && title != "" {
		return title
	}
	for _, c := range n.Cells {
		if c.Type != Markdown {
			continue
		}
		for line := range strings.Lines(c.Source) {
			if title, ok := strings.CutPrefix(line, "# "); ok {
				return strings.TrimSpace(title)
			}
		}
	}
	return strings.TrimSuffix(path.Base(file), ".ipynb")
}

// Index returns the position of the cell, or -1.
func (n *Notebook) Index(id string) int {
	return slices.IndexFunc(n.Cells, func(c *Cell) bool { return c.ID == id })
}

// Cell returns the cell, or a NotFound fault.
func (n *Notebook) Cell(id string) (*Cell, error) {
	if i := n.Index(id); i >= 0 {
		return n.Cells[i], nil
	}
	return nil, fault.Errorf(fault.NotFound, "there is no cell %q in the notebook", id)
}

// Insert puts a cell before position index; an index beyond the end appends. A
// cell whose id is taken or malformed gets a new one.
func (n *Notebook) Insert(index int, c *Cell) error {
	switch c.Type {
	case Code, Markdown, Raw:
	default:
		return fault.Errorf(fault.Misuse, "a cell is code, markdown or raw, not %q", c.Type)
	}
	if index < 0 {
		return fault.Errorf(fault.Misuse, "a cell cannot stand at position %d", index)
	}
	for !validID(c.ID) || n.Index(c.ID) >= 0 {
		c.ID = uuid.NewString()[:8]
	}
	n.Cells = slices.Insert(n.Cells, min(index, len(n.Cells)), c)
	return nil
}

// Delete removes a cell and returns it.
func (n *Notebook) Delete(id string) (*Cell, error) {
	c, err := n.Cell(id)
	if err != nil {
		return nil, err
	}
	i := n.Index(id)
	n.Cells = slices.Delete(n.Cells, i, i+1)
	return c, nil
}

// Move puts a cell at position index, counted without the cell itself; an index
// beyond the end moves it last.
func (n *Notebook) Move(id string, index int) error {
	if index < 0 {
		return fault.Errorf(fault.Misuse, "a cell cannot stand at position %d", index)
	}
	c, err := n.Delete(id)
	if err != nil {
		return err
	}
	n.Cells = slices.Insert(n.Cells, min(index, len(n.Cells)), c)
	return nil
}

// The tags of cells that set parameters, as papermill names them.
const (
	ParametersTag = "parameters"
	InjectedTag   = "injected-parameters"
)

// Tagged reports whether a cell has a tag.
func (c *Cell) Tagged(tag string) bool {
	tags, _ := c.Metadata["tags"].([]any)
	return slices.Contains(tags, any(tag))
}

// Clear removes what running has left in a cell: outputs, count and timing.
func (c *Cell) Clear() {
	if c.Type != Code {
		return
	}
	c.Outputs, c.ExecutionCount = []Output{}, nil
	delete(c.Metadata, "execution")
}

// place names a cell in a message.
func place(i int, c *Cell) string { return fmt.Sprintf("cell %d (%s)", i+1, c.ID) }

// validID reports whether an id is as the format wants it.
func validID(id string) bool {
	if len(id) < 1 || len(id) > 64 {
		return false
	}
	return strings.IndexFunc(id, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
	}) < 0
}
