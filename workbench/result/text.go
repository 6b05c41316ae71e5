package result

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// WriteText writes a result exactly and plainly, for golden files: every value in
// its shortest exact form, missing ones as "-", one line per row, point and
// finding. People read the form that package render draws.
func WriteText(w io.Writer, r *Result) error {
	out := bufio.NewWriter(w)
	for _, t := range r.Tables {
		writeTable(out, t)
	}
	for _, c := range r.Charts {
		writeChart(out, c)
	}
	for _, f := range r.Findings {
		writeFinding(out, f)
	}
	return out.Flush()
}

func writeTable(w *bufio.Writer, t Table) {
	fmt.Fprintf(w, "table %s: %s\n", t.Name, t.Title)
	heads := make([]string, t.Frame.Width())
	for i, f := range t.Frame.Schema() {
		heads[i] = f.String()
	}
	fmt.Fprintf(w, "  %s\n", strings.Join(heads, " | "))
	for i := range t.Frame.Len() {
		cells := make([]string, t.Frame.Width())
		for j := range cells {
			cells[j] = "-"
			if c := t.Frame.At(j); !c.IsNull(i) {
				cells[j] = c.Str(i)
			}
		}
		fmt.Fprintf(w, "  %s\n", strings.Join(cells, " | "))
	}
}

func writeChart(w *bufio.Writer, c Chart) {
	fmt.Fprintf(w, "chart %s: %s, %s\n", c.Name, c.Kind, c.Title)
	fmt.Fprintf(w, "  x %s\n  y %s\n", axisText(c.X), axisText(c.Y))
	for _, s := range c.Series {
		fmt.Fprintf(w, "  series %s%s\n", s.Name, seriesText(s))
		for i, y := range s.Y {
			fmt.Fprintf(w, "    %s%s\n", pointText(c, s, i), numberText(y))
		}
	}
	if c.Heat != nil {
		fmt.Fprintf(w, "  heat %s\n", withUnit(c.Heat.Label, c.Heat.Unit))
		for _, row := range c.Heat.Values {
			cells := make([]string, len(row))
			for i, v := range row {
				cells[i] = numberText(v)
			}
			fmt.Fprintf(w, "    %s\n", strings.Join(cells, " "))
		}
	}
	if c.Note != "" {
		fmt.Fprintf(w, "  note %s\n", c.Note)
	}
}

func axisText(a Axis) string {
	text := withUnit(a.Label, a.Unit)
	if a.Log {
		text += " log"
	}
	if a.Categories != nil {
		text += " categories"
	}
	return text
}

func withUnit(label, unit string) string {
	if unit == "" {
		return label
	}
	return label + " [" + unit + "]"
}

func seriesText(s Series) string {
	text := ""
	if s.Kind != "" {
		text += " " + string(s.Kind)
	}
	if s.Color != "" {
		text += " " + s.Color
	}
	return text
}

// pointText is what stands before a point's y: its label and x, or its category.
func pointText(c Chart, s Series, i int) string {
	text := ""
	if i < len(s.Labels) {
		text = s.Labels[i] + ": "
	}
	switch {
	case i < len(s.X):
		return text + numberText(s.X[i]) + " "
	case i < len(c.X.Categories):
		return text + c.X.Categories[i] + " = "
	}
	return text
}

func numberText(n Number) string {
	if f := float64(n); !math.IsNaN(f) {
		return strconv.FormatFloat(f, 'g', 10, 64)
	}
	return "-"
}

func writeFinding(w *bufio.Writer, f Finding) {
	fmt.Fprintf(w, "%s: %s\n", f.Severity, f.Text)
	if f.Remedy != "" {
		fmt.Fprintf(w, "  remedy: %s\n", f.Remedy)
	}
	if f.StakeNs != 0 {
		fmt.Fprintf(w, "  at stake: %d ns\n", f.StakeNs)
	}
	if f.Table != "" {
		fmt.Fprintf(w, "  rows: %s.%s in %s\n", f.Table, f.Column, strings.Join(f.Values, ", "))
	}
}
