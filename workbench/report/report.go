// Package report puts what the analyses say of a run into one document: figures with
// where they come from, recommendations, and sections of tables, charts and findings,
// as HTML, Markdown or JSON.
//
// Gather runs the analyses on artifacts, or takes the numbers of parsed folders, and
// returns a Report; Write writes it. No number is computed here but the differences of the
// figures of two runs: a figure is a cell of a table of an analysis, and says which.
// Whether anything got worse is judged by the package compare.
package report

import (
	"profilemate/workbench/result"
)

// Report is a finished report: data, not yet drawn.
type Report struct {
	Version  int       `json:"version"` // 1
	Title    string    `json:"title"`
	Inputs   []Input   `json:"inputs"`
	Figures  []Figure  `json:"figures"`
	Advice   []Advice  `json:"advice"` // what to do, by gain; then what cannot be told; then what is within bounds
	Sections []Section `json:"sections"`
	// Comparisons judge the profile by the baseline, one for each kind that the baseline
	// has; empty without a baseline.
	Comparisons []Comparison `json:"comparisons,omitempty"`
}

// Input is one artifact or parsed folder that the report is made from.
type Input struct {
	Role     string            `json:"role"` // "profile", or "baseline"
	Kind     string            `json:"kind"` // artifacts.Nsys, NCU or MoE
	Name     string            `json:"name"` // base name
	Path     string            `json:"-"`    // as given; for links, and not printed
	Format   string            `json:"format"`
	Producer string            `json:"producer,omitempty"`
	Summary  string            `json:"summary"`
	Bytes    int64             `json:"bytes,omitempty"`
	Digest   string            `json:"digest,omitempty"` // "sha256:…"; empty for a parsed folder
	Metadata map[string]string `json:"metadata,omitempty"`
}

// Figure is one number of the summary: one cell of a table of an analysis.
type Figure struct {
	Name     string        `json:"name"`
	Value    result.Number `json:"value"` // null when missing
	Unit     string        `json:"unit,omitempty"`
	Of       string        `json:"of,omitempty"` // what it is the figure of: a kernel, a layer
	Cell     Cell          `json:"cell"`
	Why      string        `json:"why,omitempty"` // why the value is missing
	Baseline result.Number `json:"baseline"`      // null without a baseline that has it
	Change   result.Number `json:"change"`        // in % of the baseline, or in points; null where it is not known
	Points   bool          `json:"points,omitempty"`
}

// Cell is a place in a table of a result. Row counts from 0.
type Cell struct {
	Analysis string `json:"analysis"`
	Table    string `json:"table"`
	Column   string `json:"column"`
	Row      int    `json:"row"`
}

// Section is one heading of the report.
type Section struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Parts []Part `json:"parts"`
}

// Part is what one analysis contributes to a section: chosen tables and charts and all
// of its findings that no part before has said. Result is nil where the analysis was not
// possible, and Missing says why.
type Part struct {
	Analysis string         `json:"analysis"`
	Title    string         `json:"title"`
	Command  string         `json:"command,omitempty"` // that prints all of it
	Missing  string         `json:"missing,omitempty"`
	Result   *result.Bundle `json:"result,omitempty"`
}

// HasBaseline reports whether the report compares with another run.
func (r *Report) HasBaseline() bool {
	for _, in := range r.Inputs {
		if in.Role == baselineRole {
			return true
		}
	}
	return false
}

// The roles of inputs.
const (
	profileRole  = "profile"
	baselineRole = "baseline"
)
