package collect

import (
	"fmt"
	"os"
	"strconv"

	"zombiezen.com/go/sqlite"

	"profilemate/frames"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// Limits are how much a statement may give.
type Limits struct {
	Rows      int64 // rows
	TextBytes int64 // bytes of different texts of a column, which are held in memory
	HeldRows  int   // rows that are held in memory before they go to a file
}

// DefaultLimits are the limits where none is given.
func DefaultLimits() Limits {
	return Limits{Rows: 50_000_000, TextBytes: 1 << 30, HeldRows: 4 * frames.BatchRows}
}

// Collector gathers the rows of a statement.
type Collector struct {
	limits  Limits
	columns []*column
	names   []string
	batches []batch
	rows    int64 // in batches
	pending int   // rows in columns
	file    *os.File
	size    int64 // of file
}

// batch is a run of rows in memory or in the file.
type batch struct {
	rows   int
	kinds  []frames.Kind
	frame  *frames.Frame // nil: in the file
	offset int64
	size   int64
}

// New returns a collector of the columns that a statement gives.
func New(s *sqlite.Stmt, l Limits) *Collector {
	c := &Collector{limits: l}
	taken := map[string]bool{}
	for i := range s.ColumnCount() {
		name := s.ColumnName(i)
		if name == "" {
			name = "column"
		}
		unique := name
		for n := 2; taken[unique]; n++ {
			unique = name + "_" + strconv.Itoa(n)
		}
		taken[unique] = true
		c.names, c.columns = append(c.names, unique), append(c.columns, newColumn())
	}
	return c
}

// Rows is how many rows have come.
func (c *Collector) Rows() int64 { return c.rows + int64(c.pending) }

// Add takes the row that a statement stands on. Too many rows, or too much text, is
// Unsupported.
func (c *Collector) Add(s *sqlite.Stmt) error {
	if c.Rows() == c.limits.Rows {
		return fault.WithRemedy(fault.Errorf(fault.Unsupported, "the statement gives more than %s", result.Count(c.limits.Rows, "row")),
			"group or filter them, or add LIMIT; rows=N behind %%%%sql allows more")
	}
	for i, column := range c.columns {
		column.add(s, i)
		if column.textBytes > c.limits.TextBytes {
			return fault.WithRemedy(fault.Errorf(fault.Unsupported, "column %s has more than %s of different texts", c.names[i], result.Size(c.limits.TextBytes)),
				"group or filter the rows, or shorten the texts with substr")
		}
	}
	c.pending++
	if c.pending == frames.BatchRows {
		return c.cut()
	}
	return nil
}

// cut ends a batch, and moves those in memory to the file where they are many.
func (c *Collector) cut() error {
	b := batch{rows: c.pending}
	columns := make([]frames.Column, len(c.columns))
	for i, column := range c.columns {
		b.kinds = append(b.kinds, column.kind)
		columns[i] = column.take(c.names[i])
	}
	frame, err := frames.New("batch", columns...)
	if err != nil {
		return err
	}
	b.frame = frame
	c.batches, c.rows, c.pending = append(c.batches, b), c.rows+int64(b.rows), 0
	if c.rows <= int64(c.limits.HeldRows) {
		return nil
	}
	return c.spill()
}

// spill writes the batches in memory to the file.
func (c *Collector) spill() error {
	if c.file == nil {
		file, err := os.CreateTemp("", "profilemate-sql-*")
		if err != nil {
			return spillFault(err)
		}
		os.Remove(file.Name()) // it lives as long as it is open, where the system can do that
		c.file = file
	}
	for i := range c.batches {
		b := &c.batches[i]
		if b.frame == nil {
			continue
		}
		w := &counter{file: c.file}
		if err := b.frame.WriteArrow(w); err != nil {
			return spillFault(err)
		}
		b.frame, b.offset, b.size = nil, c.size, w.size
		c.size += w.size
	}
	return nil
}

func spillFault(err error) error {
	return fault.WithRemedy(fault.Errorf(fault.Denied, "writing rows to a temporary file: %w", err),
		"free space in %s, or set TMPDIR to another folder", os.TempDir())
}

// counter counts what is written.
type counter struct {
	file *os.File
	size int64
}

// Write writes to the file.
func (c *counter) Write(p []byte) (int, error) {
	n, err := c.file.Write(p)
	c.size += int64(n)
	return n, err
}

// Drop gives up what has come.
func (c *Collector) Drop() {
	if c.file != nil {
		c.file.Close()
		os.Remove(c.file.Name())
	}
	c.batches, c.file = nil, nil
}

// Finish returns the table. Fields are what is known of its columns beforehand, in
// order: the unit, the words, and Bool where 0 and 1 mean that. They may be fewer.
func (c *Collector) Finish(name string, fields []frames.Field) (*Table, error) {
	if c.pending > 0 || len(c.batches) == 0 {
		if err := c.cut(); err != nil {
			return nil, err
		}
	}
	t := &Table{collector: c, name: name}
	for i, column := range c.columns {
		f := frames.Field{Name: c.names[i], Kind: column.kind}
		var known frames.Field
		if i < len(fields) {
			known = fields[i]
		}
		switch {
		case column.kind == frames.Invalid:
			f.Kind = emptyKind(known.Kind)
		case column.kind == frames.Int64 && column.flags && known.Kind == frames.Bool:
			f.Kind = frames.Bool
		}
		if f.Kind != frames.String {
			f.Unit = known.Unit
		}
		f.Doc = known.Doc
		t.schema = append(t.schema, f)
	}
	if err := t.schema.Validate(); err != nil {
		return nil, fmt.Errorf("the statement's columns: %w", err)
	}
	if err := t.addNumbers(); err != nil {
		return nil, fmt.Errorf("reading rows again: %w", err)
	}
	return t, nil
}

// emptyKind is the kind of a column without a value: the one that is known, or text.
func emptyKind(known frames.Kind) frames.Kind {
	if known == frames.Invalid {
		return frames.String
	}
	return known
}
