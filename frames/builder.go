package frames

import (
	"fmt"
	"slices"
)

// Builder fills a frame row by row or batch by batch. Calls for one row go column
// by column; Frame checks that all columns came out equally long. A Builder is not
// safe for concurrent use.
type Builder struct {
	name    string
	columns []Column
	shared  []bool // the column's dictionary belongs to somebody else
}

// NewBuilder returns a builder of the schema's columns.
func NewBuilder(name string, schema Schema) *Builder {
	b := &Builder{name: name, columns: make([]Column, len(schema)), shared: make([]bool, len(schema))}
	for i, f := range schema {
		b.columns[i].Field = f
		if f.Kind == String {
			b.columns[i].dict = NewDictionary()
			b.columns[i].codes = []int32{}
		}
	}
	return b
}

// Len returns the number of rows of the first column so far.
func (b *Builder) Len() int {
	if len(b.columns) == 0 {
		return 0
	}
	return b.columns[0].Len()
}

// reserve makes room for n rows at once.
func (b *Builder) reserve(n int) {
	for i := range b.columns {
		c := &b.columns[i]
		switch c.Field.Kind {
		case Int64:
			c.ints = slices.Grow(c.ints, n)
		case Float64:
			c.floats = slices.Grow(c.floats, n)
		case Bool:
			c.bools = slices.Grow(c.bools, n)
		case String:
			c.codes = slices.Grow(c.codes, n)
		}
	}
}

// Int appends v to column i, which must be Int64.
func (b *Builder) Int(i int, v int64) { c := &b.columns[i]; c.ints = append(c.ints, v); c.grow() }

// Float appends v to column i, which must be Float64.
func (b *Builder) Float(i int, v float64) {
	c := &b.columns[i]
	c.floats = append(c.floats, v)
	c.grow()
}

// Bool appends v to column i, which must be Bool.
func (b *Builder) Bool(i int, v bool) { c := &b.columns[i]; c.bools = append(c.bools, v); c.grow() }

// String appends v to column i, which must be String.
func (b *Builder) String(i int, v string) {
	b.own(i)
	c := &b.columns[i]
	c.codes = append(c.codes, c.dict.Code(v))
	c.grow()
}

// Null appends a missing value to column i.
func (b *Builder) Null(i int) {
	c := &b.columns[i]
	n := c.Len()
	switch c.Field.Kind {
	case Int64:
		c.ints = append(c.ints, 0)
	case Float64:
		c.floats = append(c.floats, 0)
	case Bool:
		c.bools = append(c.bools, false)
	case String:
		c.codes = append(c.codes, 0)
	}
	if c.nulls == nil {
		c.nulls = make([]bool, n, n+64)
	}
	c.nulls = append(c.nulls, true)
}

// grow keeps the marks of missing values as long as the values.
func (c *Column) grow() {
	if c.nulls != nil {
		c.nulls = append(c.nulls, false)
	}
}

// Row appends one row of values: int64 or int, float64, bool, string, or nil for a
// missing one. It panics on a value of another kind than its column's: that is a
// fault of the calling code.
func (b *Builder) Row(values ...any) {
	if len(values) != len(b.columns) {
		panic(fmt.Sprintf("frames: row of %d values for %d columns of %q", len(values), len(b.columns), b.name))
	}
	for i, v := range values {
		b.value(i, v)
	}
}

func (b *Builder) value(i int, v any) {
	kind := b.columns[i].Field.Kind
	switch v := v.(type) {
	case nil:
		b.Null(i)
	case int64:
		b.number(i, kind, v)
	case int:
		b.number(i, kind, int64(v))
	case float64:
		mustKind(kind, Float64, b.columns[i].Field.Name)
		b.Float(i, v)
	case bool:
		mustKind(kind, Bool, b.columns[i].Field.Name)
		b.Bool(i, v)
	case string:
		mustKind(kind, String, b.columns[i].Field.Name)
		b.String(i, v)
	default:
		panic(fmt.Sprintf("frames: column %q cannot hold a %T", b.columns[i].Field.Name, v))
	}
}

func (b *Builder) number(i int, kind Kind, v int64) {
	if kind == Float64 {
		b.Float(i, float64(v))
		return
	}
	mustKind(kind, Int64, b.columns[i].Field.Name)
	b.Int(i, v)
}

func mustKind(have, want Kind, column string) {
	if have != want {
		panic(fmt.Sprintf("frames: column %q is %s, not %s", column, have, want))
	}
}

// Append adds all rows of a frame or batch whose columns have the builder's names
// and kinds, in any order; further columns of f are left out. Strings that share
// one dictionary over all batches keep their codes.
func (b *Builder) Append(f *Frame) error {
	for i := range b.columns {
		src := f.Column(b.columns[i].Field.Name)
		if src == nil || src.Field.Kind != b.columns[i].Field.Kind {
			return fmt.Errorf("frame %q: appending %q: no %s column %q", b.name, f.name, b.columns[i].Field.Kind, b.columns[i].Field.Name)
		}
		b.appendColumn(i, src)
	}
	return nil
}

func (b *Builder) appendColumn(i int, src *Column) {
	c := &b.columns[i]
	before, n := c.Len(), src.Len()
	switch c.Field.Kind {
	case Int64:
		c.ints = append(c.ints, src.ints...)
	case Float64:
		c.floats = append(c.floats, src.floats...)
	case Bool:
		c.bools = append(c.bools, src.bools...)
	case String:
		b.appendStrings(i, src)
	}
	if c.nulls == nil && src.nulls == nil {
		return
	}
	if c.nulls == nil {
		c.nulls = make([]bool, before, before+n)
	}
	if src.nulls == nil {
		c.nulls = append(c.nulls, make([]bool, n)...)
		return
	}
	c.nulls = append(c.nulls, src.nulls...)
}

// appendStrings adopts the dictionary of the first batch, so that the common case
// of one shared dictionary copies codes only; a second dictionary is translated
// into a private one.
func (b *Builder) appendStrings(i int, src *Column) {
	c := &b.columns[i]
	if len(c.codes) == 0 {
		c.dict, b.shared[i] = src.dict, true
	}
	if c.dict == src.dict {
		c.codes = append(c.codes, src.codes...)
		return
	}
	b.own(i)
	translated := src.translation(c.dict)
	for j, code := range src.codes {
		if src.IsNull(j) {
			c.codes = append(c.codes, 0)
			continue
		}
		c.codes = append(c.codes, translated(code))
	}
}

// own gives column i a dictionary of its own before a string is added: an adopted
// one belongs to the sender, and other columns refer to it.
func (b *Builder) own(i int) {
	if b.shared[i] {
		b.columns[i].dict, b.shared[i] = b.columns[i].dict.clone(), false
	}
}

// translation returns a function from this column's codes to those of dict, which
// it adds to. Each code is looked up once.
func (c *Column) translation(dict *Dictionary) func(int32) int32 {
	known := newTable(int64(c.dict.Len()), len(c.codes)) // code + 1
	return func(code int32) int32 {
		to := known.get(int64(code))
		if to == 0 {
			to = dict.Code(c.dict.String(code)) + 1
			known.set(int64(code), to)
		}
		return to - 1
	}
}

// Frame returns the rows so far. It panics when the columns are not equally long,
// which is a fault of the calling code. The builder must not be used afterwards.
func (b *Builder) Frame() *Frame { return Must(New(b.name, b.columns...)) }
