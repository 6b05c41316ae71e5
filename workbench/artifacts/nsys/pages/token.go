package pages

import "strings"

// token is a piece of an SQL text. A quoted one is never a keyword.
type token struct {
	text   string // without its quotes
	quoted bool
}

// is reports whether the token is one of the keywords or signs, given in capitals.
func (t token) is(words ...string) bool {
	if t.quoted {
		return false
	}
	for _, w := range words {
		if strings.EqualFold(t.text, w) {
			return true
		}
	}
	return false
}

// tokens splits an SQL text as SQLite does, as far as a CREATE TABLE needs: words
// and numbers, quoted names and texts, signs of one character. ok is false for a
// quote that does not end.
func tokens(sql string) (list []token, ok bool) {
	for sql != "" {
		switch c := sql[0]; {
		case strings.IndexByte(" \t\n\f\r", c) >= 0:
			sql = sql[1:]
		case strings.HasPrefix(sql, "--"):
			_, sql, _ = strings.Cut(sql, "\n")
		case strings.HasPrefix(sql, "/*"):
			_, sql, _ = strings.Cut(sql[2:], "*/")
		case strings.IndexByte("\"'`[", c) >= 0:
			text, rest, ends := unquote(sql)
			if !ends {
				return nil, false
			}
			list = append(list, token{text, true})
			sql = rest
		case wordByte(c):
			n := 1
			for n < len(sql) && wordByte(sql[n]) {
				n++
			}
			list = append(list, token{sql[:n], false})
			sql = sql[n:]
		default:
			list = append(list, token{sql[:1], false})
			sql = sql[1:]
		}
	}
	return list, true
}

// unquote takes a quoted name or text off the front of sql. The quote within it is
// doubled, but for [ ].
func unquote(sql string) (text, rest string, ok bool) {
	end := sql[:1]
	if end == "[" {
		text, rest, ok = strings.Cut(sql[1:], "]")
		return text, rest, ok
	}
	var b strings.Builder
	rest = sql[1:]
	for {
		part, after, found := strings.Cut(rest, end)
		if !found {
			return "", "", false
		}
		b.WriteString(part)
		if !strings.HasPrefix(after, end) {
			return b.String(), after, true
		}
		b.WriteString(end)
		rest = after[1:]
	}
}

// wordByte reports whether c can be part of a name: SQLite takes every byte beyond
// ASCII for a letter. A point is part of a number.
func wordByte(c byte) bool {
	return c >= 0x80 || c == '_' || c == '$' || c == '.' ||
		c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
