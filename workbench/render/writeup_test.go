package render_test

import (
	"bytes"
	"compress/zlib"
	"encoding/csv"
	"fmt"
	"image/png"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"profilemate/workbench/render"
	"profilemate/workbench/result"
)

// A column of a paper is 3.3 inches wide, of 96 px or 72 points; its type has 8 points.
const columnWidth, columnType = 3.3 * 96, 8.0

var svgSize = regexp.MustCompile(`<svg [^>]*width="([0-9.]+)" height="([0-9.]+)" viewBox="0 0 ([0-9.]+) ([0-9.]+)"`)

// Every kind of chart comes out at the size that was asked for, with type of that size.
func TestSizesForPapers(t *testing.T) {
	t.Parallel()
	for name, c := range gallery() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := render.Options{Width: columnWidth, Height: 240, Font: columnType}
			svg, err := render.SVG(c, o)
			if err != nil {
				t.Fatal(err)
			}
			checkSVGSize(t, svg)
			pdf, err := render.PDF(c, o)
			if err != nil || !bytes.Contains(pdf, []byte("/MediaBox [0 0 237.60 180.00]")) {
				t.Errorf("the PDF's page is not 237.6 by 180 points (error %v)", err)
			}
			data, err := render.PNG(c, o)
			if err != nil {
				t.Fatal(err)
			}
			img, err := png.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if size := img.Bounds().Size(); math.Abs(float64(size.X)-2*columnWidth) > 5 || math.Abs(float64(size.Y)-480) > 5 {
				t.Errorf("the PNG has %d by %d dots, not 634 by 480", size.X, size.Y)
			}
		})
	}
}

func checkSVGSize(t *testing.T, svg []byte) {
	t.Helper()
	m := svgSize.FindSubmatch(svg)
	if m == nil {
		t.Fatalf("no size in %.200s", svg)
	}
	var v [4]float64
	for i := range v {
		v[i], _ = strconv.ParseFloat(string(m[i+1]), 64)
	}
	if math.Abs(v[0]-columnWidth) > 0.01 || math.Abs(v[1]-240) > 0.01 {
		t.Errorf("the SVG is %g by %g px", v[0], v[1])
	}
	// Ticks are 11 px in the layout; 8 points are 10.667 px.
	if size := 11 * v[0] / v[2]; math.Abs(size-columnType*96/72) > 0.01 || math.Abs(v[0]/v[2]-v[1]/v[3]) > 1e-3 {
		t.Errorf("type has %g px, not 10.667, or the picture is distorted: %s", size, m[0])
	}
}

func TestPalettes(t *testing.T) {
	t.Parallel()
	c := result.Chart{Name: "c", Kind: result.Bar, X: result.Axis{Categories: []string{"a"}}, Series: []result.Series{
		{Name: "gemm", Color: "gemm", Y: []result.Number{1}}, {Name: "first", Y: []result.Number{2}}, {Name: "other", Color: "other", Y: []result.Number{3}}}}
	for name, want := range map[string][]string{
		"":                {"#0072B2", "#8A8A8A"},
		"okabe-ito":       {"#0072B2", "#8A8A8A"},
		"tol-bright":      {"#4477AA", "#8A8A8A"},
		"grey":            {"#252525", "#8A8A8A"},
		"#abcdef,#123456": {"#ABCDEF", "#8A8A8A"},
	} {
		svg, err := render.SVG(c, render.Options{Palette: name})
		if err != nil {
			t.Fatal(err)
		}
		for _, color := range want {
			if !strings.Contains(string(svg), color) {
				t.Errorf("with the palette %q there is no %s", name, color)
			}
		}
	}
	for _, name := range render.Palettes() {
		if _, err := render.SVG(c, render.Options{Palette: name}); err != nil {
			t.Error(err)
		}
	}
}

// A grey palette has no color in a heat map either.
func TestGreyHeat(t *testing.T) {
	t.Parallel()
	c := result.Chart{Name: "h", Kind: result.HeatMap, Heat: &result.Heat{Values: [][]result.Number{{0, 1, 2}, {3, 4, 5}}}}
	svg, err := render.SVG(c, render.Options{Palette: "grey"})
	if err != nil {
		t.Fatal(err)
	}
	ink := map[string]bool{"#1B1F24": true, "#57606A": true, "#DDE1E6": true, "#ECEEF1": true} // text and lines
	for _, m := range regexp.MustCompile(`#([0-9A-F]{2})([0-9A-F]{2})([0-9A-F]{2})\b`).FindAllStringSubmatch(string(svg), -1) {
		if !ink[m[0]] && (m[1] != m[2] || m[2] != m[3]) {
			t.Errorf("%s is not grey", m[0])
		}
	}
}

// The CSV of a chart has each of its values, exactly, and nothing for a missing one.
func TestChartCSV(t *testing.T) {
	t.Parallel()
	nan := result.Number(math.NaN())
	for want, c := range map[string]result.Chart{
		"series,phase,time [ns]\nhost,prefill,41973564.5\nhost,\"a,\"\"b\"\"\",\n": {Kind: result.Bar, X: result.Axis{Label: "phase", Categories: []string{"prefill", `a,"b"`}}, Y: result.Axis{Label: "time", Unit: "ns"},
			Series: []result.Series{{Name: "host", Y: []result.Number{41973564.5, nan}}}},
		"series,x [B],y,label\ncopies,0.1,2,one\ncopies,3e+30,4,\n": {Kind: result.Scatter, X: result.Axis{Unit: "B"},
			Series: []result.Series{{Name: "copies", X: []result.Number{0.1, 3e30}, Y: []result.Number{2, 4}, Labels: []string{"one"}}}},
		"layer,expert,share [%]\nL0,0,1\nL0,1,\n": {Kind: result.HeatMap, X: result.Axis{Label: "expert"}, Y: result.Axis{Label: "layer", Categories: []string{"L0"}},
			Heat: &result.Heat{Label: "share", Unit: "%", Values: [][]result.Number{{1, nan}}}},
		"y,x,value\n":  {Kind: result.HeatMap},
		"series,x,y\n": {Kind: result.Pie},
	} {
		if got := string(render.CSV(c)); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

// As many rows as a chart has points, of every chart.
func TestChartCSVOfGallery(t *testing.T) {
	t.Parallel()
	for name, c := range gallery() {
		want := 0
		for _, s := range c.Series {
			want += len(s.Y)
		}
		if c.Heat != nil {
			for _, row := range c.Heat.Values {
				want += len(row)
			}
		}
		rows, err := csv.NewReader(bytes.NewReader(render.CSV(c))).ReadAll()
		if err != nil || len(rows) != want+1 {
			t.Errorf("%s: %d rows for %d values, error %v", name, len(rows)-1, want, err)
		}
	}
}

// What begins markup is escaped; the numbers are those of the table.
func TestMarkdownTable(t *testing.T) {
	t.Parallel()
	table := bundle(sample(), 3).Tables[0]
	got := render.MarkdownTable(table, 2)
	if rows := strings.Count(got, "\n|"); rows != 4 || !strings.Contains(got, fmt.Sprintf("… and %d more row", table.Total-2)) {
		t.Errorf("%d lines of the table in\n%s", rows, got)
	}
	for text, want := range map[string]string{"f<a, b>|x": "f&lt;a, b&gt;\\|x", "__a*b`": "\\_\\_a\\*b\\`", "[l](u) & ~": "\\[l\\](u) &amp; \\~"} {
		if got := render.MarkdownText(text); got != want {
			t.Errorf("%q became %q, not %q", text, got, want)
		}
	}
}

// A PDF's font is of code page 1252: µ and … are one byte each in it, and not the two and
// three of UTF-8. Both ways of drawing keep to it.
func TestLettersOfPDF(t *testing.T) {
	t.Parallel()
	bars := result.Chart{Name: "bars", Title: "µ and …", Kind: result.Bar, X: result.Axis{Label: "part", Categories: []string{"a"}},
		Y: result.Axis{Label: "time", Unit: "ns"}, Series: []result.Series{{Name: "s", Y: []result.Number{2000}}}}
	heat := gallery()["heat-lift"]
	heat.Title = bars.Title
	for _, c := range []result.Chart{bars, heat} {
		pdf, err := render.PDF(c, render.Options{})
		if err != nil {
			t.Fatal(err)
		}
		text := drawnText(t, pdf)
		if !strings.Contains(text, "\xb5 and \x85") || strings.Contains(text, "\xc2\xb5") {
			t.Errorf("%s: the title is not in the font's letters: %q", c.Name, text[:min(len(text), 2000)])
		}
	}
}

// drawnText is what the compressed streams of a PDF hold.
func drawnText(t *testing.T, pdf []byte) string {
	t.Helper()
	var all strings.Builder
	for _, part := range bytes.Split(pdf, []byte("\nstream\n"))[1:] {
		z, err := zlib.NewReader(bytes.NewReader(part))
		if err != nil {
			continue // not compressed
		}
		if _, err := io.Copy(&all, z); err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}
