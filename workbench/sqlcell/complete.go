package sqlcell

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"profilemate/workbench/kernel"
	"profilemate/workbench/sqlcell/functions"
	"profilemate/workbench/sqlcell/sqltext"
	"profilemate/workbench/sqlcell/vtab"
)

// maxMatches bounds how many words or files a completion offers.
const maxMatches = 200

// Complete offers files on the first line, then tables behind FROM and JOIN, the
// columns of the statement's tables, functions and keywords.
func (l language) Complete(ctx context.Context, code string, pos int) kernel.Completion {
	if _, body, err := parseHead(code); err != nil || pos <= body {
		return l.completeHead(code, pos)
	}
	start := pos
	for start > 0 && (isWordByte(code[start-1])) {
		start--
	}
	qualifier := ""
	if start > 0 && code[start-1] == '.' {
		from := start - 1
		for from > 0 && isWordByte(code[from-1]) {
			from--
		}
		qualifier = code[from : start-1]
	}
	return matching(code, start, pos, l.candidates(ctx, code, start, qualifier))
}

func isWordByte(c byte) bool {
	return c == '_' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// matching keeps the candidates that the word so far begins, letter case ignored.
func matching(code string, start, pos int, list []kernel.Match) kernel.Completion {
	c := kernel.Completion{Start: start, End: pos, Matches: []kernel.Match{}}
	word := strings.ToLower(code[start:pos])
	for _, m := range list {
		plain := strings.ToLower(strings.TrimLeft(m.Text, `"`))
		if strings.HasPrefix(plain, word) && len(c.Matches) < maxMatches && !slices.Contains(c.Matches, m) {
			c.Matches = append(c.Matches, m)
		}
	}
	return c
}

// candidates lists what may stand at a place of the SQL.
func (l language) candidates(ctx context.Context, code string, at int, qualifier string) []kernel.Match {
	s, statement, before := l.around(ctx, code, at)
	if qualifier != "" {
		return qualified(s, statement, qualifier)
	}
	if tableExpected(before) {
		list := tableMatches(s.named, "table")
		for _, in := range s.inputs {
			list = append(list, tableMatches(in.tables, "table")...)
		}
		for _, in := range s.inputs {
			list = append(list, kernel.Match{Text: in.input.Name, Type: "module"})
		}
		return list
	}
	var list []kernel.Match
	for _, name := range s.columns(statement) {
		list = append(list, kernel.Match{Text: sqltext.QuoteWhereNeeded(name), Type: "property"})
	}
	for _, r := range statement.References() {
		if r.Alias != "" {
			list = append(list, kernel.Match{Text: r.Alias, Type: "variable"})
		}
	}
	for _, f := range append(functions.Own(0), functions.BuiltIn()...) {
		list = append(list, kernel.Match{Text: f.Name, Type: "function"})
	}
	for _, k := range sqltext.Keywords() {
		list = append(list, kernel.Match{Text: k, Type: "keyword"})
	}
	return list
}

// around returns what can be named in a cell, the statement at a place, and its
// tokens before the place. Inputs that cannot be opened offer nothing.
func (l language) around(ctx context.Context, code string, at int) (scope, sqltext.Statement, []sqltext.Token) {
	cell, body, err := parseHead(code)
	if err != nil {
		return scope{}, sqltext.Statement{}, nil
	}
	s := scope{named: l.runner.tables()}
	for _, in := range cell.Inputs {
		if o, err := l.runner.shelf.get(ctx, in); err == nil {
			s.inputs = append(s.inputs, o)
		}
	}
	s.inputs = append(s.inputs, l.runner.results()...)
	for _, statement := range shifted(sqltext.Split(code[body:]), body) {
		if at < statement.At || at > statement.At+len(statement.Text) {
			continue
		}
		n := 0
		for n < len(statement.Tokens) && statement.Tokens[n].End() <= at {
			n++
		}
		return s, statement, statement.Tokens[:n]
	}
	return s, sqltext.Statement{}, nil
}

// tableExpected reports whether a table's name may come after tokens.
func tableExpected(before []sqltext.Token) bool {
	probe := sqltext.Statement{Tokens: append(slices.Clone(before), sqltext.Token{Kind: sqltext.Word, Text: "probe", At: -1})}
	return slices.ContainsFunc(probe.Mentions(), func(r sqltext.Reference) bool { return r.At == -1 })
}

func tableMatches(list []namedTable, kind string) []kernel.Match {
	matches := make([]kernel.Match, len(list))
	for i, t := range list {
		matches[i] = kernel.Match{Text: sqltext.QuoteWhereNeeded(t.name), Type: kind}
	}
	return matches
}

// qualified lists what may stand behind "name.": the tables of an input, or the
// columns of a table.
func qualified(s scope, statement sqltext.Statement, name string) []kernel.Match {
	for _, r := range statement.References() {
		if !strings.EqualFold(r.Alias, name) && !strings.EqualFold(r.Name, name) {
			continue
		}
		var list []kernel.Match
		if t, ok := s.lookup(r); ok {
			for _, column := range vtab.ColumnNames(t.source.Schema()) {
				list = append(list, kernel.Match{Text: sqltext.QuoteWhereNeeded(column), Type: "property"})
			}
		}
		return list
	}
	for _, in := range s.inputs {
		if strings.EqualFold(in.input.Name, name) {
			return tableMatches(in.tables, "table")
		}
	}
	return nil
}

// completeHead offers options and files on the first line.
func (l language) completeHead(code string, pos int) kernel.Completion {
	start := strings.LastIndexFunc(code[:pos], unicode.IsSpace) + 1
	word := code[start:pos]
	c := kernel.Completion{Start: start, End: pos, Matches: []kernel.Match{}}
	key, path := "", word
	if k, rest, ok := strings.Cut(word, "="); ok {
		key, path = k+"=", rest
	}
	for _, option := range []string{rowsOption + "=", timeoutOption + "="} {
		if strings.HasPrefix(option, word) {
			c.Matches = append(c.Matches, kernel.Match{Text: option, Type: "param"})
		}
	}
	folder, prefix := filepath.Split(path)
	full := folder
	if !filepath.IsAbs(folder) {
		full = filepath.Join(l.runner.config.Dir, folder)
	}
	entries, err := os.ReadDir(full)
	if err != nil {
		return c // an unreadable folder offers nothing
	}
	for _, e := range entries {
		hidden := strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(prefix, ".")
		if hidden || !strings.HasPrefix(e.Name(), prefix) || strings.ContainsAny(e.Name(), " \t\"=\\") || len(c.Matches) >= maxMatches {
			continue
		}
		text := key + folder + e.Name()
		if e.IsDir() {
			text += string(filepath.Separator)
		}
		c.Matches = append(c.Matches, kernel.Match{Text: text, Type: "path"})
	}
	return c
}
