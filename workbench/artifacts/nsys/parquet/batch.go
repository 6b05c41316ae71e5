package parquet

// Batch is a run of rows. Columns are numbered as in the request. Its slices are
// written over after the call that it was handed to.
type Batch struct {
	rows    int
	columns []values
}

// Len returns the number of rows.
func (b *Batch) Len() int { return b.rows }

// Ints returns the values of an Int column, 0 for a missing one, nil for another
// kind.
func (b *Batch) Ints(column int) []int64 { return b.columns[column].ints }

// Floats returns the values of a Float column, 0 for a missing one, nil for another
// kind.
func (b *Batch) Floats(column int) []float64 { return b.columns[column].floats }

// Bytes returns one value of a Text or Bytes column, empty for a missing one. It
// panics for another kind and for a row that is not there.
func (b *Batch) Bytes(column, row int) []byte { return b.columns[column].at(row) }

// Nulls marks the missing values of a column; nil when none is missing.
func (b *Batch) Nulls(column int) []bool {
	if v := &b.columns[column]; v.missed {
		return v.nulls
	}
	return nil
}

// values are rows of one column, or the entries of a dictionary.
type values struct {
	ints   []int64
	floats []float64
	bytes  []byte
	ends   []int // of each value in bytes
	nulls  []bool
	missed bool // a null is marked
}

func (v *values) reset() {
	*v = values{ints: v.ints[:0], floats: v.floats[:0], bytes: v.bytes[:0], ends: v.ends[:0], nulls: v.nulls[:0]}
}

func (v *values) at(row int) []byte {
	if row == 0 {
		return v.bytes[:v.ends[0]]
	}
	return v.bytes[v.ends[row-1]:v.ends[row]]
}

// len returns the number of values of a column of the kind.
func (v *values) len(kind Kind) int {
	switch kind {
	case Int:
		return len(v.ints)
	case Float:
		return len(v.floats)
	}
	return len(v.ends)
}

// copyFrom appends value number i of other.
func (v *values) copyFrom(other *values, i int, kind Kind) {
	switch kind {
	case Int:
		v.ints = append(v.ints, other.ints[i])
	case Float:
		v.floats = append(v.floats, other.floats[i])
	default:
		v.bytes = append(v.bytes, other.at(i)...)
		v.ends = append(v.ends, len(v.bytes))
	}
}

// skip appends a missing value.
func (v *values) skip(kind Kind) {
	switch kind {
	case Int:
		v.ints = append(v.ints, 0)
	case Float:
		v.floats = append(v.floats, 0)
	default:
		v.ends = append(v.ends, len(v.bytes))
	}
}
