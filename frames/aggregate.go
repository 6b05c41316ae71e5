package frames

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
)

// Op is a statistic of a group.
type Op string

// The statistics. All leave missing values out, and are missing themselves for a
// group that has no other; a NaN in a group makes them NaN. Bool counts as 0 and 1.
const (
	// Count is the number of values, or of rows where Agg.Column is empty. It is never missing.
	Count Op = "count"
	// Sum is exact for Int64: a total beyond int64 is an error.
	Sum Op = "sum"
	// Mean is the arithmetic mean, Float64; of integers from their exact sum.
	Mean Op = "mean"
	// Min and Max keep the column's kind; strings compare in byte order.
	Min Op = "min"
	Max Op = "max"
	// Median is the middle value, and the mean of the middle two of an even number: Float64.
	Median Op = "median"
	// StdDev is the sample standard deviation (divisor n-1), 0 for one value, as nsys stats computes it.
	StdDev Op = "stddev"
	// Quantile is the Agg.P quantile, interpolated as QuantileOf describes: Float64.
	Quantile Op = "quantile"
)

// Agg asks for one statistic of one column.
type Agg struct {
	Op     Op
	Column string  // may be empty for Count
	As     string  // name of the new column; empty: "total_sum", "total_p95", "count"
	P      float64 // Quantile only: from 0 to 1
}

func (a Agg) name() string {
	switch {
	case a.As != "":
		return a.As
	case a.Column == "":
		return string(a.Op)
	case a.Op == Quantile:
		return a.Column + "_p" + strconv.FormatFloat(math.Round(a.P*1e6)/1e4, 'f', -1, 64)
	}
	return a.Column + "_" + string(a.Op)
}

func (a Agg) field(c *Column) Field {
	f := Field{Name: a.name(), Doc: string(a.Op) + " of " + c.Field.Name}
	if a.Op != Count {
		f.Unit = c.Field.Unit
	}
	return f
}

// column computes one statistic of every group.
func (g *Grouping) column(a Agg, gathered map[string]*samples) (Column, error) {
	if a.Column == "" && a.Op == Count {
		return g.countRows(a), nil
	}
	c, err := g.frame.need(a.Column)
	if err != nil {
		return Column{}, err
	}
	switch a.Op {
	case Count:
		return IntColumn(a.field(c), g.counts(c), nil), nil
	case Min, Max:
		return g.extreme(a, c), nil
	case Sum, Mean, Median, StdDev, Quantile:
	default:
		return Column{}, fmt.Errorf("there is no statistic %q (there are: count, sum, mean, min, max, median, stddev, quantile)", a.Op)
	}
	if c.Field.Kind == String {
		return Column{}, fmt.Errorf("column %q is string and has no %s", a.Column, a.Op)
	}
	switch a.Op {
	case Sum, Mean:
		return g.total(a, c.numeric())
	}
	if gathered[a.Column] == nil {
		gathered[a.Column] = g.gather(c.numeric())
	}
	return gathered[a.Column].column(a, c)
}

// numeric returns a Bool column as integers and any other as it is.
func (c *Column) numeric() *Column {
	if c.Field.Kind != Bool {
		return c
	}
	ints := make([]int64, c.Len())
	for i := range ints {
		ints[i] = c.Int(i)
	}
	out := IntColumn(c.Field, ints, c.nulls)
	return &out
}

func (g *Grouping) countRows(a Agg) Column {
	n := make([]int64, g.Len())
	for _, id := range g.ids {
		n[id]++
	}
	return IntColumn(Field{Name: a.name(), Doc: "number of rows"}, n, nil)
}

// counts returns the number of values of each group that are not missing.
func (g *Grouping) counts(c *Column) []int64 {
	n := make([]int64, g.Len())
	for i, id := range g.ids {
		if !c.IsNull(i) {
			n[id]++
		}
	}
	return n
}

// empties marks the groups without values, nil when there are none.
func empties(counts []int64) []bool {
	if !slices.Contains(counts, 0) {
		return nil
	}
	nulls := make([]bool, len(counts))
	for i, n := range counts {
		nulls[i] = n == 0
	}
	return nulls
}

func (g *Grouping) total(a Agg, c *Column) (Column, error) {
	counts := g.counts(c)
	if c.Field.Kind == Int64 {
		return g.totalInts(a, c, counts)
	}
	sums := make([]float64, g.Len())
	for i, id := range g.ids {
		if !c.IsNull(i) {
			sums[id] += c.floats[i]
		}
	}
	if a.Op == Mean {
		for i, n := range counts {
			sums[i] /= float64(max(n, 1))
		}
	}
	return FloatColumn(a.field(c), sums, empties(counts)), nil
}

func (g *Grouping) totalInts(a Agg, c *Column, counts []int64) (Column, error) {
	sums := make([]wide, g.Len())
	for i, id := range g.ids {
		if !c.IsNull(i) {
			sums[id].add(c.ints[i])
		}
	}
	if a.Op == Mean {
		means := make([]float64, len(sums))
		for i, n := range counts {
			means[i] = sums[i].float() / float64(max(n, 1))
		}
		return FloatColumn(a.field(c), means, empties(counts)), nil
	}
	totals := make([]int64, len(sums))
	for i, s := range sums {
		total, ok := s.int()
		if !ok {
			return Column{}, fmt.Errorf("the sum of %q over %d values does not fit in 64 bits", a.Column, counts[i])
		}
		totals[i] = total
	}
	return IntColumn(a.field(c), totals, empties(counts)), nil
}

// wide is a 128-bit integer in two's complement, so that no sum of int64 wraps on
// the way.
type wide struct {
	high int64
	low  uint64
}

func (w *wide) add(v int64) {
	low, carry := bits.Add64(w.low, uint64(v), 0)
	w.low = low
	w.high += v>>63 + int64(carry)
}

// int returns the number and whether it fits.
func (w wide) int() (int64, bool) {
	v := int64(w.low)
	return v, w.high == v>>63
}

func (w wide) float() float64 {
	if v, ok := w.int(); ok {
		return float64(v)
	}
	return math.Ldexp(float64(w.high), 64) + float64(w.low)
}

// extreme finds the row with the least or greatest value of each group.
func (g *Grouping) extreme(a Agg, c *Column) Column {
	best := make([]int, g.Len())
	for i := range best {
		best[i] = -1
	}
	less := c.less()
	for i, id := range g.ids {
		if c.IsNull(i) {
			continue
		}
		at := best[id]
		if at < 0 || a.Op == Min && less(i, at) || a.Op == Max && less(at, i) || c.missing(i) {
			best[id] = i
		}
	}
	out := c.takeOrMissing(best)
	out.Field = a.field(c)
	out.Field.Kind = c.Field.Kind
	return out
}

// less compares two rows that are not missing. Nothing is less or greater than NaN,
// so that a NaN stays once it is found.
func (c *Column) less() func(i, j int) bool {
	switch c.Field.Kind {
	case Int64:
		return func(i, j int) bool { return c.ints[i] < c.ints[j] }
	case Float64:
		return func(i, j int) bool { return c.floats[i] < c.floats[j] }
	case Bool:
		return func(i, j int) bool { return !c.bools[i] && c.bools[j] }
	}
	ranks := c.ranks()
	return func(i, j int) bool { return ranks(c.codes[i]) < ranks(c.codes[j]) }
}
