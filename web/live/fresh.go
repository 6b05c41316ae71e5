package live

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"profilemate/notebooks"
	"profilemate/notebooks/graph"
)

// freshness is what a document knows of its runs beyond what is saved with it, to
// tell whether outputs still hold. It is used under the document's lock.
type freshness struct {
	ran    map[string]int64  // cells that ran in this kernel, numbered in order
	runs   int64             // the last number
	lost   map[string]bool   // cells that ran in a kernel that has ended since
	stale  map[string]string // why, by cell, as clients know it
	clash  []graph.Conflict  // as clients know them
	swept  int               // code cells that ran in order from the top of a clean kernel; 0: none
	marked string            // the layout that the reproduced mark stands for; empty: no mark
	polled bool              // files are looked at from time to time

	variables []Variable // of the kernel, when nothing ran last
}

// pollFiles is how often the files behind a document are looked at while somebody
// watches.
const pollFiles = 2 * time.Second

func newFreshness(book *notebooks.Notebook) freshness {
	f := freshness{ran: map[string]int64{}, lost: map[string]bool{}, stale: map[string]string{}}
	if graph.Holds(book) {
		f.marked = layout(book)
	} else {
		graph.DropMark(book) // somebody has changed the file since
	}
	return f
}

// reload takes over a document that was read again. The kernel goes on.
func (f *freshness) reload(book *notebooks.Notebook) {
	old := *f
	*f = newFreshness(book)
	f.ran, f.runs, f.lost, f.polled, f.variables = old.ran, old.runs, old.lost, old.polled, old.variables
}

// layout identifies the code cells of a document by order and text.
func layout(n *notebooks.Notebook) string {
	h := sha256.New()
	for _, c := range codeCells(n) {
		fmt.Fprintf(h, "%s %d %s", c.ID, len(c.Source), c.Source)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// codeCells lists the cells that do something when they are run.
func codeCells(n *notebooks.Notebook) []*notebooks.Cell {
	var list []*notebooks.Cell
	for _, c := range n.Cells {
		if c.Type == notebooks.Code && strings.TrimSpace(c.Source) != "" {
			list = append(list, c)
		}
	}
	return list
}

// graph reads the dependencies of the document. The caller holds d.mu.
func (d *Document) graph() *graph.Graph {
	analyze := d.opts.Facts
	if analyze == nil {
		analyze = func(string) graph.Facts { return graph.Facts{} }
	}
	return graph.New(d.book, analyze)
}

// stamp tells the content of a file that a cell names.
func (d *Document) stamp(file string) graph.Stamp {
	if d.opts.Stamp == nil {
		return graph.Stamp{}
	}
	if file = filepath.FromSlash(file); !filepath.IsAbs(file) {
		file = filepath.Join(d.base(), file)
	}
	return d.opts.Stamp(file)
}

// base is what cells mean their paths from: the folder of the document, unless the
// options name another.
func (d *Document) base() string {
	if d.opts.Dir != "" {
		return d.opts.Dir
	}
	return filepath.Join(d.opts.Root, filepath.FromSlash(path.Dir(d.path)))
}

// judge finds out which cells are out of date and tells clients of the changes. The
// caller holds d.mu.
func (d *Document) judge() {
	g := d.graph()
	stale := g.Stale(graph.Now{Record: d.record, Stamp: d.stamp, Ran: func(id string) int64 { return d.fresh.ran[id] },
		Lost: func(id string) bool { return d.fresh.lost[id] }})
	old := d.fresh.stale
	d.fresh.stale = stale
	for _, c := range d.book.Cells {
		if old[c.ID] != stale[c.ID] {
			d.show(c)
		}
	}
	if d.fresh.marked != "" && (len(stale) > 0 || d.fresh.marked != layout(d.book)) {
		d.unmark()
	}
	if clash := g.Conflicts(d.injected); !slices.EqualFunc(clash, d.fresh.clash, func(a, b graph.Conflict) bool {
		return a.Name == b.Name && slices.Equal(a.Cells, b.Cells)
	}) {
		d.fresh.clash = clash
		d.tellNotebook()
	}
}

// record returns what is kept of a cell's last run. One that runs, waits or failed
// is not judged.
func (d *Document) record(id string) (graph.Record, bool) {
	c, err := d.book.Cell(id)
	if err != nil || d.stateOf(c) != Done {
		return graph.Record{}, false
	}
	return graph.Kept(c)
}

// injected reports whether a cell was put in to set parameters again.
func (d *Document) injected(id string) bool {
	c, err := d.book.Cell(id)
	return err == nil && c.Tagged(notebooks.InjectedTag)
}

// tellNotebook sends what is true of the document as a whole. The caller holds d.mu.
func (d *Document) tellNotebook() {
	d.broadcast(notebookEvent{Type: "notebook", Seq: d.next(), Reproduced: d.fresh.marked != "", Conflicts: orNone(d.fresh.clash)})
}

func orNone[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// unmark takes the reproduced mark away. The caller holds d.mu.
func (d *Document) unmark() {
	d.fresh.swept = 0
	if d.fresh.marked == "" {
		return
	}
	d.fresh.marked = ""
	graph.DropMark(d.book)
	d.tellNotebook()
}

// began notes that a cell starts to run. The caller holds d.mu.
func (d *Document) began(r *run) {
	swept := d.fresh.swept
	d.unmark() // what the document shows changes from here on
	d.fresh.swept = swept
	r.record = d.graph().Record(r.cell.ID, d.stamp)
	graph.Forget(r.cell)
}

// ended notes how a run ended. The caller holds d.mu.
func (d *Document) ended(r *run, ok bool) {
	if !ok {
		d.fresh.swept = 0
		return
	}
	for path, s := range r.record.Files {
		if now := d.stamp(path); now.Quick == s.Quick { // the digest may be known by now
			r.record.Files[path] = now
		}
	}
	graph.Keep(r.cell, r.record)
	d.fresh.runs++
	d.fresh.ran[r.cell.ID] = d.fresh.runs
	delete(d.fresh.lost, r.cell.ID)
	d.sweep(r.cell)
}

// sweep follows a run from the top of the document to its end. It must begin in a
// kernel that nothing has run in, unless no cell leaves anything behind there. The
// caller holds d.mu.
func (d *Document) sweep(c *notebooks.Cell) {
	cells := codeCells(d.book)
	at := slices.Index(cells, c)
	switch {
	case at < 0:
		return // an empty cell
	case at == 0 && (len(d.fresh.ran) == 1 || !d.graph().Stateful()):
		d.fresh.swept = 1
	case at > 0 && at == d.fresh.swept:
		d.fresh.swept++
	default:
		d.fresh.swept = 0
	}
	if d.fresh.swept == len(cells) {
		d.mark(cells)
	}
}

// mark puts the reproduced mark into the document. The caller holds d.mu.
func (d *Document) mark(cells []*notebooks.Cell) {
	inputs := map[string]string{}
	for _, c := range cells {
		r, ok := graph.Kept(c)
		if !ok || r.Source != graph.SourceDigest(c.Source) {
			return // it was edited while it ran
		}
		for path, s := range r.Files {
			inputs[path] = s.Digest
		}
	}
	graph.SetMark(d.book, graph.Mark{Build: d.opts.Build, Content: graph.Content(d.book), Inputs: inputs})
	d.fresh.marked = layout(d.book)
	d.tellNotebook()
}

// forgetKernel notes that what cells left in the kernel is gone. The caller holds
// d.mu.
func (d *Document) forgetKernel() {
	for id := range d.fresh.ran {
		d.fresh.lost[id] = true
	}
	clear(d.fresh.ran)
	d.fresh.swept = 0
	d.setVariables(nil)
	d.judge()
}

// watchFiles looks at the files behind the document from time to time, until nobody
// watches. The caller holds d.mu.
func (d *Document) watchFiles() {
	if d.fresh.polled || d.opts.Stamp == nil || d.closed || len(d.clients) == 0 {
		return
	}
	d.fresh.polled = true
	time.AfterFunc(pollFiles, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.fresh.polled = false
		if !d.closed && len(d.clients) > 0 {
			marked := d.fresh.marked
			d.judge()
			if marked != d.fresh.marked {
				d.change()
			}
			d.watchFiles()
		}
	})
}

// runStale queues the cells that are out of date, failed or never ran, and what they
// need from a kernel that does not have it. The caller holds d.mu.
func (d *Document) runStale() {
	g := d.graph()
	wanted := map[string]bool{}
	var want func(id string)
	want = func(id string) {
		if wanted[id] {
			return
		}
		wanted[id] = true
		for _, up := range g.Needs(id) {
			if g.Facts(up).State && d.fresh.ran[up] == 0 {
				want(up)
			}
		}
	}
	for _, c := range codeCells(d.book) {
		if d.stateOf(c) != Done || d.fresh.stale[c.ID] != "" {
			want(c.ID)
		}
	}
	d.enqueueWhere(func(c *notebooks.Cell) bool { return wanted[c.ID] })
}

// runAbove queues the cells before a cell. The caller holds d.mu.
func (d *Document) runAbove(id string) error {
	if _, err := d.book.Cell(id); err != nil {
		return err
	}
	at := d.book.Index(id)
	d.enqueueWhere(func(c *notebooks.Cell) bool { return d.book.Index(c.ID) < at })
	return nil
}

func (d *Document) enqueueWhere(pick func(*notebooks.Cell) bool) {
	var cells []*notebooks.Cell
	for _, c := range codeCells(d.book) {
		if pick(c) {
			cells = append(cells, c)
		}
	}
	d.enqueue(cells...)
}

// note puts a value of ours into a cell's metadata, beside the others.
func note(c *notebooks.Cell, key string, value any) {
	own, _ := c.Metadata["profilemate"].(map[string]any)
	own = maps.Clone(own)
	if own == nil {
		own = map[string]any{}
	}
	own[key] = value
	c.Metadata["profilemate"] = own
}
