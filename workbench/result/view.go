package result

import "profilemate/frames"

// View is a window on a stored table: filtered, then sorted, then cut. It is never
// part of a cache key.
type View struct {
	Filter string   // rows with a cell that contains this text, letter case ignored; "column:text" looks in one column; empty for all
	Sort   []string // column names, "-" before one for descending; missing values last; empty for the table's own order
	Offset int
	Limit  int // at most this many rows; 0 for none, -1 for all
}

// Page is what a View shows.
type Page struct {
	Columns []frames.Field `json:"columns"`
	Total   int            `json:"total"`   // rows of the table
	Matched int            `json:"matched"` // rows after the filter
	Offset  int            `json:"offset"`
	Rows    [][]any        `json:"rows"` // see Preview
}
