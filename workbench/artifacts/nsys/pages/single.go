package pages

import "encoding/binary"

// single decodes one row whatever it is like: long serial types, a payload that
// goes on on other pages, a record from before a column was added.
func (l *leafReader) single(cell int) error {
	f := l.table.file
	pointer := l.pointers + 2*cell
	at := int(binary.BigEndian.Uint16(l.p[pointer:]))
	if at < l.lowest || at > f.usable-4 {
		return damaged{f.corrupt(l.page, pointer, "row %d of the page is outside it", cell)}
	}
	start := at
	size, at := varint(l.p, at)
	key, at := varint(l.p, at)
	rowid := int64(key)
	if rowid < l.span.Low || rowid > l.span.High || l.any && rowid <= l.last {
		return damaged{f.corrupt(l.page, start, "rowid %d is out of order", rowid)}
	}
	local := f.local(size)
	end := at + local
	if uint64(local) < size {
		end += 4
	}
	if end > f.usable {
		return damaged{f.corrupt(l.page, start, "row %d of %d bytes does not fit in the page", rowid, size)}
	}
	record := l.p[at:]
	l.chain.start(record, local, size)
	l.rowids[0] = rowid
	record, err := l.walk(rowid)
	if err != nil {
		if bad, ok := err.(recordError); ok {
			return damaged{f.corrupt(l.page, start, "row %d: %w", rowid, bad.error)}
		}
		return err
	}
	l.last, l.any = rowid, true
	return l.decode(record, 1)
}

// local is how many bytes of a payload lie on its leaf page (section 1.6).
func (f *File) local(size uint64) int {
	most := f.usable - 35
	if size <= uint64(most) {
		return int(size)
	}
	least := (f.usable-12)*32/255 - 23
	if n := least + int((size-uint64(least))%uint64(f.usable-4)); n <= most {
		return n
	}
	return least
}

// walk finds the wanted values of the record that the chain was started with, and
// returns the bytes that the spots refer to.
func (l *leafReader) walk(rowid int64) ([]byte, error) {
	h, err := l.chain.header()
	if err != nil {
		return nil, err
	}
	for i, s := range l.steps {
		for range s.skip {
			if _, err := h.next(); err != nil {
				return nil, err
			}
		}
		spot, err := h.next()
		if err != nil {
			return nil, err
		}
		if h.short && !l.table.columns[s.column].empty {
			return nil, &oddValue{rowid, "was written before column " + l.table.columns[s.column].Name + " was added, and the column has a default"}
		}
		l.spots[i][0] = spot
	}
	return l.chain.need(h.value)
}
