// Package wire reads messages in the wire format of protocol buffers, field by
// field, without a schema: what a report reader needs and no more. Nothing is
// copied and no length is believed that the message does not have.
package wire

import (
	"encoding/binary"
	"math"

	"profilemate/workbench/fault"
)

// Type is how a field is encoded.
type Type uint8

// The types in use. Groups (3 and 4) are of long ago and are refused.
const (
	Varint  Type = 0
	Fixed64 Type = 1
	Bytes   Type = 2
	Fixed32 Type = 5
)

// Field is one field of a message.
type Field struct {
	Number int
	Type   Type
	bits   uint64 // of a number
	data   []byte // of Bytes
}

// Uint returns the value of a Varint as an unsigned number, 0 for another type.
func (f Field) Uint() uint64 {
	if f.Type != Varint {
		return 0
	}
	return f.bits
}

// Float returns the value of a Fixed32 or Fixed64 as a floating-point number, 0 for
// another type.
func (f Field) Float() float64 {
	switch f.Type {
	case Fixed64:
		return math.Float64frombits(f.bits)
	case Fixed32:
		return float64(math.Float32frombits(uint32(f.bits)))
	}
	return 0
}

// Data returns the bytes of a string, of bytes or of a message inside, nil for
// another type. They are part of the message that is read.
func (f Field) Data() []byte { return f.data }

// String returns Data as a string of its own.
func (f Field) String() string { return string(f.data) }

// Reader goes through the fields of one message. A field may be repeated, and any
// may be missing.
type Reader struct {
	Field // the current one, valid after Next returned true

	message []byte
	at      int
	err     error
}

// Read returns a reader of the message.
func Read(message []byte) Reader { return Reader{message: message} }

// Next moves to the next field. It returns false at the end and at a fault.
func (r *Reader) Next() bool {
	if r.err != nil || r.at >= len(r.message) {
		return false
	}
	start := r.at
	tag, ok := r.varint()
	if !ok || tag>>3 == 0 || tag>>3 > maxNumber {
		return r.fail(start, "has no valid number")
	}
	r.Field = Field{Number: int(tag >> 3), Type: Type(tag & 7)}
	switch r.Type {
	case Varint:
		if r.bits, ok = r.varint(); !ok {
			return r.fail(start, "ends inside a number")
		}
	case Fixed64:
		return r.fixed(8, start)
	case Fixed32:
		return r.fixed(4, start)
	case Bytes:
		size, ok := r.varint()
		if !ok || size > uint64(len(r.message)-r.at) {
			return r.fail(start, "is longer than its message")
		}
		r.data = r.message[r.at : r.at+int(size) : r.at+int(size)]
		r.at += int(size)
	default:
		return r.fail(start, "is of a type that is not known")
	}
	return true
}

// maxNumber is the largest number that a field can have.
const maxNumber = 1<<29 - 1

// Err returns why Next stopped before the end, a Corrupt fault, or nil.
func (r *Reader) Err() error { return r.err }

func (r *Reader) fail(at int, what string) bool {
	r.err = fault.Errorf(fault.Corrupt, "the field at byte %d of %d of a message %s", at, len(r.message), what)
	return false
}

func (r *Reader) fixed(size, start int) bool {
	if len(r.message)-r.at < size {
		return r.fail(start, "ends inside a number")
	}
	if size == 8 {
		r.bits = binary.LittleEndian.Uint64(r.message[r.at:])
	} else {
		r.bits = uint64(binary.LittleEndian.Uint32(r.message[r.at:]))
	}
	r.at += size
	return true
}

// varint reads a number of seven bits a byte, at most ten bytes. Bits beyond 64
// are refused.
func (r *Reader) varint() (uint64, bool) {
	if r.at < len(r.message) && r.message[r.at] < 0x80 { // most are one byte
		r.at++
		return uint64(r.message[r.at-1]), true
	}
	v, n := binary.Uvarint(r.message[r.at:])
	if n <= 0 {
		return 0, false
	}
	r.at += n
	return v, true
}
