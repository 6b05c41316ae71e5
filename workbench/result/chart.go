package result

import (
	"encoding/json"
	"math"
)

// Number is a float64 that may be missing: NaN, written as null in JSON.
// Infinities are written as null too, since no axis can show them.
type Number float64

// MarshalJSON writes the number, or null for NaN and infinities.
func (n Number) MarshalJSON() ([]byte, error) {
	if f := float64(n); math.IsNaN(f) || math.IsInf(f, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON reads a number; null becomes NaN.
func (n *Number) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*n = Number(math.NaN())
		return nil
	}
	return json.Unmarshal(data, (*float64)(n))
}

// Numbers converts a slice of floats.
func Numbers(values []float64) []Number {
	out := make([]Number, len(values))
	for i, v := range values {
		out[i] = Number(v)
	}
	return out
}

// Absent returns n missing numbers: a series of bars of which none is drawn until it
// is set.
func Absent(n int) []Number {
	out := make([]Number, n)
	for i := range out {
		out[i] = Number(math.NaN())
	}
	return out
}

// ChartKind is the form a chart is drawn in.
type ChartKind string

// The chart kinds. A Scatter chart may hold line series too (the roofs of a
// roofline); a Bar chart's X axis is categorical and its bars lie down when
// Horizontal is set.
const (
	Line    ChartKind = "line"
	Bar     ChartKind = "bar"
	Scatter ChartKind = "scatter"
	HeatMap ChartKind = "heatmap"
	Pie     ChartKind = "pie"
)

// Chart is the specification of one chart. Drawing code adds nothing to it but
// pixels: domains, ticks and points follow from the specification.
type Chart struct {
	Name       string    `json:"name"` // unique in the result: "roofline", "layer-3"
	Title      string    `json:"title"`
	Kind       ChartKind `json:"kind"`
	X          Axis      `json:"x"`
	Y          Axis      `json:"y"`
	Series     []Series  `json:"series,omitempty"`     // all kinds but HeatMap
	Horizontal bool      `json:"horizontal,omitempty"` // Bar: bars lie down, categories run from top to bottom
	Stacked    bool      `json:"stacked,omitempty"`    // Bar: series stand on one another
	Heat       *Heat     `json:"heat,omitempty"`       // HeatMap only
	Group      string    `json:"group,omitempty"`      // charts of one group are shown one at a time, behind a picker
	Note       string    `json:"note,omitempty"`       // one sentence under the chart
}

// Indent begins the name of a category that lies below an earlier one, once for each
// level, so that a chart can show a tree: such names begin below each other.
const Indent = "\u00b7 "

// Axis describes one axis. Values are in Unit; scaling to a prefix is up to the
// drawing code.
type Axis struct {
	Label      string   `json:"label"`
	Unit       string   `json:"unit,omitempty"`
	Log        bool     `json:"log,omitempty"`        // base 10; values must be above 0
	Min        *float64 `json:"min,omitempty"`        // nil: from the data (0 for bars)
	Max        *float64 `json:"max,omitempty"`        // nil: from the data
	Categories []string `json:"categories,omitempty"` // categorical axis: position i is Categories[i]
}

// Series is one run of points. X and Y are equally long; for a Bar or Pie chart X
// is empty and Y[i] belongs to category i of the chart's X axis. A missing Y is a
// gap in a line and an absent bar.
type Series struct {
	Name   string    `json:"name"`
	Kind   ChartKind `json:"kind,omitempty"` // empty: the chart's; Line within a Scatter chart for roofs
	X      []Number  `json:"x,omitempty"`
	Y      []Number  `json:"y"`
	Labels []string  `json:"labels,omitempty"` // one per point, shown on hover; empty for none
	Sizes  []Number  `json:"sizes,omitempty"`  // relative area of each point, 0 to 1; empty: all alike
	Color  string    `json:"color,omitempty"`  // name of a color in Palette (a family, a phase); empty: next in turn
	Dashed bool      `json:"dashed,omitempty"`
}

// Heat is the matrix of a heat map: Values[y][x], with the categories of the
// chart's axes as its edges. Row 0 is drawn at the top.
type Heat struct {
	Values    [][]Number `json:"values"`
	Label     string     `json:"label"` // what a cell's value is
	Unit      string     `json:"unit,omitempty"`
	Diverging bool       `json:"diverging,omitempty"` // two-sided scale around Middle
	Middle    float64    `json:"middle,omitempty"`    // neutral value of a diverging scale
	Log       bool       `json:"log,omitempty"`       // color by the logarithm
}
