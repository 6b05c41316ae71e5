package render_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"profilemate/workbench/fault"
	"profilemate/workbench/render"
	"profilemate/workbench/result"
)

// A valid specification of whatever values is drawn: without an error, without a
// panic, and without a number that a viewer could not read.
func TestDegenerateData(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	data := map[string][]float64{
		"none": {}, "nan": {nan, nan}, "one": {5}, "one zero": {0}, "equal": {7, 7, 7}, "zeros": {0, 0}, "negative": {-3, -1, -8},
		"mixed": {-3, nan, 0, 12}, "infinite": {inf, -inf, 1}, "tiny": {1e-300, 5e-324, 0}, "huge": {1e308, -1e308, 1e300},
		"close": {1e18, 1e18 + 200}, "wide": {1e-9, 1e12}, "gaps": {1, nan, 2, nan, 3},
	}
	for name, values := range data {
		for _, kind := range []result.ChartKind{result.Line, result.Bar, result.Scatter, result.HeatMap, result.Pie} {
			for _, variant := range []string{"", "log", "lying", "stacked", "categories", "no x"} {
				t.Run(strings.Join([]string{name, string(kind), variant}, "/"), func(t *testing.T) {
					t.Parallel()
					c := degenerate(kind, variant, result.Numbers(values))
					checkDrawn(t, c)
					if variant == "" || variant == "log" {
						checkFormats(t, c)
					}
				})
			}
		}
	}
}

func degenerate(kind result.ChartKind, variant string, y []result.Number) result.Chart {
	s := result.Series{Name: "s", X: y, Y: y}
	if kind == result.Bar || kind == result.Pie || variant == "no x" {
		s.X = nil
	}
	c := result.Chart{Name: "c", Title: "Title", Kind: kind, Series: []result.Series{s, {Name: "short", Y: y[:min(len(y), 1)]}}}
	switch variant {
	case "log":
		c.X.Log, c.Y.Log = kind != result.Bar, true
	case "lying":
		c.Horizontal = true
	case "stacked":
		c.Stacked = true
	case "categories":
		c.X.Categories = []string{"only one"}
	}
	if kind == result.HeatMap {
		c.Series = nil
		c.Heat = &result.Heat{Values: [][]result.Number{y, nil, y[:len(y)/2]}, Log: variant == "log", Diverging: variant == "stacked"}
		if variant == "no x" {
			c.Heat = nil
		}
	}
	return c
}

func checkDrawn(t *testing.T, c result.Chart) {
	t.Helper()
	svg := draw(t, c)
	for _, e := range elements(t, svg) {
		for key, value := range e.attr {
			if key != "href" && (strings.Contains(value, "NaN") || strings.Contains(value, "Inf") || strings.Contains(value, "-9223372036854775808")) {
				t.Errorf("<%s %s=%q>", e.name, key, value)
			}
		}
	}
}

// checkFormats draws a chart in the formats that take longer.
func checkFormats(t *testing.T, c result.Chart) {
	t.Helper()
	if _, err := render.PNG(c, render.Options{Width: 240, Height: 160}); err != nil {
		t.Error(err)
	}
	if c.Kind == result.Line || c.Kind == result.Scatter || c.Kind == result.HeatMap {
		if _, err := render.PDF(c, render.Options{}); err != nil {
			t.Error(err)
		}
	}
}

func TestEmptyChartsSaySo(t *testing.T) {
	t.Parallel()
	for _, kind := range []result.ChartKind{result.Line, result.Bar, result.Scatter, result.HeatMap, result.Pie} {
		if svg := draw(t, result.Chart{Name: "c", Kind: kind}); !strings.Contains(string(svg), ">no values to draw</text>") {
			t.Errorf("an empty %s chart does not say so", kind)
		}
	}
}

// FuzzSVG draws whatever specification can be read from JSON.
func FuzzSVG(f *testing.F) {
	for _, c := range gallery() {
		if len(c.Series) > 0 && len(c.Series[0].Y) > 50 {
			continue
		}
		spec, err := json.Marshal(c)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(spec)
	}
	f.Add([]byte(`{"kind":"bar","x":{"categories":["a"]},"y":{"min":5,"max":-5,"log":true},"series":[{"y":[null,0,1e300]}]}`))
	f.Fuzz(func(t *testing.T, spec []byte) {
		var c result.Chart
		if json.Unmarshal(spec, &c) != nil {
			return
		}
		svg, err := render.SVG(c, render.Options{Width: 300, Height: 200})
		if err != nil {
			if fault.KindOf(err) != fault.Unsupported {
				t.Fatalf("a readable specification was refused: %v", err)
			}
			return
		}
		if _, err := parseXML(svg); err != nil {
			t.Fatalf("not well-formed: %v", err)
		}
	})
}
