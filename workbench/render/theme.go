package render

import (
	"image/color"
	"strconv"

	"github.com/wcharczuk/go-chart/v2/drawing"

	"profilemate/workbench/result"
)

// theme is the ink and paper of a picture. Its colors occur in a picture for nothing
// else, so that a themed SVG can put variables in their place; #000000 is none of
// them, since gonum/plot leaves that one out.
type theme struct {
	paper, ink, muted, line, black, absent color.RGBA
	palette                                palette
}

func lightTheme() theme {
	return theme{paper: hex("#FFFFFF"), ink: hex("#1B1F24"), muted: hex("#57606A"), line: hex("#DDE1E6"), black: hex("#010101"), absent: hex("#ECEEF1")}
}

func darkTheme() theme {
	return theme{paper: hex("#14171C"), ink: hex("#E6EAF0"), muted: hex("#9AA4B1"), line: hex("#323944"), black: hex("#D5DAE1"), absent: hex("#252A32")}
}

// variables lists the light theme's colors and the CSS variables that stand for
// them in a themed SVG.
func (t theme) variables() map[string]string {
	return map[string]string{
		hexText(t.paper): "--chart-paper", hexText(t.ink): "--chart-ink", hexText(t.muted): "--chart-muted",
		hexText(t.line): "--chart-line", hexText(t.black): "--chart-black", hexText(t.absent): "--chart-absent",
	}
}

// seriesColors returns a color for each series: its named one, or the next in turn.
// rounds says how often the colors had come round before.
func (t theme) seriesColors(list []result.Series) (colors []color.RGBA, rounds []int) {
	colors, rounds = make([]color.RGBA, len(list)), make([]int, len(list))
	turn := 0
	for i, s := range list {
		text := t.palette.named(s.Color)
		if text == "" {
			text, rounds[i] = t.palette.turn(turn), turn/t.palette.len()
			turn++
		}
		colors[i] = t.visible(hex(text))
	}
	return colors, rounds
}

// dashOf is the pattern of a line in px, nil for a solid one: as the series asks,
// else by how often the colors have come round. The page has the same.
func dashOf(dashed bool, round int) []float64 {
	switch {
	case dashed:
		return []float64{6, 4}
	case round == 0:
		return nil
	}
	return [][]float64{{2, 3}, {9, 4}, {9, 3, 2, 3}}[(round-1)%3]
}

// visible keeps black apart from dark paper.
func (t theme) visible(c color.RGBA) color.RGBA {
	if c == hex("#000000") {
		return t.black
	}
	return c
}

// hex reads "#RRGGBB"; anything else gives opaque black.
func hex(text string) color.RGBA {
	c := color.RGBA{A: 255}
	if len(text) != 7 {
		return c
	}
	if n, err := strconv.ParseUint(text[1:], 16, 32); err == nil {
		c.R, c.G, c.B = uint8(n>>16), uint8(n>>8), uint8(n)
	}
	return c
}

func hexText(c color.RGBA) string {
	const digits = "0123456789ABCDEF"
	out := []byte{'#'}
	for _, v := range []uint8{c.R, c.G, c.B} {
		out = append(out, digits[v>>4], digits[v&15])
	}
	return string(out)
}

func toDrawing(c color.RGBA) drawing.Color { return drawing.Color{R: c.R, G: c.G, B: c.B, A: c.A} }

// blend mixes two colors: all a at 0, all b at 1.
func blend(a, b color.RGBA, t float64) color.RGBA {
	mix := func(x, y uint8) uint8 { return uint8(float64(x) + (float64(y)-float64(x))*t + 0.5) }
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 255}
}

// inkOn returns black or white, whichever is read more easily on c. The weights are
// the relative luminance of Rec. 709, without its gamma.
func inkOn(c color.RGBA) color.RGBA {
	if 0.2126*float64(c.R)+0.7152*float64(c.G)+0.0722*float64(c.B) > 140 {
		return hex("#0A0A0A")
	}
	return hex("#FCFCFC")
}
