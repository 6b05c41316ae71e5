// Package inject sets the parameters of a notebook, as papermill does: the cell
// tagged "parameters" declares them with their values, and a cell after it, tagged
// "injected-parameters", sets the ones that are given.
package inject

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"profilemate/notebooks"
	"profilemate/workbench/fault"
	"profilemate/workbench/parameters"
)

// Given is a parameter as it is written on a command line.
type Given struct{ Name, Text string }

// ParseGiven reads NAME=VALUE; what is none is Misuse.
func ParseGiven(text string) (Given, error) {
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return Given{}, fault.Errorf(fault.Misuse, "%q is not of the form NAME=VALUE", text)
	}
	return Given{Name: name, Text: value}, nil
}

// Declared lists the parameters of a notebook with their values, nil where it has
// none. An unreadable cell of parameters is Misuse.
func Declared(n *notebooks.Notebook) ([]parameters.Parameter, error) {
	c := cell(n)
	if c == nil {
		return nil, nil
	}
	return declared(c.Source)
}

// Set puts the given parameters into the notebook, in the place of those that were
// injected before. A name that is not declared, or a value of another kind than the
// declared one, is Misuse.
func Set(n *notebooks.Notebook, given []Given) error {
	c := cell(n)
	if c == nil {
		return fault.WithRemedy(fault.Errorf(fault.Misuse, "the notebook declares no parameters"),
			`write a cell "%s" with a line NAME = VALUE for each, or tag one of its Go cells "%s"`, parameters.Marker, notebooks.ParametersTag)
	}
	list, err := declared(c.Source)
	if err != nil {
		return err
	}
	var set []parameters.Parameter
	for _, g := range given {
		at := slices.IndexFunc(list, func(p parameters.Parameter) bool { return p.Name == g.Name })
		if at < 0 {
			return fault.Errorf(fault.Misuse, "the notebook has no parameter %s (it has: %s)", g.Name, names(list))
		}
		value, err := parameters.As(g.Name, g.Text, list[at].Value)
		if err != nil {
			return err
		}
		set = append(set, parameters.Parameter{Name: g.Name, Value: value})
	}
	n.Cells = slices.DeleteFunc(n.Cells, func(c *notebooks.Cell) bool { return c.Tagged(notebooks.InjectedTag) })
	injected := notebooks.NewCell(notebooks.Code, text(c.Source, set))
	injected.ID = "injected-parameters" // the same each time, so that two runs can be compared
	injected.Metadata["tags"] = []any{notebooks.InjectedTag}
	return n.Insert(n.Index(c.ID)+1, injected)
}

func names(list []parameters.Parameter) string {
	words := make([]string, len(list))
	for i, p := range list {
		words[i] = p.Name
	}
	return strings.Join(words, ", ")
}

// cell returns the cell that declares parameters: the tagged one, else the first of
// the language of parameters; nil for none.
func cell(n *notebooks.Notebook) *notebooks.Cell {
	for _, c := range n.Cells {
		if c.Type == notebooks.Code && c.Tagged(notebooks.ParametersTag) {
			return c
		}
	}
	for _, c := range n.Cells {
		if c.Type == notebooks.Code && parameters.IsCell(c.Source) && !c.Tagged(notebooks.InjectedTag) {
			return c
		}
	}
	return nil
}

var (
	goMarker = regexp.MustCompile(`^\s*%%go\b[^\n]*`)
	goLine   = regexp.MustCompile(`^\s*(?:var\s+)?([A-Za-z_]\w*)(?:\s+(?:string|int|int64|float64|bool))?\s*:?=\s*(.+?)\s*(?://.*)?$`)
)

// declared reads the parameters of a cell of parameters, or of a Go cell that sets
// variables to literals, a line each.
func declared(source string) ([]parameters.Parameter, error) {
	if parameters.IsCell(source) {
		return parameters.Parse(source)
	}
	source = goMarker.ReplaceAllString(source, "")
	if strings.HasPrefix(strings.TrimSpace(source), "%%") {
		return nil, fault.Errorf(fault.Misuse, "a cell tagged %q is a %s cell or a Go cell", notebooks.ParametersTag, parameters.Marker)
	}
	var list []parameters.Parameter
	for row := range strings.Lines(source) {
		m := goLine.FindStringSubmatch(strings.TrimRight(row, "\n"))
		if m == nil {
			continue
		}
		if value, ok := goLiteral(m[2]); ok {
			list = append(list, parameters.Parameter{Name: m[1], Value: value})
		}
	}
	return list, nil
}

// goLiteral reads a Go literal; ok is false for any other expression.
func goLiteral(text string) (value any, ok bool) {
	if s, err := strconv.Unquote(text); err == nil && text[0] != '\'' {
		return s, true
	}
	value = parameters.Infer(text)
	_, plain := value.(string)
	return value, !plain
}

// text writes the injected cell in the language of the declaring one.
func text(source string, set []parameters.Parameter) string {
	if parameters.IsCell(source) {
		return parameters.Format(set)
	}
	var b strings.Builder
	if marker := goMarker.FindString(source); marker != "" {
		b.WriteString(strings.TrimSpace(marker) + "\n")
	}
	for i, p := range set {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p.Name + " = " + goText(p.Value))
	}
	return b.String()
}

func goText(value any) string {
	if s, ok := value.(string); ok {
		return strconv.Quote(s)
	}
	return parameters.Text(value)
}
