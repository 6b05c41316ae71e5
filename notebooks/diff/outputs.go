package diff

import (
	"encoding/json"
	"fmt"
	"strings"

	"profilemate/notebooks"
	"profilemate/workbench/result"
)

// maxValues is how many differing values of one table are listed; the rest is
// counted.
const maxValues = 20

// Outputs lists how the outputs of a cell differ, a line each; nil where they say
// the same. a is the older side, b the newer.
func Outputs(a, b []notebooks.Output) []string {
	old, now := Comparable(a), Comparable(b)
	var lines []string
	for i := range max(len(old), len(now)) {
		switch {
		case i >= len(old):
			lines = append(lines, "added: "+describe(now[i]))
		case i >= len(now):
			lines = append(lines, "gone: "+describe(old[i]))
		default:
			lines = append(lines, parts(old[i], now[i])...)
		}
	}
	return lines
}

func describe(p Part) string {
	if p.Kind == ResultPart {
		return "the result of " + p.Result.Analysis
	}
	return p.Kind + " " + short(p.Text)
}

// short is a text cut to what fits on a line.
func short(text string) string {
	first, _, more := strings.Cut(strings.TrimSpace(text), "\n")
	if runes := []rune(first); len(runes) > 100 {
		first, more = string(runes[:100]), true
	}
	if more {
		first += "…"
	}
	return fmt.Sprintf("%q", first)
}

func parts(a, b Part) []string {
	switch {
	case a.Kind != b.Kind:
		return []string{describe(a) + " is now " + describe(b)}
	case a.Kind == ResultPart:
		return results(a.Result, b.Result)
	case a.Text != b.Text:
		return texts(a, b)
	}
	return nil
}

// texts says at which line two texts part.
func texts(a, b Part) []string {
	old, now := strings.Split(a.Text, "\n"), strings.Split(b.Text, "\n")
	for i := range max(len(old), len(now)) {
		x, y := at(old, i), at(now, i)
		if x != y {
			return []string{fmt.Sprintf("%s, line %d: %s is now %s", a.Kind, i+1, short(x), short(y))}
		}
	}
	return nil
}

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

func results(a, b *result.Bundle) []string {
	if a.Analysis != b.Analysis {
		return []string{"the result of " + a.Analysis + " is now one of " + b.Analysis}
	}
	lines := findings(a.Findings, b.Findings)
	seen := map[string]bool{}
	for _, t := range a.Tables {
		seen[t.Name] = true
		other := tableOf(b, t.Name)
		if other == nil {
			lines = append(lines, "the table "+t.Name+" is gone")
			continue
		}
		lines = append(lines, tables(t, *other)...)
	}
	for _, t := range b.Tables {
		if !seen[t.Name] {
			lines = append(lines, "the table "+t.Name+" was added")
		}
	}
	return append(lines, charts(a.Charts, b.Charts)...)
}

func tableOf(b *result.Bundle, name string) *result.Preview {
	for i := range b.Tables {
		if b.Tables[i].Name == name {
			return &b.Tables[i]
		}
	}
	return nil
}

// findings lists those that only one side has.
func findings(a, b []result.Finding) []string {
	count := map[string]int{}
	for _, f := range b {
		count[f.Text]++
	}
	var lines []string
	for _, f := range a {
		if count[f.Text] == 0 {
			lines = append(lines, fmt.Sprintf("finding gone: %q", f.Text))
		} else {
			count[f.Text]--
		}
	}
	for _, f := range b {
		if count[f.Text] > 0 {
			count[f.Text]--
			lines = append(lines, fmt.Sprintf("finding added: %q", f.Text))
		}
	}
	return lines
}

// tables compares the rows of two tables in order, cell by cell.
func tables(a, b result.Preview) []string {
	var lines []string
	if x, y := columnNames(a), columnNames(b); x != y {
		return []string{fmt.Sprintf("the table %s had the columns %s and has now %s", a.Name, x, y)}
	}
	if a.Total != b.Total {
		lines = append(lines, fmt.Sprintf("the table %s had %d rows and has now %d", a.Name, a.Total, b.Total))
	}
	differing := 0
	for i := range min(len(a.Rows), len(b.Rows)) {
		for j := range min(len(a.Rows[i]), len(b.Rows[i]), len(a.Columns)) {
			x, y := value(a.Rows[i][j]), value(b.Rows[i][j])
			if x == y {
				continue
			}
			if differing++; differing <= maxValues {
				lines = append(lines, fmt.Sprintf("the table %s, row %d, %s: %s is now %s", a.Name, i+1, a.Columns[j].Name, x, y))
			}
		}
	}
	if differing > maxValues {
		lines = append(lines, fmt.Sprintf("the table %s: %d values more differ", a.Name, differing-maxValues))
	}
	return lines
}

func columnNames(t result.Preview) string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
		if c.Unit != "" {
			names[i] += " [" + c.Unit + "]"
		}
	}
	return strings.Join(names, ", ")
}

// value writes a value of a table so that equal ones are equal texts.
func value(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(raw)
}

func charts(a, b []result.Chart) []string {
	var lines []string
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(a):
			lines = append(lines, "the chart "+b[i].Name+" was added")
		case i >= len(b):
			lines = append(lines, "the chart "+a[i].Name+" is gone")
		case value(a[i]) != value(b[i]):
			lines = append(lines, "the chart "+a[i].Name+" differs")
		}
	}
	return lines
}
