package sqltext

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Statement is one statement of a text.
type Statement struct {
	Text   string  // without the semicolon
	At     int     // byte at which Text starts in the whole
	Name   string  // from a comment "-- name: x" before or within it; empty for none
	Tokens []Token // without comments, counted from the start of the whole
	Open   bool    // it ends within a quote or a bracket
}

// Error is what is wrong with a text, and where.
type Error struct {
	At  int // byte
	Err error
}

// Error returns the message, without the place.
func (e *Error) Error() string { return e.Err.Error() }

// Unwrap returns the error underneath.
func (e *Error) Unwrap() error { return e.Err }

func wrong(t Token, format string, args ...any) *Error {
	return &Error{At: t.At, Err: fmt.Errorf(format, args...)}
}

// Split takes a text apart at its semicolons. Statements without a token are left
// out, with the names in their comments.
func Split(text string) []Statement {
	namePattern := regexp.MustCompile(`^--\s*name:\s*(\S+)\s*$`)
	var list []Statement
	s := Statement{At: 0}
	end := func(at int) {
		s.Text = text[s.At:at]
		if len(s.Tokens) > 0 {
			s.Open = s.Open || depthOf(s.Tokens) > 0
			list = append(list, s)
		}
		s = Statement{At: at + 1}
	}
	for _, t := range Tokens(text) {
		switch {
		case t.Kind == Comment:
			if m := namePattern.FindStringSubmatch(strings.TrimRight(t.Text, "\r")); m != nil {
				s.Name = m[1]
			}
		case t.Kind == Symbol && t.Text == ";":
			end(t.At)
		default:
			s.Open = s.Open || t.Kind == Open
			s.Tokens = append(s.Tokens, t)
		}
	}
	end(len(text))
	return list
}

// depthOf returns how many round brackets are open at the end.
func depthOf(tokens []Token) int {
	depth := 0
	for _, t := range tokens {
		depth += step(t)
	}
	return depth
}

// step is how much deeper in round brackets it goes after a token.
func step(t Token) int {
	switch {
	case t.Kind == Symbol && t.Text == "(":
		return 1
	case t.Kind == Symbol && t.Text == ")":
		return -1
	}
	return 0
}

// Check returns what keeps a statement from being run: only SELECT, WITH … SELECT,
// VALUES and EXPLAIN of these read and do nothing else.
func (s Statement) Check() *Error {
	if s.Open {
		return wrong(s.Tokens[len(s.Tokens)-1], "a quote or bracket is not closed")
	}
	if i := strings.IndexByte(s.Text, 0); i >= 0 {
		return &Error{At: s.At + i, Err: fmt.Errorf("the text holds a zero byte")}
	}
	verb := s.verb()
	if !verb.Is("SELECT", "VALUES") {
		return wrong(verb, "%s cannot be run: cells only read; SELECT, WITH, VALUES and EXPLAIN are there", strings.ToUpper(verb.Text))
	}
	for _, t := range s.Tokens {
		if t.Kind == Variable {
			return wrong(t, "%s is a parameter, and nothing gives it a value", t.Text)
		}
		if name := strings.ToLower(nameOf(t)); strings.HasPrefix(name, "pragma_") && !slices.Contains(harmlessPragmas(), name) {
			return wrong(t, "%s cannot be read; of the pragma tables %s are there", name, strings.Join(harmlessPragmas(), ", "))
		}
	}
	return nil
}

func nameOf(t Token) string {
	if t.IsName() {
		return t.Name()
	}
	return ""
}

// harmlessPragmas are the table-valued pragmas that describe what a cell can read.
// The others tell of files or change how SQLite works.
func harmlessPragmas() []string {
	return []string{"pragma_table_info", "pragma_table_xinfo", "pragma_table_list", "pragma_function_list", "pragma_collation_list"}
}

// verb is the token that says what a statement does: that after EXPLAIN and after
// the tables of WITH.
func (s Statement) verb() Token {
	tokens := s.Tokens
	for len(tokens) > 1 && tokens[0].Is("EXPLAIN", "QUERY", "PLAN") {
		tokens = tokens[1:]
	}
	if !tokens[0].Is("WITH") {
		return tokens[0]
	}
	depth := 0
	for _, t := range tokens[1:] {
		depth += step(t)
		if depth == 0 && t.Is("SELECT", "VALUES", "INSERT", "UPDATE", "DELETE", "REPLACE") {
			return t
		}
	}
	return tokens[0]
}
