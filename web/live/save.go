package live

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"profilemate/notebooks"
	"profilemate/workbench/fault"
)

const (
	saveAfter  = time.Second     // without a further change
	saveLatest = 5 * time.Second // while changes go on
)

// diskState tells whether a file was changed by somebody else.
type diskState struct {
	modified time.Time // zero: there is no file
	size     int64
}

func diskStateOf(info fs.FileInfo) diskState {
	return diskState{modified: info.ModTime(), size: info.Size()}
}

func statDisk(root *os.Root, name string) diskState {
	info, err := root.Stat(name)
	if err != nil {
		return diskState{}
	}
	return diskStateOf(info)
}

// dirty reports whether there are changes that are not on disk. The caller holds
// d.mu.
func (d *Document) dirty() bool { return d.version != d.saved }

// change notes a change of the document and sees that it is saved. The caller
// holds d.mu.
func (d *Document) change() {
	if !d.dirty() {
		d.changed = time.Now()
		d.broadcast(savedEvent{Type: "saved", Seq: d.next(), Dirty: true})
	}
	d.version++
	d.judge()
	d.repin()
	if d.closed {
		return
	}
	wait := min(saveAfter, max(0, saveLatest-time.Since(d.changed)))
	if d.autosave != nil {
		d.autosave.Stop()
	}
	d.autosave = time.AfterFunc(wait, d.saveQuietly)
}

// saveQuietly saves without anybody having asked; what goes wrong is shown beside
// the document.
func (d *Document) saveQuietly() {
	if err := d.save(false); err != nil {
		d.log("saving a notebook", err)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.broadcast(savedEvent{Type: "saved", Seq: d.next(), Dirty: d.dirty(), Message: err.Error()})
	}
}

// saveAsked saves because a client asked for it. Asked again after a conflict, it
// overwrites the file, unless that has changed once more.
func (d *Document) saveAsked() error {
	now := statDisk(d.root, d.path)
	d.mu.Lock()
	again := now == d.refused && now != (diskState{})
	d.mu.Unlock()
	err := d.save(again)
	if fault.KindOf(err) == fault.Conflict {
		d.mu.Lock()
		d.refused = now
		d.mu.Unlock()
	}
	return err
}

// save writes the document unless it is as on disk already. A file that somebody
// else has changed is a Conflict and stays as it is, unless force is set.
func (d *Document) save(force bool) error {
	d.saving.Lock()
	defer d.saving.Unlock()
	text, version, known, err := d.unsaved()
	if err != nil || text == nil {
		return err
	}
	if now := statDisk(d.root, d.path); !force && now != known && now != (diskState{}) {
		return fault.WithRemedy(fault.Errorf(fault.Conflict, "%s was changed by another program since it was read here", d.path),
			"save once more to overwrite that change, or copy the file away first")
	}
	info, err := notebooks.Replace(d.root, d.path, text)
	if err != nil {
		return err
	}
	d.noteSaved(version, diskStateOf(info))
	return nil
}

// unsaved returns the document as text with its version and the state of the file
// that it came from; nil when there is nothing to save.
func (d *Document) unsaved() (text []byte, version int64, known diskState, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.dirty() {
		return nil, d.version, d.disk, nil
	}
	var b bytes.Buffer
	err = d.book.Write(&b)
	return b.Bytes(), d.version, d.disk, err
}

func (d *Document) noteSaved(version int64, disk diskState) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.saved, d.disk, d.changed = version, disk, time.Now()
	d.broadcast(savedEvent{Type: "saved", Seq: d.next(), Dirty: d.dirty(), Modified: disk.modified.UTC().Format(time.RFC3339Nano)})
}

// reloadIfChanged reads a file that was changed elsewhere, when nothing here would
// be lost by it. A file that cannot be read leaves the document as it is.
func (d *Document) reloadIfChanged() {
	d.saving.Lock()
	defer d.saving.Unlock()
	now := statDisk(d.root, d.path)
	d.mu.Lock()
	same := now == d.disk || now == (diskState{}) || d.busy()
	d.mu.Unlock()
	if same {
		return
	}
	book, err := notebooks.Load(d.root, d.path)
	if err != nil {
		d.log("reading a notebook that was changed elsewhere", err)
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.busy() {
		d.adopt(book, now)
	}
}

// revert drops what is not saved and reads the file again. It is refused while
// cells run.
func (d *Document) revert() error {
	d.saving.Lock()
	defer d.saving.Unlock()
	now := statDisk(d.root, d.path)
	book, err := notebooks.Load(d.root, d.path)
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.active != nil || len(d.queue) > 0 || d.closed {
		return fault.WithRemedy(fault.Errorf(fault.Conflict, "%s cannot be read again while its cells run", d.path), "interrupt the kernel first")
	}
	if d.autosave != nil {
		d.autosave.Stop()
	}
	d.saved = d.version
	d.adopt(book, now)
	return nil
}

// adopt takes over another content of the file. The caller holds d.mu.
func (d *Document) adopt(book *notebooks.Notebook, disk diskState) {
	d.book, d.disk, d.displays, d.deleted = book, disk, map[string][]display{}, nil
	d.fresh.reload(book)
	d.repin()
	d.next()
	d.broadcast(d.snapshot())
}

// busy reports whether the document holds anything that its file does not. The
// caller holds d.mu.
func (d *Document) busy() bool { return d.dirty() || d.active != nil || len(d.queue) > 0 || d.closed }

// close ends the document: its kernel, its timers, its clients, its changes saved.
func (d *Document) close(ctx context.Context) error {
	d.mu.Lock()
	d.closed = true
	if d.autosave != nil {
		d.autosave.Stop()
	}
	d.stopKernel("the server ended before the cell had")
	d.mu.Unlock()
	stopped := make(chan struct{})
	go func() { d.work.Wait(); close(stopped) }()
	select {
	case <-stopped:
	case <-ctx.Done(): // save what there is
	}
	err := d.save(false)
	if fault.KindOf(err) == fault.Conflict {
		err = d.rescue()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for s := range d.clients {
		d.drop(s)
	}
	return err
}

// rescue writes a document whose file belongs to somebody else by now beside it.
func (d *Document) rescue() error {
	text, _, _, err := d.unsaved()
	if err != nil {
		return err
	}
	name := strings.TrimSuffix(d.path, ".ipynb") + time.Now().Format("-unsaved-20060102-150405.ipynb")
	if _, err := notebooks.Replace(d.root, name, text); err != nil {
		return err
	}
	d.log("a notebook was changed by another program; its unsaved changes were written to another file", errors.New(name))
	return nil
}
