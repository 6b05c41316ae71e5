package ncu

import "strings"

// votes counts the cells of a table that settle how it writes numbers. One
// separator with three digits behind it, as in 4.096, settles nothing.
type votes struct {
	rows                 int // launches, of a summary rows, looked at
	point, comma, open   int
	pointCell, commaCell string // a cell of each, for the message
}

func (v *votes) convention() Convention {
	if v.comma > 0 {
		return CommaDecimal
	}
	return PointDecimal
}

// count looks at one cell. One that was whole before it was printed has no
// decimals, so that a lone separator in it is one of groups.
func (v *votes) count(cell string, whole bool) {
	if at := strings.Index(cell, " ("); at > 0 {
		cell = cell[:at]
	}
	if !strings.ContainsAny(cell, ".,\u00a0\u202f ") || isSixDecimals(cell) {
		return
	}
	_, point := ParseDecimal(cell, PointDecimal)
	_, comma := ParseDecimal(cell, CommaDecimal)
	if whole && point && comma {
		point, comma = strings.Contains(cell, ","), strings.Contains(cell, ".")
	}
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

// isWholeMetric reports whether a metric counts something, so that its value in its
// base unit is a whole number.
func isWholeMetric(name string, u Unit) bool {
	if u.Exp != 0 {
		return false
	}
	switch name {
	case "launch__grid_size", "launch__block_size", "launch__thread_count", "launch__registers_per_thread", "launch__stack_size",
		"launch__shared_mem_per_block_static", "launch__shared_mem_per_block_dynamic", "launch__shared_mem_per_block_driver":
		return true
	}
	return strings.HasSuffix(name, ".sum") && (u.Base == "B" || u.Base == "inst" || u.Base == "sector" || u.Base == "ns")
}
