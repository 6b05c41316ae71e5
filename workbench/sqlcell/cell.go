// Package sqlcell runs %%sql cells: SQL that reads, over the tables of artifacts,
// the named results of earlier cells and the frames of Go cells.
//
// A connection to an empty SQLite database in memory is made for each run. Every
// table is virtual (vtab): nothing is copied in. Nothing on disk is open to the
// statements, and what is not a query is refused before SQLite sees it (sqltext).
// Tables of results are typed by what comes (collect) and go to the store as the
// results of analyses do.
package sqlcell

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"profilemate/workbench/analysis"
	"profilemate/workbench/fault"
	"profilemate/workbench/sqlcell/collect"
	"profilemate/workbench/sqlcell/sqltext"
)

// Marker is the first word of SQL cells.
const Marker = "%%sql"

// Input is an artifact whose tables a cell reads, as NAME.TABLE.
type Input struct {
	Name string // a name of letters, digits and "_", begun by a letter; unlike the others
	Path string
}

// Cell is a SQL cell taken apart:
//
//	%%sql [NAME=]PATH… [rows=N] [timeout=DURATION]
//	-- name: x
//	SELECT …;
//
// The first line is written as that of an analysis cell is. Without a NAME, the
// file's name gives it.
type Cell struct {
	Inputs     []Input
	Rows       int64         // most rows that a statement may give
	Timeout    time.Duration // of the whole cell; 0 for none
	Text       string        // the whole cell, to which all places refer
	Statements []sqltext.Statement
}

// Parse takes a cell apart. A first line that cannot be read is Misuse, as is a
// statement that does something else than read.
func Parse(text string) (Cell, error) {
	c, body, err := parseHead(text)
	if err != nil {
		return Cell{}, err
	}
	return c.withStatements(body)
}

// NewCell makes a cell of the words of its first line and its SQL, to which all
// places refer then. Faults are those of Parse.
func NewCell(words []analysis.Word, sql string) (Cell, error) {
	c := Cell{Text: sql, Rows: collect.DefaultLimits().Rows}
	if err := c.addAll(words); err != nil {
		return Cell{}, err
	}
	return c.withStatements(0)
}

// withStatements reads the SQL, which begins at a place of the text.
func (c Cell) withStatements(body int) (Cell, error) {
	c.Statements = shifted(sqltext.Split(c.Text[body:]), body)
	for _, s := range c.Statements {
		if e := s.Check(); e != nil {
			return Cell{}, placed(c.Text, e.At, fault.Errorf(fault.Misuse, "%w", e.Err))
		}
	}
	if err := c.checkNames(); err != nil {
		return Cell{}, err
	}
	return c, nil
}

// parseHead reads the first line and returns where the SQL begins.
func parseHead(text string) (c Cell, body int, err error) {
	start := len(text) - len(strings.TrimLeft(text, " \t\r\n"))
	rest, ok := strings.CutPrefix(text[start:], Marker)
	if !ok || rest != "" && !strings.ContainsAny(rest[:1], " \t\r\n") {
		return Cell{}, 0, fault.Errorf(fault.Misuse, "a SQL cell starts with %s [NAME=]PATH…", Marker)
	}
	line, _, _ := strings.Cut(rest, "\n")
	words, err := analysis.SplitWords(line)
	if err != nil {
		return Cell{}, 0, err
	}
	c = Cell{Text: text, Rows: collect.DefaultLimits().Rows}
	if err := c.addAll(words); err != nil {
		return Cell{}, 0, err
	}
	return c, start + len(Marker) + len(line), nil
}

func (c *Cell) addAll(words []analysis.Word) error {
	for _, w := range words {
		if err := c.add(w); err != nil {
			return err
		}
	}
	return nameInputs(c.Inputs)
}

// The options of the first line.
const (
	rowsOption    = "rows"
	timeoutOption = "timeout"
)

func (c *Cell) add(w analysis.Word) (err error) {
	switch w.Key {
	case rowsOption:
		c.Rows, err = strconv.ParseInt(w.Text, 10, 64)
		if err != nil || c.Rows < 1 {
			return fault.Errorf(fault.Misuse, "rows=%s is no number of rows of 1 or more", w.Text)
		}
	case timeoutOption:
		c.Timeout, err = time.ParseDuration(w.Text)
		if err != nil || c.Timeout <= 0 {
			return fault.Errorf(fault.Misuse, "timeout=%s is no time such as 30s or 5m", w.Text)
		}
	default:
		c.Inputs = append(c.Inputs, Input{Name: w.Key, Path: w.Text})
	}
	return nil
}

// maxInputs is how many databases SQLite attaches to one connection.
const maxInputs = 10

// nameInputs gives the inputs without a name that of their file.
func nameInputs(list []Input) error {
	if len(list) > maxInputs {
		return fault.Errorf(fault.Misuse, "%d artifacts are more than the %d that one cell can read", len(list), maxInputs)
	}
	taken := map[string]bool{"main": true, "temp": true}
	for _, in := range list {
		if in.Name == "" {
			continue
		}
		if taken[strings.ToLower(in.Name)] {
			return fault.Errorf(fault.Misuse, "the name %s stands twice, or is one that SQLite keeps for itself", in.Name)
		}
		taken[strings.ToLower(in.Name)] = true
	}
	for i := range list {
		if list[i].Name != "" {
			continue
		}
		base := nameOfFile(list[i].Path)
		name := base
		for n := 2; taken[strings.ToLower(name)]; n++ {
			name = fmt.Sprintf("%s_%d", base, n)
		}
		list[i].Name = name
		taken[strings.ToLower(name)] = true
	}
	return nil
}

// nameOfFile makes a name that needs no quotes of a path.
func nameOfFile(path string) string {
	base, _, _ := strings.Cut(filepath.Base(path), ".")
	name := strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z') {
			return r
		}
		return '_'
	}, base)
	if name == "" || name[0] >= '0' && name[0] <= '9' || sqltext.IsKeyword(name) {
		name = "a_" + name
	}
	return name
}

// shifted moves statements of a part of a text to where the part starts.
func shifted(list []sqltext.Statement, by int) []sqltext.Statement {
	for i := range list {
		list[i].At += by
		for j := range list[i].Tokens {
			list[i].Tokens[j].At += by
		}
	}
	return list
}

// checkNames refuses names that cannot be tables, or that stand twice.
func (c Cell) checkNames() error {
	var seen []string
	for _, s := range c.Statements {
		switch lower := strings.ToLower(s.Name); {
		case s.Name == "":
		case CheckName(s.Name) != nil:
			return placed(c.Text, s.Tokens[0].At, fmt.Errorf("-- name: %w", CheckName(s.Name)))
		case slices.Contains(seen, lower):
			return placed(c.Text, s.Tokens[0].At, fault.Errorf(fault.Misuse, "-- name: %s stands twice in this cell", s.Name))
		default:
			seen = append(seen, lower)
		}
	}
	return nil
}

// Analyze says what a cell depends on without running it: the paths of its
// artifacts, the names of tables and results that it does not define itself (some are
// tables of its artifacts, others come from other cells), and the names that it gives
// to results. An unreadable cell depends on what could be read of it, and err says why.
func Analyze(text string) (inputs, uses, defines []string, err error) {
	c, body, err := parseHead(text)
	if err != nil {
		return nil, nil, nil, err
	}
	for _, in := range c.Inputs {
		inputs = append(inputs, in.Path)
	}
	c.Inputs = slices.Concat(c.Inputs, []Input{{Name: "main"}, {Name: "temp"}})
	for _, s := range sqltext.Split(text[body:]) {
		for _, r := range s.References() {
			name := cmp.Or(r.Schema, r.Name)
			if !c.hasInput(r.Schema) && !containsFold(defines, name) && !containsFold(uses, name) {
				uses = append(uses, name)
			}
		}
		if s.Name != "" {
			defines = append(defines, s.Name)
		}
	}
	_, err = Parse(text)
	return inputs, uses, defines, err
}

// hasInput reports whether a schema is that of an input.
func (c Cell) hasInput(schema string) bool {
	return slices.ContainsFunc(c.Inputs, func(in Input) bool { return strings.EqualFold(in.Name, schema) })
}

// mentions reports whether a statement reads a table of that name, or one of its
// tables, and no input has the name.
func (c Cell) mentions(name string) bool {
	if c.hasInput(name) {
		return false
	}
	for _, s := range c.Statements {
		for _, r := range s.References() {
			if strings.EqualFold(r.Schema, name) || r.Schema == "" && strings.EqualFold(r.Name, name) {
				return true
			}
		}
	}
	return false
}

func containsFold(list []string, name string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, name) })
}
