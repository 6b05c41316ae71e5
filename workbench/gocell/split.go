package gocell

import (
	"go/scanner"
	"go/token"
	"slices"
	"strings"
)

// chunk is one declaration or statement at the top of a cell: bytes from start to
// end, its semicolon included.
type chunk struct {
	start, end int
	kind       token.Token // IMPORT, FUNC, TYPE, CONST or VAR for a declaration, else ILLEGAL
}

// piece is a token with its place.
type piece struct {
	at  int
	tok token.Token
	lit string
}

// split cuts a cell into what stands at its top, in order. It works on tokens, so
// that it needs no cell that parses; the parser says what is wrong with the parts.
func split(src string) []chunk {
	var list []chunk
	var open []piece // of the chunk that is being read
	depth := 0
	for _, p := range tokens(src) {
		switch p.tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth++
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth--
		}
		if p.tok == token.SEMICOLON && depth <= 0 && (p.lit != ";" || !header(open)) {
			end := p.at
			if p.lit == ";" {
				end++
			}
			if len(open) > 0 {
				list = append(list, chunk{open[0].at, end, declares(open)})
			}
			open, depth = nil, 0
			continue
		}
		open = append(open, p)
	}
	if len(open) > 0 {
		list = append(list, chunk{open[0].at, len(src), declares(open)})
	}
	return list
}

// header reports whether tokens are the head of a loop or branch, which semicolons
// divide.
func header(p []piece) bool {
	for i, t := range p {
		switch t.tok {
		case token.FOR, token.IF, token.SWITCH:
			return !slices.ContainsFunc(p[i:], func(t piece) bool { return t.tok == token.LBRACE })
		case token.IDENT, token.COLON: // a label
		default:
			return false
		}
	}
	return false
}

func tokens(src string) []piece {
	fset := token.NewFileSet()
	file := fset.AddFile("", fset.Base(), len(src))
	var s scanner.Scanner
	s.Init(file, []byte(src), func(token.Position, string) {}, 0)
	var list []piece
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return list
		}
		list = append(list, piece{file.Offset(pos), tok, lit})
	}
}

// declares returns the keyword of a declaration. A function literal that is called
// on the spot is a statement: no name follows its parameters.
func declares(p []piece) token.Token {
	switch p[0].tok {
	case token.IMPORT, token.TYPE, token.CONST, token.VAR:
		return p[0].tok
	case token.FUNC:
		if len(p) > 1 && p[1].tok == token.IDENT {
			return token.FUNC
		}
		depth := 0
		for i := 1; i+2 < len(p); i++ {
			switch p[i].tok {
			case token.LPAREN:
				depth++
			case token.RPAREN:
				depth--
			}
			if depth == 0 {
				if p[i+1].tok == token.IDENT && p[i+2].tok == token.LPAREN {
					return token.FUNC
				}
				break
			}
		}
	}
	return token.ILLEGAL
}

// keep returns the source with all but the chosen chunks blanked, byte for byte.
func keep(src string, chunks []chunk, chosen func(i int) bool) string {
	var b strings.Builder
	at := 0
	for i, c := range chunks {
		b.WriteString(blank(src[at:c.start]))
		if chosen(i) {
			b.WriteString(src[c.start:c.end])
		} else {
			b.WriteString(blank(src[c.start:c.end]))
		}
		at = c.end
	}
	b.WriteString(blank(src[at:]))
	return b.String()
}

// blank replaces text by spaces, so that everything after it keeps its place.
func blank(text string) string {
	out := []byte(text)
	for i, c := range out {
		if c != '\n' {
			out[i] = ' '
		}
	}
	return string(out)
}
