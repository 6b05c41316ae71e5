package kernel

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"profilemate/workbench/analysis"
)

// maxPaths bounds how many files a completion offers.
const maxPaths = 200

// Complete offers what the word before pos may become: the names of analyses, then
// the roles and parameters of the one named, their choices, and files.
func (a analyses) Complete(_ context.Context, code string, pos int) Completion {
	start := strings.LastIndexFunc(code[:pos], unicode.IsSpace) + 1
	if quote := strings.LastIndexByte(code[:pos], '"'); quote >= 0 && quoteOpen(code[:pos]) {
		start = quote // a path with spaces
		if key := strings.LastIndexFunc(code[:quote], unicode.IsSpace) + 1; strings.HasSuffix(code[key:quote], "=") {
			start = key
		}
	}
	word := code[start:pos]
	c := Completion{Start: start, End: pos, Matches: []Match{}}
	for _, m := range a.candidates(strings.Fields(code[:start]), word) {
		if strings.HasPrefix(m.Text, word) {
			c.Matches = append(c.Matches, m)
		}
	}
	return c
}

// candidates lists the words that may follow those before.
func (a analyses) candidates(before []string, word string) []Match {
	switch len(before) {
	case 0:
		return nil
	case 1:
		return a.names()
	}
	named, err := a.runner.Lookup(before[1])
	if err != nil {
		return nil
	}
	return append(arguments(named, word), a.paths(named, word)...)
}

func (a analyses) names() []Match {
	list := []Match{}
	for _, declared := range a.runner.Analyses() {
		list = append(list, Match{Text: declared.Name, Type: "function"})
	}
	return list
}

// arguments lists the parameters and roles, or the choices of the parameter that
// the word begins with.
func arguments(a analysis.Analysis, word string) []Match {
	list := []Match{}
	for _, p := range a.Params {
		if !strings.HasPrefix(word, p.Name+"=") {
			list = append(list, Match{Text: p.Name + "=", Type: "param"})
			continue
		}
		for _, option := range choices(p) {
			list = append(list, Match{Text: p.Name + "=" + option, Type: "value"})
		}
	}
	for _, r := range a.Roles {
		if !strings.HasPrefix(word, r.Name+"=") {
			list = append(list, Match{Text: r.Name + "=", Type: "param"})
		}
	}
	return list
}

// choices are the values of a parameter that has a few of them.
func choices(p analysis.Param) []string {
	if p.Kind == analysis.BoolParam {
		return []string{"false", "true"}
	}
	return p.Options
}

// paths lists the files and folders that a word with a path may become. A name
// with a space keeps the quote that its word begins with, or gets one.
func (a analyses) paths(named analysis.Analysis, word string) []Match {
	role, path := "", word
	if key, rest, ok := strings.Cut(word, "="); ok {
		if !slices.ContainsFunc(named.Roles, func(r analysis.Role) bool { return r.Name == key }) {
			return nil
		}
		role, path = key+"=", rest
	}
	quote := ""
	if strings.HasPrefix(path, `"`) {
		quote, path = `"`, path[1:]
	}
	folder, prefix := filepath.Split(path)
	full := folder
	if !filepath.IsAbs(folder) {
		full = filepath.Join(a.dir, folder)
	}
	if info, err := os.Stat(full); err != nil || !info.IsDir() {
		return nil // opening a pipe would wait for a writer
	}
	entries, err := os.ReadDir(full)
	if err != nil {
		return nil // an unreadable folder offers nothing
	}
	list := []Match{}
	for _, e := range entries {
		hidden := strings.HasPrefix(e.Name(), ".") && !strings.HasPrefix(prefix, ".")
		if hidden || !strings.HasPrefix(e.Name(), prefix) || len(list) == maxPaths {
			continue
		}
		list = append(list, pathMatch(role, quote, folder, e))
	}
	return list
}

func pathMatch(role, quote, folder string, e os.DirEntry) Match {
	text := folder + e.Name()
	if quote == "" && strings.ContainsAny(text, " \t\"=\\") {
		return Match{Text: role + text, Type: "path"} // taken only once the word is quoted
	}
	if e.IsDir() {
		return Match{Text: role + quote + text + string(filepath.Separator), Type: "path"}
	}
	return Match{Text: role + quote + text + quote, Type: "path"}
}

// Inspect shows the declaration of the cell's analysis, or of the role or parameter
// at pos.
func (a analyses) Inspect(_ context.Context, code string, pos, _ int) Data {
	words := strings.Fields(code)
	if len(words) < 2 {
		return nil
	}
	named, err := a.runner.Lookup(words[1])
	if err != nil {
		return nil
	}
	key, _, _ := strings.Cut(wordAt(code, pos), "=")
	for _, p := range named.Params {
		if p.Name == key {
			return Data{"text/plain": paramText(p), "text/markdown": paramMarkdown(p)}
		}
	}
	for _, r := range named.Roles {
		if r.Name == key {
			return Data{"text/plain": roleText(r), "text/markdown": roleMarkdown(r)}
		}
	}
	return Data{"text/plain": declarationText(named), "text/markdown": declarationMarkdown(named)}
}

// wordAt returns the word that stands around a position.
func wordAt(code string, pos int) string {
	start := strings.LastIndexFunc(code[:pos], unicode.IsSpace) + 1
	if end := strings.IndexFunc(code[pos:], unicode.IsSpace); end >= 0 {
		return code[start : pos+end]
	}
	return code[start:]
}

func declarationText(a analysis.Analysis) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n\n%s\n", a.Name, a.Title, a.Doc)
	for _, r := range a.Roles {
		b.WriteString("\n" + roleText(r))
	}
	for _, p := range a.Params {
		b.WriteString("\n" + paramText(p))
	}
	return b.String()
}

func roleText(r analysis.Role) string { return fmt.Sprintf("%s=PATH (%s): %s", r.Name, r.Kind, r.Doc) }

func paramText(p analysis.Param) string {
	return fmt.Sprintf("%s=%s: %s%s", p.Name, p.Default, p.Doc, bounds(p))
}

// bounds says which values a parameter takes: " [ns], at least 1, one of: a, b".
func bounds(p analysis.Param) string {
	text := ""
	if p.Unit != "" {
		text += " [" + p.Unit + "]"
	}
	if p.Min != "" {
		text += ", at least " + p.Min
	}
	if p.Max != "" {
		text += ", at most " + p.Max
	}
	if list := choices(p); len(list) > 0 {
		text += ", one of: " + strings.Join(list, ", ")
	}
	return text
}

func declarationMarkdown(a analysis.Analysis) string {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n*%s.* %s\n", a.Name, a.Heading(), a.Doc)
	for _, r := range a.Roles {
		b.WriteString("\n- " + roleMarkdown(r))
	}
	for _, p := range a.Params {
		b.WriteString("\n- " + paramMarkdown(p))
	}
	return b.String() + "\n"
}

func roleMarkdown(r analysis.Role) string {
	return fmt.Sprintf("`%s=PATH` (%s): %s", r.Name, r.Kind, r.Doc)
}

func paramMarkdown(p analysis.Param) string {
	return fmt.Sprintf("`%s=%s`: %s%s", p.Name, p.Default, p.Doc, bounds(p))
}
