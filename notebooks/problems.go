package notebooks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"profilemate/workbench/fault"
)

// Problems lists what keeps the text of a file from being a valid notebook of
// nbformat 4.5, a line each with its place; nil for a valid one. Nothing is repaired
// first, as Read does. What is no notebook at all is the error.
func Problems(text []byte) ([]string, error) {
	n, err := Read(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	var root map[string]any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&root); err != nil {
		return nil, fault.Errorf(fault.Corrupt, "the file is no notebook: %w", err)
	}
	list := written(root, n)
	if err := n.Validate(); err != nil {
		var joined interface{ Unwrap() []error }
		if errors.As(err, &joined) {
			for _, one := range joined.Unwrap() {
				list = append(list, one.Error())
			}
		} else {
			list = append(list, err.Error())
		}
	}
	return list, nil
}

// written lists what Read repairs or leaves out.
func written(root map[string]any, n *Notebook) []string {
	var list []string
	if minor, _ := integer(root["nbformat_minor"]); minor < Minor {
		list = append(list, fmt.Sprintf("the notebook: nbformat_minor is %d, where cells have no ids; 4.5 is wanted", minor))
	}
	if metadata, ok := root["metadata"].(map[string]any); ok && metadata["orig_nbformat"] != nil {
		list = append(list, "the notebook: orig_nbformat must not be written")
	}
	cells, _ := root["cells"].([]any)
	first := map[string]int{}
	for i, value := range cells {
		raw, _ := value.(map[string]any)
		where := fmt.Sprintf("cell %d (%s)", i+1, n.Cells[i].Type)
		id, ok := raw["id"].(string)
		switch {
		case !ok:
			list = append(list, where+": it has no id")
		case !validID(id):
			list = append(list, fmt.Sprintf("%s: its id %q is not 1 to 64 letters, digits, - and _", where, id))
		case first[id] > 0:
			list = append(list, fmt.Sprintf("%s: its id %q is that of cell %d too", where, id, first[id]))
		default:
			first[id] = i + 1
		}
		list = append(list, missingKeys(where, raw, n.Cells[i].Type)...)
	}
	return list
}

// missingKeys lists the keys that a cell must have and Read does without.
func missingKeys(where string, raw map[string]any, kind CellType) []string {
	keys := []string{"metadata"}
	if kind == Code {
		keys = append(keys, "outputs", "execution_count")
	}
	var list []string
	for _, key := range keys {
		if _, ok := raw[key]; !ok {
			list = append(list, fmt.Sprintf("%s: it has no %q", where, key))
		}
	}
	outputs, _ := raw["outputs"].([]any)
	for i, value := range outputs {
		if o, ok := value.(map[string]any); ok && o["transient"] != nil {
			list = append(list, fmt.Sprintf(`%s, output %d: "transient" must not be written`, where, i+1))
		}
	}
	return list
}
