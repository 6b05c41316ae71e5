package frames

import (
	"math"
	"strconv"
)

// Column is one column of a frame or batch: values of one kind, some of them
// missing. The zero Column is empty and Invalid. A Column is read-only once it
// stands in a Frame; readers fill it through a Builder.
type Column struct {
	Field Field

	ints   []int64
	floats []float64
	bools  []bool
	codes  []int32
	dict   *Dictionary
	nulls  []bool // nil: none is missing
}

// IntColumn makes an Int64 column over values, which it keeps. nulls marks the
// missing ones and may be nil.
func IntColumn(f Field, values []int64, nulls []bool) Column {
	f.Kind = Int64
	return Column{Field: f, ints: values, nulls: nulls}
}

// FloatColumn makes a Float64 column over values, which it keeps. A NaN is a
// value; mark what is missing in nulls, which may be nil.
func FloatColumn(f Field, values []float64, nulls []bool) Column {
	f.Kind = Float64
	return Column{Field: f, floats: values, nulls: nulls}
}

// BoolColumn makes a Bool column over values, which it keeps.
func BoolColumn(f Field, values []bool, nulls []bool) Column {
	f.Kind = Bool
	return Column{Field: f, bools: values, nulls: nulls}
}

// StringColumn makes a String column from plain strings.
func StringColumn(f Field, values []string, nulls []bool) Column {
	dict := NewDictionary()
	codes := make([]int32, len(values))
	for i, v := range values {
		codes[i] = dict.Code(v)
	}
	return CodeColumn(f, codes, dict, nulls)
}

// CodeColumn makes a String column over codes of a dictionary, both of which it
// keeps. The code of a missing value is ignored. A code outside the dictionary reads
// as "", and a nil dictionary is an empty one.
func CodeColumn(f Field, codes []int32, dict *Dictionary, nulls []bool) Column {
	f.Kind = String
	if dict == nil {
		dict = NewDictionary()
	}
	return Column{Field: f, codes: codes, dict: dict, nulls: nulls}
}

// Len returns the number of rows.
func (c *Column) Len() int {
	switch c.Field.Kind {
	case Int64:
		return len(c.ints)
	case Float64:
		return len(c.floats)
	case Bool:
		return len(c.bools)
	case String:
		return len(c.codes)
	}
	return 0
}

// IsNull reports whether the value of row i is missing.
func (c *Column) IsNull(i int) bool { return c.nulls != nil && c.nulls[i] }

// missing reports whether row i holds nothing that a statistic can use or a join
// can match: no value, or NaN.
func (c *Column) missing(i int) bool {
	return c.IsNull(i) || c.floats != nil && math.IsNaN(c.floats[i])
}

// HasNulls reports whether any value is missing.
func (c *Column) HasNulls() bool {
	for _, null := range c.nulls {
		if null {
			return true
		}
	}
	return false
}

// Nulls returns the marks of missing values, nil when none is missing. The
// column owns the slice.
func (c *Column) Nulls() []bool { return c.nulls }

// Ints returns the values of an Int64 column and nil for another kind. The column
// owns the slice; a missing value is 0 in it.
func (c *Column) Ints() []int64 { return c.ints }

// Floats returns the values of a Float64 column and nil for another kind. The
// column owns the slice.
func (c *Column) Floats() []float64 { return c.floats }

// Bools returns the values of a Bool column and nil for another kind.
func (c *Column) Bools() []bool { return c.bools }

// Codes returns the dictionary codes of a String column and nil for another kind.
// Equal codes mean equal strings within this column and every column that shares
// its dictionary.
func (c *Column) Codes() []int32 { return c.codes }

// Dictionary returns the dictionary of a String column and nil for another kind.
func (c *Column) Dictionary() *Dictionary { return c.dict }

// Int returns row i as an integer: Int64 as it is, Bool as 0 or 1, Float64 cut to
// its integer part. It is 0 for a missing value and for a string.
func (c *Column) Int(i int) int64 {
	if c.IsNull(i) {
		return 0
	}
	switch c.Field.Kind {
	case Int64:
		return c.ints[i]
	case Float64:
		return int64(c.floats[i])
	case Bool:
		if c.bools[i] {
			return 1
		}
	}
	return 0
}

// Float returns row i as a float: NaN for a missing value and for a string.
func (c *Column) Float(i int) float64 {
	if c.IsNull(i) {
		return math.NaN()
	}
	switch c.Field.Kind {
	case Int64:
		return float64(c.ints[i])
	case Float64:
		return c.floats[i]
	case Bool:
		return float64(c.Int(i))
	}
	return math.NaN()
}

// Str returns row i as text: a string as it is, numbers in their shortest exact
// form, and "" for a missing value.
func (c *Column) Str(i int) string {
	if c.Field.Kind == String && !c.IsNull(i) {
		return c.dict.String(c.codes[i])
	}
	var buf [32]byte
	return string(c.appendText(buf[:0], i))
}

// appendText appends what Str returns to buf.
func (c *Column) appendText(buf []byte, i int) []byte {
	if c.IsNull(i) {
		return buf
	}
	switch c.Field.Kind {
	case String:
		return append(buf, c.dict.String(c.codes[i])...)
	case Int64:
		return strconv.AppendInt(buf, c.ints[i], 10)
	case Float64:
		return strconv.AppendFloat(buf, c.floats[i], 'g', -1, 64)
	case Bool:
		return strconv.AppendBool(buf, c.bools[i])
	}
	return buf
}

// Value returns row i as int64, float64, bool or string, and nil when it is missing.
func (c *Column) Value(i int) any {
	if c.IsNull(i) {
		return nil
	}
	switch c.Field.Kind {
	case Int64:
		return c.ints[i]
	case Float64:
		return c.floats[i]
	case Bool:
		return c.bools[i]
	case String:
		return c.dict.String(c.codes[i])
	}
	return nil
}

// Slice returns the rows [from, to) as a column that shares this one's memory.
func (c *Column) Slice(from, to int) Column {
	out := Column{Field: c.Field, dict: c.dict}
	switch c.Field.Kind {
	case Int64:
		out.ints = c.ints[from:to:to]
	case Float64:
		out.floats = c.floats[from:to:to]
	case Bool:
		out.bools = c.bools[from:to:to]
	case String:
		out.codes = c.codes[from:to:to]
	}
	if c.nulls != nil {
		out.nulls = c.nulls[from:to:to]
	}
	return out
}

// Take returns the given rows, in that order, as a new column. The dictionary of
// a String column is shared.
func (c *Column) Take(rows []int) Column {
	out := Column{Field: c.Field, dict: c.dict}
	switch c.Field.Kind {
	case Int64:
		out.ints = take(c.ints, rows)
	case Float64:
		out.floats = take(c.floats, rows)
	case Bool:
		out.bools = take(c.bools, rows)
	case String:
		out.codes = take(c.codes, rows)
	}
	if c.nulls != nil {
		out.nulls = take(c.nulls, rows)
	}
	return out
}

func take[T any](values []T, rows []int) []T {
	out := make([]T, len(rows))
	for i, r := range rows {
		out[i] = values[r]
	}
	return out
}

// takeOrMissing is Take with a missing value for every row -1.
func (c *Column) takeOrMissing(rows []int) Column {
	out := Column{Field: c.Field, dict: c.dict, nulls: make([]bool, len(rows))}
	for i, r := range rows {
		out.nulls[i] = r < 0 || c.IsNull(r)
	}
	switch c.Field.Kind {
	case Int64:
		out.ints = takeOrZero(c.ints, rows)
	case Float64:
		out.floats = takeOrZero(c.floats, rows)
	case Bool:
		out.bools = takeOrZero(c.bools, rows)
	case String:
		out.codes = takeOrZero(c.codes, rows)
	}
	if !out.HasNulls() {
		out.nulls = nil
	}
	return out
}

func takeOrZero[T any](values []T, rows []int) []T {
	out := make([]T, len(rows))
	for i, r := range rows {
		if r >= 0 {
			out[i] = values[r]
		}
	}
	return out
}
