package arrays

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"profilemate/workbench/fault"
)

// NpyMagic begins every .npy file.
const NpyMagic = "\x93NUMPY"

// mostHeader is the most bytes of a header of a .npy file: NumPy writes under 200.
const mostHeader = 64 << 10

// ReadNpy reads the header of a .npy file of the given size. An array in Fortran order,
// of a type that is no number, or longer than the file is refused.
func ReadNpy(r io.ReaderAt, fileSize int64) (*Array, error) {
	header, base, err := npyHeader(r, fileSize)
	if err != nil {
		return nil, fault.Errorf(fault.Corrupt, "reading a .npy header: %w", err)
	}
	a, err := parseNpyHeader(header)
	if err != nil {
		return nil, err
	}
	a.data, a.base = r, base
	need, err := size(a.Type, a.Shape)
	if err != nil {
		return nil, fault.Errorf(fault.Corrupt, "reading a .npy header: %w", err)
	}
	if have := fileSize - base; need > have {
		return nil, fault.WithRemedy(fault.Errorf(fault.Corrupt, "the .npy array of shape %v needs %d bytes, the file has %d: it is cut off", a.Shape, need, have),
			"write it again, and let the writer finish")
	}
	return a, nil
}

// npyHeader returns the text of the header and where the elements begin.
func npyHeader(r io.ReaderAt, fileSize int64) (text string, base int64, err error) {
	var head [12]byte
	n, err := r.ReadAt(head[:min(12, max(fileSize, 0))], 0)
	if err != nil && (err != io.EOF || n < 10) || n < 10 {
		return "", 0, fmt.Errorf("the file ends in its first %d bytes", max(n, 1))
	}
	if string(head[:6]) != NpyMagic {
		return "", 0, fmt.Errorf("it does not begin with \\x93NUMPY")
	}
	length, base := int64(binary.LittleEndian.Uint16(head[8:])), int64(10)
	if head[6] >= 2 {
		if n < 12 {
			return "", 0, fmt.Errorf("the file ends in its header")
		}
		length, base = int64(binary.LittleEndian.Uint32(head[8:])), 12
	}
	if head[6] < 1 || head[6] > 3 || length > mostHeader || base+length > fileSize {
		return "", 0, fmt.Errorf("version %d with a header of %d bytes in a file of %d", head[6], length, fileSize)
	}
	data := make([]byte, length)
	if _, err := r.ReadAt(data, base); err != nil {
		return "", 0, err
	}
	return string(bytes.TrimSpace(data)), base + length, nil
}

// parseNpyHeader takes {'descr': '<i4', 'fortran_order': False, 'shape': (3, 4), } apart.
func parseNpyHeader(text string) (*Array, error) {
	descr := regexp.MustCompile(`'descr':\s*'([^']*)'`).FindStringSubmatch(text)
	fortran := regexp.MustCompile(`'fortran_order':\s*(True|False)`).FindStringSubmatch(text)
	shape := regexp.MustCompile(`'shape':\s*\(([^)]*)\)`).FindStringSubmatch(text)
	if descr == nil || fortran == nil || shape == nil {
		if strings.Contains(text, "'descr': [") {
			return nil, fault.WithRemedy(fault.Errorf(fault.Unsupported, "the .npy array holds records, not numbers"), "save the field with the ids alone")
		}
		return nil, fault.Errorf(fault.Corrupt, "the .npy header %s lacks a type, an order or a shape", clip(text))
	}
	a := &Array{}
	var err error
	if a.Type, err = npyType(descr[1]); err != nil {
		return nil, err
	}
	if a.Shape, err = parseShape(shape[1]); err != nil {
		return nil, err
	}
	if fortran[1] == "True" && len(a.Shape) > 1 {
		return nil, fault.WithRemedy(fault.Errorf(fault.Unsupported, "the .npy array of shape %v is in Fortran order", a.Shape),
			"save it with numpy.save(file, numpy.ascontiguousarray(array))")
	}
	return a, nil
}

func npyType(descr string) (Type, error) {
	kinds := map[byte]Kind{'u': Unsigned, 'i': Signed, 'f': Float}
	refused := fault.WithRemedy(fault.Errorf(fault.Unsupported, "the .npy array holds elements of type %s", clip(descr)),
		"save it as integers (ids) or floats (router logits)")
	if len(descr) != 3 {
		return Type{}, refused
	}
	t := Type{Kind: kinds[descr[1]], Bytes: int(descr[2] - '0'), Order: binary.LittleEndian}
	if descr[0] == '>' {
		t.Order = binary.BigEndian
	}
	known := t.Bytes == 1 && t.Kind != Float || t.Bytes == 2 || t.Bytes == 4 || t.Bytes == 8
	if t.Kind == 0 || !known || !strings.Contains("<>|=", descr[:1]) {
		return Type{}, refused
	}
	return t, nil
}

// mostAxes is the most axes an array of ours has.
const mostAxes = 8

func parseShape(text string) ([]int, error) {
	var shape []int
	for part := range strings.SplitSeq(text, ",") {
		part = strings.TrimSuffix(strings.TrimSpace(part), "L") // Python 2 wrote 3L
		if part == "" {
			continue
		}
		d, err := strconv.ParseInt(part, 10, 62)
		if err != nil || d < 0 || len(shape) == mostAxes {
			return nil, fault.Errorf(fault.Corrupt, "the .npy shape (%s) is none", clip(text))
		}
		shape = append(shape, int(d))
	}
	return shape, nil
}

func clip(text string) string {
	if len(text) > 60 {
		text = text[:60] + "…"
	}
	return strconv.Quote(text)
}
