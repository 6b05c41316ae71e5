package arrays_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"slices"
	"strings"
	"testing"

	"profilemate/workbench/artifacts/moe/arrays"
	"profilemate/workbench/fault"
)

// file is a .npy file with the given header and elements.
func file(version byte, header string, data []byte) []byte {
	head := []byte{0x93, 'N', 'U', 'M', 'P', 'Y', version, 0}
	if version == 1 {
		head = binary.LittleEndian.AppendUint16(head, uint16(len(header)))
	} else {
		head = binary.LittleEndian.AppendUint32(head, uint32(len(header)))
	}
	return append(append(head, header...), data...)
}

func read(data []byte) (*arrays.Array, error) {
	return arrays.ReadNpy(bytes.NewReader(data), int64(len(data)))
}

// Elements as NumPy writes them, in both byte orders: bytes worked by hand.
func TestElements(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		descr string
		data  []byte
		want  float64
	}{
		{"|u1", []byte{200}, 200}, {"|i1", []byte{200}, -56}, {"<u2", []byte{1, 2}, 513}, {">u2", []byte{1, 2}, 258},
		{"<i2", []byte{0xfe, 0xff}, -2}, {">i4", []byte{0xff, 0xff, 0xff, 0xfd}, -3}, {"<i8", []byte{9, 0, 0, 0, 0, 0, 0, 0x80}, math.MinInt64 + 9},
		{"<u8", []byte{1, 0, 0, 0, 0, 0, 0, 0}, 1}, {"<f2", []byte{0x00, 0xc1}, -2.5}, {"<f2", []byte{1, 0}, math.Ldexp(1, -24)}, {"<f2", []byte{0, 0x7c}, math.Inf(1)},
		{"<f4", []byte{0, 0, 0x20, 0x40}, 2.5}, {">f8", []byte{0x3f, 0xf8, 0, 0, 0, 0, 0, 0}, 1.5},
	} {
		a, err := read(file(1, "{'descr': '"+c.descr+"', 'fortran_order': False, 'shape': (1,), }", c.data))
		if err != nil {
			t.Errorf("%s: %v", c.descr, err)
			continue
		}
		data, err := a.Bytes(0, 1, nil)
		if got := a.Type.Float(data, 0); err != nil || got != c.want {
			t.Errorf("%s % x: %g, want %g (error %v)", c.descr, c.data, got, c.want, err)
		}
		if want := int64(max(min(c.want, 1e18), math.MinInt64)); a.Type.Integer() && a.Type.Int(data, 0) != want && c.want > -1e18 {
			t.Errorf("%s: integer %d, want %d", c.descr, a.Type.Int(data, 0), want)
		}
	}
	data := []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	if got := (arrays.Type{Kind: arrays.Unsigned, Bytes: 8, Order: binary.LittleEndian}).Int(data, 0); got != math.MinInt64 {
		t.Errorf("a number beyond int64 is %d", got)
	}
}

// Headers of all versions, of old writers and of scalars.
func TestHeaders(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		version byte
		header  string
		shape   []int
	}{
		{1, "{'descr': '<u2', 'fortran_order': False, 'shape': (2, 1, 3), }   \n", []int{2, 1, 3}},
		{2, "{'descr': '<u2', 'fortran_order': False, 'shape': (6,), }\n", []int{6}},
		{3, "{'fortran_order': False, 'shape': (), 'descr': '<u2'}", nil},
		{1, "{'descr': '<u2', 'fortran_order': True, 'shape': (6L,), }", []int{6}},
		{1, "{'descr': '<u2', 'fortran_order': False, 'shape': (0, 4), }", []int{0, 4}},
	} {
		a, err := read(file(c.version, c.header, make([]byte, 12)))
		if err != nil || !slices.Equal(a.Shape, c.shape) {
			t.Errorf("%s: %v, error %v", c.header, a, err)
		}
	}
}

// What is no array is refused before anything is allocated by what it announces.
func TestRefusedNpy(t *testing.T) {
	t.Parallel()
	header := func(descr, order, shape string) []byte {
		return file(1, "{'descr': '"+descr+"', 'fortran_order': "+order+", 'shape': "+shape+", }", make([]byte, 16))
	}
	for _, c := range []struct {
		name string
		data []byte
		want string
		kind fault.Kind
	}{
		{"empty", nil, "the file ends", fault.Corrupt},
		{"magic", []byte("not a numpy file at all"), "does not begin", fault.Corrupt},
		{"version", file(9, "x", nil), "version 9", fault.Corrupt},
		{"header beyond the file", []byte("\x93NUMPY\x02\x00\xff\xff\xff\x7f{}"), "header of 2147483647 bytes", fault.Corrupt},
		{"no shape", file(1, "{'descr': '<u2', 'fortran_order': False}", nil), "lacks a type, an order or a shape", fault.Corrupt},
		{"objects", header("|O", "False", "(2,)"), "elements of type", fault.Unsupported},
		{"text", header("<U4", "False", "(2,)"), "elements of type", fault.Unsupported},
		{"bool", header("|b1", "False", "(2,)"), "elements of type", fault.Unsupported},
		{"records", file(1, "{'descr': [('a', '<i4')], 'fortran_order': False, 'shape': (2,), }", nil), "records", fault.Unsupported},
		{"fortran", header("<u2", "True", "(2, 3)"), "Fortran order", fault.Unsupported},
		{"too long", header("<u2", "False", "(9,)"), "needs 18 bytes, the file has 16", fault.Corrupt},
		{"product wraps", header("<u2", "False", "(4294967296, 4294967296, 8)"), "no array has the shape", fault.Corrupt},
		{"product wraps beside zero", header("<u2", "False", "(0, 4294967296, 4294967296)"), "no array has the shape", fault.Corrupt},
		{"axes", header("<u2", "False", "(1,1,1,1,1,1,1,1,1)"), "is none", fault.Corrupt},
		{"negative", header("<u2", "False", "(-1,)"), "is none", fault.Corrupt},
	} {
		_, err := read(c.data)
		if err == nil || fault.KindOf(err) != c.kind || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: kind %s: %v", c.name, fault.KindOf(err), err)
		}
	}
}

func tensors(index string, data []byte) []byte {
	return append(append(binary.LittleEndian.AppendUint64(nil, uint64(len(index))), index...), data...)
}

// Tensors by name, with bfloat16: 0x4020 is 2.5.
func TestSafetensors(t *testing.T) {
	t.Parallel()
	data := tensors(`{"b": {"dtype": "BF16", "shape": [1], "data_offsets": [4, 6]}, "a": {"dtype": "I32", "shape": [1, 1], "data_offsets": [0, 4]}, "__metadata__": {"top_k": "8"}}`,
		[]byte{7, 0, 0, 0, 0x20, 0x40})
	list, metadata, err := arrays.ReadSafetensors(bytes.NewReader(data), int64(len(data)))
	if err != nil || len(list) != 2 || list[0].Name != "a" || metadata["top_k"] != "8" {
		t.Fatalf("%v, %v, error %v", list, metadata, err)
	}
	a, _ := list[0].Bytes(0, 1, nil)
	b, _ := list[1].Bytes(0, 1, nil)
	if list[0].Type.Int(a, 0) != 7 || list[1].Type.Float(b, 0) != 2.5 {
		t.Errorf("elements %d, %g", list[0].Type.Int(a, 0), list[1].Type.Float(b, 0))
	}
	for name, data := range map[string][]byte{
		"short":     {1, 2},
		"index":     binary.LittleEndian.AppendUint64(nil, 1<<40),
		"no JSON":   tensors("{", nil),
		"type":      tensors(`{"a": {"dtype": "F8_E4M3", "shape": [1], "data_offsets": [0, 1]}}`, []byte{0}),
		"beyond":    tensors(`{"a": {"dtype": "U8", "shape": [9], "data_offsets": [0, 9]}}`, []byte{0}),
		"backwards": tensors(`{"a": {"dtype": "U8", "shape": [1], "data_offsets": [1, 0]}}`, []byte{0}),
		"shape":     tensors(`{"a": {"dtype": "U8", "shape": [2], "data_offsets": [0, 1]}}`, []byte{0}),
		"negative":  tensors(`{"a": {"dtype": "U8", "shape": [-1, -1], "data_offsets": [0, 1]}}`, []byte{0}),
	} {
		if _, _, err := arrays.ReadSafetensors(bytes.NewReader(data), int64(len(data))); fault.KindOf(err) != fault.Corrupt && fault.KindOf(err) != fault.Unsupported {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A packed entry is looked at before it is unpacked whole: sizes that lie, contents that
// are no array, and damage are refused.
func TestRefusedEntries(t *testing.T) {
	t.Parallel()
	array := file(1, "{'descr': '|u1', 'fortran_order': False, 'shape': (200000,), }", make([]byte, 200000))
	pack := func(content []byte, change func(h *zip.FileHeader, packed []byte)) []byte {
		var packed, out bytes.Buffer
		squeeze, _ := flate.NewWriter(&packed, flate.BestCompression)
		squeeze.Write(content)
		squeeze.Close()
		h := &zip.FileHeader{Name: "ids.npy", Method: zip.Deflate, CRC32: crc32.ChecksumIEEE(content),
			UncompressedSize64: uint64(len(content)), CompressedSize64: uint64(packed.Len())}
		change(h, packed.Bytes())
		w := zip.NewWriter(&out)
		raw, err := w.CreateRaw(h)
		if err == nil {
			_, err = raw.Write(packed.Bytes())
		}
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"sound", "", pack(array, func(*zip.FileHeader, []byte) {})},
		{"a size that lies", "it announces 536870912 bytes packed in", pack(array, func(h *zip.FileHeader, _ []byte) { h.UncompressedSize64 = 1 << 29 })},
		{"no array", "does not begin with", pack(make([]byte, 1<<20), func(*zip.FileHeader, []byte) {})},
		{"a shape that lies", "it is cut off", pack(bytes.Replace(array, []byte("200000"), []byte("900000"), 1), func(*zip.FileHeader, []byte) {})},
		{"longer than announced", "unpacking", pack(append(bytes.Clone(array), 1), func(h *zip.FileHeader, _ []byte) { h.UncompressedSize64-- })},
		{"a wrong checksum", "unpacking", pack(array, func(h *zip.FileHeader, _ []byte) { h.CRC32++ })},
		{"cut", "unpacking", pack(array, func(h *zip.FileHeader, _ []byte) { h.UncompressedSize64 += 1000 })},
	} {
		list, err := arrays.ReadNpz(bytes.NewReader(c.data), int64(len(c.data)))
		switch {
		case c.want == "" && (err != nil || len(list) != 1 || list[0].Len() != 200000):
			t.Errorf("%s: %v, error %v", c.name, list, err)
		case c.want != "" && (fault.KindOf(err) != fault.Corrupt || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: kind %s: %v", c.name, fault.KindOf(err), err)
		}
	}
}

// FuzzRead reads any bytes as each kind of file: no panic, and an array that is accepted
// can be read from its first to its last element.
func FuzzRead(f *testing.F) {
	f.Add(file(1, "{'descr': '<u2', 'fortran_order': False, 'shape': (2, 1, 3), }", make([]byte, 12)))
	f.Add(tensors(`{"b": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 2]}}`, []byte{0x20, 0x40}))
	f.Fuzz(func(t *testing.T, data []byte) {
		in, size := bytes.NewReader(data), int64(len(data))
		var list []*arrays.Array
		if a, err := arrays.ReadNpy(in, size); err == nil {
			list = append(list, a)
		}
		if more, err := arrays.ReadNpz(in, size); err == nil {
			list = append(list, more...)
		}
		if more, _, err := arrays.ReadSafetensors(in, size); err == nil {
			list = append(list, more...)
		}
		for _, a := range list {
			values, err := a.Bytes(0, a.Len(), nil)
			if err != nil {
				t.Fatalf("shape %v of %d bytes: %v", a.Shape, size, err)
			}
			for i := range a.Len() {
				a.Type.Int(values, i)
				a.Type.Float(values, i)
			}
		}
	})
}
