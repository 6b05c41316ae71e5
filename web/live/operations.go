package live

import (
	"encoding/json"

	"profilemate/notebooks"
	"profilemate/workbench/analysis"
	"profilemate/workbench/fault"
)

// Handle does what a client asks for in one JSON text and answers the client. What
// it changes all clients see.
func (d *Document) Handle(s *Subscription, text []byte) {
	var op Operation
	err := json.Unmarshal(text, &op)
	cell := ""
	if err != nil {
		err = fault.Errorf(fault.Misuse, "the operation cannot be read: %w", err)
	} else {
		cell, err = d.apply(op)
	}
	reply := replyEvent{Type: "reply", ID: op.ID, Cell: cell}
	if err != nil {
		reply.Error = &replyError{Kind: fault.KindOf(err), Message: err.Error()}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.deliver(s, encode(reply))
}

// apply does one operation and returns the cell of an insert or a restore.
func (d *Document) apply(op Operation) (cell string, err error) {
	switch op.Op {
	case "run":
		return "", d.runCells(op.Cell)
	case "runAll":
		return "", d.runCells()
	case "interrupt":
		d.interrupt()
		return "", nil
	case "restart":
		d.restart()
		return "", nil
	case "save":
		return "", d.saveAsked()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return "", fault.Errorf(fault.Canceled, "the server is ending")
	}
	switch op.Op {
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
	return analysis.Call{Analysis: a.Name, Inputs: c.Inputs, Params: params}.String(), nil
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
		d.forgetDisplays(c.ID)
		d.show(c)
	}
	d.change()
	return nil
}
