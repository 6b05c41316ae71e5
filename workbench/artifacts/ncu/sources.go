package ncu

import (
	"strings"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
)

// sourcesTable says of every measured number of the launches table where it came
// from and how exact it is.
func sourcesTable() table {
	columns := launchColumns()
	info := artifacts.TableInfo{Name: "launch_sources", Rows: -1,
		Doc: "one row a launch and number of the launches table that has a value: what it was read from, and how far rounding in print may have moved it",
		Schema: frames.Schema{
			{Name: "launch", Kind: frames.Int64, Doc: "key of launches"},
			{Name: "column", Kind: frames.String, Doc: "column of launches"},
			{Name: "origin", Kind: frames.String, Doc: "report (what was measured, in full), raw or details (pages that round)"},
			{Name: "method", Kind: frames.String, Doc: "metric (the value of one), formula (worked out of several), estimate (512 FLOP a tensor instruction)"},
			{Name: "source", Kind: frames.String, Doc: "metric, or the formula over metrics; missing for tensor operations of which there were none"},
			{Name: "margin", Kind: frames.Float64, Doc: "how far rounding in print may have moved the value, in the unit of the column; 0 for exact"},
		}}
	return table{info, func() func(row, *batcher) error {
		return func(r row, b *batcher) error {
			for _, c := range columns {
				if c.measured == nil {
					continue
				}
				m, ok := c.measured(r)
				if !ok || c.value(r) == nil {
					continue
				}
				if err := b.row(r.launch, c.field.Name, r.origin(), m.method(), text(m.source), m.margin); err != nil {
					return err
				}
			}
			return nil
		}
	}}
}

// method tells how a number came about. Names of metrics hold no blanks, formulas do.
func (m measure) method() string {
	switch {
	case m.estimate:
		return estimateMethod
	case strings.Contains(m.source, " "):
		return "formula"
	}
	return "metric"
}
