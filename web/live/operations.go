package live

import (
	"encoding/json"

	"profilemate/notebooks"
	"profilemate/notebooks/graph"
	"profilemate/workbench/analysis"
	"profilemate/workbench/fault"
)

// Handle does what a client asks for in one JSON text and answers the client. What
// it changes all clients see. The answer to an operation comes before whatever the
// kernel makes of it.
func (d *Document) Handle(s *Subscription, text []byte) {
	var op Operation
	if err := json.Unmarshal(text, &op); err != nil {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.answer(s, op, "", fault.Errorf(fault.Misuse, "the operation cannot be read: %w", err))
		return
	}
	if op.Op == "complete" || op.Op == "inspect" {
		d.assist(s, op)
		return
	}
	if alone, err := d.applyAlone(op); alone {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.answer(s, op, "", err)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	cell, err := d.apply(op)
	d.answer(s, op, cell, err)
}

// answer replies to an operation. The caller holds d.mu.
func (d *Document) answer(s *Subscription, op Operation, cell string, err error) {
	reply := replyEvent{Type: "reply", ID: op.ID, Cell: cell}
	if err != nil {
		reply.Error = &replyError{Kind: fault.KindOf(err), Message: err.Error()}
	}
	d.deliver(s, encode(reply))
}

// applyAlone does the operations that wait for something and so lock by
// themselves; it reports whether op is one.
func (d *Document) applyAlone(op Operation) (bool, error) {
	switch op.Op {
	case "interrupt":
		d.interrupt()
		return true, nil
	case "restart":
		d.restart()
		return true, nil
	case "restartRunAll":
		d.restart()
		d.mu.Lock()
		defer d.mu.Unlock()
		return true, d.runCells()
	case "save":
		return true, d.saveAsked()
	case "revert":
		return true, d.revert()
	}
	return false, nil
}

// apply does one of the other operations and returns the cell of an insert or a
// restore. The caller holds d.mu.
func (d *Document) apply(op Operation) (cell string, err error) {
	if d.closed {
		return "", fault.Errorf(fault.Canceled, "the server is ending")
	}
	switch op.Op {
	case "run":
		return "", d.runCells(op.Cell)
	case "runAll":
		return "", d.runCells()
	case "runStale":
		d.runStale()
		return "", nil
	case "runAbove":
		return "", d.runAbove(op.Cell)
	case "edit", "form":
		return "", d.edit(op)
	case "insert":
		return d.insert(op)
	case "delete":
		return "", d.remove(op.Cell)
	case "restore":
		return d.restore(op.Cell)
	case "cellType":
		return "", d.convert(op)
	case "move":
		return "", d.move(op)
	case "clear":
		return "", d.clear(op.Cell)
	}
	return "", fault.Errorf(fault.Misuse, "there is no operation %q", op.Op)
}

// text is the cell text that an operation carries, as it is or as a form.
func (d *Document) text(op Operation) (string, error) {
	switch {
	case op.Call != nil:
		return d.formText(*op.Call)
	case op.Source != nil:
		return *op.Source, nil
	}
	return "", fault.Errorf(fault.Misuse, "%s needs a source or a call", op.Op)
}

// formText writes a form as cell text. Parameters at their default are left out;
// values out of bounds are Misuse.
func (d *Document) formText(c Call) (string, error) {
	a, err := d.opts.Lookup(c.Analysis)
	if err != nil {
		return "", err
	}
	params, err := a.Normalize(c.Params)
	if err != nil {
		return "", err
	}
	return analysis.Call{Analysis: a.Name, Inputs: c.Inputs, Params: params, As: c.As}.String(), nil
}

func (d *Document) edit(op Operation) error {
	c, err := d.book.Cell(op.Cell)
	if err != nil {
		return err
	}
	source, err := d.text(op)
	if err != nil {
		return err
	}
	if source == c.Source {
		return nil
	}
	c.Source = source
	d.show(c)
	d.change()
	return nil
}

func (d *Document) insert(op Operation) (string, error) {
	source, err := d.text(op)
	if err != nil {
		return "", err
	}
	kind := op.CellType
	if kind == "" {
		kind = notebooks.Code
	}
	index := len(d.book.Cells)
	if op.Index != nil {
		index = *op.Index
	}
	c := notebooks.NewCell(kind, source)
	if err := d.book.Insert(index, c); err != nil {
		return "", err
	}
	d.show(c)
	d.change()
	return c.ID, nil
}

func (d *Document) move(op Operation) error {
	if op.Index == nil {
		return fault.Errorf(fault.Misuse, "move needs an index")
	}
	if err := d.book.Move(op.Cell, *op.Index); err != nil {
		return err
	}
	order := make([]string, len(d.book.Cells))
	for i, c := range d.book.Cells {
		order[i] = c.ID
	}
	d.broadcast(orderEvent{Type: "order", Seq: d.next(), Cells: order})
	d.change()
	return nil
}

// clear removes the outputs of a cell, or of all cells for an empty id.
func (d *Document) clear(id string) error {
	cells := d.book.Cells
	if id != "" {
		c, err := d.book.Cell(id)
		if err != nil {
			return err
		}
		cells = []*notebooks.Cell{c}
	}
	for _, c := range cells {
		if c.Type != notebooks.Code || d.active != nil && d.active.cell == c {
			continue
		}
		c.Clear()
		graph.Forget(c)
		d.forgetDisplays(c.ID)
		d.show(c)
	}
	d.unmark()
	d.change()
	return nil
}
