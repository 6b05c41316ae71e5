package pages

import (
	"encoding/binary"
	"fmt"
)

// groupRows is how many rows of a page are located before they are decoded. Its
// spots take an odd number of cache lines, so that those of many columns, which are
// written in turn, do not compete for the same lines of the cache.
const groupRows = 120

// step is a stored column to be read: how many columns stand between it and the
// step before, and the column itself.
type step struct{ skip, column int }

// output says where a wanted column comes from: the spots of a step, or the rowid.
type output struct {
	step int // -1: the rowid
	want Want
}

// plan is how the columns of one scan are decoded.
type plan struct {
	table   *Table
	steps   []step // in the order of the columns
	walked  int    // columns of a record up to the last step
	outputs []output
}

// leafReader decodes the rows of leaf pages into batches.
type leafReader struct {
	*plan
	rows   Rows
	spots  [][groupRows]spot // by step
	rowids [groupRows]int64
	shapes *shapes
	chain  chain
	flush  func() error

	// The page at hand.
	p                []byte
	page             uint32
	cells            int // on it
	pointers, lowest int // where its cell pointers are and its cells may begin
	span             Span
	any              bool // a row of it was located
	last             int64
}

func newLeafReader(pl *plan, rows Rows, flush func() error) *leafReader {
	l := &leafReader{plan: pl, rows: rows, shapes: newShapes(pl), flush: flush}
	l.chain.file = pl.table.file
	l.spots = make([][groupRows]spot, len(pl.steps))
	return l
}

// oddValue is a value of another storage class than asked, or one that the records
// before its column was added do not have.
type oddValue struct {
	rowid int64
	what  string
}

func (o *oddValue) Error() string { return fmt.Sprintf("row %d: %s", o.rowid, o.what) }

// damaged is the damage of a page from some row on; what is before was delivered.
type damaged struct{ error }

// read decodes a page whose rows have rowids of the span. p is the page and slack
// bytes more. It returns damaged, an *oddValue, or what flush returned.
func (l *leafReader) read(p []byte, page uint32, span Span) error {
	l.p, l.page, l.span, l.any = p, page, span, false
	at := headerAt(page)
	if p[at] != leafPage {
		return damaged{l.table.file.corrupt(page, at, "a page with rows of the table was expected")}
	}
	l.cells = int(binary.BigEndian.Uint16(p[at+cellsField:]))
	l.pointers = at + leafHeader
	l.lowest = l.pointers + 2*l.cells
	if l.lowest > l.table.file.usable {
		return damaged{l.table.file.corrupt(page, at+cellsField, "%d rows do not fit in a page", l.cells)}
	}
	for i := 0; i < l.cells; {
		n := l.locate(i, min(l.cells-i, groupRows, l.rows.room-l.rows.n))
		if n > 0 {
			if err := l.decode(p, n); err != nil {
				return err
			}
		} else if err := l.single(i); err != nil {
			return err
		} else {
			n = 1
		}
		i += n
		if l.rows.full() {
			if err := l.flush(); err != nil {
				return err
			}
		}
	}
	return nil
}

// locate finds the values of up to n rows from cell number from on and returns how
// many it did. It does the rows that nearly all rows are like: whole on the page,
// with serial types of one byte. It stops at any other and at damage, without
// saying so: single looks at that row closely.
func (l *leafReader) locate(from, n int) int {
	p, usable := l.p, l.table.file.usable
	prev, any := l.last, l.any
	k := 0
	for ; k < n; k++ {
		pointer := l.pointers + 2*(from+k)
		at := int(binary.BigEndian.Uint16(p[pointer:]))
		if at < l.lowest || at > usable-4 {
			break
		}
		size := int(p[at])
		at++
		if size >= 0x80 {
			size = size&0x7f<<7 | int(p[at])
			if p[at] >= 0x80 {
				break
			}
			at++
		}
		b := p[at]
		at++
		key := uint64(b & 0x7f)
		for i := 0; b >= 0x80 && i < 7; i++ {
			b = p[at]
			at++
			key = key<<7 | uint64(b&0x7f)
		}
		rowid := int64(key)
		if b >= 0x80 || rowid < l.span.Low || rowid > l.span.High || any && rowid <= prev {
			break
		}
		end := at + size
		head := int(p[at])
		if end > usable || size > usable-35 || head <= l.walked || head > size || head >= 0x80 {
			break
		}
		shape := l.shapes.of(l.plan, p, at+1)
		value := uint32(at + head)
		if value+shape.bytes > uint32(end) {
			break
		}
		for i, s := range shape.spots {
			l.spots[i][k] = spot{value + s.at, s.serial}
		}
		l.rowids[k] = rowid
		prev, any = rowid, true
	}
	l.last, l.any = prev, any
	return k
}

// decode appends the n rows located in p to the batch.
func (l *leafReader) decode(p []byte, n int) error {
	var odd *oddValue
	got := n
	for i := range l.outputs {
		if g := l.column(i, p, got); g < got {
			got = g
			odd = &oddValue{l.rowids[g], l.refusal(i, g)}
		}
	}
	if odd != nil {
		return odd
	}
	l.rows.n += n
	l.rows.last = l.rowids[n-1]
	return nil
}

// column decodes n values of one output and returns how many are as asked.
func (l *leafReader) column(i int, p []byte, n int) int {
	o, v, from := l.outputs[i], &l.rows.columns[i], l.rows.n
	if o.step < 0 {
		copy(v.ints[from:], l.rowids[:n])
		clear(v.nulls[from : from+n])
		return n
	}
	spots := l.spots[o.step][:n]
	switch o.want.As {
	case Int:
		return v.decodeInts(p, spots, from)
	case Float:
		return v.decodeFloats(p, spots, from)
	}
	before, odd := len(v.bytes), uint32(0)
	if o.want.As == Text {
		odd = 1
	}
	n = v.decodeBytes(p, spots, from, odd)
	l.rows.bytes += len(v.bytes) - before
	return n
}

func (l *leafReader) refusal(i, row int) string {
	o := l.outputs[i]
	name := l.table.columns[o.want.Column].Name
	return fmt.Sprintf("column %q holds %s where %s was asked for", name, storageClass(l.spots[o.step][row].serial), o.want.As)
}
