package frames

import (
	"fmt"

	"github.com/go-gota/gota/dataframe"
	"github.com/go-gota/gota/series"
)

// MaxDataFrameRows is the most rows that DataFrame converts: gota keeps every value
// in an object of its own.
const MaxDataFrameRows = 100_000

// DataFrame returns a copy as a gota DataFrame, for code that wants gota's methods.
// Int64 becomes int, exactly; a missing value becomes NA, and so do NaN and the text
// "NaN", which gota cannot tell from it. Units and docs are lost. A frame without
// columns, or with more than MaxDataFrameRows rows, is an error.
//
// Group and aggregate with the frame's own methods: gota's GroupBy can merge
// different keys, and its sums go through float64.
func (f *Frame) DataFrame() (df dataframe.DataFrame, err error) {
	defer recoverGota(&err, f.name)
	switch {
	case len(f.columns) == 0:
		return df, fmt.Errorf("frame %q as a DataFrame: it has no columns", f.name)
	case f.rows > MaxDataFrameRows:
		return df, fmt.Errorf("frame %q as a DataFrame: it has %d rows and at most %d fit; use GroupBy, a filter or Head first",
			f.name, f.rows, MaxDataFrameRows)
	}
	columns := make([]series.Series, len(f.columns))
	for i := range f.columns {
		columns[i] = f.columns[i].series()
	}
	df = dataframe.New(columns...)
	if df.Err != nil {
		return df, fmt.Errorf("frame %q as a DataFrame: %w", f.name, df.Err)
	}
	return df, nil
}

func recoverGota(err *error, name string) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("frame %q and gota: %v", name, p)
	}
}

// series converts a column value by value: of slices, gota reads []int, but makes
// []int64 all NaN, and has no mark for what is missing but a nil.
func (c *Column) series() series.Series {
	values := make([]any, c.Len())
	for i := range values {
		switch v := c.Value(i).(type) {
		case int64:
			values[i] = int(v)
		default:
			values[i] = v
		}
	}
	return series.New(values, seriesType(c.Field.Kind), c.Field.Name)
}

func seriesType(k Kind) series.Type {
	switch k {
	case Bool:
		return series.Bool
	case Int64:
		return series.Int
	case Float64:
		return series.Float
	}
	return series.String
}

// MaxFromDataFrameRows is the most rows that FromDataFrame converts: as many as a
// cell reads of a table. They come cheaper than they were as a DataFrame.
const MaxFromDataFrameRows = 20_000_000

// FromDataFrame returns a copy of a gota DataFrame under a name, with its rows and
// columns in their order and its ints exact. What gota takes for NA becomes missing:
// also NaN, and the text "NaN", which it cannot tell from it. A DataFrame that carries
// an error gives that error; more than MaxFromDataFrameRows rows are one.
func FromDataFrame(name string, df dataframe.DataFrame) (f *Frame, err error) {
	defer recoverGota(&err, name)
	if df.Err != nil {
		return nil, fmt.Errorf("frame %q from a DataFrame: %w", name, df.Err)
	}
	if n := df.Nrow(); n > MaxFromDataFrameRows {
		return nil, fmt.Errorf("frame %q from a DataFrame: it has %d rows and at most %d fit; filter or aggregate it first", name, n, MaxFromDataFrameRows)
	}
	columns := make([]Column, 0, df.Ncol())
	for _, name := range df.Names() {
		columns = append(columns, fromSeries(name, df.Col(name)))
	}
	return New(name, columns...)
}

func fromSeries(name string, s series.Series) Column {
	field := Field{Name: name, Kind: kindOfSeries(s.Type())}
	b := NewBuilder("", Schema{field})
	for i := range s.Len() {
		switch v := s.Val(i).(type) {
		case nil:
			b.Null(0)
		default:
			b.value(0, v)
		}
	}
	return b.columns[0]
}

func kindOfSeries(t series.Type) Kind {
	switch t {
	case series.Bool:
		return Bool
	case series.Int:
		return Int64
	case series.Float:
		return Float64
	}
	return String
}
