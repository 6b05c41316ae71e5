package sqlcell

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"zombiezen.com/go/sqlite"

	"profilemate/workbench/fault"
	"profilemate/workbench/sqlcell/functions"
	"profilemate/workbench/sqlcell/sqltext"
	"profilemate/workbench/sqlcell/vtab"
)

// placed says where in a cell an error is, counting lines and characters from 1.
func placed(text string, at int, err error) error {
	at = min(max(at, 0), len(text))
	before := text[:at]
	line := strings.Count(before, "\n") + 1
	column := utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Errorf("line %d, column %d: %w", line, column, err)
}

// failure turns an error of SQLite into one with a kind, a place and a remedy.
func (d *database) failure(ctx context.Context, text string, s sqltext.Statement, err error) error {
	if ctx.Err() != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return placed(text, s.Tokens[0].At, fault.WithRemedy(fault.Errorf(fault.Unsupported, "the cell's time is up"),
				"narrow the statement, or allow more with timeout=DURATION behind %s", Marker))
		}
		return fault.Errorf(fault.Canceled, "the statement was stopped")
	}
	at := s.Tokens[0].At
	if offset, ok := sqlite.ErrorOffset(err); ok && offset <= len(s.Text) {
		at = s.At + offset
	}
	if inner := d.module.Failure(); inner != nil {
		return placed(text, at, inner)
	}
	message := messageOf(err)
	kind := fault.Misuse
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultFull, sqlite.ResultIOErr, sqlite.ResultCantOpen:
		return placed(text, at, fault.WithRemedy(fault.Errorf(fault.Denied, "%s", message), "free space in the folder for temporary files"))
	case sqlite.ResultNoMem, sqlite.ResultTooBig:
		kind = fault.Unsupported
	}
	failed := fault.Errorf(kind, "%s", message)
	if hint := d.hint(message, s); hint != "" {
		failed = fault.WithRemedy(failed, "%s", hint)
	}
	return placed(text, at, failed)
}

// messageOf is what SQLite says, without what the library says around it.
func messageOf(err error) string {
	message := err.Error()
	general := sqlite.ErrCode(err).Message() + ": "
	if i := strings.Index(message, general); i >= 0 {
		return message[i+len(general):]
	}
	return strings.TrimPrefix(message, "sqlite: step: ")
}

// hint says what a name that is not there may have been meant to be.
func (d *database) hint(message string, s sqltext.Statement) string {
	missing := regexp.MustCompile(`no such (table|column|function): (.*)$`).FindStringSubmatch(message)
	if missing == nil {
		return ""
	}
	name := missing[2]
	switch missing[1] {
	case "table":
		return d.scope.tableHint(name)
	case "function":
		return orList(name, sqltext.Nearest(name, functionNames()), "", nil)
	}
	columns := d.scope.columns(s)
	return orList(name, sqltext.Nearest(name[strings.LastIndexByte(name, '.')+1:], columns), "the columns are", columns)
}

// tableHint says which tables there are, and where others come from when no artifact
// is named.
func (s scope) tableHint(name string) string {
	all := s.tableNames()
	near := sqltext.Nearest(name[strings.LastIndexByte(name, '.')+1:], all)
	hint := orList(name, near, "the tables are", all)
	switch {
	case len(s.inputs) > 0 || len(near) > 0:
		return hint
	case hint == "":
		return "there are no tables yet: " + loading
	}
	return hint + "; for more, " + loading
}

// loading says how tables come to be there, in a cell and on the command line.
const loading = "name an artifact, with " + Marker + " FILE in a cell or profilemate sql FILE in a shell"

// mostListed is how many names a message lists where none is near.
const mostListed = 30

func orList(name string, near []string, what string, all []string) string {
	switch {
	case len(near) > 0:
		return "did you mean " + strings.Join(near, " or ") + "?"
	case len(all) == 0:
		return ""
	case len(all) > mostListed:
		return fmt.Sprintf("%s %s and %d more", what, strings.Join(all[:mostListed], ", "), len(all)-mostListed)
	}
	return what + " " + strings.Join(all, ", ")
}

func functionNames() []string {
	var names []string
	for _, f := range append(functions.Own(0), functions.BuiltIn()...) {
		names = append(names, f.Name)
	}
	return names
}

// tableNames lists what can stand behind FROM, as it is written there.
func (s scope) tableNames() []string {
	names := namesOf(s.named)
	for _, in := range s.inputs {
		for _, t := range in.tables {
			name := sqltext.QuoteWhereNeeded(t.name)
			if len(s.inputs) > 1 || in.isResult() {
				name = in.input.Name + "." + name
			}
			names = append(names, name)
		}
	}
	return names
}

// lookup returns the table that a reference means.
func (s scope) lookup(r sqltext.Reference) (namedTable, bool) {
	if t, ok := find(s.named, r.Name); ok && (r.Schema == "" || strings.EqualFold(r.Schema, "main")) {
		return t, true
	}
	for _, in := range s.inputs {
		if r.Schema == "" || strings.EqualFold(r.Schema, in.input.Name) {
			if t, ok := find(in.tables, r.Name); ok {
				return t, true
			}
		}
	}
	return namedTable{}, false
}

// columns lists the columns of the tables that a statement reads.
func (s scope) columns(of sqltext.Statement) []string {
	var names []string
	for _, r := range of.References() {
		if t, ok := s.lookup(r); ok {
			names = append(names, vtab.ColumnNames(t.source.Schema())...)
		}
	}
	return names
}
