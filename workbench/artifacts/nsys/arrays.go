package nsys

import (
	"errors"
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// convert appends rows of Arrow columns to the empty buffer and returns them.
// Columns of different lengths and offsets that point outside are errors: values are
// copied here, so that nobody meets them later.
func (b *rowBuffer) convert(columns []arrow.Array, from, to int) (c *chunk, err error) {
	defer recoverDamage(&err)
	for i, a := range columns {
		if a.Len() < to {
			return nil, fmt.Errorf("column %q has %d of %d rows", b.wants[i].column, a.Len(), to)
		}
		if err := b.columns[i].take(a, from, to, b.wants[i].as); err != nil {
			return nil, fmt.Errorf("column %q: %w", b.wants[i].column, err)
		}
	}
	b.chunk.rows = to - from
	return b.finish(), nil
}

// recoverDamage makes a panic of the Arrow library, which trusts what it reads, an
// error.
func recoverDamage(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("the file is damaged: %v", p)
	}
}

// take appends the values of an array. One of another kind than wanted has none.
func (c *columnBuffer) take(a arrow.Array, from, to int, as kind) error {
	for i := from; i < to; i++ {
		null := a.IsNull(i)
		c.nulls = append(c.nulls, null)
		c.missed = c.missed || null
	}
	switch as {
	case whole:
		return c.takeInts(a, from, to)
	case real:
		return c.takeReals(a, from, to)
	}
	return c.takeBytes(a, from, to)
}

func (c *columnBuffer) takeInts(a arrow.Array, from, to int) error {
	switch a := a.(type) {
	case *array.Int64:
		c.ints = append(c.ints, a.Int64Values()[from:to]...)
	case *array.Uint64: // bit 63 may be set: the bits are kept
		appendInts(c, a.Uint64Values()[from:to])
	case *array.Int32:
		appendInts(c, a.Int32Values()[from:to])
	case *array.Uint32:
		appendInts(c, a.Uint32Values()[from:to])
	case *array.Int16:
		appendInts(c, a.Int16Values()[from:to])
	case *array.Uint16:
		appendInts(c, a.Uint16Values()[from:to])
	case *array.Int8:
		appendInts(c, a.Int8Values()[from:to])
	case *array.Uint8:
		appendInts(c, a.Uint8Values()[from:to])
	case *array.Boolean:
		for i := from; i < to; i++ {
			n := int64(0)
			if a.Value(i) {
				n = 1
			}
			c.ints = append(c.ints, n)
		}
	default:
		c.ints = append(c.ints, make([]int64, to-from)...)
		c.lose(to - from)
		return nil
	}
	for i, null := range c.nulls { // what stands under a missing value is arbitrary
		if null {
			c.ints[i] = 0
		}
	}
	return nil
}

func appendInts[T int8 | uint8 | int16 | uint16 | int32 | uint32 | uint64](c *columnBuffer, values []T) {
	for _, v := range values {
		c.ints = append(c.ints, int64(v))
	}
}

func (c *columnBuffer) takeReals(a arrow.Array, from, to int) error {
	switch a := a.(type) {
	case *array.Float64:
		c.reals = append(c.reals, a.Float64Values()[from:to]...)
	case *array.Float32:
		for _, v := range a.Float32Values()[from:to] {
			c.reals = append(c.reals, float64(v))
		}
	default:
		c.reals = append(c.reals, make([]float64, to-from)...)
		c.lose(to - from)
	}
	return nil
}

func (c *columnBuffer) takeBytes(a arrow.Array, from, to int) error {
	var at func(i int) []byte
	switch a := a.(type) {
	case *array.String:
		at = func(i int) []byte { return []byte(a.Value(i)) }
	case *array.LargeString:
		at = func(i int) []byte { return []byte(a.Value(i)) }
	case *array.Binary:
		at = a.Value
	case *array.LargeBinary:
		at = a.Value
	default:
		at = func(int) []byte { return nil }
		c.lose(to - from)
	}
	for i := from; i < to; i++ {
		if !a.IsNull(i) {
			c.bytes = append(c.bytes, at(i)...)
		}
		c.ends = append(c.ends, len(c.bytes))
	}
	return nil
}

// lose marks the last n values as missing.
func (c *columnBuffer) lose(n int) {
	for i := len(c.nulls) - n; i < len(c.nulls); i++ {
		c.nulls[i] = true
	}
	c.missed = true
}

// kindOf is what a type of Arrow is read as; ok is false for one that is not read.
func kindOf(t arrow.DataType) (as kind, ok bool) {
	switch t.ID() {
	case arrow.BOOL, arrow.INT8, arrow.INT16, arrow.INT32, arrow.INT64, arrow.UINT8, arrow.UINT16, arrow.UINT32, arrow.UINT64:
		return whole, true
	case arrow.FLOAT32, arrow.FLOAT64:
		return real, true
	case arrow.STRING, arrow.LARGE_STRING:
		return words, true
	case arrow.BINARY, arrow.LARGE_BINARY:
		return blob, true
	}
	return words, false
}

// columnsOf lists the columns of a file. One of a type that is not read stays in
// its place, and its values are missing.
func columnsOf(s *arrow.Schema) []want {
	list := make([]want, s.NumFields())
	for i, f := range s.Fields() {
		as, _ := kindOf(f.Type)
		list[i] = want{f.Name, as}
	}
	return list
}

// errTooLarge is what a damaged length comes to: a buffer far larger than the file.
var errTooLarge = errors.New("a buffer is larger than the file can hold")

// boundedAllocator refuses buffers beyond limit bytes by a panic, which the callers
// of the Arrow library here recover from.
type boundedAllocator struct{ limit int64 }

// allocatorFor bounds buffers by what compression makes of a file of size bytes.
func allocatorFor(size int64) boundedAllocator { return boundedAllocator{limit: 64*size + 1<<26} }

func (b boundedAllocator) check(size int) {
	if size < 0 || int64(size) > b.limit {
		panic(errTooLarge)
	}
}

// Allocate returns size bytes.
func (b boundedAllocator) Allocate(size int) []byte {
	b.check(size)
	return memory.DefaultAllocator.Allocate(size)
}

// Reallocate returns buf with size bytes.
func (b boundedAllocator) Reallocate(size int, buf []byte) []byte {
	b.check(size)
	return memory.DefaultAllocator.Reallocate(size, buf)
}

// Free does nothing: the collector frees.
func (b boundedAllocator) Free(buf []byte) { memory.DefaultAllocator.Free(buf) }
