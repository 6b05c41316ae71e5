package api

import (
	"slices"
	"unicode/utf8"

	"profilemate/frames"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// Bar returns a bar chart of one value for each category. The unit is that of the
// values, such as "ns"; empty for none. Bars with long names lie down.
func (s *Session) Bar(title string, categories []string, values []float64, unit string) *result.Chart {
	if len(categories) != len(values) {
		panic(Failure{fault.Errorf(fault.Misuse, "the bar chart %q has %d categories and %d values", title, len(categories), len(values))})
	}
	return &result.Chart{Name: chartName, Title: title, Kind: result.Bar, X: result.Axis{Categories: categories},
		Y: result.Axis{Unit: unit}, Series: []result.Series{{Y: result.Numbers(values)}},
		Horizontal: slices.ContainsFunc(categories, func(name string) bool { return utf8.RuneCountInString(name) > longName })}
}

// longName is how many characters of a name there is room for under a bar.
const longName = 14

// chartName is the name of a chart that stands alone in its result.
const chartName = "chart"

// Line returns a chart of a line through points.
func (s *Session) Line(title string, x, y []float64) *result.Chart {
	return points(title, result.Line, x, y)
}

// Scatter returns a chart of points.
func (s *Session) Scatter(title string, x, y []float64) *result.Chart {
	return points(title, result.Scatter, x, y)
}

func points(title string, kind result.ChartKind, x, y []float64) *result.Chart {
	if len(x) != len(y) {
		panic(Failure{fault.Errorf(fault.Misuse, "the chart %q has %d values of x and %d of y", title, len(x), len(y))})
	}
	return &result.Chart{Name: chartName, Title: title, Kind: kind,
		Series: []result.Series{{X: result.Numbers(x), Y: result.Numbers(y)}}}
}

// HeatMap returns a heat map of values[row][column].
func (s *Session) HeatMap(title string, rows, columns []string, values [][]float64) *result.Chart {
	heat := &result.Heat{Values: make([][]result.Number, len(values))}
	for i, row := range values {
		if len(row) != len(columns) || len(values) != len(rows) {
			panic(Failure{fault.Errorf(fault.Misuse, "the heat map %q has %d rows of names and %d of values; row %d has %d values for %d columns",
				title, len(rows), len(values), i, len(row), len(columns))})
		}
		heat.Values[i] = result.Numbers(row)
	}
	return &result.Chart{Name: chartName, Title: title, Kind: result.HeatMap, X: result.Axis{Categories: columns},
		Y: result.Axis{Categories: rows}, Heat: heat}
}

// BarOf returns a bar chart of a column of a frame, one bar for each row, named by
// another column.
func (s *Session) BarOf(title string, f *frames.Frame, category, value string) *result.Chart {
	v := numbers(f, value)
	c := s.Bar(title, column(f, category), v, f.Column(value).Field.Unit)
	c.X.Label, c.Y.Label = category, value
	return c
}

// LineOf returns a chart of lines: a line for each named column over the column x.
func (s *Session) LineOf(title string, f *frames.Frame, x string, y ...string) *result.Chart {
	return s.pointsOf(title, result.Line, f, x, y)
}

// ScatterOf returns a chart of points: a series for each named column over the
// column x.
func (s *Session) ScatterOf(title string, f *frames.Frame, x string, y ...string) *result.Chart {
	return s.pointsOf(title, result.Scatter, f, x, y)
}

func (s *Session) pointsOf(title string, kind result.ChartKind, f *frames.Frame, x string, y []string) *result.Chart {
	at := numbers(f, x)
	c := &result.Chart{Name: chartName, Title: title, Kind: kind, X: result.Axis{Label: x, Unit: f.Column(x).Field.Unit}}
	for _, name := range y {
		c.Series = append(c.Series, result.Series{Name: name, X: result.Numbers(at), Y: result.Numbers(numbers(f, name))})
		c.Y.Unit = f.Column(name).Field.Unit
	}
	if len(y) == 1 {
		c.Y.Label = y[0]
	}
	return c
}

// numbers returns a column as floats, NaN for what is missing.
func numbers(f *frames.Frame, name string) []float64 {
	picked := must(f.Select(name)).At(0)
	if picked.Field.Kind == frames.String {
		panic(Failure{fault.Errorf(fault.Misuse, "frame %q: column %q holds text, not numbers", f.Name(), name)})
	}
	out := make([]float64, picked.Len())
	for i := range out {
		out[i] = picked.Float(i)
	}
	return out
}

func column(f *frames.Frame, name string) []string { return must(f.Select(name)).Strings(name) }
