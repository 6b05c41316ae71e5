package pages

import (
	"fmt"
	"math"

	"profilemate/workbench/fault"
)

// ErrDeclined is what every *Declined error is, for errors.Is.
var ErrDeclined = fault.Errorf(fault.Unsupported, "not a table that the page reader reads")

// Declined says that the input is not for this reader, although it may be sound. It
// is an Unsupported fault, and ErrDeclined to errors.Is.
type Declined struct {
	Table  string // empty when the whole file is declined
	Reason string
	// Rest is what a scan declined midway has not delivered, by worker: each worker
	// delivered its run of rows in order up to there. Nil when nothing was delivered
	// and nothing can be said of the rowids.
	Rest []Span
	// Hurt says that damage was met before, whose extent is then not told.
	Hurt bool
}

// Error names the table and the reason.
func (d *Declined) Error() string {
	if d.Table == "" {
		return "page reader: " + d.Reason
	}
	return fmt.Sprintf("page reader: table %q: %s", d.Table, d.Reason)
}

// Unwrap returns ErrDeclined.
func (d *Declined) Unwrap() error { return ErrDeclined }

func declined(table, format string, args ...any) *Declined {
	return &Declined{Table: table, Reason: fmt.Sprintf(format, args...)}
}

// Span is a run of rowids, both ends included. It is empty when Low is above High.
type Span struct{ Low, High int64 }

// Empty reports whether no rowid is in the span.
func (s Span) Empty() bool { return s.Low > s.High }

// Damage says what a scan could not read. Everything else was delivered. It is a
// Corrupt fault.
type Damage struct {
	Table string
	Rows  int64 // rows that were delivered
	Pages int64 // pages that are damaged or lie behind the end of the file; those below a lost inner page are not counted
	// Lost is the number of rowids that the lost pages may have held, counted from 1
	// where the table's first page is among them. Rows behind the last one that is
	// known of cannot be counted: Open is then true.
	Lost  int64
	Open  bool
	First error // the first damage in the table's order: page, offset in the file, what is wrong
}

// Error tells the first damage and the extent of all.
func (d *Damage) Error() string {
	return fmt.Sprintf("table %q: %v (%d pages damaged, %d rows read)", d.Table, d.First, d.Pages, d.Rows)
}

// Unwrap returns the first damage, a Corrupt fault.
func (d *Damage) Unwrap() error { return d.First }

// unknown is the span of a lost page whose rowids nothing tells.
var unknown = Span{1, 0}

// tally adds up the damage of a part of a scan. The zero tally is no damage.
type tally struct {
	pages, lost int64
	open        bool
	first       error
}

// note counts one page whose rowids in the span are lost.
func (t *tally) note(err error, s Span) {
	if t.first == nil {
		t.first = err
	}
	t.pages++
	if s.High == math.MaxInt64 {
		t.open = true
		return
	}
	// A table's rowids begin at 1 unless somebody chose them otherwise.
	if s.Low == math.MinInt64 {
		s.Low = min(1, s.High)
	}
	if n := s.High - s.Low + 1; n > 0 && t.lost <= math.MaxInt64-n {
		t.lost += n
	}
}

func (t *tally) add(other tally) {
	if t.first == nil {
		t.first = other.first
	}
	t.pages += other.pages
	t.lost += min(other.lost, math.MaxInt64-t.lost)
	t.open = t.open || other.open
}

// damage is nil when there was none.
func (t *tally) damage(table string, rows int64) *Damage {
	if t.first == nil {
		return nil
	}
	return &Damage{Table: table, Rows: rows, Pages: t.pages, Lost: t.lost, Open: t.open, First: t.first}
}
