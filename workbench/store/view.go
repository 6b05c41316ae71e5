package store

import (
	"strings"

	"profilemate/frames"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// arrange filters and sorts a table as a view asks.
func arrange(f *frames.Frame, v result.View) (*frames.Frame, error) {
	if v.Filter != "" {
		f = filter(f, v.Filter)
	}
	sorted, err := f.Sort(v.Sort...)
	if err != nil {
		return nil, fault.Errorf(fault.Misuse, "sorting the table: %w", err)
	}
	return sorted, nil
}

// filter returns the rows with a cell that contains the text, letter case ignored.
func filter(f *frames.Frame, text string) *frames.Frame {
	columns, needle := filterColumns(f, text)
	tests := make([]func(row int) bool, len(columns))
	for i, c := range columns {
		tests[i] = cellTest(c, strings.ToLower(needle))
	}
	return f.Filter(func(row int) bool {
		for _, test := range tests {
			if test(row) {
				return true
			}
		}
		return false
	})
}

// filterColumns takes "column:text" apart where the frame has the column, the one
// with the longest name if several fit; a kernel's name may hold colons too.
func filterColumns(f *frames.Frame, text string) (columns []*frames.Column, needle string) {
	var chosen *frames.Column
	for i := range f.Width() {
		c := f.At(i)
		columns = append(columns, c)
		if strings.HasPrefix(text, c.Field.Name+":") && (chosen == nil || len(c.Field.Name) > len(chosen.Field.Name)) {
			chosen = c
		}
	}
	if chosen == nil {
		return columns, text
	}
	return []*frames.Column{chosen}, text[len(chosen.Field.Name)+1:]
}

// cellTest returns whether the text of a row contains needle, which is in lower
// case. Each text of a dictionary is looked at once. A missing value contains
// nothing.
func cellTest(c *frames.Column, needle string) func(row int) bool {
	contains := func(s string) bool { return strings.Contains(strings.ToLower(s), needle) }
	if c.Field.Kind != frames.String {
		return func(row int) bool { return !c.IsNull(row) && contains(c.Str(row)) }
	}
	dict := c.Dictionary()
	hits := make([]bool, dict.Len())
	for code := range hits {
		hits[code] = contains(dict.String(int32(code)))
	}
	codes := c.Codes()
	return func(row int) bool { return !c.IsNull(row) && hits[codes[row]] }
}
