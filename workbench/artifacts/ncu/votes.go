package ncu

import "strings"

// votes counts the cells of a table that settle how it writes numbers. One
// separator with three digits behind it, as in 4.096, settles nothing.
type votes struct {
	rows                 int // launches looked at
	point, comma, open   int
	pointCell, commaCell string // a cell of each, for the message
}

func (v *votes) convention() Convention {
	if v.comma > 0 {
		return CommaDecimal
	}
	return PointDecimal
}

// count looks at one cell.
func (v *votes) count(cell string) {
	if at := strings.Index(cell, " ("); at > 0 {
		cell = cell[:at]
	}
	if !strings.ContainsAny(cell, ".,\u00a0\u202f ") || isSixDecimals(cell) {
		return
	}
	_, point := ParseDecimal(cell, PointDecimal)
	_, comma := ParseDecimal(cell, CommaDecimal)
	switch {
	case point && comma:
		v.open++
	case point:
		v.point++
		v.pointCell = cell
	case comma:
		v.comma++
		v.commaCell = cell
	}
}
