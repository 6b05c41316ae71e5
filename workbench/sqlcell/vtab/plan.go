package vtab

import (
	"encoding/json"
	"math/bits"
	"slices"

	"zombiezen.com/go/sqlite"

	"profilemate/frames"
)

// plan is how a statement reads a table. It travels through SQLite as JSON, in the
// name of an index.
type plan struct {
	Used  uint64 `json:"u"` // columns, by bit; the last bit stands for all further ones
	Terms []term `json:"t"` // conditions, in the order of their values
	Held  bool   `json:"h"` // the rows are looked up in a table sorted by a column: of the first Keys of Terms
	Keys  int    `json:"k"`

	key     int    // the best of Keys, -1 until the table is held
	store   *store // the table as it is held; nil until it is
	names   []string
	columns []int // that Used means, with those of Terms
	streams int   // how often it has been streamed
	at      []int // place of each column of the table in columns, -1 for none
}

// term is a condition "column op value".
type term struct {
	Column int                      `json:"c"`
	Op     sqlite.IndexConstraintOp `json:"o"`
}

// table is a virtual table.
type table struct {
	module *Module
	name   string
	source Source
	schema frames.Schema
	plans  map[string]*plan  // by name of the index
	stores map[string]*store // tables held in memory, by columns
}

// Disconnect gives back what the table holds.
func (t *table) Disconnect() error {
	for _, s := range t.stores {
		t.module.budget += s.bytes
	}
	t.stores = nil
	return nil
}

// Destroy is Disconnect: nothing stands on disk.
func (t *table) Destroy() error { return t.Disconnect() }

// unknownRows is the guess for a table whose rows have not been counted.
const unknownRows = 1_000_000

// BestIndex chooses how to read the table. A condition with a value that is known
// filters the stream. One with a value from another table looks the rows up: by
// equality at best, else by the bounds of a whole number.
func (t *table) BestIndex(in *sqlite.IndexInputs) (*sqlite.IndexOutputs, error) {
	p := &plan{Used: in.ColumnsUsed}
	usage := make([]sqlite.IndexConstraintUsage, len(in.Constraints))
	rows := float64(t.source.Rows())
	if rows < 0 {
		rows = unknownRows
	}
	cost, left := rows+1, rows+1
	keys := t.lookups(in.Constraints)
	p.Held, p.Keys = len(keys) > 0, len(keys)
	for _, key := range keys {
		p.Terms = append(p.Terms, term{in.Constraints[key].Column, in.Constraints[key].Op})
		usage[key].ArgvIndex = len(p.Terms)
		left /= selectivity(in.Constraints[key].Op, true)
		cost = left + float64(bits.Len64(uint64(rows)))
	}
	for i, c := range in.Constraints {
		if slices.Contains(keys, i) || !t.filters(c) {
			continue
		}
		p.Terms = append(p.Terms, term{c.Column, c.Op})
		usage[i].ArgvIndex = len(p.Terms)
		left /= selectivity(c.Op, false)
	}
	name, err := json.Marshal(p)
	if err != nil {
		return nil, t.module.fail(err)
	}
	return &sqlite.IndexOutputs{ConstraintUsage: usage, ID: sqlite.IndexID{String: string(name)},
		EstimatedCost: cost, EstimatedRows: max(int64(left), 1)}, nil
}

// selectivity is the guess of how many rows there are for one that meets a
// condition.
func selectivity(op sqlite.IndexConstraintOp, key bool) float64 {
	switch {
	case op == sqlite.IndexConstraintEq && key:
		return 10_000
	case op == sqlite.IndexConstraintEq:
		return 20
	}
	return 3
}

// filters reports whether a condition can be checked row by row before SQLite sees
// the row. SQLite checks it again: rows may be let through, but none kept back.
func (t *table) filters(c sqlite.IndexConstraint) bool {
	if !c.Usable || c.Column < 0 {
		return false
	}
	switch t.schema[c.Column].Kind {
	case frames.Int64, frames.Float64:
		return isComparison(c.Op)
	case frames.String:
		return c.Op == sqlite.IndexConstraintEq && c.Collation == "BINARY"
	}
	return false
}

func isComparison(op sqlite.IndexConstraintOp) bool {
	switch op {
	case sqlite.IndexConstraintEq, sqlite.IndexConstraintGT, sqlite.IndexConstraintGE, sqlite.IndexConstraintLT, sqlite.IndexConstraintLE:
		return true
	}
	return false
}

// lookups returns the conditions by one of which rows are looked up: all those of
// equality, else the first of another comparison.
func (t *table) lookups(list []sqlite.IndexConstraint) []int {
	var equal, other []int
	for i, c := range list {
		switch {
		case !t.filters(c) || c.RValueKnown || t.schema[c.Column].Kind == frames.Float64:
		case c.Op == sqlite.IndexConstraintEq:
			equal = append(equal, i)
		case other == nil:
			other = []int{i}
		}
	}
	if equal != nil {
		return equal
	}
	return other
}

// planOf returns the plan of an index's name.
func (t *table) planOf(name string) (*plan, error) {
	if p := t.plans[name]; p != nil {
		return p, nil
	}
	p := &plan{key: -1}
	if err := json.Unmarshal([]byte(name), p); err != nil {
		return nil, err
	}
	p.at = make([]int, len(t.schema))
	for i := range p.at {
		p.at[i] = -1
		if p.uses(i) {
			p.at[i] = len(p.columns)
			p.columns = append(p.columns, i)
		}
	}
	if len(p.columns) == 0 { // rows are counted, and a column has to be read for that
		i := t.cheapest()
		p.at[i], p.columns = 0, []int{i}
	}
	for _, c := range p.columns {
		p.names = append(p.names, t.schema[c].Name)
	}
	t.plans[name] = p
	return p, nil
}

func (p *plan) uses(column int) bool {
	if p.Used&(1<<min(column, 63)) != 0 {
		return true
	}
	for _, t := range p.Terms {
		if t.Column == column {
			return true
		}
	}
	return false
}

// cheapest is a column that is read fast: a number, if there is one.
func (t *table) cheapest() int {
	for i, f := range t.schema {
		if f.Kind != frames.String {
			return i
		}
	}
	return 0
}

// Open returns a cursor.
func (t *table) Open() (sqlite.VTableCursor, error) { return &cursor{table: t}, nil }
