package frames

import (
	"fmt"
	"math"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

func arrowNulls(values arrow.Array) []bool {
	var nulls []bool
	for i := range values.Len() {
		if values.IsNull(i) {
			if nulls == nil {
				nulls = make([]bool, values.Len())
			}
			nulls[i] = true
		}
	}
	return nulls
}

// arrowInts widens any integer array; missing values become 0.
func arrowInts(values arrow.Array, nulls []bool) (ints []int64, err error) {
	switch v := values.(type) {
	case *array.Int8:
		ints = widen(v.Int8Values())
	case *array.Int16:
		ints = widen(v.Int16Values())
	case *array.Int32:
		ints = widen(v.Int32Values())
	case *array.Int64:
		ints = widen(v.Int64Values())
	case *array.Uint8:
		ints = widen(v.Uint8Values())
	case *array.Uint16:
		ints = widen(v.Uint16Values())
	case *array.Uint32:
		ints = widen(v.Uint32Values())
	case *array.Uint64:
		for i, u := range v.Uint64Values() {
			if u > math.MaxInt64 && (nulls == nil || !nulls[i]) {
				return nil, fmt.Errorf("row %d: %d is beyond int64", i, u)
			}
		}
		ints = widen(v.Uint64Values())
	default:
		return nil, fmt.Errorf("it holds %s, not integers", values.DataType())
	}
	for i, null := range nulls {
		if null {
			ints[i] = 0
		}
	}
	return ints, nil
}

func widen[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64](in []T) []int64 {
	out := make([]int64, len(in))
	for i, v := range in {
		out[i] = int64(v)
	}
	return out
}

func arrowFloats(values arrow.Array) []float64 {
	if v, ok := values.(*array.Float64); ok {
		return append(make([]float64, 0, v.Len()), v.Float64Values()...)
	}
	v := values.(*array.Float32)
	out := make([]float64, v.Len())
	for i, f := range v.Float32Values() {
		out[i] = float64(f)
	}
	return out
}

// codes reads a dictionary-coded column.
func (a *ArrowFile) codes(j int, values *array.Dictionary, nulls []bool) (Column, error) {
	indices, err := arrowInts(values.Indices(), nulls)
	if err != nil {
		return Column{}, err
	}
	dict, err := a.dictionary(j, values.Dictionary())
	if err != nil {
		return Column{}, err
	}
	codes := make([]int32, len(indices))
	for i, index := range indices {
		if nulls != nil && nulls[i] {
			continue
		}
		if index < 0 || index >= int64(len(dict.codes)) {
			return Column{}, fmt.Errorf("row %d: code %d of a dictionary of %d", i, index, len(dict.codes))
		}
		if codes[i] = dict.codes[index]; codes[i] < 0 {
			codes[i] = 0
			if nulls == nil {
				nulls = make([]bool, len(codes))
			}
			nulls[i] = true
		}
	}
	return CodeColumn(a.schema[j], codes, dict.dict, nulls), nil
}

// dictionary converts the dictionary of a column once for all batches.
func (a *ArrowFile) dictionary(j int, values arrow.Array) (arrowDict, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if d := a.dicts[j]; d.dict != nil {
		return d, nil
	}
	text, err := arrowText(values)
	if err != nil {
		return arrowDict{}, err
	}
	d := arrowDict{dict: NewDictionary(), codes: make([]int32, values.Len())}
	for i := range d.codes {
		d.codes[i] = -1
		if !values.IsNull(i) {
			d.codes[i] = d.dict.Code(text(i))
		}
	}
	a.dicts[j] = d
	return d, nil
}

// texts reads a column of plain strings, with a dictionary of the batch's own.
func (a *ArrowFile) texts(j int, values arrow.Array, nulls []bool) (Column, error) {
	text, err := arrowText(values)
	if err != nil {
		return Column{}, err
	}
	dict, codes := NewDictionary(), make([]int32, values.Len())
	for i := range codes {
		if nulls == nil || !nulls[i] {
			codes[i] = dict.Code(text(i))
		}
	}
	return CodeColumn(a.schema[j], codes, dict, nulls), nil
}

// arrowText returns the reader of an array of texts. The strings are copies: they
// do not keep the file's buffers in memory.
func arrowText(values arrow.Array) (func(i int) string, error) {
	clone := func(s string) string { return string([]byte(s)) }
	switch v := values.(type) {
	case *array.String:
		return func(i int) string { return clone(v.Value(i)) }, nil
	case *array.LargeString:
		return func(i int) string { return clone(v.Value(i)) }, nil
	case *array.Binary:
		return func(i int) string { return string(v.Value(i)) }, nil
	case *array.LargeBinary:
		return func(i int) string { return string(v.Value(i)) }, nil
	}
	return nil, fmt.Errorf("it holds %s, not texts", values.DataType())
}
