// Package functions adds to SQLite what people ask of profiles: quantiles, standard
// deviations, regular expressions, and times and sizes in words. Each is documented
// where it is declared.
package functions

import (
	"fmt"

	"zombiezen.com/go/sqlite"
)

// Function is a function that cells can call.
type Function struct {
	Name      string
	Signature string // "quantile(x, p)"
	Doc       string // one sentence
	Aggregate bool
	KeepsUnit bool // its value has the unit of its first argument
	impl      *sqlite.FunctionImpl
}

// Own lists the functions that this package adds. They are made for one connection:
// values that aggregates keep may take so many bytes together.
func Own(budget int64) []Function {
	b := &purse{left: budget}
	return append(aggregates(b), scalars()...)
}

// BuiltIn lists the functions of SQLite that are of use for profiles.
func BuiltIn() []Function {
	agg := func(signature, doc string, keeps bool) Function {
		return Function{Name: nameOf(signature), Signature: signature, Doc: doc, Aggregate: true, KeepsUnit: keeps}
	}
	plain := func(signature, doc string, keeps bool) Function {
		return Function{Name: nameOf(signature), Signature: signature, Doc: doc, KeepsUnit: keeps}
	}
	return []Function{
		agg("count(*)", "Rows; count(x): rows in which x is not missing.", false),
		agg("sum(x)", "Sum, exact for whole numbers; missing where there is no value.", true),
		agg("total(x)", "Sum as a float; 0 where there is no value.", true),
		agg("avg(x)", "Arithmetic mean.", true),
		agg("min(x)", "Least value; of several arguments, in one row.", true),
		agg("max(x)", "Largest value; of several arguments, in one row.", true),
		agg("group_concat(x, separator)", "All values as one text.", false),
		plain("abs(x)", "Value without its sign.", true),
		plain("round(x, digits)", "Rounded value.", true),
		plain("coalesce(x, y, …)", "First value that is not missing.", true),
		plain("ifnull(x, y)", "x, or y where x is missing.", true),
		plain("nullif(x, y)", "x, or missing where it equals y.", true),
		plain("iif(condition, x, y)", "x where the condition holds, else y.", false),
		plain("lower(text)", "Text in small letters.", false),
		plain("upper(text)", "Text in capital letters.", false),
		plain("length(text)", "Number of characters.", false),
		plain("substr(text, start, length)", "Part of a text, counted from 1.", false),
		plain("instr(text, part)", "Where a part first stands, counted from 1; 0 for nowhere.", false),
		plain("replace(text, from, to)", "Text with one part in place of another.", false),
		plain("trim(text)", "Text without spaces around it.", false),
		plain("printf(format, …)", "Text in a format, as in C.", false),
		plain("sqrt(x)", "Square root.", false),
		plain("ln(x)", "Natural logarithm.", false),
		plain("log2(x)", "Logarithm of base 2.", false),
		plain("log10(x)", "Logarithm of base 10.", false),
		plain("floor(x)", "Largest whole number that is not above x.", true),
		plain("ceil(x)", "Least whole number that is not below x.", true),
		plain("typeof(x)", "\"integer\", \"real\", \"text\", \"blob\" or \"null\".", false),
		plain("row_number()", "Number of the row in its window; needs OVER.", false),
		plain("rank()", "Rank of the row in its window; needs OVER.", false),
		plain("lag(x, n)", "x of the n-th row before in the window; needs OVER.", true),
		plain("lead(x, n)", "x of the n-th row after in the window; needs OVER.", true),
		plain("first_value(x)", "x of the first row of the window; needs OVER.", true),
		plain("last_value(x)", "x of the last row of the window; needs OVER.", true),
	}
}

func nameOf(signature string) string {
	for i := range signature {
		if signature[i] == '(' {
			return signature[:i]
		}
	}
	return signature
}

// Add makes the functions of Own known to a connection. fail is told what goes wrong
// in one of them: the library (v1.4.2) gives the message of an error as the
// function's value, and the statement goes on.
func Add(conn *sqlite.Conn, budget int64, fail func(error)) error {
	for _, f := range Own(budget) {
		if err := conn.CreateFunction(f.Name, f.told(fail)); err != nil {
			return fmt.Errorf("adding %s: %w", f.Signature, err)
		}
	}
	return nil
}

// told returns the function with its failures told.
func (f Function) told(fail func(error)) *sqlite.FunctionImpl {
	impl := *f.impl
	if impl.Scalar != nil {
		scalar := impl.Scalar
		impl.Scalar = func(ctx sqlite.Context, args []sqlite.Value) (sqlite.Value, error) {
			v, err := scalar(ctx, args)
			if err != nil {
				fail(err)
			}
			return v, err
		}
		return &impl
	}
	begin := impl.MakeAggregate
	impl.MakeAggregate = func(ctx sqlite.Context) (sqlite.AggregateFunction, error) {
		inner, err := begin(ctx)
		return watched{inner, fail}, err
	}
	return &impl
}

// watched is an aggregate whose failures are told.
type watched struct {
	sqlite.AggregateFunction
	fail func(error)
}

// Step takes the value of a row.
func (w watched) Step(ctx sqlite.Context, args []sqlite.Value) error {
	return w.tell(w.AggregateFunction.Step(ctx, args))
}

// WindowInverse takes a row out.
func (w watched) WindowInverse(ctx sqlite.Context, args []sqlite.Value) error {
	return w.tell(w.AggregateFunction.WindowInverse(ctx, args))
}

func (w watched) tell(err error) error {
	if err != nil {
		w.fail(err)
	}
	return err
}
