package result

import "slices"

// Severity says how much a finding matters.
type Severity string

// The severities, from least to most.
const (
	Info    Severity = "info"    // worth knowing
	Warning Severity = "warning" // costs time, or limits what the numbers mean
	Problem Severity = "problem" // the numbers must not be used without reading this
)

func (s Severity) rank() int { return slices.Index([]Severity{Info, Warning, Problem}, s) }

// Finding is one sentence about the data: a number, its cause and the way out.
type Finding struct {
	Severity Severity `json:"severity"`
	Text     string   `json:"text"`              // a whole sentence with its number
	Remedy   string   `json:"remedy,omitempty"`  // what to do, or the capture flag that would help
	StakeNs  int64    `json:"stakeNs,omitempty"` // GPU or host time it concerns in ns; 0: not measured in time
	Table    string   `json:"table,omitempty"`   // the table it speaks of, empty for none
	Column   string   `json:"column,omitempty"`  // with Table: the rows whose Column holds one of Values
	Values   []string `json:"values,omitempty"`

	// Absent names the tables that it takes to hold no row because none was captured.
	// Where damage hides one of them the engine leaves the finding out, or says Known
	// in its place: what holds all the same. Nil for none.
	Absent []string `json:"-"`
	Known  string   `json:"-"`

	// Damage marks what a damaged file lost: figures of it are of a part only.
	Damage bool `json:"damage,omitempty"`
}

// SortFindings orders findings by severity, most first, then by time at stake,
// keeping the given order among equals.
func SortFindings(list []Finding) {
	slices.SortStableFunc(list, func(a, b Finding) int {
		if d := b.Severity.rank() - a.Severity.rank(); d != 0 {
			return d
		}
		switch {
		case a.StakeNs > b.StakeNs:
			return -1
		case a.StakeNs < b.StakeNs:
			return 1
		}
		return 0
	})
}
