package sqlcell

import (
	"context"
	"strings"

	"profilemate/workbench/kernel"
	"profilemate/workbench/result"
	"profilemate/workbench/sqlcell/sqltext"
)

// Language returns the language of %%sql cells. show draws a result in the forms that
// clients show.
func (r *Runner) Language(show func(result.Bundle) (kernel.Data, error)) kernel.Language {
	return language{runner: r, show: show}
}

type language struct {
	runner *Runner
	show   func(result.Bundle) (kernel.Data, error)
}

// Marker is the first word of SQL cells.
func (language) Marker() string { return Marker }

// Execute runs the statements and shows their tables.
func (l language) Execute(ctx context.Context, code string, out kernel.Emitter) error {
	b, err := l.runner.Run(ctx, code, out.Progress)
	if err != nil {
		return err
	}
	data, err := l.show(b)
	if err != nil {
		return err
	}
	out.Display("", data)
	return nil
}

// IsComplete says that a text ends within a quote or bracket, or that it is of one
// line yet: a console asks for the statement then. An empty line or a semicolon ends
// it.
func (language) IsComplete(code string) kernel.Completeness {
	_, body, err := parseHead(code)
	if err != nil {
		return kernel.Completeness{State: kernel.Invalid}
	}
	statements := sqltext.Split(code[body:])
	trimmed := strings.TrimRight(code, " \t\r")
	switch {
	case len(statements) > 0 && statements[len(statements)-1].Open:
		return kernel.Completeness{State: kernel.Incomplete, Indent: "  "}
	case strings.HasSuffix(trimmed, ";"), strings.HasSuffix(trimmed, "\n"):
	case !strings.Contains(code, "\n"):
		return kernel.Completeness{State: kernel.Incomplete}
	}
	for _, s := range shifted(statements, body) {
		if s.Check() != nil {
			return kernel.Completeness{State: kernel.Invalid}
		}
	}
	return kernel.Completeness{State: kernel.Complete}
}
