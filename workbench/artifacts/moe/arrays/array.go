// Package arrays reads the arrays that Python writes: NumPy's .npy and .npz files and
// safetensors. It reads headers, checks every length against the file, and gives the
// values of any run of an array's bytes, so that a file of any size is read in bounded
// memory.
//
// A library that decodes whole arrays by reflection (sbinet/npyio) would hold a file of
// 5 GB in memory before the first value is counted.
package arrays

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/bits"

	"profilemate/workbench/fault"
)

// Type is the type of an array's elements.
type Type struct {
	Kind  Kind
	Bytes int // of one element: 1, 2, 4 or 8
	Order binary.ByteOrder
}

// Kind is what an element is.
type Kind uint8

// The kinds of elements.
const (
	Unsigned Kind = iota + 1
	Signed
	Float
	BFloat // bfloat16: the upper half of a float32
)

// String is the name NumPy gives the type, without the byte order.
func (t Type) String() string {
	name := map[Kind]string{Unsigned: "uint", Signed: "int", Float: "float", BFloat: "bfloat"}[t.Kind]
	return fmt.Sprintf("%s%d", name, 8*t.Bytes)
}

// Integer reports whether elements are whole numbers.
func (t Type) Integer() bool { return t.Kind == Unsigned || t.Kind == Signed }

// Array is one array of a file, in C order.
type Array struct {
	Name  string // within its file; "" in a .npy file
	Type  Type
	Shape []int // no element is negative; empty for a scalar
	data  io.ReaderAt
	base  int64 // offset of the first element in data
	held  bool  // data is memory, not the file
}

// Raw is an array of values that have no header, in C order from the beginning of data,
// which is not a file.
func Raw(t Type, shape []int, data io.ReaderAt) *Array {
	return &Array{Type: t, Shape: shape, data: data, held: true}
}

// On returns the array read from another opening of its file. An array that is held in
// memory stays as it is.
func (a *Array) On(r io.ReaderAt) *Array {
	if a.held {
		return a
	}
	moved := *a
	moved.data = r
	return &moved
}

// Len is the number of elements.
func (a *Array) Len() int {
	n := 1
	for _, d := range a.Shape {
		n *= d
	}
	return n
}

// Row is the number of elements of one entry along the first axis; 1 for a scalar.
func (a *Array) Row() int {
	n := 1
	for _, d := range a.Shape[min(1, len(a.Shape)):] {
		n *= d
	}
	return n
}

// Bytes reads the bytes of the elements [from, to) into room, which is grown where it is
// short. A file that is shorter than it was when it was opened is Corrupt.
func (a *Array) Bytes(from, to int, room []byte) ([]byte, error) {
	size := (to - from) * a.Type.Bytes
	if cap(room) < size {
		room = make([]byte, size)
	}
	if room = room[:size]; size == 0 {
		return room, nil // at the end of a file a read of nothing fails
	}
	if _, err := a.data.ReadAt(room, a.base+int64(from)*int64(a.Type.Bytes)); err != nil {
		return nil, fault.Errorf(fault.Corrupt, "reading elements %d to %d of array %q: %w", from, to, a.Name, err)
	}
	return room, nil
}

// Int returns element i of bytes that Bytes gave. A float is cut to its integer part,
// and what an int64 cannot hold is math.MinInt64.
func (t Type) Int(data []byte, i int) int64 {
	switch raw := t.raw(data, i); t.Kind {
	case Unsigned:
		if raw > math.MaxInt64 {
			return math.MinInt64
		}
		return int64(raw)
	case Signed:
		shift := 64 - 8*t.Bytes
		return int64(raw<<shift) >> shift
	}
	v := t.Float(data, i)
	if !(math.Abs(v) < 1<<62) {
		return math.MinInt64
	}
	return int64(v)
}

// Float returns element i of bytes that Bytes gave; NaN and infinities as they are.
func (t Type) Float(data []byte, i int) float64 {
	raw := t.raw(data, i)
	switch {
	case t.Kind == Unsigned:
		return float64(raw)
	case t.Kind == Signed:
		return float64(t.Int(data, i))
	case t.Kind == BFloat:
		return float64(math.Float32frombits(uint32(raw) << 16))
	case t.Bytes == 2:
		return halfFloat(uint16(raw))
	case t.Bytes == 4:
		return float64(math.Float32frombits(uint32(raw)))
	}
	return math.Float64frombits(raw)
}

// raw returns the bits of element i.
func (t Type) raw(data []byte, i int) uint64 {
	data = data[i*t.Bytes:]
	switch t.Bytes {
	case 1:
		return uint64(data[0])
	case 2:
		return uint64(t.Order.Uint16(data))
	case 4:
		return uint64(t.Order.Uint32(data))
	}
	return t.Order.Uint64(data)
}

// halfFloat converts an IEEE 754 binary16.
func halfFloat(h uint16) float64 {
	sign := 1 - 2*float64(h>>15)
	exponent, fraction := int(h>>10&31), float64(h&1023)
	switch exponent {
	case 0:
		return sign * math.Ldexp(fraction, -24)
	case 31:
		if fraction != 0 {
			return math.NaN()
		}
		return math.Inf(int(sign))
	}
	return sign * math.Ldexp(1+fraction/1024, exponent-15)
}

// mostBytes is more than any file holds; it keeps products of lengths from wrapping.
const mostBytes = 1 << 50

// size returns the bytes of an array, and fails for a shape that no file holds.
func size(t Type, shape []int) (int64, error) {
	n := uint64(t.Bytes)
	for _, d := range shape {
		high, low := bits.Mul64(n, uint64(d))
		if d < 0 || high != 0 || low > mostBytes {
			return 0, fmt.Errorf("no array has the shape %v", shape)
		}
		// An axis of no length must not hide an absurd one beside it.
		n = max(low, 1)
	}
	for _, d := range shape {
		if d == 0 {
			return 0, nil
		}
	}
	return int64(n), nil
}
