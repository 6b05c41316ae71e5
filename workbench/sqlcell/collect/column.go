// Package collect turns the rows of a statement into tables: kinds of columns are
// found out as values come, and what is long goes to a file.
package collect

import (
	"encoding/hex"
	"math"
	"strconv"

	"zombiezen.com/go/sqlite"

	"profilemate/frames"
)

// column gathers the values of a column: SQLite gives each value a type of its own.
// The column is of the widest that came: whole numbers, then floats, then texts.
type column struct {
	kind   frames.Kind // of the batch; Invalid until a value comes
	ints   []int64
	floats []float64
	codes  []int32
	nulls  []bool
	anyGap bool // in the batch

	dict      *frames.Dictionary // of all batches
	textBytes int64              // of dict
	low, high int64              // of all whole numbers
	flags     bool               // all values are 0 or 1
}

func newColumn() *column {
	return &column{dict: frames.NewDictionary(), low: math.MaxInt64, high: math.MinInt64, flags: true}
}

// rounded reports whether a whole number that no float holds exactly became one.
func (c *column) rounded() bool {
	const exact = 1 << 53
	return c.kind == frames.Float64 && c.low <= c.high && (c.low < -exact || c.high > exact)
}

// add takes the value of a row.
func (c *column) add(s *sqlite.Stmt, i int) {
	switch s.ColumnType(i) {
	case sqlite.TypeNull:
		c.gap()
		return
	case sqlite.TypeInteger:
		c.addInt(s.ColumnInt64(i))
	case sqlite.TypeFloat:
		c.flags = false
		c.addFloat(s.ColumnFloat(i))
	case sqlite.TypeText:
		c.addText(s.ColumnText(i))
	default:
		b := make([]byte, s.ColumnLen(i))
		s.ColumnBytes(i, b)
		c.addText(hex.EncodeToString(b))
	}
	c.nulls = append(c.nulls, false)
}

func (c *column) gap() {
	c.nulls, c.anyGap = append(c.nulls, true), true
	switch c.kind {
	case frames.Int64:
		c.ints = append(c.ints, 0)
	case frames.Float64:
		c.floats = append(c.floats, 0)
	case frames.String:
		c.codes = append(c.codes, 0)
	}
}

func (c *column) addInt(v int64) {
	c.flags = c.flags && (v == 0 || v == 1)
	c.low, c.high = min(c.low, v), max(c.high, v)
	switch c.kind {
	case frames.Float64:
		c.floats = append(c.floats, float64(v))
	case frames.String:
		c.codes = append(c.codes, c.code(strconv.FormatInt(v, 10)))
	default:
		c.widen(frames.Int64)
		c.ints = append(c.ints, v)
	}
}

func (c *column) addFloat(v float64) {
	if c.kind == frames.String {
		c.codes = append(c.codes, c.code(floatText(v)))
		return
	}
	c.widen(frames.Float64)
	c.floats = append(c.floats, v)
}

func (c *column) addText(v string) {
	c.flags = false
	c.widen(frames.String)
	c.codes = append(c.codes, c.code(v))
}

func floatText(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

func (c *column) code(text string) int32 {
	if code, ok := c.dict.Lookup(text); ok {
		return code
	}
	c.textBytes += int64(len(text))
	return c.dict.Code(text)
}

// widen turns the batch so far into another kind, if it is not of it.
func (c *column) widen(kind frames.Kind) {
	if c.kind == kind {
		return
	}
	c.ints, c.floats, c.codes = c.as(c.kind, kind, len(c.nulls))
	c.kind = kind
}

// as returns values of a kind as those of a wider one.
func (c *column) as(from, to frames.Kind, n int) (ints []int64, floats []float64, codes []int32) {
	switch {
	case to == frames.Int64:
		return make([]int64, n), nil, nil // all missing so far
	case to == frames.Float64:
		floats = make([]float64, n)
		for i, v := range c.ints {
			floats[i] = float64(v)
		}
		return nil, floats, nil
	}
	codes = make([]int32, n)
	for i := range codes {
		switch {
		case c.nulls[i]:
		case from == frames.Int64:
			codes[i] = c.code(strconv.FormatInt(c.ints[i], 10))
		case from == frames.Float64:
			codes[i] = c.code(floatText(c.floats[i]))
		}
	}
	return nil, nil, codes
}

// take returns the batch and begins another. Texts are numbers here: the dictionary
// is of the whole column.
func (c *column) take(name string) frames.Column {
	f := frames.Field{Name: name}
	var nulls []bool
	if c.anyGap {
		nulls = c.nulls
	}
	var out frames.Column
	switch c.kind {
	case frames.Int64:
		out = frames.IntColumn(f, c.ints, nulls)
	case frames.Float64:
		out = frames.FloatColumn(f, c.floats, nulls)
	case frames.String:
		ints := make([]int64, len(c.codes))
		for i, code := range c.codes {
			ints[i] = int64(code)
		}
		out = frames.IntColumn(f, ints, nulls)
	default:
		out = frames.IntColumn(f, make([]int64, len(c.nulls)), nulls)
	}
	c.ints, c.floats, c.codes, c.nulls, c.anyGap = nil, nil, nil, nil, false
	return out
}
