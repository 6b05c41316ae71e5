package live

import (
	"context"
	"errors"
	"slices"

	"profilemate/notebooks"
	"profilemate/notebooks/graph"
	"profilemate/workbench/fault"
	"profilemate/workbench/jupyter"
)

// run is one execution of a cell.
type run struct {
	cell        *notebooks.Cell
	ctx         context.Context
	cancel      context.CancelFunc // abandons the kernel's answer
	done        chan struct{}
	clearNext   bool           // the outputs go when the next one comes
	progress    *progressEvent // the last; nil before the first
	interrupted bool
	record      graph.Record // of the text and the files that it began with
	lost        bool         // its kernel has died: what is asked for since then waits for the next one
	reason      string       // why it was abandoned; empty for another error
}

// enqueue puts code cells in the queue, in order, and starts to work it off. A
// cell that waits or runs already is left alone.
func (d *Document) enqueue(cells ...*notebooks.Cell) {
	for _, c := range cells {
		state := d.stateOf(c)
		abandoned := state == Running && (d.active.reason != "" || d.active.lost) // it may run again
		if c.Type != notebooks.Code || state == Queued || state == Running && !abandoned {
			continue
		}
		d.queue = append(d.queue, c.ID)
		d.show(c)
	}
	if d.active == nil {
		if r := d.advance(); r != nil {
			d.work.Go(func() { d.drain(r) })
		}
	}
}

// unqueue takes every waiting cell out of the queue. The caller holds d.mu.
func (d *Document) unqueue() {
	waiting := d.queue
	d.queue = nil
	for _, id := range waiting {
		if c, err := d.book.Cell(id); err == nil {
			d.show(c)
		}
	}
}

// dequeue takes a cell out of the queue. The caller holds d.mu.
func (d *Document) dequeue(id string) {
	d.queue = slices.DeleteFunc(d.queue, func(waiting string) bool { return waiting == id })
}

// advance makes the next waiting cell the running one; nil when none waits. The
// caller holds d.mu.
func (d *Document) advance() *run {
	for len(d.queue) > 0 {
		id := d.queue[0]
		d.queue = d.queue[1:]
		c, err := d.book.Cell(id)
		if err != nil {
			continue // deleted
		}
		r := &run{cell: c, done: make(chan struct{})}
		r.ctx, r.cancel = context.WithCancel(context.Background())
		d.active = r
		c.Clear()
		d.forgetDisplays(c.ID)
		stamp(c, busyAt)
		d.began(r)
		d.show(c)
		d.showKernel()
		return r
	}
	d.showKernel()
	return nil
}

// drain runs cells until none waits.
func (d *Document) drain(r *run) {
	for r != nil {
		reply, err := d.execute(r)
		r.cancel()
		r = d.finish(r, reply, err)
	}
}

func (d *Document) execute(r *run) (jupyter.Reply, error) {
	k, err := d.ensureKernel(r.ctx)
	if err != nil {
		return jupyter.Reply{}, err
	}
	d.mu.Lock()
	source, stopped := r.cell.Source, r.interrupted
	d.mu.Unlock()
	if stopped {
		return jupyter.Reply{}, fault.Errorf(fault.Canceled, "the cell was interrupted")
	}
	reply, err := k.client.Execute(r.ctx, source, func(m jupyter.Message) { d.collect(r, m) })
	if err != nil && r.ctx.Err() == nil && fault.KindOf(err) == fault.Missing {
		err = fault.Errorf(fault.Missing, "%s", k.words()) // the cell says why, too
	}
	return reply, err
}

// finish notes how a run ended and makes the next cell the running one. An error
// empties the queue first: what follows may build on what failed.
func (d *Document) finish(r *run, reply jupyter.Reply, err error) *run {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer close(r.done)
	stamp(r.cell, replyAt)
	if r.clearNext {
		r.cell.Outputs = []notebooks.Output{}
	}
	if reply.ExecutionCount > 0 {
		r.cell.ExecutionCount = &reply.ExecutionCount
	}
	if err != nil {
		f := d.failure(r, err)
		r.cell.Outputs = append(r.cell.Outputs, notebooks.Error(f.Name, f.Value, f.Traceback))
	}
	ok := err == nil && reply.Status == jupyter.ReplyOK
	if !ok && r.reason == "" && !r.lost && (!d.opts.KeepGoing || r.interrupted) { // what came after a restart goes on
		d.unqueue()
	}
	d.active = nil
	d.ended(r, ok)
	d.show(r.cell)
	d.change()
	d.work.Go(d.saveRun)
	next := d.advance()
	if next == nil && !d.closed {
		d.work.Go(d.askVariables)
	}
	return next
}

// saveRun saves after a run at once, so that what was computed is on disk.
func (d *Document) saveRun() {
	d.mu.Lock()
	closed := d.closed
	d.mu.Unlock()
	if !closed { // otherwise close saves
		d.saveQuietly()
	}
}

// failure is the error output of a run that the kernel did not answer. The caller
// holds d.mu.
func (d *Document) failure(r *run, err error) jupyter.Failure {
	f := jupyter.Failure{Name: "KernelError", Value: err.Error()}
	switch {
	case r.reason != "":
		f.Name, f.Value = jupyter.InterruptErrorName, r.reason
	case fault.KindOf(err) == fault.Canceled && !errors.Is(err, context.DeadlineExceeded):
		f.Name = jupyter.InterruptErrorName
	}
	f.Traceback = []string{f.Name + ": " + f.Value}
	return f
}

// runCells queues the named cells, or all where none is named. The caller holds
// d.mu.
func (d *Document) runCells(ids ...string) error {
	cells := slices.Clone(d.book.Cells)
	if len(ids) > 0 {
		cells = nil
	}
	for _, id := range ids {
		c, err := d.book.Cell(id)
		if err != nil {
			return err
		}
		cells = append(cells, c)
	}
	d.enqueue(cells...)
	return nil
}
