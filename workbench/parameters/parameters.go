// Package parameters is the text of %%params cells: what a notebook can be run
// with other values of. Such a cell has a line for each parameter:
//
//	%%params
//	profile = run.sqlite   # an nsys export
//	top = 20
//
// Another cell writes {profile} where it wants the value.
package parameters

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"profilemate/workbench/fault"
)

// Marker starts the text of a cell of parameters.
const Marker = "%%params"

// Parameter is a name with its value.
type Parameter struct {
	Name  string
	Value any    // an int64, a float64, a bool or a string
	Doc   string // what stands behind "#"; empty for nothing
}

var (
	line  = regexp.MustCompile(`^([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$`)
	place = regexp.MustCompile(`\{([A-Za-z_][A-Za-z0-9_]*)\}`)
)

// IsCell reports whether a cell's text is one of parameters.
func IsCell(text string) bool {
	words := strings.Fields(text)
	return len(words) > 0 && words[0] == Marker
}

// Parse reads a cell of parameters, in order. A malformed line, or a name that
// stands twice, is Misuse and names the line of the cell.
func Parse(text string) ([]Parameter, error) {
	if !IsCell(text) {
		return nil, fault.Errorf(fault.Misuse, "a cell of parameters starts with %s", Marker)
	}
	var list []Parameter
	started := false
	for i, row := range strings.Split(text, "\n") {
		row = strings.TrimSpace(row)
		if !started {
			rest, found := strings.CutPrefix(row, Marker)
			started = found
			row = strings.TrimSpace(rest)
		}
		if row == "" || strings.HasPrefix(row, "#") {
			continue
		}
		p, err := parseLine(row)
		if err != nil {
			return nil, fmt.Errorf("line %d of %s: %w", i+1, Marker, err)
		}
		if slices.ContainsFunc(list, func(q Parameter) bool { return q.Name == p.Name }) {
			return nil, fault.Errorf(fault.Misuse, "line %d of %s: the parameter %s stands twice", i+1, Marker, p.Name)
		}
		list = append(list, p)
	}
	return list, nil
}

func parseLine(row string) (Parameter, error) {
	m := line.FindStringSubmatch(row)
	if m == nil {
		return Parameter{}, fault.Errorf(fault.Misuse, "%q is not of the form NAME = VALUE", row)
	}
	text, doc := m[2], ""
	if strings.HasPrefix(text, `"`) {
		quoted, err := strconv.QuotedPrefix(text)
		if err != nil {
			return Parameter{}, fault.Errorf(fault.Misuse, "the text of %s is not closed by a quote", m[1])
		}
		value, err := strconv.Unquote(quoted)
		rest := strings.TrimSpace(text[len(quoted):])
		doc = strings.TrimSpace(strings.TrimPrefix(rest, "#"))
		if err != nil || rest != "" && !strings.HasPrefix(rest, "#") {
			return Parameter{}, fault.Errorf(fault.Misuse, "something follows the text of %s", m[1])
		}
		return Parameter{Name: m[1], Value: value, Doc: doc}, nil
	}
	if at := strings.Index(text, " #"); at >= 0 {
		text, doc = text[:at], strings.TrimSpace(text[at+2:])
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return Parameter{}, fault.Errorf(fault.Misuse, `%s has no value; an empty text is written ""`, m[1])
	}
	return Parameter{Name: m[1], Value: Infer(text), Doc: doc}, nil
}

// Infer returns the value that an unquoted text means: true or false, a whole
// number, a number, else the text itself.
func Infer(text string) any {
	if text == "true" || text == "false" {
		return text == "true"
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && f-f == 0 { // neither infinite nor NaN
		return f
	}
	return text
}

// As reads a text as a value of the kind that old has. One that is not of that kind
// is Misuse. A whole number may stand for any number.
func As(name, text string, old any) (any, error) {
	if _, ok := old.(string); ok {
		return text, nil
	}
	value := Infer(text)
	if whole, ok := value.(int64); ok {
		if _, number := old.(float64); number {
			return float64(whole), nil
		}
	}
	if fmt.Sprintf("%T", value) != fmt.Sprintf("%T", old) {
		return nil, fault.Errorf(fault.Misuse, "the parameter %s is %s, not %q", name, kindOf(old), text)
	}
	return value, nil
}

func kindOf(value any) string {
	switch value.(type) {
	case bool:
		return "true or false"
	case int64:
		return "a whole number"
	case float64:
		return "a number"
	}
	return "a text"
}

// Text writes a value as cells get it.
func Text(value any) string {
	switch v := value.(type) {
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case string:
		return v
	}
	return fmt.Sprint(value)
}

// Format writes parameters as a cell. Parse of it gives the same parameters.
func Format(list []Parameter) string {
	var b strings.Builder
	b.WriteString(Marker)
	for _, p := range list {
		b.WriteString("\n" + p.Name + " = " + literal(p.Value))
		if p.Doc != "" {
			b.WriteString("  # " + p.Doc)
		}
	}
	return b.String()
}

// literal writes a value so that it keeps its kind.
func literal(value any) string {
	text := Text(value)
	switch value.(type) {
	case string:
		plain := text != "" && text == strings.TrimSpace(text) && !strings.ContainsAny(text, "\"\\#\n\r")
		if kept, ok := Infer(text).(string); !plain || !ok || kept != text || strconv.Quote(text) != `"`+text+`"` {
			return strconv.Quote(text)
		}
	case float64:
		if _, whole := Infer(text).(int64); whole {
			return text + ".0"
		}
	}
	return text
}

// Named lists the parameters that a cell names as {name}, each once.
func Named(code string) []string {
	var names []string
	for _, m := range place.FindAllStringSubmatch(expandable(code), -1) {
		if !slices.Contains(names, m[1]) {
			names = append(names, m[1])
		}
	}
	return names
}

// expandable is the part of a cell in which {name} stands for a value: the whole of
// an analysis, the first line of a cell of another language with a marker. Braces
// mean something else in Go and in SQL.
func expandable(code string) string {
	trimmed := strings.TrimLeft(code, " \t\r\n")
	if !strings.HasPrefix(trimmed, "%%") || IsCell(code) {
		return ""
	}
	end := len(code)
	if words := strings.Fields(trimmed); words[0] != "%%analysis" {
		start := len(code) - len(trimmed)
		if at := strings.IndexByte(trimmed, '\n'); at >= 0 {
			end = start + at
		}
	}
	return code[:end]
}

// Expand puts values in the place of their names. lookup returns false for a name
// that is not set, which is Misuse. A value with spaces or quotes is quoted as the
// words of a cell are.
func Expand(code string, lookup func(name string) (any, bool)) (string, error) {
	head := expandable(code)
	var b strings.Builder
	at, quoted := 0, false
	for _, m := range place.FindAllStringSubmatchIndex(head, -1) {
		name := head[m[2]:m[3]]
		value, ok := lookup(name)
		if !ok {
			return "", fault.WithRemedy(fault.Errorf(fault.Misuse, "the cell names the parameter {%s}, which is not set", name),
				"run the %s cell that sets it first", Marker)
		}
		between := head[at:m[0]]
		quoted = quoted != (strings.Count(strings.ReplaceAll(strings.ReplaceAll(between, `\\`, ""), `\"`, ""), `"`)%2 == 1)
		b.WriteString(between + word(Text(value), quoted))
		at = m[1]
	}
	return b.String() + head[at:] + code[len(head):], nil
}

// word writes a value as a word of a cell, or as a part of one in quotes.
func word(text string, quoted bool) string {
	if !quoted && text != "" && !strings.ContainsAny(text, " \t\r\n\"\\=") {
		return text
	}
	escaped := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(text)
	if quoted {
		return escaped
	}
	return `"` + escaped + `"`
}
