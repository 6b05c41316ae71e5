package live

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"profilemate/notebooks"
)

// Document is an open notebook. It is safe for concurrent use.
type Document struct {
	path string
	root *os.Root
	opts Options
	run  string // tells the sequence numbers from those before the document was last read

	saving   sync.Mutex     // one save at a time; taken before mu
	starting sync.Mutex     // one kernel start at a time; taken before mu
	work     sync.WaitGroup // goroutines that Close waits for

	mu       sync.Mutex
	book     *notebooks.Notebook
	seq      int64
	clients  map[*Subscription]bool
	history  history
	queue    []string // cells that wait, by id
	active   *run     // the cell that runs; nil for none
	displays map[string][]display
	deleted  []deleted         // the last ones, oldest first
	pins     map[string]func() // of the results that clients see: lets go of one, by key
	touched  map[string]bool   // cells whose outputs changed and were not yet sent
	kernel   *kernel           // nil: none runs
	state    KernelState
	reason   string    // what was said with the state
	disk     diskState // of the file when it was last read or written here
	refused  diskState // of the file that a save was last refused for
	version  int64     // counts changes
	saved    int64     // version on disk
	autosave *time.Timer
	changed  time.Time // first change since the last save
	closed   bool
	fresh    freshness
}

// clientBacklog is how many events may wait for a slow client before it is
// dropped; it then connects again and gets a fresh snapshot.
const clientBacklog = 512

// outputDelay gathers outputs that come close together into one event.
const outputDelay = 40 * time.Millisecond

// Subscription is one client's view of a document.
type Subscription struct {
	events chan []byte
}

// Events returns the JSON text of each event in order, the snapshot first. The
// channel is closed when the document closes or the client falls too far behind.
func (s *Subscription) Events() <-chan []byte { return s.events }

// Path returns where the document is saved, below the served folder.
func (d *Document) Path() string { return d.path }

// Subscribe adds a client. A document without unsaved changes whose file was
// changed elsewhere is read again first.
func (d *Document) Subscribe() *Subscription { return d.Resume("", 0) }

// Resume adds a client that was here before, and has seen the events of a run of the
// document up to a sequence number: it gets those that it has missed, where they are
// kept, else a snapshot as Subscribe gives it.
func (d *Document) Resume(run string, seq int64) *Subscription {
	d.reloadIfChanged()
	d.mu.Lock()
	defer d.mu.Unlock()
	s := &Subscription{events: make(chan []byte, clientBacklog)}
	if d.closed {
		close(s.events)
		return s
	}
	d.judge() // so that the snapshot tells of files that changed meanwhile
	d.clients[s] = true
	d.history.wanted = true
	missed, ok := d.history.since(seq, d.seq)
	if ok && run == d.run && len(missed) < clientBacklog {
		for _, text := range missed {
			d.deliver(s, text)
		}
	} else {
		d.deliver(s, encode(d.snapshot()))
	}
	if d.active != nil && d.active.progress != nil {
		d.deliver(s, encode(*d.active.progress))
	}
	d.repin()
	d.watchFiles()
	return s
}

// Unsubscribe removes a client. What runs goes on.
func (d *Document) Unsubscribe(s *Subscription) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.drop(s)
}

// drop closes a client's channel once. The caller holds d.mu.
func (d *Document) drop(s *Subscription) {
	if d.clients[s] {
		delete(d.clients, s)
		close(s.events)
		d.repin()
	}
}

// deliver queues an event for one client. The caller holds d.mu.
func (d *Document) deliver(s *Subscription, event []byte) {
	if !d.clients[s] {
		return
	}
	select {
	case s.events <- event:
	default:
		d.drop(s)
	}
}

// broadcast sends an event to all clients. The caller holds d.mu.
func (d *Document) broadcast(event any) {
	if len(d.clients) == 0 && !d.history.wanted {
		return
	}
	text := encode(event)
	d.history.add(d.seq, text)
	for s := range d.clients {
		d.deliver(s, text)
	}
}

// next returns the sequence number of the next event. The caller holds d.mu.
func (d *Document) next() int64 {
	d.seq++
	return d.seq
}

func (d *Document) snapshot() snapshotEvent {
	cells := make([]Cell, len(d.book.Cells))
	for i, c := range d.book.Cells {
		cells[i] = d.view(c)
	}
	return snapshotEvent{Type: "snapshot", Seq: d.seq, Run: d.run, Path: d.path, Title: d.book.Title(d.path),
		Cells: cells, Kernel: d.state, Reason: d.reason, Dirty: d.dirty(), Reproduced: d.fresh.marked != "", Conflicts: orNone(d.fresh.clash), Variables: orNone(d.fresh.variables)}
}

// show sends a cell whole, unless it is no longer in the document. The caller
// holds d.mu.
func (d *Document) show(c *notebooks.Cell) {
	delete(d.touched, c.ID)
	if i := d.book.Index(c.ID); i >= 0 {
		d.broadcast(cellEvent{Type: "cell", Seq: d.next(), Index: i, Cell: d.view(c)})
	}
}

// touch sends a cell soon, together with what else happens to it until then. The
// caller holds d.mu.
func (d *Document) touch(id string) {
	if len(d.touched) == 0 {
		time.AfterFunc(outputDelay, d.flushTouched)
	}
	d.touched[id] = true
}

func (d *Document) flushTouched() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id := range d.touched {
		delete(d.touched, id)
		if c, err := d.book.Cell(id); err == nil {
			d.show(c)
		}
	}
}

func (d *Document) setKernel(state KernelState, message string) {
	d.state, d.reason = state, message
	d.broadcast(kernelEvent{Type: "kernel", Seq: d.next(), State: state, Message: message})
}

// Notebook returns a copy of the document as it is now.
func (d *Document) Notebook() (*notebooks.Notebook, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.book.Clone()
}

// encode writes an event as JSON. Every event is made of values that came from
// JSON or that this package declares.
func encode(event any) []byte {
	text, err := json.Marshal(event)
	if err != nil {
		panic(fmt.Sprintf("live: encoding %T: %v", event, err))
	}
	return text
}

// log reports what no client asked for and the user must still be able to find.
func (d *Document) log(text string, err error) {
	if d.opts.Log != nil {
		d.opts.Log.Warn(text, slog.String("notebook", d.path), slog.Any("error", err))
	}
}
