package live

import (
	"bytes"
	"encoding/json"

	"profilemate/notebooks"
	"profilemate/workbench/jupyter"
)

// maxStream bounds the text of one stream of a cell, in bytes.
const maxStream = 4 << 20

// display is an output that later messages may change, and the cell it stands in.
type display struct {
	cell   string
	output notebooks.Output
}

// collect takes one message of a running cell into the document.
func (d *Document) collect(r *run, m jupyter.Message) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.active != r {
		return // a late message of a run that was abandoned
	}
	switch m.Header.MsgType {
	case jupyter.StatusType:
		d.collectStatus(r, m)
	case jupyter.ExecuteInput:
		if in, err := jupyter.Decode[jupyter.Input](m); err == nil {
			stamp(r.cell, inputAt)
			r.cell.ExecutionCount = &in.ExecutionCount
			d.touch(r.cell.ID)
		}
	case jupyter.ClearOutputType:
		if c, err := jupyter.Decode[jupyter.ClearOutput](m); err == nil && c.Wait {
			r.clearNext = true
		} else if err == nil {
			d.clearOutputs(r)
		}
	case jupyter.UpdateDisplayData:
		d.updateDisplay(r, m)
	case jupyter.DisplayData, jupyter.ExecuteResult, jupyter.StreamType, jupyter.ErrorType:
		d.collectOutput(r, m)
	}
}

func (d *Document) collectStatus(r *run, m jupyter.Message) {
	s, err := jupyter.Decode[jupyter.Status](m)
	switch {
	case err != nil:
	case s.ExecutionState == jupyter.StateBusy:
		stamp(r.cell, busyAt)
	case s.ExecutionState == jupyter.StateIdle:
		stamp(r.cell, idleAt)
	}
}

func (d *Document) clearOutputs(r *run) {
	r.clearNext = false
	r.cell.Outputs = []notebooks.Output{}
	d.forgetDisplays(r.cell.ID)
	d.touch(r.cell.ID)
}

// collectOutput appends an output to the running cell.
func (d *Document) collectOutput(r *run, m jupyter.Message) {
	content, ok := decodeObject(m.Content)
	if !ok || d.progressed(r, content) {
		return
	}
	if r.clearNext {
		d.clearOutputs(r)
	}
	transient, _ := content["transient"].(map[string]any)
	delete(content, "transient")
	content["output_type"] = m.Header.MsgType
	output := notebooks.Output(content)
	if output.Type() == notebooks.StreamOutput && r.appendStream(output) {
		d.touch(r.cell.ID)
		return
	}
	r.cell.Outputs = append(r.cell.Outputs, output)
	if id, ok := transient["display_id"].(string); ok {
		d.displays[id] = append(d.displays[id], display{cell: r.cell.ID, output: output})
	}
	noteInputs(r.cell, output)
	d.touch(r.cell.ID)
}

// appendStream adds text to the stream output that it continues, if there is one.
func (r *run) appendStream(o notebooks.Output) bool {
	if len(r.cell.Outputs) == 0 {
		return false
	}
	last := r.cell.Outputs[len(r.cell.Outputs)-1]
	if last.Type() != notebooks.StreamOutput || last["name"] != o["name"] {
		return false
	}
	if len(last.Text()) < maxStream {
		last["text"] = last.Text() + o.Text()
	}
	return true
}

// updateDisplay changes every output that stands for a display.
func (d *Document) updateDisplay(r *run, m jupyter.Message) {
	content, ok := decodeObject(m.Content)
	if !ok || d.progressed(r, content) {
		return
	}
	transient, _ := content["transient"].(map[string]any)
	id, _ := transient["display_id"].(string)
	for _, shown := range d.displays[id] {
		shown.output["data"], shown.output["metadata"] = content["data"], content["metadata"]
		d.touch(shown.cell)
	}
}

// progressed passes the kernel's progress on to the clients and reports whether a
// display was that.
func (d *Document) progressed(r *run, content map[string]any) bool {
	data, _ := content["data"].(map[string]any)
	value, ok := data[jupyter.ProgressMIME]
	if !ok {
		return false
	}
	raw, err := json.Marshal(value)
	event := progressEvent{}
	if err == nil && json.Unmarshal(raw, &event) == nil {
		event.Type, event.Cell = "progress", r.cell.ID
		r.progress = &event
		d.broadcast(event)
	}
	return true
}

// forgetDisplays drops the displays of a cell whose outputs have gone.
func (d *Document) forgetDisplays(cell string) {
	for id, list := range d.displays {
		kept := list[:0]
		for _, shown := range list {
			if shown.cell != cell {
				kept = append(kept, shown)
			}
		}
		d.displays[id] = kept
		if len(kept) == 0 {
			delete(d.displays, id)
		}
	}
}

// noteInputs writes into the cell's metadata what its result was made from, so
// that a reader can tell whether the files are still the same.
func noteInputs(c *notebooks.Cell, o notebooks.Output) {
	r, ok := o.Data().Result()
	if !ok {
		return
	}
	inputs := []any{}
	for _, in := range r.Inputs {
		entry := map[string]any{"role": in.Role, "path": in.Path}
		if in.Digest != "" {
			entry["digest"] = in.Digest
		}
		inputs = append(inputs, entry)
	}
	note(c, "inputs", inputs)
}

// decodeObject reads a JSON object with its numbers as they stand.
func decodeObject(raw json.RawMessage) (map[string]any, bool) {
	var object map[string]any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return object, d.Decode(&object) == nil && object != nil
}
