package render

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// fontStack names the font of the pictures and the fonts of the same metrics that
// other systems have.
const fontStack = "Liberation Sans,Arimo,Arial,Helvetica,sans-serif"

var (
	rgbaColor = regexp.MustCompile(`(fill|stroke):rgba\((\d+),(\d+),(\d+),1\.0\)`)
	noColor   = regexp.MustCompile(`(fill|stroke):rgba\(\d+,\d+,\d+,0\.0\)`)
	// What the libraries write for every text, and what is so anyway.
	fontStyle = regexp.MustCompile(`font-family:[^;"]*;?|font-variant:none;?|font-weight:normal;?|font-style:normal;?`)
	noStroke  = regexp.MustCompile(`stroke-width:0;stroke:[^;"]*;?`)
)

// finish turns what a library wrote into one kind of SVG element: sized in px,
// named, with hex colors, with tooltips, and without the XML prolog that would not
// be allowed inside HTML.
func (s *sheet) finish(data []byte) []byte {
	from := bytes.Index(data, []byte("<svg"))
	open := from + bytes.IndexByte(data[from:], '>') + 1
	end := bytes.LastIndex(data, []byte("</svg>"))
	body := fontStyle.ReplaceAll(data[open:end], nil)
	body = noStroke.ReplaceAll(body, nil)
	body = noColor.ReplaceAll(body, []byte("$1:none"))
	body = bytes.ReplaceAll(body, []byte("data:image/jpg;"), []byte("data:image/png;"))
	body = bytes.ReplaceAll(body, []byte("<image "), []byte(`<image preserveAspectRatio="none" `))
	body = rgbaColor.ReplaceAllFunc(body, hexColor)
	if s.o.themed {
		body = s.themedColors(body)
	}
	var out bytes.Buffer
	number := func(v float64) string { return strconv.FormatFloat(math.Round(1000*v)/1000, 'f', -1, 64) }
	w, h := number(s.o.Width), number(s.o.Height)
	fmt.Fprintf(&out, `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="%s" height="%s" viewBox="0 0 %s %s" role="img" font-family="%s">`, number(s.o.Width*s.o.enlarged), number(s.o.Height*s.o.enlarged), w, h, fontStack)
	fmt.Fprintf(&out, "<title>%s</title>", html.EscapeString(oneLine(s.name())))
	if s.chart.Note != "" {
		fmt.Fprintf(&out, "<desc>%s</desc>", html.EscapeString(oneLine(s.chart.Note)))
	}
	out.WriteByte('\n')
	out.Write(bytes.TrimSpace(body))
	s.writeMarks(&out)
	out.WriteString("\n</svg>\n")
	return out.Bytes()
}

func (s *sheet) name() string {
	if s.chart.Title != "" {
		return s.chart.Title
	}
	return s.chart.Name
}

func hexColor(match []byte) []byte {
	m := rgbaColor.FindSubmatch(match)
	out := append([]byte(nil), m[1]...)
	out = append(out, ":#"...)
	for _, part := range m[2:] {
		n, _ := strconv.Atoi(string(part)) // the pattern holds digits only
		out = fmt.Appendf(out, "%02X", n&255)
	}
	return out
}

// themedColors puts CSS variables in place of the theme's own colors, with the
// color as what they fall back to.
func (s *sheet) themedColors(body []byte) []byte {
	var pairs []string
	for color, variable := range lightTheme().variables() {
		for _, property := range []string{"fill:", "stroke:"} {
			pairs = append(pairs, property+color, property+"var("+variable+","+color+")")
		}
	}
	return []byte(strings.NewReplacer(pairs...).Replace(string(body)))
}

// writeMarks lays invisible boxes over the picture that bear the tooltips.
func (s *sheet) writeMarks(out *bytes.Buffer) {
	if len(s.marks) == 0 {
		return
	}
	out.WriteString("\n" + `<g fill="none" pointer-events="all">`)
	for _, m := range s.marks {
		lines := strings.Split(m.text, "\n")
		for i := range lines {
			lines[i] = html.EscapeString(oneLine(lines[i]))
		}
		fmt.Fprintf(out, "\n"+`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f"><title>%s</title></rect>`,
			m.x0, m.y0, max(m.x1-m.x0, 0), max(m.y1-m.y0, 0), strings.Join(lines, "\n"))
	}
	out.WriteString("</g>")
}
