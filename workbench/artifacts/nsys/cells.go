package nsys

import (
	"encoding/hex"
	"slices"

	"profilemate/frames"
)

// cell decodes one column of the chunks that a worker reads. It keeps its slices
// from chunk to chunk.
type cell interface {
	// column decodes the rows of c that count. in are the field's own vectors.
	column(c *chunk, in []vector) frames.Column
}

// integers decodes an Int64 column.
type integers struct {
	field  frames.Field
	decode func(int64) int64 // nil: as stored
	zero   bool              // a stored 0 means missing
	values []int64
	nulls  []bool
}

func numberCell(f *field, _ *scope) cell   { return &integers{field: f.Field} }
func positiveCell(f *field, _ *scope) cell { return &integers{field: f.Field, zero: true} }

func processCell(f *field, _ *scope) cell {
	return &integers{field: f.Field, decode: func(v int64) int64 { return v >> 24 & idMask }}
}

func threadCell(f *field, _ *scope) cell {
	return &integers{field: f.Field, decode: func(v int64) int64 { return v & idMask }}
}

// gpuCell decodes the type of a metric, whose low byte is nsys's number of the GPU.
func gpuCell(f *field, _ *scope) cell {
	return &integers{field: f.Field, decode: func(v int64) int64 { return v & 0xFF }}
}

// signedCell decodes a number of 32 bits whose sign the exporter drops.
func signedCell(f *field, _ *scope) cell {
	return &integers{field: f.Field, decode: func(v int64) int64 { return int64(int32(v)) }}
}

func (d *integers) column(c *chunk, in []vector) frames.Column {
	v := &in[0]
	if v.absent {
		return absent(d.field, c.len())
	}
	if c.picked == nil && d.decode == nil {
		return frames.IntColumn(d.field, v.ints, d.missing(v))
	}
	d.values, d.nulls = d.values[:0], d.nulls[:0]
	missing := false
	for i := range c.len() {
		row := c.row(i)
		value := v.ints[row]
		null := v.nulls != nil && v.nulls[row] || d.zero && value == 0
		if d.decode != nil && !null {
			value = d.decode(value)
		}
		d.values, d.nulls = append(d.values, value), append(d.nulls, null)
		missing = missing || null
	}
	if !missing {
		return frames.IntColumn(d.field, d.values, nil)
	}
	return frames.IntColumn(d.field, d.values, d.nulls)
}

// missing marks the missing values of a vector that stay as stored; nil when none is.
func (d *integers) missing(v *vector) []bool {
	if !d.zero {
		return v.nulls
	}
	d.nulls = slices.Grow(d.nulls[:0], len(v.ints))[:len(v.ints)]
	any := false
	for i, value := range v.ints {
		null := value == 0 // as is a NULL
		d.nulls[i] = null
		any = any || null
	}
	if !any {
		return nil
	}
	return d.nulls
}

// absent is a numeric column without values.
func absent(f frames.Field, rows int) frames.Column {
	nulls := make([]bool, rows)
	for i := range nulls {
		nulls[i] = true
	}
	if f.Kind == frames.Float64 {
		return frames.FloatColumn(f, make([]float64, rows), nulls)
	}
	return frames.IntColumn(f, make([]int64, rows), nulls)
}

// floats decodes a Float64 column.
type floats struct {
	field  frames.Field
	values []float64
	nulls  []bool
}

func realCell(f *field, _ *scope) cell { return &floats{field: f.Field} }

func (d *floats) column(c *chunk, in []vector) frames.Column {
	v := &in[0]
	switch {
	case v.absent:
		return absent(d.field, c.len())
	case c.picked == nil:
		return frames.FloatColumn(d.field, v.reals, v.nulls)
	}
	d.values, d.nulls = d.values[:0], d.nulls[:0]
	for i := range c.len() {
		row := c.row(i)
		d.values, d.nulls = append(d.values, v.reals[row]), append(d.nulls, v.null(row))
	}
	return frames.FloatColumn(d.field, d.values, d.nulls)
}

// codes decodes a String column over a dictionary.
type codes struct {
	field  frames.Field
	dict   *frames.Dictionary
	decode func(in []vector, row int) int32 // -1 for a missing value
	values []int32
	nulls  []bool
}

func (d *codes) column(c *chunk, in []vector) frames.Column {
	d.values, d.nulls = d.values[:0], d.nulls[:0]
	missing := false
	for i := range c.len() {
		code := d.decode(in, c.row(i))
		d.values, d.nulls = append(d.values, max(code, 0)), append(d.nulls, code < 0)
		missing = missing || code < 0
	}
	if !missing {
		return frames.CodeColumn(d.field, d.values, d.dict, nil)
	}
	return frames.CodeColumn(d.field, d.values, d.dict, d.nulls)
}

// ids decodes a String column that holds numbers of strings: the column that nearly
// every analysis reads of every row.
type ids struct {
	codes
	names *names
	bare  bool // versions of a function are one name
}

func nameCell(f *field, s *scope) cell {
	return &ids{codes{field: f.Field, dict: s.names.dict}, s.names, false}
}
func apiNameCell(f *field, s *scope) cell {
	return &ids{codes{field: f.Field, dict: s.names.dict}, s.names, true}
}

func (d *ids) column(c *chunk, in []vector) frames.Column {
	v := &in[0]
	index := d.names.index(d.bare)
	if v.absent || v.nulls != nil || c.picked != nil {
		d.decode = func(in []vector, row int) int32 {
			if in[0].null(row) {
				return -1
			}
			return index.code(in[0].ints[row])
		}
		return d.codes.column(c, in)
	}
	if cap(d.values) < c.rows {
		d.values = make([]int32, c.rows)
	}
	d.values = d.values[:c.rows]
	least := int32(0)
	for i, id := range v.ints {
		code := index.code(id)
		d.values[i] = code
		least = min(least, code)
	}
	if least < 0 {
		return d.lost()
	}
	return frames.CodeColumn(d.field, d.values, d.dict, nil)
}

// lost marks the names that the export does not have.
func (d *ids) lost() frames.Column {
	d.nulls = d.nulls[:0]
	for i, code := range d.values {
		d.nulls = append(d.nulls, code < 0)
		d.values[i] = max(code, 0)
	}
	return frames.CodeColumn(d.field, d.values, d.dict, d.nulls)
}

// textCell decodes a text that stands in the row itself or, when the program
// registered it, in StringIds.
func textCell(f *field, s *scope) cell {
	index := s.names.index(false)
	own := s.texts
	return &codes{field: f.Field, dict: own.dict, decode: func(in []vector, row int) int32 {
		if id := &in[0]; !id.null(row) {
			if code := index.code(id.ints[row]); code >= 0 {
				return own.shared(code, s.names.dict)
			}
		}
		if in[1].null(row) {
			return -1
		}
		return own.code(in[1].bytes(row))
	}}
}

// plainTextCell decodes a text that stands in the row itself.
func plainTextCell(f *field, s *scope) cell {
	own := s.texts
	return &codes{field: f.Field, dict: own.dict, decode: func(in []vector, row int) int32 {
		if in[0].null(row) {
			return -1
		}
		return own.code(in[0].bytes(row))
	}}
}

// blobCell decodes bytes as hexadecimal digits.
func blobCell(f *field, s *scope) cell {
	own := s.texts
	return &codes{field: f.Field, dict: own.dict, decode: func(in []vector, row int) int32 {
		if in[0].null(row) {
			return -1
		}
		return own.code([]byte(hex.EncodeToString(in[0].bytes(row))))
	}}
}
