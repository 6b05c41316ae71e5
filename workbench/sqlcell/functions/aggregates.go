package functions

import (
	"fmt"
	"math"
	"slices"

	"zombiezen.com/go/sqlite"

	"profilemate/frames"
	"profilemate/workbench/result"
)

// purse is the memory that the values of all aggregates may take together.
type purse struct{ left int64 }

func (p *purse) take(bytes int64) error {
	if bytes > p.left {
		return fmt.Errorf("quantiles hold more values than memory allows (%s left); group or filter the rows first", result.Size(p.left))
	}
	p.left -= bytes
	return nil
}

// aggregates are the functions of many rows.
func aggregates(b *purse) []Function {
	fixed := func(name, what string, p float64) Function {
		return quantileFunction(b, name, name+"(x)", what, 1, p)
	}
	return []Function{
		quantileFunction(b, "quantile", "quantile(x, p)", "The p-quantile, p from 0 to 1, interpolated linearly as NumPy does it.", 2, 0),
		fixed("median", "The middle value, or the mean of the middle two.", 0.5),
		fixed("p50", "The median.", 0.5),
		fixed("p90", "The value that 90 % of the rows do not exceed, interpolated.", 0.9),
		fixed("p95", "The value that 95 % of the rows do not exceed, interpolated.", 0.95),
		fixed("p99", "The value that 99 % of the rows do not exceed, interpolated.", 0.99),
		{Name: "stddev", Signature: "stddev(x)", Doc: "Sample standard deviation (divisor n-1); 0 for one value, as nsys stats has it.", Aggregate: true, KeepsUnit: true,
			impl: &sqlite.FunctionImpl{NArgs: 1, Deterministic: true,
				MakeAggregate: func(sqlite.Context) (sqlite.AggregateFunction, error) { return &deviation{}, nil }}},
	}
}

func quantileFunction(b *purse, name, signature, doc string, args int, p float64) Function {
	return Function{Name: name, Signature: signature, Doc: doc, Aggregate: true, KeepsUnit: true,
		impl: &sqlite.FunctionImpl{NArgs: args, Deterministic: true,
			MakeAggregate: func(sqlite.Context) (sqlite.AggregateFunction, error) {
				return &quantile{purse: b, p: p, name: name}, nil
			}}}
}

// quantile gathers values: as integers, so that none loses a digit, until the first
// that is none.
type quantile struct {
	purse  *purse
	name   string
	p      float64
	ints   []int64
	floats []float64
	taken  int64
	answer *float64 // of the values so far; nil: not computed
}

// Step takes the value of a row. Missing values do not count.
func (q *quantile) Step(_ sqlite.Context, args []sqlite.Value) error {
	if len(args) > 1 {
		if t := args[1].Type(); t != sqlite.TypeInteger && t != sqlite.TypeFloat || !(args[1].Float() >= 0 && args[1].Float() <= 1) {
			return fmt.Errorf("quantile(x, p): p is %q and must lie from 0 to 1", args[1].Text())
		}
		q.p = args[1].Float()
	}
	kind := args[0].Type()
	switch kind {
	case sqlite.TypeNull:
		return nil
	case sqlite.TypeText, sqlite.TypeBlob:
		return fmt.Errorf("%s is of numbers, not of the text %q", q.name, firstOf(args[0].Text()))
	}
	if err := q.purse.take(8); err != nil {
		return err
	}
	q.taken += 8
	q.answer = nil
	if kind == sqlite.TypeInteger && q.floats == nil {
		q.ints = append(q.ints, args[0].Int64())
		return nil
	}
	q.widen()
	q.floats = append(q.floats, args[0].Float())
	return nil
}

// widen turns the integers so far into floats.
func (q *quantile) widen() {
	if q.floats != nil {
		return
	}
	q.floats = make([]float64, len(q.ints), len(q.ints)+1)
	for i, v := range q.ints {
		q.floats[i] = float64(v)
	}
	q.ints = nil
}

// firstOf cuts a text for a message.
func firstOf(text string) string {
	const most = 40
	if runes := []rune(text[:min(len(text), 4*most)]); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// WindowInverse refuses windows that move: their quantiles would be sorted anew for
// each row.
func (q *quantile) WindowInverse(sqlite.Context, []sqlite.Value) error {
	return fmt.Errorf("%s cannot be used over a window that moves; use it with GROUP BY or with OVER (PARTITION BY …)", q.name)
}

// WindowValue returns the quantile, missing where there is no value.
func (q *quantile) WindowValue(sqlite.Context) (sqlite.Value, error) {
	if q.answer == nil {
		v := q.compute()
		q.answer = &v // a window asks for each of its rows
	}
	if math.IsNaN(*q.answer) {
		return sqlite.Value{}, nil
	}
	return sqlite.FloatValue(*q.answer), nil
}

func (q *quantile) compute() float64 {
	if q.floats != nil {
		slices.Sort(q.floats)
		return frames.QuantileOf(q.floats, q.p)
	}
	slices.Sort(q.ints)
	return frames.QuantileOfInts(q.ints, q.p)
}

// Finalize gives the memory back.
func (q *quantile) Finalize(sqlite.Context) {
	q.purse.left += q.taken
	q.ints, q.floats, q.taken = nil, nil, 0
}

// deviation is Welford's running variance, which loses no digits of large values
// that differ little.
type deviation struct {
	n          int64
	mean, sums float64
}

// Step takes the value of a row. Missing values do not count.
func (d *deviation) Step(_ sqlite.Context, args []sqlite.Value) error {
	switch args[0].Type() {
	case sqlite.TypeNull:
		return nil
	case sqlite.TypeText, sqlite.TypeBlob:
		return fmt.Errorf("stddev is of numbers, not of the text %q", firstOf(args[0].Text()))
	}
	v := args[0].Float()
	d.n++
	before := v - d.mean
	d.mean += before / float64(d.n)
	d.sums += before * (v - d.mean)
	return nil
}

// WindowInverse takes a row out that the window has left.
func (d *deviation) WindowInverse(_ sqlite.Context, args []sqlite.Value) error {
	if args[0].Type() == sqlite.TypeNull {
		return nil
	}
	v := args[0].Float()
	d.n--
	if d.n == 0 {
		d.mean, d.sums = 0, 0
		return nil
	}
	before := v - d.mean
	d.mean -= before / float64(d.n)
	d.sums = max(d.sums-before*(v-d.mean), 0)
	return nil
}

// WindowValue returns the deviation, missing where there is no value.
func (d *deviation) WindowValue(sqlite.Context) (sqlite.Value, error) {
	switch d.n {
	case 0:
		return sqlite.Value{}, nil
	case 1:
		return sqlite.FloatValue(0), nil
	}
	return sqlite.FloatValue(math.Sqrt(d.sums / float64(d.n-1))), nil
}

// Finalize does nothing.
func (d *deviation) Finalize(sqlite.Context) {}
