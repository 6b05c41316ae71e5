package export

import "encoding/binary"

// The wire types of Thrift's compact protocol that Parquet's metadata need
// (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md).
const (
	thriftI32, thriftI64, thriftBinary, thriftList, thriftStruct = 5, 6, 8, 9, 12
)

// thrift writes a structure. Fields are written in the order of their numbers.
type thrift struct {
	buf  []byte
	last []int // number of the last field, of each structure that is open
}

// open begins a structure, end ends it.
func (t *thrift) open() { t.last = append(t.last, 0) }

func (t *thrift) end() {
	t.buf = append(t.buf, 0)
	t.last = t.last[:len(t.last)-1]
}

// field writes the head of a field.
func (t *thrift) field(number, kind int) {
	at := len(t.last) - 1
	t.buf = append(t.buf, byte((number-t.last[at])<<4|kind))
	t.last[at] = number
}

func (t *thrift) varint(v int64) { t.buf = binary.AppendVarint(t.buf, v) }

func (t *thrift) i32(number int, v int64) {
	t.field(number, thriftI32)
	t.varint(v)
}

func (t *thrift) i64(number int, v int64) {
	t.field(number, thriftI64)
	t.varint(v)
}

func (t *thrift) text(number int, s string) {
	t.field(number, thriftBinary)
	t.bytes(s)
}

func (t *thrift) bytes(s string) {
	t.buf = binary.AppendUvarint(t.buf, uint64(len(s)))
	t.buf = append(t.buf, s...)
}

// list writes the head of a list; its values follow.
func (t *thrift) list(number, kind, length int) {
	t.field(number, thriftList)
	if length < 15 {
		t.buf = append(t.buf, byte(length<<4|kind))
		return
	}
	t.buf = append(t.buf, byte(0xf0|kind))
	t.buf = binary.AppendUvarint(t.buf, uint64(length))
}

// inner begins a structure that is a field; end ends it.
func (t *thrift) inner(number int) {
	t.field(number, thriftStruct)
	t.open()
}
