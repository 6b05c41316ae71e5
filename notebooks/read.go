package notebooks

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"profilemate/workbench/fault"
)

// MaxBytes is the largest document that is read.
const MaxBytes = 512 << 20

// Read reads a document of nbformat 4.0 or later and brings it to 4.5: cells
// without a sound id get one that follows from their place and text. What is no
// notebook is Corrupt, an older major version Unsupported; both say where.
func Read(r io.Reader) (*Notebook, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxBytes+1))
	if err != nil {
		return nil, fmt.Errorf("reading the notebook: %w", err)
	}
	if len(data) > MaxBytes {
		return nil, fault.Errorf(fault.Unsupported, "the notebook is larger than %d MB", MaxBytes>>20)
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, fault.Errorf(fault.Corrupt, "the notebook file is empty")
	}
	var root map[string]any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber() // numbers are written as they were read
	if err := d.Decode(&root); err != nil {
		return nil, fault.Errorf(fault.Corrupt, "the file is no notebook: %w", located(err, data))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fault.Errorf(fault.Corrupt, "the file is no notebook: something follows its JSON at byte %d", d.InputOffset())
	}
	return fromJSON(root)
}

// located adds the line of a syntax error.
func located(err error, data []byte) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		line := 1 + bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte("\n"))
		return fmt.Errorf("line %d: %w", line, err)
	}
	return err
}

func fromJSON(root map[string]any) (*Notebook, error) {
	minor, err := version(root)
	if err != nil {
		return nil, err
	}
	list, ok := root["cells"].([]any)
	if !ok {
		return nil, fault.Errorf(fault.Corrupt, `the notebook has no list "cells"`)
	}
	metadata, err := object(root, "metadata")
	if err != nil {
		return nil, err
	}
	delete(metadata, "orig_nbformat") // must never be written
	n := &Notebook{Metadata: metadata, Minor: max(minor, Minor), Cells: make([]*Cell, 0, len(list)),
		Extra: rest(root, "cells", "metadata", "nbformat", "nbformat_minor")}
	for i, value := range list {
		c, err := cellFrom(value)
		if err != nil {
			return nil, fmt.Errorf("cell %d: %w", i+1, err)
		}
		n.Cells = append(n.Cells, c)
	}
	n.repairIDs()
	return n, nil
}

func version(root map[string]any) (minor int, err error) {
	major, ok := integer(root["nbformat"])
	if !ok {
		return 0, fault.Errorf(fault.Corrupt, `the file is no notebook: it has no number "nbformat"`)
	}
	if major != Major {
		return 0, fault.WithRemedy(fault.Errorf(fault.Unsupported, "the notebook has format %d, which is not read", major),
			"convert it with: jupyter nbconvert --to notebook FILE")
	}
	minor, ok = integer(root["nbformat_minor"])
	if !ok {
		return 0, fault.Errorf(fault.Corrupt, `the notebook has no number "nbformat_minor"`)
	}
	return minor, nil
}

// integer reads a whole number that is not negative.
func integer(value any) (int, bool) {
	number, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	i, err := strconv.Atoi(number.String())
	return i, err == nil && i >= 0
}

func cellFrom(value any) (*Cell, error) {
	raw, ok := value.(map[string]any)
	if !ok {
		return nil, fault.Errorf(fault.Corrupt, "it is no object")
	}
	kind, _ := raw["cell_type"].(string)
	c := &Cell{Type: CellType(kind)}
	if c.Type != Code && c.Type != Markdown && c.Type != Raw {
		return nil, fault.Errorf(fault.Corrupt, "its cell_type is %q", kind)
	}
	c.ID, _ = raw["id"].(string) // repairIDs gives one to a cell without
	if c.Source, ok = joinText(raw["source"]); !ok {
		return nil, fault.Errorf(fault.Corrupt, "its source is neither a text nor a list of lines")
	}
	var err error
	if c.Metadata, err = object(raw, "metadata"); err != nil {
		return nil, err
	}
	delete(c.Metadata, "trusted") // a server's word about a browser, never stored
	known := []string{"cell_type", "id", "source", "metadata"}
	if c.Type == Code {
		known = append(known, "outputs", "execution_count")
		err = c.readRun(raw)
	} else {
		known = append(known, "attachments")
		err = c.readAttachments(raw)
	}
	c.Extra = rest(raw, known...)
	return c, err
}

// readRun reads what only code cells have.
func (c *Cell) readRun(raw map[string]any) error {
	if count := raw["execution_count"]; count != nil {
		i, ok := integer(count)
		if !ok {
			return fault.Errorf(fault.Corrupt, "its execution_count is %v", count)
		}
		c.ExecutionCount = &i
	}
	c.Outputs = []Output{}
	if raw["outputs"] == nil {
		return nil
	}
	list, ok := raw["outputs"].([]any)
	if !ok {
		return fault.Errorf(fault.Corrupt, "its outputs are no list")
	}
	for i, value := range list {
		o, ok := value.(map[string]any)
		if !ok {
			return fault.Errorf(fault.Corrupt, "output %d is no object", i+1)
		}
		c.Outputs = append(c.Outputs, outputFrom(o))
	}
	return nil
}

func outputFrom(raw map[string]any) Output {
	o := Output(raw)
	delete(o, "transient")
	if data, ok := o["data"].(map[string]any); ok {
		o["data"] = joined(data)
	}
	if text, ok := joinText(o["text"]); ok {
		o["text"] = text
	}
	return o
}

func (c *Cell) readAttachments(raw map[string]any) error {
	if raw["attachments"] == nil {
		return nil
	}
	files, err := object(raw, "attachments")
	if err != nil {
		return err
	}
	for name, value := range files {
		if bundle, ok := value.(map[string]any); ok {
			files[name] = joined(bundle)
		}
	}
	c.Attachments = files
	return nil
}

// object returns the object under a key, a new one where it is missing.
func object(raw map[string]any, key string) (map[string]any, error) {
	switch v := raw[key].(type) {
	case nil:
		return map[string]any{}, nil
	case map[string]any:
		return v, nil
	}
	return nil, fault.Errorf(fault.Corrupt, "its %s is no object", key)
}

// rest returns what is in raw beside the known keys, nil for nothing.
func rest(raw map[string]any, known ...string) map[string]any {
	for _, key := range known {
		delete(raw, key)
	}
	if len(raw) == 0 {
		return nil
	}
	return raw
}

// repairIDs gives cells without a sound and unique id one that follows from their
// place and text, so that reading a file twice gives the same document.
func (n *Notebook) repairIDs() {
	taken := map[string]bool{}
	var without []int
	for i, c := range n.Cells {
		if !validID(c.ID) || taken[c.ID] {
			without = append(without, i)
			continue
		}
		taken[c.ID] = true
	}
	for _, i := range without {
		c := n.Cells[i]
		for salt := 0; ; salt++ {
			sum := sha256.Sum256(fmt.Appendf(nil, "%d %d %s", salt, i, c.Source))
			c.ID = hex.EncodeToString(sum[:4])
			if !taken[c.ID] {
				break
			}
		}
		taken[c.ID] = true
	}
}
