package nsys

import "profilemate/frames"

// kind is what a stored column is read as. A value of another kind is missing.
type kind uint8

const (
	whole kind = iota // integers; unsigned ones of 64 bits keep their bits
	real              // reals, and integers as reals
	words             // text, which may not be valid UTF-8
	blob              // bytes
)

// want asks a source for a column of a stored table.
type want struct {
	column string
	as     kind
}

func wholes(columns ...string) []want { return wantAll(whole, columns) }
func texts(columns ...string) []want  { return wantAll(words, columns) }

func wantAll(as kind, columns []string) []want {
	list := make([]want, len(columns))
	for i, c := range columns {
		list[i] = want{c, as}
	}
	return list
}

// vector is a run of values of one stored column. The source writes over it after
// the call that it was handed to.
type vector struct {
	absent bool                 // the table does not have the column: all are missing
	ints   []int64              // of a whole column; 0 for a missing value
	reals  []float64            // of a real column
	bytes  func(row int) []byte // of a words or blob column; empty for a missing value
	nulls  []bool               // nil: none is missing
}

func (v *vector) null(row int) bool { return v.absent || v.nulls != nil && v.nulls[row] }

// int returns a value of a whole column, 0 for a missing one.
func (v *vector) int(row int) int64 {
	if v.absent {
		return 0
	}
	return v.ints[row]
}

// text returns a value of a words column, "" for a missing one.
func (v *vector) text(row int) string {
	if v.absent {
		return ""
	}
	return string(v.bytes(row))
}

// chunk is a run of rows of one stored table: all that every kind of source delivers
// and all that cells decode.
type chunk struct {
	rows    int
	vectors []vector // in the order of the wants
	picked  []int32  // the rows that count; nil: all
}

// len returns the number of rows that count.
func (c *chunk) len() int {
	if c.picked != nil {
		return len(c.picked)
	}
	return c.rows
}

// row returns the place of the i-th row that counts.
func (c *chunk) row(i int) int {
	if c.picked != nil {
		return int(c.picked[i])
	}
	return i
}

// chunkRows is how many rows a source collects that gets them one by one.
const chunkRows = frames.BatchRows / 4
