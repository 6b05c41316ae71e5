package stats

import (
	"math"
	"math/big"
	"strconv"
)

// Table is the answer of a report.
type Table struct {
	Headers []string
	// Rows calls emit with each row in order, and stops at its first error. The row is
	// valid during the call only. It can be called again.
	Rows func(emit func(*Row) error) error
}

// Row holds the cells of one row as text.
type Row struct {
	text  []byte
	cells []cell
}

type cell struct {
	end  int
	kind cellKind
}

type cellKind uint8

const (
	missing cellKind = iota
	number
	words
)

// Len returns the number of cells.
func (r *Row) Len() int { return len(r.cells) }

// Text returns cell i as text, "" for a missing one.
func (r *Row) Text(i int) string { return string(r.at(i)) }

func (r *Row) at(i int) []byte {
	from := 0
	if i > 0 {
		from = r.cells[i-1].end
	}
	return r.text[from:r.cells[i].end]
}

func (r *Row) reset() *Row {
	r.text, r.cells = r.text[:0], r.cells[:0]
	return r
}

func (r *Row) end(k cellKind) *Row {
	r.cells = append(r.cells, cell{len(r.text), k})
	return r
}

func (r *Row) none(cells int) *Row {
	for range cells {
		r.end(missing)
	}
	return r
}

func (r *Row) str(s string) *Row {
	r.text = append(r.text, s...)
	return r.end(words)
}

// name adds a text that may be missing.
func (r *Row) name(n name) *Row {
	if !n.known {
		return r.none(1)
	}
	return r.str(n.text)
}

func (r *Row) int(v int64) *Row {
	r.text = strconv.AppendInt(r.text, v, 10)
	return r.end(number)
}

// tenths adds v with one decimal, rounded as the SQL of nsys's reports does it.
func (r *Row) tenths(v float64) *Row {
	r.text = strconv.AppendFloat(r.text, roundTenths(v), 'f', 1, 64)
	return r.end(number)
}

// mega adds v divided by a million with three decimals, as nsys prints bytes as MB
// and B/s as MB/s.
func (r *Row) mega(v float64) *Row {
	r.text = strconv.AppendFloat(r.text, v/1e6, 'f', 3, 64)
	return r.end(number)
}

// roundTenths is round(v, 1) of SQLite 3.42, which nsys 2023.4.4 runs its reports
// on: half a tenth, and three parts in 10^16 of the value so that 0.15 counts as
// halfway, are added in 64 bits of precision, and the rest is cut off
// (sqlite3_str_vappendf, case etFLOAT).
func roundTenths(v float64) float64 {
	const untouched = 1 << 52 // has no decimals
	if v == 0 || math.Abs(v) >= untouched || math.IsNaN(v) {
		return v
	}
	size := math.Abs(v)
	rounder := 0.05
	if exponent := math.Ilogb(size); 1+exponent/3 < 15 {
		rounder += size * 3e-16
	}
	sum := new(big.Float).SetPrec(64).SetFloat64(size)
	sum.Add(sum, new(big.Float).SetFloat64(rounder))
	sum.Mul(sum, big.NewFloat(10))
	tenths, _ := sum.Int64()
	return math.Copysign(float64(tenths)/10, v)
}
