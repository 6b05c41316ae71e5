package pages

import (
	"encoding/binary"
	"math"
)

// spot is where a value lies in a page or record, and its serial type (section
// 2.1). The value is inside: what locates a row checks that.
type spot struct{ at, serial uint32 }

// null is the spot of a value that is not there.
var null = spot{}

const (
	serialReal = 7
	serialOne  = 9
	noInteger  = 10 // and above
	serialBlob = 12
	// tooLong is the width of a serial type that has none or that takes more than a
	// byte: a row with it ends behind its cell.
	tooLong = 1 << 24
)

// widths is the number of bytes of a value by the first byte of its serial type.
var widths = makeWidths()

func makeWidths() (w [256]uint32) {
	copy(w[:], []uint32{0, 1, 2, 3, 4, 6, 8, 8, 0, 0, tooLong, tooLong})
	for t := serialBlob; t < 0x80; t++ {
		w[t] = uint32(t-serialBlob) / 2
	}
	for t := 0x80; t < len(w); t++ {
		w[t] = tooLong
	}
	return w
}

// An integer of any serial type is loaded as eight bytes, shifted down with its
// sign, masked, and added to: 0 and 1 take no bytes at all, nor does NULL.
type integer struct {
	mask, add int64
	shift     uint8
	ok        bool
}

var integers = [noInteger + 1]integer{
	0: {ok: true},
	1: {mask: -1, shift: 56, ok: true},
	2: {mask: -1, shift: 48, ok: true},
	3: {mask: -1, shift: 40, ok: true},
	4: {mask: -1, shift: 32, ok: true},
	5: {mask: -1, shift: 16, ok: true},
	6: {mask: -1, ok: true},
	8: {ok: true},
	9: {add: 1, ok: true},
}

// decodeInts decodes values of p until one is no integer and returns their number.
func (v *values) decodeInts(p []byte, spots []spot, from int) int {
	out, nulls := v.ints[from:][:len(spots)], v.nulls[from:][:len(spots)]
	missed := false
	for i, s := range spots {
		code := &integers[min(s.serial, noInteger)]
		if !code.ok {
			return i
		}
		raw := int64(binary.BigEndian.Uint64(p[s.at:]))
		out[i] = raw>>(code.shift&63)&code.mask + code.add
		missing := s.serial == 0
		nulls[i] = missing
		missed = missed || missing
	}
	v.missed = v.missed || missed
	return len(spots)
}

// decodeFloats does so for reals. SQLite stores a real without a fraction as an
// integer where that is shorter.
func (v *values) decodeFloats(p []byte, spots []spot, from int) int {
	out, nulls := v.floats[from:][:len(spots)], v.nulls[from:][:len(spots)]
	for i, s := range spots {
		code := &integers[min(s.serial, noInteger)]
		raw := binary.BigEndian.Uint64(p[s.at:])
		missing := s.serial == 0
		switch {
		case s.serial == serialReal:
			out[i] = math.Float64frombits(raw)
			if math.IsNaN(out[i]) { // SQLite, which never stores one, takes it for NULL
				out[i], missing = 0, true
			}
		case !code.ok:
			return i
		default:
			out[i] = float64(int64(raw)>>(code.shift&63)&code.mask + code.add)
		}
		nulls[i] = missing
		v.missed = v.missed || missing
	}
	return len(spots)
}

// decodeBytes does so for texts (odd serial types) or blobs (even ones).
func (v *values) decodeBytes(p []byte, spots []spot, from int, odd uint32) int {
	ends, nulls := v.ends[from:], v.nulls[from:]
	for i, s := range spots {
		if s.serial != 0 && (s.serial < serialBlob || s.serial&1 != odd) {
			return i
		}
		if s.serial != 0 {
			v.bytes = append(v.bytes, p[s.at:][:(s.serial-serialBlob)/2]...)
		}
		ends[i] = len(v.bytes)
		nulls[i] = s.serial == 0
		v.missed = v.missed || s.serial == 0
	}
	return len(spots)
}

// storageClass names what a serial type holds.
func storageClass(serial uint32) string {
	switch {
	case serial == 0:
		return "NULL"
	case serial == serialReal:
		return Float.String()
	case serial <= serialOne:
		return Int.String()
	case serial&1 == 1:
		return Text.String()
	}
	return Blob.String()
}
