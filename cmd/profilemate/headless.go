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
	follow := newFollower(h, d)
	follow.all(ctx)
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
	b := backend{h.app.engine(), cache}
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

// follower watches a document that runs.
type follower struct {
	headless
	d      *live.Document
	client *live.Subscription
	states map[string]live.State
	asked  bool   // the document has taken the run
	active string // cell that runs; empty for none
	since  time.Time
}

func newFollower(h headless, d *live.Document) *follower {
	return &follower{headless: h, d: d, client: d.Subscribe(), states: map[string]live.State{}}
}

// all runs every cell and returns when none is left to run.
func (f *follower) all(ctx context.Context) {
	defer f.d.Unsubscribe(f.client)
	f.d.Handle(f.client, []byte(`{"id":1,"op":"runAll"}`))
	stopped := ctx.Done()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !f.finished() {
		select {
		case text, ok := <-f.client.Events():
			if !ok {
				return
			}
			f.event(text)
		case <-stopped:
			stopped = nil
			f.stop()
		case <-tick.C:
			if f.timeout > 0 && f.active != "" && time.Since(f.since) > f.timeout {
				f.since = time.Now().Add(time.Hour) // once
				f.stop()
			}
		}
	}
}

func (f *follower) stop() { f.d.Handle(f.client, []byte(`{"id":2,"op":"interrupt"}`)) }

func (f *follower) finished() bool {
	for _, s := range f.states {
		if s == live.Queued || s == live.Running {
			return false
		}
	}
	return f.asked
}

// event takes one event of the document.
func (f *follower) event(text []byte) {
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
			f.states[c.ID] = c.State
		}
	case "reply":
		f.asked = f.asked || e.ID == 1
	case "progress":
		if f.progress != nil {
			f.progress(e.Text, e.Done, e.Total)
		}
	case "cell":
		var c live.Cell
		if json.Unmarshal(e.Cell, &c) == nil {
			f.turned(c)
		}
	}
}

// turned notes that a cell has started or ended.
func (f *follower) turned(c live.Cell) {
	old := f.states[c.ID]
	f.states[c.ID] = c.State
	place, cells, cell := f.place(c)
	switch {
	case cell == nil:
	case c.State == live.Running && f.active != c.ID:
		f.active, f.since = c.ID, time.Now()
		if f.began != nil {
			f.began(place, cells, cell)
		}
	case c.State != live.Running && c.State != live.Queued && old == live.Running:
		f.active = ""
		if f.ended != nil {
			f.ended(place, cells, cell, c.State, c.Reused, time.Duration(c.ElapsedNs))
		}
	}
}

// place finds a cell among the code cells that do something.
func (f *follower) place(seen live.Cell) (place, cells int, cell *notebooks.Cell) {
	n, err := f.d.Notebook()
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
