package graph

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"profilemate/notebooks"
	"profilemate/notebooks/diff"
)

// Mark says that a notebook ran from top to bottom, in order, in a fresh kernel:
// what it shows is what its text and its files give.
type Mark struct {
	Build   string            `json:"build"`   // of the program that ran it
	Content string            `json:"content"` // digest of the code cells with their outputs
	Inputs  map[string]string `json:"inputs"`  // digest of each artifact by its path, empty where it was too large to take
}

const markKey = "reproduced"

// Content identifies the code cells of a notebook with what their outputs say.
// Times and counts, and Markdown cells, are not part of it.
func Content(n *notebooks.Notebook) string {
	h := sha256.New()
	for _, c := range n.Cells {
		if c.Type == notebooks.Code {
			fmt.Fprintf(h, "%d %s", len(c.Source), c.Source)
			raw, _ := json.Marshal(diff.Comparable(c.Outputs)) // of values that were JSON
			fmt.Fprintf(h, "%d %s", len(raw), raw)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// SetMark puts the mark into the document.
func SetMark(n *notebooks.Notebook, m Mark) {
	own, ok := n.Metadata[space].(map[string]any)
	if !ok {
		own = map[string]any{}
		n.Metadata[space] = own
	}
	inputs := map[string]any{}
	for path, digest := range m.Inputs {
		inputs[path] = digest
	}
	own[markKey] = map[string]any{"build": m.Build, "content": m.Content, "inputs": inputs}
}

// DropMark removes the mark and reports whether there was one.
func DropMark(n *notebooks.Notebook) bool {
	own, ok := n.Metadata[space].(map[string]any)
	if !ok || own[markKey] == nil {
		return false
	}
	delete(own, markKey)
	if len(own) == 0 {
		delete(n.Metadata, space)
	}
	return true
}

// MarkOf returns the document's mark as it is written; ok is false where there is
// none. Whether it still holds, Holds says.
func MarkOf(n *notebooks.Notebook) (m Mark, ok bool) {
	own, _ := n.Metadata[space].(map[string]any)
	value, ok := own[markKey]
	if !ok {
		return Mark{}, false
	}
	raw, err := json.Marshal(value)
	if err != nil || json.Unmarshal(raw, &m) != nil || m.Content == "" {
		return Mark{}, false
	}
	return m, true
}

// Holds reports whether the document has a mark that fits what it holds now: nobody
// has changed a code cell or an output since.
func Holds(n *notebooks.Notebook) bool {
	m, ok := MarkOf(n)
	return ok && m.Content == Content(n)
}
