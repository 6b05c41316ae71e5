package render

import (
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgpdf"
)

// pdfPage is a page of gonum/plot. Its fonts are of code page 1252, and it takes the bytes
// of a text for letters of that: µ in UTF-8 would be two.
type pdfPage struct{ *vgpdf.Canvas }

// FillString writes a text.
func (p pdfPage) FillString(f font.Face, at vg.Point, text string) {
	p.Canvas.FillString(f, at, inCodePage(text))
}

// inCodePage is a text in code page 1252, what that lacks in other words.
func inCodePage(text string) string {
	var b strings.Builder
	for _, r := range text {
		switch {
		case r < 0x80 || r >= 0xA0 && r <= 0xFF:
			b.WriteByte(byte(r))
		default:
			b.WriteString(codePage(r))
		}
	}
	return b.String()
}

func codePage(r rune) string {
	switch r {
	case '…':
		return "\x85"
	case '–':
		return "\x96"
	case '—':
		return "\x97"
	case '•':
		return "\x95"
	case '‘', '’':
		return "'"
	case '“', '”':
		return `"`
	case '\u2009', '\u202f': // narrow spaces
		return " "
	case '−':
		return "-"
	case 'μ': // the Greek letter
		return "\xb5"
	case '→':
		return "->"
	case '≤':
		return "<="
	case '≥':
		return ">="
	}
	return "?"
}
