package vtab

import (
	"math"

	"zombiezen.com/go/sqlite"

	"profilemate/frames"
)

// filter keeps back rows of a batch that cannot meet a condition.
type filter struct {
	column    int // of the batch
	kind      frames.Kind
	low, high int64   // of an Int64 column
	from, to  float64 // of a Float64 column
	text      string  // of a String column
	code      int32   // of text in the batch; -1 where it is not there
}

// newFilter makes the filter of a condition. all is set where every row may meet it,
// and none where no row can.
func newFilter(column int, kind frames.Kind, op sqlite.IndexConstraintOp, v sqlite.Value) (f filter, all, none bool) {
	f = filter{column: column, kind: kind, low: math.MinInt64, high: math.MaxInt64, from: math.Inf(-1), to: math.Inf(1)}
	switch v.Type() {
	case sqlite.TypeNull:
		return f, false, true // nothing compares with a missing value
	case sqlite.TypeText:
		f.text = v.Text()
		return f, kind != frames.String, false
	case sqlite.TypeInteger, sqlite.TypeFloat:
		if kind == frames.String {
			return f, true, false
		}
	default:
		return f, true, false
	}
	f.bound(op, v)
	return f, false, false
}

// bound narrows the filter to what a comparison with a number leaves, rounded
// outward.
func (f *filter) bound(op sqlite.IndexConstraintOp, v sqlite.Value) {
	low, high := v.Int64(), v.Int64()
	if v.Type() == sqlite.TypeFloat {
		low, high = whole(math.Floor(v.Float())), whole(math.Ceil(v.Float()))
	}
	from, to := v.Float(), v.Float()
	if v.Type() == sqlite.TypeInteger { // beyond 2^53 the float next to it
		from, to = math.Nextafter(from, math.Inf(-1)), math.Nextafter(to, math.Inf(1))
	}
	switch op {
	case sqlite.IndexConstraintEq:
		f.low, f.high, f.from, f.to = low, high, from, to
	case sqlite.IndexConstraintGT, sqlite.IndexConstraintGE:
		f.low, f.from = low, from
	case sqlite.IndexConstraintLT, sqlite.IndexConstraintLE:
		f.high, f.to = high, to
	}
}

// whole is the integer nearest to a whole float.
func whole(v float64) int64 {
	switch {
	case v <= math.MinInt64:
		return math.MinInt64
	case v >= math.MaxInt64:
		return math.MaxInt64
	}
	return int64(v)
}

// enter prepares the filter for a batch.
func (f *filter) enter(b *frames.Batch) {
	if f.kind != frames.String {
		return
	}
	code, ok := b.At(f.column).Dictionary().Lookup(f.text)
	if !ok {
		code = -1
	}
	f.code = code
}

// lets reports whether a row may meet the condition.
func (f *filter) lets(b *frames.Batch, row int) bool {
	c := b.At(f.column)
	if c.IsNull(row) {
		return false
	}
	switch f.kind {
	case frames.Int64:
		v := c.Ints()[row]
		return v >= f.low && v <= f.high
	case frames.Float64:
		v := c.Floats()[row]
		return v >= f.from && v <= f.to
	}
	code := c.Codes()[row]
	return code == f.code || f.text == "" && c.Dictionary().String(code) == ""
}
