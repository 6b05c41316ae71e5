package render_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"profilemate/workbench/render"
	"profilemate/workbench/result"
)

// placed finds a text that begins in a certain way in an SVG: its place and all of it.
func placed(t *testing.T, svg []byte, start string) (x, text string) {
	t.Helper()
	m := regexp.MustCompile(`<text x="(-?\d+)"[^>]*>(` + regexp.QuoteMeta(start) + `[^<]*)</text>`).FindSubmatch(svg)
	if m == nil {
		t.Fatalf("no text begins with %q", start)
	}
	return string(m[1]), string(m[2])
}

// Names of a tree begin below each other, so that their indent shows; other names
// end at the axis.
func TestTreesReadAsTrees(t *testing.T) {
	t.Parallel()
	c := result.Chart{Name: "t", Title: "T", Kind: result.Bar, Horizontal: true, Y: result.Axis{Label: "time", Unit: "ns"},
		X:      result.Axis{Categories: []string{"step", result.Indent + "forward", strings.Repeat(result.Indent, 2) + "execute " + strings.Repeat("context_", 40) + "end"}},
		Series: []result.Series{{Y: []result.Number{3, 2, 1}}}}
	svg := draw(t, c)
	first, _ := placed(t, svg, "step")
	for _, start := range []string{result.Indent + "forward", result.Indent + result.Indent + "execute"} {
		x, text := placed(t, svg, start)
		if x != first {
			t.Errorf("%q begins at %s, the root at %s", text, x, first)
		}
		if strings.HasSuffix(start, "execute") && (!strings.Contains(text, "…") || !strings.HasSuffix(text, "end")) {
			t.Errorf("the long name reads %q", text)
		}
	}
	c.X.Categories = []string{"step", "forward", "execute"}
	svg = draw(t, c)
	a, _ := placed(t, svg, "step")
	if b, _ := placed(t, svg, "forward"); a == b {
		t.Errorf("names that are no tree both begin at %s", a)
	}
	if _, err := render.PNG(c, render.Options{}); err != nil {
		t.Error(err)
	}
}

func TestValuesAtBarsHaveTheSameDigits(t *testing.T) {
	t.Parallel()
	c := result.Chart{Name: "b", Kind: result.Bar, Horizontal: true, Y: result.Axis{Label: "time", Unit: "ns"},
		X: result.Axis{Categories: []string{"a", "b", "c"}}, Series: []result.Series{{Y: []result.Number{1.9e6, 1.61e6, 2e6}}}}
	svg := draw(t, c)
	for _, want := range []string{"1.90 ms", "1.61 ms", "2.00 ms"} {
		placed(t, svg, want)
	}
	c.Series[0].Y, c.Y.Unit = []result.Number{3, 12, 7}, ""
	svg = draw(t, c)
	for _, want := range []string{">3<", ">12<", ">7<"} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("no label %s", want)
		}
	}
}

// More lines than colors are told apart by their dashes.
func TestColorsComeAgainWithDashes(t *testing.T) {
	t.Parallel()
	c := result.Chart{Name: "l", Kind: result.Line}
	for i := range 2*len(result.Cycle) + 1 {
		c.Series = append(c.Series, result.Series{Name: fmt.Sprint(i), X: []result.Number{0, 1}, Y: []result.Number{result.Number(i), result.Number(i)}})
	}
	looks := map[string]bool{}
	stroke := regexp.MustCompile(`stroke-dasharray="([^"]*)"[^>]*|stroke:(#\w{6})`)
	for i := range c.Series {
		one := c
		one.Series = append([]result.Series(nil), c.Series...)
		for k := range one.Series {
			if k != i {
				one.Series[k].Y = nil
			}
		}
		looks[strings.Join(lineStyles(stroke, draw(t, one)), " ")] = true
	}
	if len(looks) != len(c.Series) {
		t.Errorf("%d lines have %d looks", len(c.Series), len(looks))
	}
}

// lineStyles lists the dashes and colors of strokes that are in the picture.
func lineStyles(stroke *regexp.Regexp, svg []byte) []string {
	var out []string
	for _, m := range stroke.FindAllSubmatch(svg, -1) {
		out = append(out, string(m[1])+string(m[2]))
	}
	return out
}

// Categories are named in steps that people count in.
func TestManyCategoriesAreNamedInRoundSteps(t *testing.T) {
	t.Parallel()
	values := make([]result.Number, 128)
	names := make([]string, len(values))
	for i := range names {
		names[i] = fmt.Sprintf("e%d", i)
	}
	c := result.Chart{Name: "h", Kind: result.HeatMap, X: result.Axis{Label: "expert", Categories: names}, Y: result.Axis{Categories: []string{"layer"}},
		Heat: &result.Heat{Values: [][]result.Number{values}, Label: "share"}}
	seen := regexp.MustCompile(`>e(\d+)<`).FindAllStringSubmatch(string(draw(t, c)), -1)
	if len(seen) < 3 {
		t.Fatalf("%d names", len(seen))
	}
	for _, m := range seen {
		if m[1] != "0" && !strings.HasSuffix(m[1], "5") && !strings.HasSuffix(m[1], "0") {
			t.Errorf("e%s is named among %v", m[1], seen)
		}
	}
}

// The neutral value of a diverging scale is marked and named.
func TestDivergingScalesNameTheirMiddle(t *testing.T) {
	t.Parallel()
	c := result.Chart{Name: "h", Kind: result.HeatMap, X: result.Axis{Categories: []string{"a", "b"}}, Y: result.Axis{Categories: []string{"l"}},
		Heat: &result.Heat{Values: [][]result.Number{{0.31, 7.4}}, Label: "times chance", Diverging: true, Middle: 1.35}}
	if svg := string(draw(t, c)); !strings.Contains(svg, ">1.35<") {
		t.Error("1.35 is not named")
	}
}

// However little room there is, the biggest point of a chart has its name.
func TestBiggestPointIsNamed(t *testing.T) {
	t.Parallel()
	const bandwidth = 3.35e12
	roof := func(name string, peak float64) result.Series {
		return result.Series{Name: name, Kind: result.Line, X: result.Numbers([]float64{0.01, peak / bandwidth, 1000}), Y: result.Numbers([]float64{0.01 * bandwidth, peak, peak})}
	}
	c := result.Chart{Name: "t", Title: "T", Kind: result.Scatter, X: result.Axis{Label: "x", Unit: "FLOP/B", Log: true}, Y: result.Axis{Label: "y", Unit: "FLOP/s", Log: true},
		Series: []result.Series{
			roof("tensor fp16, 655 TFLOP/s", 6.55e14), roof("fp16, 134 TFLOP/s", 1.34e14), roof("fp32, 66.5 TFLOP/s", 6.65e13), roof("fp64, 33.2 TFLOP/s", 3.32e13),
			{Name: "kernels", X: result.Numbers([]float64{511, 64, 256, 0.2, 0.03}), Y: result.Numbers([]float64{2.7e13, 2.7e13, 5e12, 5e11, 9e9}),
				Labels: []string{"biggest (64, 16, 1), 4.06 %", "fp64_chain (4096, 1, 1), 80.2 %", "fourth (64, 64, 1), 7.61 %", "saxpy (65536, 1, 1)", "reduce (132, 1, 1)"},
				Sizes:  result.Numbers([]float64{1, 0.1, 0.8, 0.1, 0.2})}}}
	for _, width := range []float64{317, 720} {
		svg, err := render.SVG(c, render.Options{Width: width, Height: 240})
		if err != nil || !regexp.MustCompile(`<text[^>]*>bigge`).Match(svg) {
			t.Errorf("at %g px the biggest point has no name (error %v)", width, err)
		}
	}
}
