package pages

import (
	"encoding/binary"

	"profilemate/workbench/fault"
)

// recordError is damage within a record.
type recordError struct{ error }

func badRecord(format string, args ...any) error {
	return recordError{fault.Errorf(fault.Corrupt, format, args...)}
}

// maxPayload is the most bytes of a row: SQLite's own limit is 2^31-1, and a serial
// type then still fits in 32 bits.
const maxPayload = 1<<31 - 1 - 12

// chain is the payload of one row: its bytes on the leaf page, and behind them the
// overflow pages (section 1.6), read only as far as they are needed.
type chain struct {
	file *File
	data []byte // what is read so far, and slack bytes more
	have int
	size uint64
	next uint32 // overflow page that comes next
	own  []byte // where data lies once an overflow page was read; kept from row to row
	page []byte
	seen bitmap // overflow pages of all rows so far: each belongs to one row
}

// start begins with the local bytes of record, which are followed by the number of
// the first overflow page when the payload is longer.
func (c *chain) start(record []byte, local int, size uint64) {
	c.data, c.have, c.size, c.next = record, local, size, 0
	if uint64(local) < size {
		c.next = binary.BigEndian.Uint32(record[local:])
	}
}

// need returns the payload after its first n bytes have been read.
func (c *chain) need(n uint64) ([]byte, error) {
	if n > c.size {
		return nil, badRecord("its values take %d bytes of %d", n, c.size)
	}
	if n <= uint64(c.have) {
		return c.data, nil
	}
	if n > maxPayload {
		return nil, badRecord("its values take %d bytes, more than SQLite allows", n)
	}
	if c.page == nil {
		c.page, c.seen = c.file.buffer(1), newBitmap(c.file.pages)
	}
	c.own = append(c.own[:0], c.data[:c.have]...)
	for uint64(c.have) < n {
		if err := c.advance(); err != nil {
			return nil, err
		}
	}
	c.own = append(c.own, make([]byte, slack)...)
	c.data = c.own
	return c.data, nil
}

// advance appends the next overflow page to own.
func (c *chain) advance() error {
	page := c.next
	if page < 2 || int64(page) > c.file.pages {
		return badRecord("its overflow page %d is not in the file", page)
	}
	if !c.seen.add(page) {
		return badRecord("its overflow page %d belongs to another row or stands in it twice", page)
	}
	whole, err := c.file.read(c.page, page, 1)
	if err != nil {
		return err
	}
	if whole == 0 {
		return badRecord("the file ends before its overflow page %d", page)
	}
	n := min(uint64(c.file.usable-4), c.size-uint64(c.have))
	c.own = append(c.own, c.page[4:4+n]...)
	c.have += int(n)
	c.next = binary.BigEndian.Uint32(c.page)
	return nil
}

// recordHeader walks the serial types of a record.
type recordHeader struct {
	types []byte // from the start of the record to the end of its header, and slack bytes more
	end   int
	at    int
	value uint64 // where the next value begins
	short bool   // the last value asked for is behind the end of the record
}

// header reads the header of the record.
func (c *chain) header() (recordHeader, error) {
	p, err := c.need(min(c.size, 9))
	if err != nil {
		return recordHeader{}, err
	}
	length, at := varint(p, 0)
	if length < uint64(at) || length > c.size {
		return recordHeader{}, badRecord("its header takes %d bytes of %d", length, c.size)
	}
	if p, err = c.need(length); err != nil {
		return recordHeader{}, err
	}
	return recordHeader{types: p, end: int(length), at: at, value: length}, nil
}

// next returns the next value's spot. Values behind the end of the record are NULL.
func (h *recordHeader) next() (spot, error) {
	if h.at >= h.end {
		h.short = true
		return null, nil
	}
	serial, at := varint(h.types, h.at)
	if at > h.end {
		return null, badRecord("its header ends within a serial type")
	}
	h.at = at
	width := uint64(0)
	switch {
	case serial >= serialBlob:
		width = (serial - serialBlob) / 2
	case serial < serialBlob-2:
		width = uint64(widths[serial])
	default:
		return null, badRecord("serial type %d is reserved", serial)
	}
	if width > maxPayload/2 || h.value > maxPayload {
		return null, badRecord("a value takes %d bytes", width)
	}
	s := spot{uint32(h.value), uint32(serial)}
	h.value += width
	return s, nil
}
