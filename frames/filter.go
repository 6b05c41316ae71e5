package frames

import (
	"fmt"
	"math"
	"regexp"
	"strings"
)

// Filter returns the rows that keep accepts, in their order.
func (f *Frame) Filter(keep func(row int) bool) *Frame {
	rows := make([]int, 0, f.rows/4)
	for i := range f.rows {
		if keep(i) {
			rows = append(rows, i)
		}
	}
	return f.Take(rows)
}

// DropMissing returns the rows that have a value in all the named columns, or in
// all columns when none is named. A NaN is a value.
func (f *Frame) DropMissing(columns ...string) (*Frame, error) {
	if len(columns) == 0 {
		columns = f.Schema().Names()
	}
	chosen, err := f.Select(columns...)
	if err != nil {
		return nil, err
	}
	return f.Filter(func(row int) bool {
		for i := range chosen.columns {
			if chosen.columns[i].IsNull(row) {
				return false
			}
		}
		return true
	}), nil
}

// WhereString returns the rows whose text in a String column stands in the relation
// op to text: "==" (or "="), "!=", "<", "<=", ">", ">=" (byte order), "contains",
// "prefix", "suffix", or "matches" (a regular expression found anywhere in it). A
// missing value satisfies none of them, not even "!=".
func (f *Frame) WhereString(column, op, text string) (*Frame, error) {
	c, err := f.needKind(column, String)
	if err != nil {
		return nil, err
	}
	accept, err := textTest(op, text)
	if err != nil {
		return nil, fmt.Errorf("frame %q: filtering on column %q: %w", f.name, column, err)
	}
	test := c.textTester(accept)
	return f.Filter(func(i int) bool { return !c.IsNull(i) && test(i) }), nil
}

// textTester turns a test of a text into one of a row, asking accept once for each
// entry of the dictionary that occurs.
func (c *Column) textTester(accept func(string) bool) func(row int) bool {
	const yes, no = 1, 2
	known := newTable(int64(c.dict.Len()), len(c.codes))
	return func(i int) bool {
		code := c.codes[i]
		verdict := known.get(int64(code))
		if verdict == 0 {
			verdict = no
			if accept(c.dict.String(code)) {
				verdict = yes
			}
			known.set(int64(code), verdict)
		}
		return verdict == yes
	}
}

func textTest(op, text string) (func(string) bool, error) {
	switch op {
	case "contains":
		return func(s string) bool { return strings.Contains(s, text) }, nil
	case "prefix":
		return func(s string) bool { return strings.HasPrefix(s, text) }, nil
	case "suffix":
		return func(s string) bool { return strings.HasSuffix(s, text) }, nil
	case "matches":
		re, err := regexp.Compile(text)
		if err != nil {
			return nil, err
		}
		return re.MatchString, nil
	}
	holds, err := relation(op)
	if err != nil {
		return nil, fmt.Errorf("%w, contains, prefix, suffix or matches", err)
	}
	return func(s string) bool { return holds(strings.Compare(s, text)) }, nil
}

// relation returns the test of a comparison's sign that the operator stands for.
func relation(op string) (func(sign int) bool, error) {
	switch op {
	case "==", "=":
		return func(sign int) bool { return sign == 0 }, nil
	case "!=":
		return func(sign int) bool { return sign != 0 }, nil
	case "<":
		return func(sign int) bool { return sign < 0 }, nil
	case "<=":
		return func(sign int) bool { return sign <= 0 }, nil
	case ">":
		return func(sign int) bool { return sign > 0 }, nil
	case ">=":
		return func(sign int) bool { return sign >= 0 }, nil
	}
	return nil, fmt.Errorf("operator %q is none of ==, !=, <, <=, >, >=", op)
}

// WhereInt returns the rows whose integer in an Int64 column stands in the relation
// op ("==" or "=", "!=", "<", "<=", ">", ">=") to v. A missing value satisfies none.
func (f *Frame) WhereInt(column, op string, v int64) (*Frame, error) {
	c, err := f.needKind(column, Int64)
	if err != nil {
		return nil, err
	}
	holds, err := relation(op)
	if err != nil {
		return nil, fmt.Errorf("frame %q: filtering on column %q: %w", f.name, column, err)
	}
	return f.Filter(func(i int) bool { return !c.IsNull(i) && holds(compareInts(c.ints[i], v)) }), nil
}

// WhereFloat returns the rows whose number in a Float64 or Int64 column stands in
// the relation op (see WhereInt) to v. Integers are compared exactly. A missing
// value satisfies none; NaN, on either side, satisfies only "!=".
func (f *Frame) WhereFloat(column, op string, v float64) (*Frame, error) {
	c, err := f.need(column)
	if err != nil {
		return nil, err
	}
	holds, err := relation(op)
	if err != nil {
		return nil, fmt.Errorf("frame %q: filtering on column %q: %w", f.name, column, err)
	}
	var compare func(i int) int
	switch c.Field.Kind {
	case Int64:
		compare = func(i int) int { return compareIntFloat(c.ints[i], v) }
	case Float64:
		compare = func(i int) int { return compareFloats(c.floats[i], v) }
	default:
		return nil, fmt.Errorf("frame %q: column %q is %s, not a number", f.name, column, c.Field.Kind)
	}
	unequal := op == "!="
	return f.Filter(func(i int) bool {
		if c.IsNull(i) {
			return false
		}
		if math.IsNaN(v) || c.missing(i) {
			return unequal
		}
		return holds(compare(i))
	}), nil
}

// WhereBool returns the rows whose value in a Bool column is v. A missing value is
// neither.
func (f *Frame) WhereBool(column string, v bool) (*Frame, error) {
	c, err := f.needKind(column, Bool)
	if err != nil {
		return nil, err
	}
	return f.Filter(func(i int) bool { return !c.IsNull(i) && c.bools[i] == v }), nil
}

func (f *Frame) needKind(name string, kind Kind) (*Column, error) {
	c, err := f.need(name)
	if err != nil {
		return nil, err
	}
	if c.Field.Kind != kind {
		return nil, fmt.Errorf("frame %q: column %q is %s, not %s", f.name, name, c.Field.Kind, kind)
	}
	return c, nil
}

func compareInts(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func compareFloats(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// compareIntFloat compares without rounding the integer: float64(1<<53+1) would
// equal 1<<53. f is not NaN.
func compareIntFloat(a int64, f float64) int {
	switch {
	case f >= 1<<63:
		return -1
	case f < -1<<63:
		return 1
	}
	whole := math.Trunc(f)
	if sign := compareInts(a, int64(whole)); sign != 0 {
		return sign
	}
	return compareFloats(whole, f)
}
