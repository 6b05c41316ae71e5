package nsys

import (
	"context"
	"fmt"
	"math"

	"zombiezen.com/go/sqlite"
)

// isDamage reports whether an error comes from the file's pages: a page that is
// not there, or that holds nonsense.
func isDamage(err error) bool {
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultCorrupt, sqlite.ResultIOErr, sqlite.ResultNotADB:
		return true
	}
	return false
}

// span is a run of rowids, both ends included.
type span struct{ low, high int64 }

// tableSpan returns the first and last rowid of a table. Where the path to one of
// them is damaged, the span begins at 1, as rowids do, or is open at its end, and
// known is false. ok is false
// for an empty table.
func tableSpan(conn *sqlite.Conn, table string) (s span, known, ok bool, err error) {
	s, known, ok = span{1, math.MaxInt64}, true, true
	ends := []struct {
		function string
		end      *int64
	}{{"min", &s.low}, {"max", &s.high}}
	for _, e := range ends {
		text := fmt.Sprintf("SELECT %s(rowid) FROM %s", e.function, quote(table))
		err := query(conn, text, func(stmt *sqlite.Stmt) error {
			if stmt.ColumnIsNull(0) {
				ok = false
				return nil
			}
			*e.end = stmt.ColumnInt64(0)
			return nil
		})
		if isDamage(err) {
			known = false
		} else if err != nil {
			return s, false, false, err
		}
	}
	return s, known, ok && s.low <= s.high, nil
}

// rowReader walks a table by rowid and steps over damaged pages.
type rowReader struct {
	stmt *sqlite.Stmt // SELECT rowid, … WHERE rowid BETWEEN ?1 AND ?2 ORDER BY rowid
	lost int64        // rowids stepped over so far, but for those of open
	hurt bool         // damage was met
	open bool         // rows may be lost behind the last one that was found
}

// read calls row for each readable row of the span, in order. The statement's
// column 0 is the rowid.
func (r *rowReader) read(ctx context.Context, s span, row func(*sqlite.Stmt) error) error {
	next := s.low
	for {
		last, err := r.run(next, s.high, row)
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case !isDamage(err):
			return err
		}
		if last != nil {
			next = *last + 1
		}
		r.hurt = true
		found, ok, err := r.skip(ctx, span{next, s.high})
		if err != nil {
			return err
		}
		if !ok {
			if r.open = s.high == math.MaxInt64; !r.open {
				r.lost += s.high - next + 1
			}
			return nil
		}
		r.lost += found - next
		next = found
	}
}

// run reads from rowid low until the end, an error of the row function or
// damage. last is the last rowid that was delivered, nil for none.
func (r *rowReader) run(low, high int64, row func(*sqlite.Stmt) error) (last *int64, err error) {
	if err := r.bind(low, high); err != nil {
		return nil, err
	}
	defer r.stmt.Reset()
	rowid, any := int64(0), false
	for {
		more, err := r.stmt.Step()
		if err != nil || !more {
			if any {
				return &rowid, err
			}
			return nil, err
		}
		rowid, any = r.stmt.ColumnInt64(0), true
		if err := row(r.stmt); err != nil {
			return &rowid, err
		}
	}
}

func (r *rowReader) bind(low, high int64) error {
	if err := r.stmt.Reset(); err != nil && !isDamage(err) {
		return err
	}
	r.stmt.BindInt64(1, low)
	r.stmt.BindInt64(2, high)
	return nil
}

// Leaf pages hold more rows than fineStep, so that fine steps find every readable
// leaf; after fineProbes of them the damage is so wide that the steps may double.
const (
	fineStep   = 8
	fineProbes = 1024
)

// skip returns the first rowid in s from which the table can be read again, or
// false when nothing can.
func (r *rowReader) skip(ctx context.Context, s span) (int64, bool, error) {
	step := int64(fineStep)
	bad := s.low - 1
	for n := 0; ; n++ {
		at := s.low
		if n > 0 {
			if bad > math.MaxInt64-step || bad+step > s.high {
				return 0, false, ctx.Err()
			}
			at = bad + step
		}
		if n > fineProbes {
			step *= 2
		}
		if err := ctx.Err(); err != nil {
			return 0, false, err
		}
		switch _, state, err := r.probe(at, s.high); {
		case err != nil:
			return 0, false, err
		case state == exhausted:
			return 0, false, nil
		case state == readable:
			return r.boundary(bad, at, s.high)
		}
		bad = at
	}
}

// boundary finds the first readable rowid after bad, good being a rowid at which
// a read succeeds.
func (r *rowReader) boundary(bad, good, high int64) (int64, bool, error) {
	for bad+1 < good {
		middle := bad + (good-bad)/2
		_, state, err := r.probe(middle, high)
		if err != nil {
			return 0, false, err
		}
		if state == damaged {
			bad = middle
		} else {
			good = middle
		}
	}
	rowid, state, err := r.probe(good, high)
	return rowid, state == readable, err
}

type pageState int

const (
	damaged pageState = iota
	readable
	exhausted // no row from here on
)

// probe reads the first row at or after rowid at.
func (r *rowReader) probe(at, high int64) (rowid int64, state pageState, err error) {
	if err := r.bind(at, high); err != nil {
		return 0, damaged, err
	}
	defer r.stmt.Reset()
	more, err := r.stmt.Step()
	switch {
	case isDamage(err):
		return 0, damaged, nil
	case err != nil:
		return 0, damaged, err
	case !more:
		return 0, exhausted, nil
	}
	return r.stmt.ColumnInt64(0), readable, nil
}
