package report

import (
	"fmt"
	"math"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
)

// side is all that is known of one run: the profile's, or the baseline's.
type side struct {
	sources map[string]source         // by kind
	results map[string]*result.Result // by analysis
	missing map[string]string         // by analysis: why it has no result
}

// cells is a table of a result, read by rows and column names. A column that is not
// there is missing in all rows.
type cells struct{ frame *frames.Frame }

// table returns a table of an analysis, and why not when there is none.
func (s *side) table(name, table string) (cells, string) {
	r := s.results[name]
	if r == nil {
		if why := s.missing[name]; why != "" {
			return cells{}, why
		}
		return cells{}, fmt.Sprintf("the analysis %s was not run", name)
	}
	if t := r.Table(table); t != nil && t.Frame.Len() > 0 {
		return cells{t.Frame}, ""
	}
	return cells{}, fmt.Sprintf("the table %s of %s is empty", table, name)
}

func (c cells) len() int {
	if c.frame == nil {
		return 0
	}
	return c.frame.Len()
}

// num returns a number, NaN for a missing one.
func (c cells) num(row int, column string) float64 {
	if c.frame == nil {
		return math.NaN()
	}
	col := c.frame.Column(column)
	if col == nil || col.IsNull(row) {
		return math.NaN()
	}
	return col.Float(row)
}

// text returns a text or number as it stands in the table, empty for a missing one.
func (c cells) text(row int, column string) string {
	if c.frame == nil {
		return ""
	}
	col := c.frame.Column(column)
	if col == nil || col.IsNull(row) {
		return ""
	}
	return col.Str(row)
}

// sum adds up a column; NaN when no row has a value.
func (c cells) sum(column string) float64 {
	total, seen := 0.0, false
	for i := range c.len() {
		if v := c.num(i, column); !math.IsNaN(v) {
			total, seen = total+v, true
		}
	}
	if !seen {
		return math.NaN()
	}
	return total
}

// most returns the row with the largest value of a column among those that keep holds
// of, all for nil; -1 when none has a value.
func (c cells) most(column string, keep func(row int) bool) int {
	best := -1
	for i := range c.len() {
		v := c.num(i, column)
		if math.IsNaN(v) || keep != nil && !keep(i) {
			continue
		}
		if best < 0 || v > c.num(best, column) {
			best = i
		}
	}
	return best
}

// kinds lists the kinds of artifact that an analysis takes, in the order of its roles.
func kinds(a analysis.Analysis) []string {
	var list []string
	for _, r := range a.Roles {
		list = append(list, r.Kind)
	}
	return list
}

// lacks says in a phrase which kind of artifact an analysis wants and the side has not
// got, empty when it has all. A parsed folder has what it has and no artifact.
func (s *side) lacks(a analysis.Analysis) string {
	for _, kind := range kinds(a) {
		src, given := s.sources[kind]
		switch {
		case !given:
			return fmt.Sprintf("no %s was given (%s)", kindName(kind), flagOf(kind))
		case src.parsed != nil:
			return fmt.Sprintf("the parsed folder %s does not hold it; give the %s itself", src.input.Name, kindName(kind))
		}
	}
	return ""
}

// has reports whether the side was given all kinds of artifact that the analysis takes.
func (s *side) has(a analysis.Analysis) bool {
	return !slices.ContainsFunc(kinds(a), func(kind string) bool { _, given := s.sources[kind]; return !given })
}
