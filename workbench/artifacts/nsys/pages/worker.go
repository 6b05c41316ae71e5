package pages

import (
	"context"
	"math"
)

const (
	// below is where the rowids of a table begin.
	below = math.MinInt64
	// runBytes is how much is read at once.
	runBytes = 1 << 18
	// gapPages is how many pages of other tables are read along to keep a run going.
	gapPages = 8
	// leastRow is how many bytes of a page a row takes at least: its pointer, and the
	// least that SQLite sets aside for a cell.
	leastRow = 6
)

// worker reads a run of a table's leaves.
type worker struct {
	scan     *scan
	number   int
	leaves   []node
	next     int64 // first rowid that was not delivered
	done     bool  // there is none
	rows     int64 // delivered
	damage   tally
	panicked string

	leaf *leafReader
	buf  []byte
	most int // pages that buf holds
}

// rest returns the rowids that were not delivered.
func (w *worker) rest() Span {
	if w.done {
		return Span{1, 0}
	}
	return Span{w.next, w.leaves[len(w.leaves)-1].high}
}

func (w *worker) read(ctx context.Context) error {
	w.prepare()
	low := w.next
	for at := 0; at < len(w.leaves); {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := w.run(w.leaves[at:], low)
		if err != nil {
			return err
		}
		at += n
		if at < len(w.leaves) {
			low = w.leaves[at-1].high + 1
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := w.flush(); err != nil {
		return err
	}
	w.done = true
	return nil
}

// prepare makes the buffers, small ones for a small table.
func (w *worker) prepare() {
	file := w.scan.table.file
	room := min(batchRows, len(w.leaves)*file.usable/leastRow+1)
	w.leaf = newLeafReader(w.scan.plan, newRows(w.scan.wants, room), w.flush)
	w.most = max(1, min(runBytes/file.page, len(w.leaves)*gapPages))
	w.buf = file.buffer(w.most)
}

// run reads the leaves at the front of the list that lie close together in the file,
// at least one, and returns their number. Their rowids are from low on.
func (w *worker) run(leaves []node, low int64) (int, error) {
	first := leaves[0].page
	if first == 0 { // noted when it was lost
		return 1, nil
	}
	file := w.scan.table.file
	n := nearby(leaves, uint32(w.most))
	whole, err := file.read(w.buf, first, int(leaves[n-1].page-first)+1)
	if err != nil {
		return 0, err
	}
	for _, leaf := range leaves[:n] {
		span := Span{low, leaf.high}
		at := int(leaf.page - first)
		if at >= whole {
			w.damage.note(file.corrupt(leaf.page, 0, "the file ends within this page"), span)
		} else if err := w.page(w.buf[at*file.page:][:file.page+slack], leaf.page, span); err != nil {
			return 0, err
		}
		low = leaf.high + 1
	}
	return n, nil
}

// nearby counts the leaves that follow each other within so many pages.
func nearby(leaves []node, most uint32) int {
	n := 1
	for ; n < len(leaves); n++ {
		page, prev := leaves[n].page, leaves[n-1].page
		if page <= prev || page-prev > gapPages || page-leaves[0].page >= most {
			break
		}
	}
	return n
}

// page decodes a leaf and takes note when it is damaged.
func (w *worker) page(p []byte, page uint32, span Span) error {
	err := w.leaf.read(p, page, span)
	bad, ok := err.(damaged)
	if !ok {
		return err
	}
	if w.leaf.any {
		if w.leaf.last == span.High {
			span = unknown
		} else {
			span.Low = w.leaf.last + 1
		}
	}
	w.damage.note(bad.error, span)
	return nil
}

// flush hands the rows so far to emit.
func (w *worker) flush() error {
	b := &w.leaf.rows
	if b.n == 0 {
		return nil
	}
	if err := w.scan.emit(w.number, b); err != nil {
		return err
	}
	w.rows += int64(b.n)
	if b.last < math.MaxInt64 {
		w.next = b.last + 1
	}
	b.reset()
	return nil
}
