package live

import (
	"context"
	"encoding/json"
	"time"
)

// variablesTarget is the comm target of kernels that tell what they hold.
const variablesTarget = "profilemate.variables"

// variablesLimit bounds the wait for a kernel's variables.
const variablesLimit = 5 * time.Second

// Variable is something that a later cell or a client can use.
type Variable struct {
	Name    string          `json:"name"`
	Kind    string          `json:"kind"`            // "artifact", "table", "parameter", or a type of its language
	Value   string          `json:"value,omitempty"` // a short text of the value; empty for none
	Rows    *int64          `json:"rows"`            // null: it has none, or they were not counted
	Columns *int64          `json:"columns"`         // null: it has none
	Bytes   *int64          `json:"bytes"`           // null: not known
	Count   int             `json:"count"`           // execution count of the cell that defined it; 0: not known
	Cell    string          `json:"cell,omitempty"`  // id of that cell; empty where it is not known
	Key     string          `json:"key,omitempty"`   // of the store, for a table that can be paged
	Table   string          `json:"table,omitempty"` // its name in the stored result
	Preview json.RawMessage `json:"preview,omitempty"`
}

// variablesEvent tells what the kernel holds.
type variablesEvent struct {
	Type      string     `json:"type"`
	Seq       int64      `json:"seq"`
	Variables []Variable `json:"variables"`
}

// Variables lists what the document's kernel holds, as it was when nothing ran last;
// empty where no kernel runs or where it does not tell.
func (d *Document) Variables() []Variable {
	d.mu.Lock()
	defer d.mu.Unlock()
	return orNone(d.fresh.variables)
}

// askVariables asks the kernel what it holds and tells clients.
func (d *Document) askVariables() {
	d.mu.Lock()
	k := d.kernel
	d.mu.Unlock()
	if k == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), variablesLimit)
	defer cancel()
	data, err := k.client.OpenComm(ctx, variablesTarget, map[string]any{})
	if err != nil {
		return // a kernel of another kind, or one that has ended, which is told elsewhere
	}
	var answer struct{ Variables []Variable }
	if err := json.Unmarshal(data, &answer); err != nil {
		d.log("reading the kernel's variables", err)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.kernel == k {
		d.setVariables(answer.Variables)
	}
}

// setVariables names the cell of each variable and tells clients. The caller holds
// d.mu.
func (d *Document) setVariables(list []Variable) {
	cells := map[int]string{}
	for _, c := range d.book.Cells {
		if c.ExecutionCount != nil && d.fresh.ran[c.ID] > 0 {
			cells[*c.ExecutionCount] = c.ID
		}
	}
	for i := range list {
		list[i].Cell = cells[list[i].Count]
	}
	d.fresh.variables = list
	d.broadcast(variablesEvent{Type: "variables", Seq: d.next(), Variables: orNone(list)})
}
