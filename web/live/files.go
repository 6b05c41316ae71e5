package live

import (
	"context"
	"strings"
	"time"

	"profilemate/notebooks"
	"profilemate/workbench/fault"
)

// closeLimit is how long the release of a document may wait for its saving.
const closeLimit = 5 * time.Second

// opened returns the document at a path if it is open, waiting for one that is being
// read; nil for none. The caller holds ds.mu, which is let go while waiting.
func (ds *Documents) opened(name string) *Document {
	for {
		o := ds.open[name]
		if o == nil {
			return nil
		}
		select {
		case <-o.done:
			return o.document
		default:
		}
		ds.mu.Unlock()
		<-o.done
		ds.mu.Lock()
	}
}

// Settle saves what an open document has not saved yet, so that its file says what
// its clients see. A file that another program has changed stays as it is.
func (ds *Documents) Settle(name string) error {
	ds.mu.Lock()
	d := ds.opened(name)
	ds.mu.Unlock()
	if d == nil {
		return nil
	}
	if err := d.save(false); fault.KindOf(err) != fault.Conflict {
		return err
	}
	return nil
}

// Put writes a notebook whole, as Jupyter's clients do. Where it is open, its clients
// see the new one at once. A document that has changes of its own, or cells that run,
// is a Conflict and stays: they would be lost. So is a file that another program has
// changed since this one read it.
func (ds *Documents) Put(name string, book *notebooks.Notebook) error {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	d := ds.opened(name)
	switch {
	case ds.closed:
		return serverEnding()
	case d == nil:
		_, err := notebooks.Save(ds.root, name, book)
		return err
	}
	return d.replace(book)
}

// replace puts another content in place of the document's.
func (d *Document) replace(book *notebooks.Notebook) error {
	d.reloadIfChanged()
	d.saving.Lock()
	defer d.saving.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return serverEnding()
	}
	if d.busy() {
		return fault.WithRemedy(fault.Errorf(fault.Conflict, "%s is open in the workbench, and has changes or running cells there", d.path),
			"wait for the cells, read the notebook again, then save")
	}
	info, err := notebooks.Save(d.root, d.path, book)
	if err != nil {
		return err
	}
	d.adopt(book, diskStateOf(info))
	return nil
}

// Release saves and closes the open documents at a path and below it, and then does
// what moves or removes the file; none is opened before that has ended. Their kernels
// run on. A document whose cells run, or that cannot be saved, is a Conflict; then
// nothing is done.
func (ds *Documents) Release(name string, then func() error) error {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	if ds.closed {
		return serverEnding()
	}
	affected := map[string]*Document{}
	for path := range ds.open {
		if path == name || strings.HasPrefix(path, name+"/") {
			if d := ds.opened(path); d != nil {
				affected[path] = d
			}
		}
	}
	for _, d := range affected {
		if err := d.atRest(); err != nil {
			return err
		}
	}
	for path, d := range affected {
		delete(ds.open, path)
		d.leave()
	}
	return then()
}

// atRest saves the document, or says why it must not be closed.
func (d *Document) atRest() error {
	d.mu.Lock()
	running := d.active != nil || len(d.queue) > 0
	d.mu.Unlock()
	if running {
		return fault.WithRemedy(fault.Errorf(fault.Conflict, "a cell of %s is running", d.path), "stop it, or wait for it")
	}
	return d.save(false)
}

// leave closes the document without ending its kernel.
func (d *Document) leave() {
	d.mu.Lock()
	k := d.kernel
	d.kernel = nil
	if k != nil {
		k.left = true
	}
	d.mu.Unlock()
	if k != nil {
		_ = k.client.Close() // the kernel runs on
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
	defer cancel()
	if err := d.close(ctx); err != nil {
		d.log("closing a notebook", err)
	}
}
