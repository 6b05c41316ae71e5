// Package result is what an analysis gives back: tables, chart specifications and
// findings. It is data, not pixels: the page, the command line and the report each
// draw the same result in their own way.
package result

import (
	"fmt"

	"profilemate/frames"
)

// Result is the outcome of one analysis. The order of tables and charts is the
// order they are shown in.
type Result struct {
	Tables   []Table   `json:"tables"`
	Charts   []Chart   `json:"charts"`
	Findings []Finding `json:"findings"`
}

// Table is a frame with a title. Its columns' units stand in the frame's schema.
type Table struct {
	Name  string        `json:"name"`  // unique in the result: "kernels"
	Title string        `json:"title"` // in words: "Kernels by GPU time"
	Frame *frames.Frame `json:"-"`
}

// Table returns the named table, or nil when there is none.
func (r *Result) Table(name string) *Table {
	for i := range r.Tables {
		if r.Tables[i].Name == name {
			return &r.Tables[i]
		}
	}
	return nil
}

// Chart returns the named chart, or nil when there is none.
func (r *Result) Chart(name string) *Chart {
	for i := range r.Charts {
		if r.Charts[i].Name == name {
			return &r.Charts[i]
		}
	}
	return nil
}

// Add appends a table and returns the result, for chaining.
func (r *Result) Add(name, title string, f *frames.Frame) *Result {
	r.Tables = append(r.Tables, Table{Name: name, Title: title, Frame: f})
	return r
}

// Note appends an informational finding.
func (r *Result) Note(format string, args ...any) {
	r.Findings = append(r.Findings, Finding{Severity: Info, Text: fmt.Sprintf(format, args...)})
}

// Warn appends a warning with its remedy, which may be empty.
func (r *Result) Warn(remedy, format string, args ...any) {
	r.WarnAbsent(nil, remedy, format, args...)
}

// WarnAbsent is Warn for what follows from tables without a row; see Finding.Absent.
func (r *Result) WarnAbsent(tables []string, remedy, format string, args ...any) {
	r.Findings = append(r.Findings, Finding{Severity: Warning, Text: fmt.Sprintf(format, args...), Remedy: remedy, Absent: tables})
}
