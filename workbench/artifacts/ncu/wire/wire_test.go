package wire_test

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"

	"profilemate/workbench/artifacts/ncu/wire"
	"profilemate/workbench/fault"
)

// sample holds a field of every type: the bytes are worked out by hand from the
// description of the encoding.
const sample = "\x08\x96\x01" + // 1: varint 150
	"\x12\x07testing" + // 2: bytes
	"\x19\x00\x00\x00\x00\x00\x00\xf8\x3f" + // 3: double 1.5
	"\x25\x00\x00\x20\xc0" + // 4: float -2.5
	"\xa8\x3f\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" // 1013: the largest varint

func TestRead(t *testing.T) {
	t.Parallel()
	r := wire.Read([]byte(sample))
	var got []string
	for r.Next() {
		got = append(got, fmt.Sprintf("%d %d %d %v %s", r.Number, r.Type, r.Uint(), r.Float(), r.String()))
	}
	want := []string{"1 0 150 0 ", "2 2 0 0 testing", "3 1 0 1.5 ", "4 5 0 -2.5 ", "1013 0 18446744073709551615 0 "}
	if r.Err() != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q, want %q, %v", got, want, r.Err())
	}
	if empty := wire.Read(nil); empty.Next() || empty.Err() != nil {
		t.Errorf("an empty message: %v", empty.Err())
	}
}

// TestDamage holds every cut of the sample, and every lie of it, to be a fault.
func TestDamage(t *testing.T) {
	t.Parallel()
	whole := map[int]bool{0: true, 3: true, 12: true, 21: true, 26: true, len(sample): true}
	cases := map[string]string{
		"number 0":          "\x00\x01",
		"group":             "\x0b",
		"length to the end": "\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"length past it":    "\x12\x02a",
		"eleven bytes":      "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
		"number too large":  "\x80\x80\x80\x80\x80\x01\x00",
	}
	for i := range len(sample) {
		if !whole[i] {
			cases[fmt.Sprint("cut at ", i)] = sample[:i]
		}
	}
	for name, message := range cases {
		r := wire.Read([]byte(message))
		for r.Next() {
		}
		if fault.KindOf(r.Err()) != fault.Corrupt || r.Next() {
			t.Errorf("%s: %v, want a corrupt message that stays so", name, r.Err())
		}
	}
}

// FuzzRead holds what is read, written again by a plain encoder, to be the same
// fields in no more bytes.
func FuzzRead(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("\x12\xff\x01a"))
	f.Add([]byte("\x80\x80\x80\x80\x80\x01\x00"))
	f.Fuzz(func(t *testing.T, message []byte) {
		r, again, fields := wire.Read(message), []byte{}, 0
		for r.Next() {
			fields++
			again = binary.AppendUvarint(again, uint64(r.Number)<<3|uint64(r.Type))
			switch r.Type {
			case wire.Varint:
				again = binary.AppendUvarint(again, r.Uint())
			case wire.Fixed64:
				again = binary.LittleEndian.AppendUint64(again, math.Float64bits(r.Float()))
			case wire.Fixed32:
				again = binary.LittleEndian.AppendUint32(again, math.Float32bits(float32(r.Float())))
			case wire.Bytes:
				again = append(binary.AppendUvarint(again, uint64(len(r.Data()))), r.Data()...)
			}
		}
		second := wire.Read(again)
		for second.Next() {
			fields--
		}
		if second.Err() != nil || len(again) > len(message) || fields != 0 {
			t.Errorf("%x came back as %x, %d fields fewer: %v", message, again, fields, second.Err())
		}
	})
}
