package parquet

import (
	"encoding/binary"
	"math"

	"profilemate/workbench/fault"
)

// fields are the fields of a Thrift structure by their number: bool, int64, float64,
// []byte, []any or fields.
type fields map[int]any

func (f fields) int(number int) int64 {
	n, _ := f[number].(int64)
	return n
}

func (f fields) text(number int) string {
	b, _ := f[number].([]byte)
	return string(b)
}

func (f fields) list(number int) []any {
	l, _ := f[number].([]any)
	return l
}

func (f fields) has(number int) bool { return f[number] != nil }

// inner returns a structure within, an empty one where there is none.
func (f fields) inner(number int) fields {
	s, _ := f[number].(fields)
	return s
}

// maxDepth is more levels of structures than Parquet's have.
const maxDepth = 16

// The wire types of Thrift's compact protocol
// (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md).
const (
	wireTrue, wireFalse, wireByte           = 1, 2, 3
	wireI16, wireI32, wireI64               = 4, 5, 6
	wireDouble, wireBinary                  = 7, 8
	wireList, wireSet, wireMap, wireStructs = 9, 10, 11, 12
)

// decoder reads Thrift's compact protocol. The first error stays: all that is read
// after it is zero.
type decoder struct {
	data []byte
	at   int
	err  error
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = fault.Errorf(fault.Corrupt, format, args...)
	}
	d.at = len(d.data)
}

func (d *decoder) byte() byte {
	if d.at >= len(d.data) {
		d.fail("the metadata end within a value")
		return 0
	}
	d.at++
	return d.data[d.at-1]
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.data[d.at:])
	if n <= 0 {
		d.fail("the metadata end within a number")
		return 0
	}
	d.at += n
	return v
}

func (d *decoder) varint() int64 {
	v := d.uvarint()
	return int64(v>>1) ^ -int64(v&1)
}

// length reads the number of things that follow, of which each takes a byte at
// least.
func (d *decoder) length() int {
	n := d.uvarint()
	if n > uint64(len(d.data)-d.at) {
		d.fail("%d values do not fit in the %d bytes that are left", n, len(d.data)-d.at)
		return 0
	}
	return int(n)
}

// structure reads fields up to the end mark.
func (d *decoder) structure(depth int) fields {
	if depth > maxDepth {
		d.fail("the metadata are nested more than %d levels deep", maxDepth)
	}
	f := fields{}
	number := 0
	for d.err == nil {
		head := d.byte()
		if head == 0 {
			break
		}
		if delta := int(head >> 4); delta > 0 {
			number += delta
		} else {
			number = int(d.varint())
		}
		switch wire := head & 15; wire {
		case wireTrue, wireFalse:
			f[number] = wire == wireTrue
		default:
			f[number] = d.value(wire, depth)
		}
	}
	return f
}

func (d *decoder) value(wire byte, depth int) any {
	switch wire {
	case wireTrue, wireFalse, wireByte: // within a list, a truth value takes a byte
		return int64(int8(d.byte()))
	case wireI16, wireI32, wireI64:
		return d.varint()
	case wireDouble:
		if len(d.data)-d.at < 8 {
			d.fail("the metadata end within a number")
			return 0.0
		}
		d.at += 8
		return math.Float64frombits(binary.LittleEndian.Uint64(d.data[d.at-8:]))
	case wireBinary:
		n := d.length()
		d.at += n
		return d.data[d.at-n : d.at]
	case wireList, wireSet:
		return d.list(depth)
	case wireStructs:
		return d.structure(depth + 1)
	}
	// Parquet has no maps.
	d.fail("a value of the wire type %d", wire)
	return nil
}

func (d *decoder) list(depth int) []any {
	head := d.byte()
	n := int(head >> 4)
	if n == 15 {
		n = d.length()
	}
	if depth > maxDepth {
		d.fail("the metadata are nested more than %d levels deep", maxDepth)
	}
	var out []any
	for range n {
		if d.err != nil {
			return nil
		}
		out = append(out, d.value(head&15, depth+1))
	}
	return out
}
