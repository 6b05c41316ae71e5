package store

import (
	"slices"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// arrange returns the rows of a table that a view asks for, in its order.
func arrange(f *frames.Frame, v result.View) ([]int, error) {
	order, err := f.Order(v.Sort...)
	if err != nil {
		return nil, fault.Errorf(fault.Misuse, "sorting the table: %w", err)
	}
	if v.Filter == "" {
		return order, nil
	}
	hit := filter(f, v.Filter)
	return slices.DeleteFunc(order, func(row int) bool { return !hit(row) }), nil
}

// filter returns whether a cell of a row contains the text, letter case ignored.
func filter(f *frames.Frame, text string) func(row int) bool {
	columns, needle := filterColumns(f, text)
	tests := make([]func(row int) bool, len(columns))
	for i, c := range columns {
		tests[i] = cellTest(c, strings.ToLower(needle))
	}
	return func(row int) bool {
		for _, test := range tests {
			if test(row) {
				return true
			}
		}
		return false
	}
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
