package render_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"image/png"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"profilemate/workbench/fault"
	"profilemate/workbench/render"
	"profilemate/workbench/result"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s differs; run go test -update and look at the difference:\n%s", name, diff)
	}
}

// element is an XML element that a test looks at.
type element struct {
	name string
	attr map[string]string
	text string
}

// elements parses an SVG strictly and returns all its elements in order.
func elements(t *testing.T, svg []byte) []element {
	t.Helper()
	list, err := parseXML(svg)
	if err != nil {
		t.Fatalf("the SVG is not well-formed: %v", err)
	}
	return list
}

func parseXML(svg []byte) ([]element, error) {
	decoder := xml.NewDecoder(bytes.NewReader(svg))
	var list []element
	var open []int
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := element{name: token.Name.Local, attr: map[string]string{}}
			for _, a := range token.Attr {
				e.attr[a.Name.Local] = a.Value
			}
			list, open = append(list, e), append(open, len(list))
		case xml.CharData:
			if len(open) > 0 {
				list[open[len(open)-1]].text += string(token)
			}
		case xml.EndElement:
			open = open[:len(open)-1]
		}
	}
}

func draw(t testing.TB, c result.Chart) []byte {
	t.Helper()
	svg, err := render.SVG(c, render.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return svg
}

// The pictures of the gallery are golden but for the two whose bulk is images and
// dots.
func TestSVGGolden(t *testing.T) {
	t.Parallel()
	for name, c := range gallery() {
		if name == "scatter" || name == "heat-large" || name == "heat-counts" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			golden(t, name+".svg", draw(t, c))
		})
	}
}

// Domains and ticks of the gallery, for this package and the page to agree on.
func TestScalesGolden(t *testing.T) {
	t.Parallel()
	type axes struct {
		Chart result.Chart
		X, Y  render.Scale
	}
	all := map[string]axes{}
	for name, c := range gallery() {
		if c.Kind == result.Pie || name == "scatter" || strings.HasPrefix(name, "heat") {
			continue
		}
		x, y := render.Scales(c)
		dx, dy := render.Domain(c)
		if dx != [2]float64{x.Min, x.Max} || dy != [2]float64{y.Min, y.Max} {
			t.Errorf("%s: Domain gives %v and %v, Scales %v and %v", name, dx, dy, x, y)
		}
		if name == "lines" {
			c.Series = c.Series[len(c.Series)-1:]
			x, y = render.Scales(c)
		}
		all[name] = axes{c, x, y}
	}
	out, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "scales.json", append(out, '\n'))
}

// Color bars of heat maps, for this package and the page to agree on. They end at the
// data, and a diverging one is neutral at its middle whatever the data reach.
func TestHeatScalesGolden(t *testing.T) {
	t.Parallel()
	heats := map[string]result.Heat{
		"counts":              {Values: [][]result.Number{{0, 40}, {1000, 7}}, Label: "tokens"},
		"counts-log":          {Values: [][]result.Number{{1, 40}, {1000, 0}}, Label: "tokens", Log: true},
		"diverging":           {Values: [][]result.Number{{0.4, 3.125}, {1, result.Number(math.NaN())}}, Label: "times chance", Diverging: true, Middle: 1},
		"diverging-one-side":  {Values: [][]result.Number{{2, 5}}, Label: "change", Diverging: true},
		"diverging-log":       {Values: [][]result.Number{{0.5, 8}}, Label: "ratio", Diverging: true, Middle: 1, Log: true},
		"diverging-one-value": {Values: [][]result.Number{{3, 3}}, Label: "change", Diverging: true, Middle: 1},
		"one-value":           {Values: [][]result.Number{{4}}, Label: "tokens"},
		"no-value":            {Values: [][]result.Number{{}}, Label: "tokens"},
	}
	type scale struct {
		Heat  result.Heat
		Scale render.HeatScale
	}
	all := map[string]scale{}
	for name, h := range heats {
		all[name] = scale{h, render.HeatScaleOf(result.Chart{Kind: result.HeatMap, Heat: &h}, 17)}
	}
	if s := render.HeatScaleOf(result.Chart{Kind: result.HeatMap, Heat: &result.Heat{Values: [][]result.Number{{0, 3}}, Diverging: true, Middle: 1}}, 4); s.Colors[1] != "#F2F2F2" || s.Min != 0 || s.Max != 3 {
		t.Errorf("from 0 to 3 around 1 the colors are %v, from %g to %g", s.Colors, s.Min, s.Max)
	}
	out, err := json.MarshalIndent(all, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "heats.json", append(out, '\n'))
}

func TestFormatsOfEveryChart(t *testing.T) {
	t.Parallel()
	for name, c := range gallery() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, dark := range []bool{false, true} {
				data, err := render.PNG(c, render.Options{Dark: dark, Width: 400, Height: 300})
				if err != nil {
					t.Fatal(err)
				}
				img, err := png.Decode(bytes.NewReader(data))
				if err != nil {
					t.Fatal(err)
				}
				if size := img.Bounds().Size(); size.X != 800 || size.Y != 600 {
					t.Errorf("a PNG of 400 by 300 px has %d by %d dots, not twice as many", size.X, size.Y)
				}
			}
			checkPDF(t, c)
		})
	}
}

func checkPDF(t *testing.T, c result.Chart) {
	t.Helper()
	first, err := render.PDF(c, render.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(first, []byte("/MediaBox [0 0 540.00")) {
		t.Error("720 px are 540 points, which the PDF's page has not")
	}
	second, err := render.PDF(c, render.Options{})
	if err != nil || !bytes.Equal(first, second) || !bytes.HasPrefix(first, []byte("%PDF-")) {
		t.Errorf("two PDFs of one chart differ, or are none (error %v)", err)
	}
}

func TestWrongRequests(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		chart result.Chart
		o     render.Options
		kind  fault.Kind
		want  string
	}{
		{"kind", result.Chart{Name: "c", Kind: "radar"}, render.Options{}, fault.Unsupported, `no chart kind "radar"`},
		{"narrow", columns(), render.Options{Width: 3}, fault.Misuse, "a side of 3 px"},
		{"tall", columns(), render.Options{Height: 1e9}, fault.Misuse, "8000"},
		{"negative", columns(), render.Options{Height: -1}, fault.Misuse, "a side of -1 px"},
		{"not a number", columns(), render.Options{Width: math.NaN()}, fault.Misuse, "a side of NaN px"},
		{"small type", columns(), render.Options{Font: 1}, fault.Misuse, "type of 1 points"},
		{"type without room", columns(), render.Options{Font: 70, Width: 300}, fault.Misuse, "no room"},
		{"palette", columns(), render.Options{Palette: "pink"}, fault.Misuse, `no palette "pink": it is okabe-ito, `},
		{"color", columns(), render.Options{Palette: "#12345"}, fault.Misuse, "a list of colors"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := render.SVG(test.chart, test.o)
			if fault.KindOf(err) != test.kind || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got error %v, want %s with %q", err, test.kind, test.want)
			}
		})
	}
}

// hostile is what a kernel could be called to break out of a picture or a page.
const hostile = `</script><img src=x onerror="alert(1)">'&f<float, 4>` + "\x00\x1b]]>"

func TestSVGEscapes(t *testing.T) {
	t.Parallel()
	for name, c := range gallery() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.Title, c.Note, c.X.Label, c.Y.Label = hostile, hostile, hostile, hostile
			c.X.Categories = slices.Repeat([]string{hostile}, len(c.X.Categories))
			c.Series = slices.Clone(c.Series)
			for i := range c.Series {
				c.Series[i].Name = hostile
				c.Series[i].Labels = slices.Repeat([]string{hostile}, len(c.Series[i].Y))
			}
			known := map[string]bool{"svg": true, "g": true, "path": true, "text": true, "rect": true, "title": true, "desc": true, "image": true, "circle": true}
			for _, e := range elements(t, draw(t, c)) {
				if !known[e.name] {
					t.Errorf("an element <%s> that no chart has", e.name)
				}
				for key := range e.attr {
					if strings.HasPrefix(key, "on") {
						t.Errorf("an attribute %s that runs script", key)
					}
				}
			}
		})
	}
}

func TestFullNamesAreTooltips(t *testing.T) {
	t.Parallel()
	var titles []string
	for _, e := range elements(t, draw(t, kernelBars())) {
		if e.name == "title" {
			titles = append(titles, e.text)
		}
	}
	for _, name := range kernelNames() {
		if !slices.ContainsFunc(titles, func(title string) bool { return strings.HasPrefix(title, name+"\nGPU time: ") }) {
			t.Errorf("no tooltip with the full name %q", name)
		}
	}
}

func huge(n int) string {
	return "void ns::kernel<" + strings.Repeat("std::pair<float, ", n) + ">(int)"
}

func TestHugeNames(t *testing.T) {
	t.Parallel()
	c := kernelBars()
	c.X.Categories = slices.Repeat([]string{huge(5000)}, 8)
	if size := len(draw(t, c)); size > 1<<20 {
		t.Errorf("a chart of eight names of 85 kB has %d bytes", size)
	}
}

func sortedNames(m map[string]result.Chart) []string { return slices.Sorted(maps.Keys(m)) }

func BenchmarkSVG(b *testing.B) {
	for _, name := range sortedNames(gallery()) {
		c := gallery()[name]
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				draw(b, c)
			}
		})
	}
	b.Run("million", func(b *testing.B) {
		c := million()
		b.ReportAllocs()
		for b.Loop() {
			draw(b, c)
		}
	})
}
