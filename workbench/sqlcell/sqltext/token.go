// Package sqltext takes the text of SQL apart, as far as cells need it before SQLite
// does: into tokens, statements, the tables that they read, and the units that their
// columns keep. It reads what SQLite's own tokenizer reads, and never fails: a text
// that is being typed is taken apart as far as it goes.
package sqltext

import (
	"strings"
	"unicode/utf8"
)

// Kind is what a token is.
type Kind uint8

// The kinds of token. Space is dropped.
const (
	Word     Kind = iota // a name or keyword without quotes
	Quoted               // a name in "…", `…` or […]
	Text                 // '…', or x'…' for bytes
	Number               // 1, 0x1F, 1.5e-3
	Symbol               // an operator or a bracket
	Comment              // -- to the end of the line, or /* … */
	Variable             // ?1, :name, @name, $name
	Open                 // a quote or bracket of a name that is not closed
)

// Token is a piece of SQL.
type Token struct {
	Kind Kind
	Text string // as it is written
	At   int    // byte at which it starts
}

// End is the byte after the token.
func (t Token) End() int { return t.At + len(t.Text) }

// IsName reports whether the token can be a name.
func (t Token) IsName() bool { return t.Kind == Word || t.Kind == Quoted }

// Name returns the name that a Word or a Quoted stands for.
func (t Token) Name() string {
	if t.Kind != Quoted {
		return t.Text
	}
	inner, last := t.Text[1:len(t.Text)-1], t.Text[len(t.Text)-1:]
	if last == "]" {
		return inner
	}
	return strings.ReplaceAll(inner, last+last, last)
}

// Is reports whether the token is the keyword or symbol, letter case ignored.
func (t Token) Is(words ...string) bool {
	if t.Kind != Word && t.Kind != Symbol {
		return false
	}
	for _, w := range words {
		if strings.EqualFold(t.Text, w) {
			return true
		}
	}
	return false
}

// Quote writes a name so that SQL reads it as that name.
func Quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// QuoteWhereNeeded writes a name without quotes where it reads as a name like that.
func QuoteWhereNeeded(name string) string {
	tokens := Tokens(name)
	if len(tokens) == 1 && tokens[0].Kind == Word && tokens[0].Text == name && !IsKeyword(name) {
		return name
	}
	return Quote(name)
}

// Tokens takes a text apart.
func Tokens(text string) []Token {
	var list []Token
	for at := 0; at < len(text); {
		if strings.IndexByte(" \t\n\r\f", text[at]) >= 0 {
			at++
			continue
		}
		kind, n := next(text[at:])
		list = append(list, Token{Kind: kind, Text: text[at : at+n], At: at})
		at += n
	}
	return list
}

// next returns what a text that is not empty and begins with no space begins with.
func next(s string) (Kind, int) {
	switch c := s[0]; {
	case strings.HasPrefix(s, "--"):
		return Comment, upTo(s, "\n", 2)
	case strings.HasPrefix(s, "/*"):
		return Comment, past(s, "*/", 2)
	case c == '\'':
		return quoted(s, '\'', Text)
	case c == '"', c == '`':
		return quoted(s, c, Quoted)
	case c == '[':
		return bracketed(s)
	case (c == 'x' || c == 'X') && strings.HasPrefix(s[1:], "'"):
		kind, n := quoted(s[1:], '\'', Text)
		return kind, n + 1
	case isDigit(c), c == '.' && len(s) > 1 && isDigit(s[1]):
		return Number, number(s)
	case isNameStart(c):
		return Word, 1 + run(s[1:], isNamePart)
	case strings.IndexByte("?:@$#", c) >= 0:
		return Variable, 1 + run(s[1:], isNamePart)
	}
	return Symbol, symbol(s)
}

// upTo returns where end begins after the first from bytes, or the whole length.
func upTo(s, end string, from int) int {
	if i := strings.Index(s[from:], end); i >= 0 {
		return from + i
	}
	return len(s)
}

// past returns where end ends after the first from bytes, or the whole length.
func past(s, end string, from int) int {
	if i := strings.Index(s[from:], end); i >= 0 {
		return from + i + len(end)
	}
	return len(s)
}

// quoted measures a quote in which the quotation mark is written twice.
func quoted(s string, mark byte, kind Kind) (Kind, int) {
	for i := 1; i < len(s); i++ {
		if s[i] != mark {
			continue
		}
		if i+1 < len(s) && s[i+1] == mark {
			i++
			continue
		}
		return kind, i + 1
	}
	return Open, len(s)
}

func bracketed(s string) (Kind, int) {
	if i := strings.IndexByte(s, ']'); i > 0 {
		return Quoted, i + 1
	}
	return Open, len(s)
}

func number(s string) int {
	n := run(s, isNamePart)
	if n < len(s) && s[n] == '.' {
		n++
		n += run(s[n:], isNamePart)
	}
	signed := n > 0 && (s[n-1] == 'e' || s[n-1] == 'E') && !strings.HasPrefix(strings.ToLower(s), "0x")
	if signed && n < len(s) && (s[n] == '+' || s[n] == '-') {
		n++
		n += run(s[n:], isDigit)
	}
	return n
}

func symbol(s string) int {
	for _, op := range []string{"->>", "||", "<=", ">=", "<>", "==", "!=", "<<", ">>", "->"} {
		if strings.HasPrefix(s, op) {
			return len(op)
		}
	}
	_, n := utf8.DecodeRuneInString(s)
	return n
}

func run(s string, in func(byte) bool) int {
	n := 0
	for n < len(s) && in(s[n]) {
		n++
	}
	return n
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func isNameStart(c byte) bool {
	return c == '_' || c >= 0x80 || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

func isNamePart(c byte) bool { return isNameStart(c) || isDigit(c) || c == '$' }
