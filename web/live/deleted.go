package live

import (
	"slices"

	"profilemate/notebooks"
	"profilemate/workbench/fault"
)

// deleted is a cell that was deleted, with its outputs, and where it stood.
type deleted struct {
	cell  *notebooks.Cell
	index int
}

// maxDeleted is how many deleted cells a document keeps for restore.
const maxDeleted = 32

// remove deletes a cell, and stops it if it runs. The caller holds d.mu.
func (d *Document) remove(id string) error {
	index := d.book.Index(id)
	c, err := d.book.Delete(id)
	if err != nil {
		return err
	}
	d.deleted = append(d.deleted, deleted{c, index})
	d.deleted = d.deleted[max(0, len(d.deleted)-maxDeleted):]
	d.forgetDisplays(id)
	d.dequeue(id)
	if r := d.active; r != nil && r.cell == c && !r.interrupted {
		r.interrupted = true
		d.work.Go(func() { d.pressInterrupt(r) })
	}
	d.broadcast(removedEvent{Type: "removed", Seq: d.next(), Cell: id})
	d.change()
	return nil
}

// restore brings a deleted cell back to where it stood, with its id and outputs;
// the one deleted last for an empty id. The caller holds d.mu.
func (d *Document) restore(id string) (string, error) {
	at := len(d.deleted) - 1
	for id != "" && at >= 0 && d.deleted[at].cell.ID != id {
		at--
	}
	if at < 0 {
		return "", fault.Errorf(fault.NotFound, "there is no deleted cell to bring back")
	}
	back := d.deleted[at]
	if err := d.book.Insert(back.index, back.cell); err != nil {
		return "", err
	}
	d.deleted = slices.Delete(d.deleted, at, at+1)
	d.show(back.cell)
	d.change()
	return back.cell.ID, nil
}

// convert turns a cell into one of another type. Its id and text stay. A cell that
// is not code has no outputs to show or to save; they are kept until it is code
// again. The caller holds d.mu.
func (d *Document) convert(op Operation) error {
	c, err := d.book.Cell(op.Cell)
	switch {
	case err != nil:
		return err
	case c.Type == op.CellType:
		return nil
	case d.active != nil && d.active.cell == c:
		return fault.WithRemedy(fault.Errorf(fault.Misuse, "the cell is running"), "stop it before turning it into %s", op.CellType)
	}
	switch op.CellType {
	case notebooks.Code, notebooks.Markdown, notebooks.Raw:
	default:
		return fault.Errorf(fault.Misuse, "a cell is code, markdown or raw, not %q", op.CellType)
	}
	d.dequeue(c.ID)
	c.Type = op.CellType
	d.show(c)
	d.change()
	return nil
}
