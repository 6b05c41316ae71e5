package render_test

import (
	"bytes"
	"image/png"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"profilemate/workbench/render"
	"profilemate/workbench/result"
)

// tooltip is an invisible box over a picture: where a point or a bar was drawn.
type tooltip struct {
	x, y, width, height float64
	text                string
}

func tooltips(t *testing.T, svg []byte) []tooltip {
	t.Helper()
	var out []tooltip
	list := elements(t, svg)
	for i, e := range list {
		if e.name == "rect" && i+1 < len(list) && list[i+1].name == "title" {
			out = append(out, tooltip{px(t, e, "x"), px(t, e, "y"), px(t, e, "width"), px(t, e, "height"), list[i+1].text})
		}
	}
	return out
}

func px(t *testing.T, e element, name string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(e.attr[name], 64)
	if err != nil {
		t.Fatalf("%s of <%s>: %v", name, e.name, err)
	}
	return v
}

// The drawn points lie where the specification's domain puts them: their pixels are
// a linear function of the value, or of its logarithm, and the ends of the domain
// are the ends of the plot. The test works the place out by itself.
func TestPointsLieInTheDomain(t *testing.T) {
	t.Parallel()
	points := result.Series{Name: "p", X: []result.Number{0.02, 3, 700, 5000}, Y: []result.Number{2e9, 8e11, 3e13, 9e13}}
	for _, kind := range []result.ChartKind{result.Scatter, result.Line} {
		for _, log := range []bool{true, false} {
			c := result.Chart{Name: "c", Kind: kind, X: result.Axis{Unit: "FLOP/B", Log: log}, Y: result.Axis{Unit: "FLOP/s", Log: log}, Series: []result.Series{points}}
			t.Run(string(kind)+strconv.FormatBool(log), func(t *testing.T) {
				t.Parallel()
				marks := tooltips(t, draw(t, c))
				if len(marks) != len(points.X) {
					t.Fatalf("%d of %d points are drawn", len(marks), len(points.X))
				}
				dx, dy := render.Domain(c)
				at := func(v float64, d [2]float64) float64 {
					if log {
						return math.Log(v/d[0]) / math.Log(d[1]/d[0])
					}
					return (v - d[0]) / (d[1] - d[0])
				}
				var xs, ys, fx, fy []float64
				for i, m := range marks {
					xs, ys = append(xs, m.x+m.width/2), append(ys, m.y+m.height/2)
					fx, fy = append(fx, at(float64(points.X[i]), dx)), append(fy, at(float64(points.Y[i]), dy))
				}
				checkLinear(t, "x", fx, xs)
				checkLinear(t, "y", fy, ys)
			})
		}
	}
}

// checkLinear fails where places are more than a pixel from the line through the
// first and the last.
func checkLinear(t *testing.T, axis string, fractions, places []float64) {
	t.Helper()
	last := len(places) - 1
	slope := (places[last] - places[0]) / (fractions[last] - fractions[0])
	if size := math.Abs(slope); size < 150 || size > 720 {
		t.Errorf("the %s domain is %g px long", axis, size)
	}
	for i := range places {
		if want := places[0] + slope*(fractions[i]-fractions[0]); math.Abs(places[i]-want) > 1 {
			t.Errorf("%s of point %d is at %g px, not at %g", axis, i, places[i], want)
		}
	}
}

// Bars are as long as their values, from 0 on, whichever way they lie.
func TestBarsAreAsLongAsTheirValues(t *testing.T) {
	t.Parallel()
	for _, lying := range []bool{false, true} {
		c := result.Chart{Name: "c", Kind: result.Bar, Horizontal: lying, X: result.Axis{Categories: []string{"a", "b", "c"}},
			Y: result.Axis{Unit: "ns"}, Series: []result.Series{{Y: []result.Number{1000, 2500, 4000}}}}
		marks := tooltips(t, draw(t, c))
		length := func(m tooltip) float64 {
			if lying {
				return m.width
			}
			return m.height
		}
		for i, want := range []float64{0.25, 0.625, 1} {
			if got := length(marks[i]) / length(marks[2]); math.Abs(got-want) > 0.01 {
				t.Errorf("lying %v: bar %d is %.3f of the longest, not %.3f", lying, i, got, want)
			}
		}
	}
}

// Every tick of the specification stands in the picture, and no other number where
// labels are not thinned out.
func TestTicksAreDrawn(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"columns", "grouped", "roofline", "bars"} {
		c := gallery()[name]
		drawn := map[string]bool{}
		for _, e := range elements(t, draw(t, c)) {
			if e.name == "text" {
				drawn[e.text] = true
			}
		}
		x, y := render.Scales(c)
		for _, scale := range []render.Scale{x, y} {
			if !drawn[scale.Title] {
				t.Errorf("%s: the title %q is not in the picture", name, scale.Title)
			}
			for _, tick := range scale.Ticks {
				if scale.Categories == nil && !drawn[tick.Label] {
					t.Errorf("%s: the tick %q is not in the picture", name, tick.Label)
				}
			}
		}
	}
}

func TestScales(t *testing.T) {
	t.Parallel()
	ends := func(lo, hi float64) *result.Series {
		return &result.Series{X: result.Numbers([]float64{lo, hi}), Y: result.Numbers([]float64{lo, hi})}
	}
	five := 5.0
	tests := []struct {
		name   string
		axis   result.Axis
		series *result.Series
		min    float64
		max    float64
		title  string
		labels string
	}{
		{"time", result.Axis{Label: "t", Unit: "ns"}, ends(0, 4.3e9), 0, 5e9, "t [s]", "0 1 2 3 4 5"},
		{"microseconds", result.Axis{Label: "t", Unit: "ns"}, ends(1200, 5000), 1000, 5000, "t [µs]", "1 2 3 4 5"},
		{"rate", result.Axis{Label: "r", Unit: "B/s"}, ends(0, 3.35e12), 0, 4e12, "r [TB/s]", "0 1 2 3 4"},
		{"count", result.Axis{Label: "n"}, ends(0, 289062), 0, 300000, "n", "0 50k 100k 150k 200k 250k 300k"},
		{"small", result.Axis{Label: "n"}, ends(0.1, 0.34), 0.1, 0.35, "n", "0.10 0.15 0.20 0.25 0.30 0.35"},
		{"below zero", result.Axis{Label: "n", Unit: "%"}, ends(-3, 7), -4, 8, "n [%]", "-4 -2 0 2 4 6 8"},
		{"one value", result.Axis{Label: "n"}, ends(10, 10), 4, 16, "n", "4 6 8 10 12 14 16"},
		{"bound kept", result.Axis{Label: "n", Max: &five}, ends(0, 100), 0, 5, "n", "0 1 2 3 4 5"},
		{"log", result.Axis{Label: "i", Unit: "FLOP/B", Log: true}, ends(0.013, 4000), 0.01, 5000, "i [FLOP/B, log]", "0.01 0.1 1 10 100 1k"},
		{"log of time", result.Axis{Label: "t", Unit: "ns", Log: true}, ends(900, 3e6), 500, 5e6, "t [log]", "1 µs 10 µs 100 µs 1 ms"},
		{"log within a decade", result.Axis{Label: "i", Log: true}, ends(2, 40), 2, 50, "i [log]", "2 5 10 20 50"},
		{"log of one value", result.Axis{Label: "i", Log: true}, ends(3, 3), 0.5, 10, "i [log]", "0.5 1 2 5 10"},
		{"log of nothing", result.Axis{Label: "i", Log: true}, ends(0, -4), 1, 20, "i [log]", "1 2 5 10 20"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, y := render.Scales(result.Chart{Kind: result.Scatter, X: result.Axis{}, Y: test.axis, Series: []result.Series{*test.series}})
			var labels []string
			for _, tick := range y.Ticks {
				labels = append(labels, tick.Label)
			}
			got := strings.ReplaceAll(strings.Join(labels, " "), "\u2009", "")
			if math.Abs(y.Min-test.min) > 1e-9*math.Abs(test.min) || math.Abs(y.Max-test.max) > 1e-9*math.Abs(test.max) || y.Title != test.title || got != test.labels {
				t.Errorf("got %g to %g, %q, ticks %q; want %g to %g, %q, ticks %q", y.Min, y.Max, y.Title, got, test.min, test.max, test.title, test.labels)
			}
		})
	}
}

// Row 0 of a heat map is at the top, and colors run from viridis' dark violet to its
// yellow; a missing value has neither.
func TestHeatMapColors(t *testing.T) {
	t.Parallel()
	nan := result.Number(math.NaN())
	c := result.Chart{Name: "h", Kind: result.HeatMap, Heat: &result.Heat{Values: [][]result.Number{{0, 1}, {nan, 3}}}}
	marks := tooltips(t, draw(t, c))
	data, err := render.PNG(c, render.Options{})
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	// The ends and the third of viridis as matplotlib has them; tables of 256 steps
	// differ in the last digit.
	want := [][3]int{{0x44, 0x01, 0x54}, {0x31, 0x68, 0x8e}, {0xec, 0xee, 0xf1}, {0xfd, 0xe7, 0x25}}
	for i, m := range marks {
		r, g, b, _ := img.At(int(2*m.x+6), int(2*m.y+6)).RGBA()
		for channel, v := range []uint32{r, g, b} {
			if got := int(v >> 8); got < want[i][channel]-3 || got > want[i][channel]+3 {
				t.Errorf("cell %d (%s): channel %d is %d, not %d", i, m.text, channel, got, want[i][channel])
			}
		}
	}
}

var pathPoint = regexp.MustCompile(`[ML] ?(-?[\d.]+)[ ,](-?[\d.]+)`)

func million() result.Chart {
	const n = 1_000_000
	s := result.Series{X: make([]result.Number, n), Y: make([]result.Number, n)}
	for i := range n {
		s.X[i], s.Y[i] = result.Number(i), result.Number(math.Sin(float64(i)/1000))
	}
	s.Y[123_457], s.Y[876_543] = 10, -10
	return result.Chart{Name: "million", Kind: result.Line, Series: []result.Series{s}}
}

// A million points become two per pixel column; the one point at 10 and the one at
// -10 stay.
func TestMillionPoints(t *testing.T) {
	t.Parallel()
	svg := draw(t, million())
	if len(svg) > 64<<10 {
		t.Errorf("the line has %d bytes", len(svg))
	}
	low, high, count := math.Inf(1), math.Inf(-1), 0
	for _, e := range elements(t, svg) {
		points := pathPoint.FindAllStringSubmatch(e.attr["d"], -1)
		if len(points) < 100 {
			continue
		}
		count += len(points)
		for _, p := range points {
			y, err := strconv.ParseFloat(p[2], 64)
			if err != nil {
				t.Fatal(err)
			}
			low, high = min(low, y), max(high, y)
		}
	}
	if count > 2*720+2 {
		t.Errorf("the line has %d points on 720 columns", count)
	}
	// The data fill the domain of -10 to 10, which is most of the picture's height;
	// the sine alone would fill a tenth.
	if high-low < 200 {
		t.Errorf("the line reaches from %g to %g px: a peak was lost", low, high)
	}
}

func TestSizesOfPictures(t *testing.T) {
	t.Parallel()
	points := million()
	points.Kind = result.Scatter
	for name, c := range map[string]result.Chart{"scatter of a million": points, "heat map of 200 by 200": counts(200, 200)} {
		if size := len(draw(t, c)); size > 400<<10 {
			t.Errorf("the %s has %d bytes", name, size)
		}
	}
}
