package nsys

import (
	"maps"
	"slices"

	"zombiezen.com/go/sqlite"

	"profilemate/frames"
)

// cell decodes one column of the rows that a worker reads. It keeps its slices
// from batch to batch.
type cell interface {
	// add takes the value from the statement's row; at is its first result column.
	add(stmt *sqlite.Stmt, at int)
	// column returns the values so far; reset drops them.
	column() frames.Column
	reset()
}

// scope is what the cells of all workers share within one scan. Only cells of a
// serial table, which has one worker, write to it during the scan.
type scope struct {
	names   *names
	own     *frames.Dictionary // of a serial table: texts that stand in the rows themselves
	domains map[domain]string
	labels  map[string]*labels // by column
}

// newScope returns an empty scope.
func newScope(n *names) *scope {
	return &scope{names: n, own: frames.NewDictionary(), domains: map[domain]string{}, labels: map[string]*labels{}}
}

// domain identifies an NVTX domain: its number counts per process.
type domain struct{ process, id int64 }

// nullable is the run of values of one column with the marks of missing ones,
// which are made when the first is missing.
type nullable struct{ nulls []bool }

func (n *nullable) mark(rows int, null bool) {
	switch {
	case n.nulls != nil:
		n.nulls = append(n.nulls, null)
	case null:
		n.nulls = append(make([]bool, rows, frames.BatchRows), true)
	}
}

// integers decodes an Int64 column.
type integers struct {
	nullable
	field  frames.Field
	values []int64
	decode func(int64) int64 // nil: as stored
	zero   bool              // a stored 0 means missing
}

func numberCell(f *field, _ *scope) cell   { return &integers{field: f.Field} }
func positiveCell(f *field, _ *scope) cell { return &integers{field: f.Field, zero: true} }

func processCell(f *field, _ *scope) cell {
	return &integers{field: f.Field, decode: func(v int64) int64 { return v >> 24 & idMask }}
}

func threadCell(f *field, _ *scope) cell {
	return &integers{field: f.Field, decode: func(v int64) int64 { return v & idMask }}
}

func (c *integers) add(stmt *sqlite.Stmt, at int) {
	v := stmt.ColumnInt64(at)
	// NULL and text read as 0: only then is the type worth a look.
	null := v == 0 && (c.zero || stmt.ColumnType(at) != sqlite.TypeInteger)
	if c.decode != nil {
		v = c.decode(v)
	}
	c.mark(len(c.values), null)
	c.values = append(c.values, v)
}

func (c *integers) column() frames.Column { return frames.IntColumn(c.field, c.values, c.nulls) }
func (c *integers) reset()                { c.values, c.nulls = c.values[:0], nil }

// codes decodes a String column over a dictionary.
type codes struct {
	nullable
	field  frames.Field
	values []int32
	dict   *frames.Dictionary
	decode func(stmt *sqlite.Stmt, at int) int32 // -1 for a missing value
}

func (c *codes) add(stmt *sqlite.Stmt, at int) {
	code := c.decode(stmt, at)
	c.mark(len(c.values), code < 0)
	c.values = append(c.values, max(code, 0))
}

func (c *codes) column() frames.Column {
	return frames.CodeColumn(c.field, c.values, c.dict, c.nulls)
}
func (c *codes) reset() { c.values, c.nulls = c.values[:0], nil }

func nameCell(f *field, s *scope) cell    { return idCell(f, s, s.names.code) }
func apiNameCell(f *field, s *scope) cell { return idCell(f, s, s.names.apiCode) }

func idCell(f *field, s *scope, code func(int64) int32) cell {
	return &codes{field: f.Field, dict: s.names.dict, decode: func(stmt *sqlite.Stmt, at int) int32 {
		id := stmt.ColumnInt64(at)
		if id == 0 && stmt.ColumnIsNull(at) {
			return -1
		}
		return code(id)
	}}
}

// textCell decodes a text that stands in the row itself or, when the program
// registered it, in StringIds.
func textCell(f *field, s *scope) cell {
	return &codes{field: f.Field, dict: s.own, decode: func(stmt *sqlite.Stmt, at int) int32 {
		if !stmt.ColumnIsNull(at) {
			if code := s.names.code(stmt.ColumnInt64(at)); code >= 0 {
				return s.own.Code(s.names.dict.String(code))
			}
		}
		if stmt.ColumnIsNull(at + 1) {
			return -1
		}
		text := stmt.ColumnText(at + 1)
		if code, ok := s.own.Lookup(text); ok {
			return code
		}
		return s.own.Code(s.names.clean.text(text))
	}}
}

func domainCell(f *field, s *scope) cell {
	return &codes{field: f.Field, dict: s.own, decode: func(stmt *sqlite.Stmt, at int) int32 {
		name, ok := s.domains[domain{stmt.ColumnInt64(at) >> 24 & idMask, stmt.ColumnInt64(at + 1)}]
		if !ok {
			return -1
		}
		return s.own.Code(name)
	}}
}

// labels are the words of an enumeration.
type labels struct {
	dict  *frames.Dictionary
	codes map[int64]int32
	other int32 // code of "other": a number without a word, from a newer exporter
}

func newLabels(words map[int64]string) *labels {
	l := &labels{dict: frames.NewDictionary(), codes: map[int64]int32{}}
	for _, n := range slices.Sorted(maps.Keys(words)) {
		l.codes[n] = l.dict.Code(words[n])
	}
	l.other = l.dict.Code("other")
	return l
}

func labelCell(words map[int64]string) func(*field, *scope) cell {
	return func(f *field, s *scope) cell {
		l := s.labels[f.Name]
		if l == nil {
			l = newLabels(words)
			s.labels[f.Name] = l
		}
		return &codes{field: f.Field, dict: l.dict, decode: func(stmt *sqlite.Stmt, at int) int32 {
			v := stmt.ColumnInt64(at)
			if v == 0 && stmt.ColumnIsNull(at) {
				return -1
			}
			if code, ok := l.codes[v]; ok {
				return code
			}
			return l.other
		}}
	}
}

// absent stands for a column that the file does not have.
func absentCell(f *field, s *scope) cell {
	if f.Kind == frames.String {
		return &codes{field: f.Field, dict: s.names.dict, decode: func(*sqlite.Stmt, int) int32 { return -1 }}
	}
	return &absent{field: f.Field}
}

// absent is a numeric column without values.
type absent struct {
	field frames.Field
	zeros []int64
	nulls []bool
}

func (c *absent) add(*sqlite.Stmt, int) {
	c.zeros, c.nulls = append(c.zeros, 0), append(c.nulls, true)
}
func (c *absent) column() frames.Column { return frames.IntColumn(c.field, c.zeros, c.nulls) }
func (c *absent) reset()                { c.zeros, c.nulls = c.zeros[:0], c.nulls[:0] }
