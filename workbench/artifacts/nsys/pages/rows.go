package pages

import "profilemate/frames"

// Kind is what a column is read as.
type Kind uint8

// The kinds. A NULL is missing in all of them; any other storage class than the
// ones named is declined.
const (
	Int   Kind = iota // integers
	Float             // reals, and integers as the nearest real
	Text              // text, its bytes as stored: UTF-8 that may be invalid
	Blob              // blobs
)

// String returns the name of the kind.
func (k Kind) String() string {
	switch k {
	case Int:
		return "an integer"
	case Float:
		return "a real"
	case Text:
		return "a text"
	}
	return "a blob"
}

// Rowid is the number of the column that every table has, an Int.
const Rowid = -1

// Want asks for a column of a table, by its place in Table.Columns or Rowid.
type Want struct {
	Column int
	As     Kind
}

const (
	// batchRows is less than frames.BatchRows: the slices of a batch then stay in
	// the cache of the core that aggregates them.
	batchRows = frames.BatchRows / 16
	// batchBytes is how much text or blob ends a batch before it is full.
	batchBytes = 4 << 20
)

// Rows is a run of a table's rows in the order of their rowids, at most
// frames.BatchRows of them. Columns are numbered as in the request. Its slices are
// written over after the call it was handed to.
type Rows struct {
	n, room int
	last    int64 // rowid of the last row
	bytes   int
	columns []values
}

// values are the rows of one column.
type values struct {
	ints   []int64
	floats []float64
	bytes  []byte
	ends   []int // of each row in bytes
	nulls  []bool
	missed bool // a null is marked
}

// newRows returns an empty batch with room for so many rows.
func newRows(wants []Want, room int) Rows {
	r := Rows{room: room, columns: make([]values, len(wants))}
	for i, want := range wants {
		v := &r.columns[i]
		v.nulls = make([]bool, room)
		switch want.As {
		case Int:
			v.ints = make([]int64, room)
		case Float:
			v.floats = make([]float64, room)
		case Text, Blob:
			v.ends = make([]int, room)
		}
	}
	return r
}

// full reports whether the batch should be handed on.
func (r *Rows) full() bool { return r.n == r.room || r.bytes >= batchBytes }

func (r *Rows) reset() {
	r.n, r.bytes = 0, 0
	for i := range r.columns {
		r.columns[i].bytes, r.columns[i].missed = r.columns[i].bytes[:0], false
	}
}

// Len returns the number of rows.
func (r *Rows) Len() int { return r.n }

// Ints returns the values of an Int column, 0 for a missing one, and nil for
// another kind.
func (r *Rows) Ints(column int) []int64 {
	if v := &r.columns[column]; v.ints != nil {
		return v.ints[:r.n]
	}
	return nil
}

// Floats returns the values of a Float column, 0 for a missing one, and nil for
// another kind.
func (r *Rows) Floats(column int) []float64 {
	if v := &r.columns[column]; v.floats != nil {
		return v.floats[:r.n]
	}
	return nil
}

// Bytes returns one value of a Text or Blob column, empty for a missing one. It
// panics for another kind and for a row that is not there.
func (r *Rows) Bytes(column, row int) []byte {
	v := &r.columns[column]
	ends, from := v.ends[:r.n], 0
	if row > 0 {
		from = ends[row-1]
	}
	return v.bytes[from:ends[row]]
}

// Nulls marks the missing values of a column; nil when none is missing.
func (r *Rows) Nulls(column int) []bool {
	if v := &r.columns[column]; v.missed {
		return v.nulls[:r.n]
	}
	return nil
}
