package main

import (
	"cmp"
	"context"
	"encoding/json"
	"os"
	"time"

	"profilemate/notebooks"
	"profilemate/web/live"
	"profilemate/workbench/fault"
)

// headless runs notebooks as the page does, with the same documents and kernels.
type headless struct {
	app       *app
	cache     string        // of the kernel; empty: the program's
	kernel    string        // name; empty: the notebook's
	dir       string        // what cells mean their paths from
	timeout   time.Duration // of one cell; 0 for none
	keepGoing bool          // after a cell that failed
	memory    memorySize    // most that the kernel may take
	began     func(place, cells int, c *notebooks.Cell)
	ended     func(place, cells int, c *notebooks.Cell, state live.State, reused bool, took time.Duration)
	progress  func(text string, done, total int64)
}

// failedCell is a cell that ended with an error.
type failedCell struct {
	place   int // in the notebook, counted from 1
	cell    *notebooks.Cell
	message string
}

// run executes a notebook in a fresh kernel and returns it with its outputs, also
// where cells failed or ctx ended. Outputs from before are cleared first.
func (h headless) run(ctx context.Context, n *notebooks.Notebook) (*notebooks.Notebook, []failedCell, error) {
	work, err := os.MkdirTemp("", "profilemate-run-")
	if err != nil {
		return nil, nil, err
	}
	defer os.RemoveAll(work)
	for _, c := range n.Cells {
		c.Clear()
	}
	root, err := os.OpenRoot(work)
	if err != nil {
		return nil, nil, err
	}
	defer root.Close()
	if _, err := notebooks.Save(root, "run.ipynb", n); err != nil {
		return nil, nil, err
	}
	documents, err := live.New(h.options(work))
	if err != nil {
		return nil, nil, err
	}
	d, err := documents.Open("run.ipynb")
	if err != nil {
		return nil, nil, err
	}
	watch := newWatcher(h, d)
	watch.all(ctx)
	closeCtx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	done, err := d.Notebook()
	if closed := documents.Close(closeCtx); err == nil {
		err = closed
	}
	if err != nil {
		return nil, nil, err
	}
	if ctx.Err() != nil {
		return done, failures(done), fault.Errorf(fault.Canceled, "the run was interrupted")
	}
	return done, failures(done), nil
}

func (h headless) options(work string) live.Options {
	cache := h.cache
	if cache == "" {
		cache = h.app.cache
	}
	b := backend{h.app.engine(), cache, h.memory}
	return live.Options{Root: work, Dir: h.dir, KeepGoing: h.keepGoing, Build: buildID(),
		StartKernel: func(ctx context.Context, _, name string) (live.Kernel, error) {
			return b.StartKernel(ctx, cmp.Or(h.kernel, name, ownKernel), h.dir)
		},
		Lookup: h.app.registry.Get, Markdown: func(string) string { return "" },
		Facts: cellFacts(h.app.registry), Stamp: b.stamp}
}

// failures lists the cells that ended with an error.
func failures(n *notebooks.Notebook) []failedCell {
	var list []failedCell
	for i, c := range n.Cells {
		for _, o := range c.Outputs {
			if o.Type() == notebooks.ErrorOutput {
				name, value := o.Failure()
				list = append(list, failedCell{i + 1, c, name + ": " + value})
			}
		}
	}
	return list
}

// watcher watches a document that runs.
type watcher struct {
	headless
	d      *live.Document
	client *live.Subscription
	states map[string]live.State
	asked  bool   // the document has taken the run
	active string // cell that runs; empty for none
	since  time.Time
}

func newWatcher(h headless, d *live.Document) *watcher {
	return &watcher{headless: h, d: d, client: d.Subscribe(), states: map[string]live.State{}}
}

// all runs every cell and returns when none is left to run.
func (w *watcher) all(ctx context.Context) {
	defer w.d.Unsubscribe(w.client)
	w.d.Handle(w.client, []byte(`{"id":1,"op":"runAll"}`))
	stopped := ctx.Done()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !w.finished() {
		select {
		case text, ok := <-w.client.Events():
			if !ok {
				return
			}
			w.event(text)
		case <-stopped:
			stopped = nil
			w.stop()
		case <-tick.C:
			if w.timeout > 0 && w.active != "" && time.Since(w.since) > w.timeout {
				w.since = time.Now().Add(time.Hour) // once
				w.stop()
			}
		}
	}
}

func (w *watcher) stop() { w.d.Handle(w.client, []byte(`{"id":2,"op":"interrupt"}`)) }

func (w *watcher) finished() bool {
	for _, s := range w.states {
		if s == live.Queued || s == live.Running {
			return false
		}
	}
	return w.asked
}

// event takes one event of the document.
func (w *watcher) event(text []byte) {
	var e struct {
		Type        string
		ID          int64
		Cells       []live.Cell
		Cell        json.RawMessage
		Text        string
		Done, Total int64
	}
	if json.Unmarshal(text, &e) != nil {
		return // no event of the server's is like that
	}
	switch e.Type {
	case "snapshot":
		for _, c := range e.Cells {
			w.states[c.ID] = c.State
		}
	case "reply":
		w.asked = w.asked || e.ID == 1
	case "progress":
		if w.progress != nil {
			w.progress(e.Text, e.Done, e.Total)
		}
	case "cell":
		var c live.Cell
		if json.Unmarshal(e.Cell, &c) == nil {
			w.turned(c)
		}
	}
}

// turned notes that a cell has started or ended.
func (w *watcher) turned(c live.Cell) {
	old := w.states[c.ID]
	w.states[c.ID] = c.State
	place, cells, cell := w.place(c)
	switch {
	case cell == nil:
	case c.State == live.Running && w.active != c.ID:
		w.active, w.since = c.ID, time.Now()
		if w.began != nil {
			w.began(place, cells, cell)
		}
	case c.State != live.Running && c.State != live.Queued && old == live.Running:
		w.active = ""
		if w.ended != nil {
			w.ended(place, cells, cell, c.State, c.Reused, time.Duration(c.ElapsedNs))
		}
	}
}

// place finds a cell among the code cells that do something.
func (w *watcher) place(seen live.Cell) (place, cells int, cell *notebooks.Cell) {
	n, err := w.d.Notebook()
	if err != nil {
		return 0, 0, nil
	}
	for _, c := range n.Cells {
		if c.Type != notebooks.Code || firstLine(c.Source, 80) == "" {
			continue
		}
		cells++
		if c.ID == seen.ID {
			place, cell = cells, c
		}
	}
	return place, cells, cell
}
