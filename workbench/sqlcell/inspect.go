package sqlcell

import (
	"context"
	"fmt"
	"strings"

	"profilemate/workbench/kernel"
	"profilemate/workbench/result"
	"profilemate/workbench/sqlcell/functions"
	"profilemate/workbench/sqlcell/sqltext"
	"profilemate/workbench/sqlcell/vtab"
)

// Inspect describes the table, column or function at a place; on the first line, the
// tables that the cell can read.
func (l language) Inspect(ctx context.Context, code string, pos, _ int) kernel.Data {
	if _, body, err := parseHead(code); err != nil || pos <= body {
		return l.inspectInputs(ctx, code)
	}
	s, statement, _ := l.around(ctx, code, pos)
	at := -1
	for i, t := range statement.Tokens {
		if t.At <= pos && pos <= t.End() && t.IsName() {
			at = i
		}
	}
	if at < 0 {
		return nil
	}
	name := statement.Tokens[at].Name()
	if at+1 < len(statement.Tokens) && statement.Tokens[at+1].Is("(") {
		return inspectFunction(name)
	}
	for _, r := range statement.References() {
		if strings.EqualFold(r.Name, name) || strings.EqualFold(r.Alias, name) {
			if t, ok := s.lookup(r); ok {
				return tableText(t)
			}
		}
	}
	return inspectColumn(s, statement, name)
}

func inspectFunction(name string) kernel.Data {
	for _, f := range append(functions.Own(0), functions.BuiltIn()...) {
		if strings.EqualFold(f.Name, name) {
			return kernel.Data{"text/plain": f.Signature + "\n\n" + f.Doc, "text/markdown": "`" + f.Signature + "`\n\n" + f.Doc}
		}
	}
	return nil
}

// inspectColumn describes a column in each table of the statement that has it.
func inspectColumn(s scope, statement sqltext.Statement, name string) kernel.Data {
	var lines []string
	for _, r := range statement.References() {
		t, ok := s.lookup(r)
		if !ok {
			continue
		}
		for i, column := range vtab.ColumnNames(t.source.Schema()) {
			if f := t.source.Schema()[i]; strings.EqualFold(column, name) {
				lines = append(lines, fmt.Sprintf("%s.%s: %s%s", t.name, f, f.Kind, withDoc(f.Doc)))
			}
		}
	}
	if lines == nil {
		return nil
	}
	text := strings.Join(lines, "\n")
	return kernel.Data{"text/plain": text, "text/markdown": strings.ReplaceAll(text, "\n", "\n\n")}
}

func withDoc(doc string) string {
	if doc == "" {
		return ""
	}
	return ", " + doc
}

// tableText describes a table with its columns and units.
func tableText(t namedTable) kernel.Data {
	var plain, marked strings.Builder
	head := fmt.Sprintf("%s: %s%s", t.name, rowsText(t), withDoc(t.doc))
	plain.WriteString(head + "\n")
	marked.WriteString("**" + head + "**\n\n| column | kind | unit | what it is |\n| --- | --- | --- | --- |\n")
	for i, name := range vtab.ColumnNames(t.source.Schema()) {
		f := t.source.Schema()[i]
		fmt.Fprintf(&plain, "  %s %s%s\n", f, f.Kind, withDoc(f.Doc))
		fmt.Fprintf(&marked, "| `%s` | %s | %s | %s |\n", name, f.Kind, f.Unit, f.Doc)
	}
	return kernel.Data{"text/plain": plain.String(), "text/markdown": marked.String()}
}

func rowsText(t namedTable) string {
	if n := t.source.Rows(); n >= 0 {
		return result.Count(n, "row")
	}
	return "rows not counted"
}

// inspectInputs lists the tables of a cell's inputs.
func (l language) inspectInputs(ctx context.Context, code string) kernel.Data {
	s, _, _ := l.around(ctx, code, len(code))
	var b strings.Builder
	b.WriteString("%%sql [NAME=]PATH… [rows=N] [timeout=DURATION]\n\nReads tables with SQL. They are:\n")
	for _, t := range s.named {
		fmt.Fprintf(&b, "  %s: %s%s\n", t.name, rowsText(t), withDoc(t.doc))
	}
	for _, in := range s.inputs {
		for _, t := range in.tables {
			fmt.Fprintf(&b, "  %s.%s: %s%s\n", in.input.Name, sqltext.QuoteWhereNeeded(t.name), rowsText(t), withDoc(t.doc))
		}
	}
	return kernel.Data{"text/plain": b.String()}
}
