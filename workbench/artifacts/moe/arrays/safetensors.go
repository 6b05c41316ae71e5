package arrays

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"profilemate/workbench/fault"
)

// mostIndex is the most bytes of the JSON text that begins a safetensors file; the
// format itself allows 100 MB.
const mostIndex = 16 << 20

// tensor is what the index of a safetensors file says of one array.
type tensor struct {
	Type    string   `json:"dtype"`
	Shape   []int    `json:"shape"`
	Offsets [2]int64 `json:"data_offsets"`
}

// ReadSafetensors reads the index of a safetensors file: its arrays by name, and its
// __metadata__, nil where it has none. Types that are no plain numbers are refused.
func ReadSafetensors(r io.ReaderAt, fileSize int64) ([]*Array, map[string]string, error) {
	index, base, err := readIndex(r, fileSize)
	if err != nil {
		return nil, nil, fault.Errorf(fault.Corrupt, "reading a safetensors index: %w", err)
	}
	var metadata map[string]string
	if raw, ok := index["__metadata__"]; ok {
		if err := json.Unmarshal(raw, &metadata); err != nil {
			return nil, nil, fault.Errorf(fault.Corrupt, "reading __metadata__ of a safetensors file: %w", err)
		}
		delete(index, "__metadata__")
	}
	var list []*Array
	for _, name := range slices.Sorted(maps.Keys(index)) {
		a, err := readTensor(index[name], fileSize-base)
		if err != nil {
			return nil, nil, fmt.Errorf("tensor %s: %w", clip(name), err)
		}
		a.Name, a.data, a.base = name, r, a.base+base
		list = append(list, a)
	}
	return list, metadata, nil
}

func readIndex(r io.ReaderAt, fileSize int64) (index map[string]json.RawMessage, base int64, err error) {
	var head [8]byte
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return nil, 0, fmt.Errorf("the file has fewer than 8 bytes")
	}
	length := binary.LittleEndian.Uint64(head[:])
	if length > mostIndex || int64(length) > fileSize-8 {
		return nil, 0, fmt.Errorf("it announces %d bytes of index in a file of %d", length, fileSize)
	}
	text := make([]byte, length)
	if _, err := r.ReadAt(text, 8); err != nil {
		return nil, 0, err
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, 0, err
	}
	return index, 8 + int64(length), nil
}

func readTensor(raw json.RawMessage, room int64) (*Array, error) {
	var t tensor
	if err := json.Unmarshal(raw, &t); err != nil {
		return nil, fault.Errorf(fault.Corrupt, "%w", err)
	}
	a := &Array{Shape: t.Shape, base: t.Offsets[0]}
	var ok bool
	if a.Type, ok = tensorType(t.Type); !ok {
		return nil, fault.WithRemedy(fault.Errorf(fault.Unsupported, "elements of type %s", clip(t.Type)), "save it as float32")
	}
	if len(t.Shape) > mostAxes {
		return nil, fault.Errorf(fault.Corrupt, "it has %d axes", len(t.Shape))
	}
	need, err := size(a.Type, t.Shape)
	if err != nil {
		return nil, fault.Errorf(fault.Corrupt, "%w", err)
	}
	if from, to := t.Offsets[0], t.Offsets[1]; from < 0 || to < from || to > room || to-from != need {
		return nil, fault.WithRemedy(fault.Errorf(fault.Corrupt, "bytes %d to %d of %d for the shape %v", from, to, room, t.Shape),
			"write it again, and let the writer finish")
	}
	return a, nil
}

func tensorType(name string) (Type, bool) {
	kinds := map[string]Type{
		"U8": {Kind: Unsigned, Bytes: 1}, "I8": {Kind: Signed, Bytes: 1},
		"U16": {Kind: Unsigned, Bytes: 2}, "I16": {Kind: Signed, Bytes: 2}, "F16": {Kind: Float, Bytes: 2}, "BF16": {Kind: BFloat, Bytes: 2},
		"U32": {Kind: Unsigned, Bytes: 4}, "I32": {Kind: Signed, Bytes: 4}, "F32": {Kind: Float, Bytes: 4},
		"U64": {Kind: Unsigned, Bytes: 8}, "I64": {Kind: Signed, Bytes: 8}, "F64": {Kind: Float, Bytes: 8},
	}
	t, ok := kinds[name]
	t.Order = binary.LittleEndian
	return t, ok
}
