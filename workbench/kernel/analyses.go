package kernel

import (
	"context"

	"profilemate/workbench/analysis"
	"profilemate/workbench/result"
)

// Runner runs analyses. It must be safe for concurrent use.
type Runner interface {
	// Analyses lists what can be run, in the order of the help.
	Analyses() []analysis.Analysis
	// Lookup returns the named analysis, or a NotFound fault that says which there are.
	Lookup(name string) (analysis.Analysis, error)
	// Run computes one call. Relative paths of its inputs are meant from dir. It may call
	// progress as often as it likes: with what it does in words and how far it is, total 0
	// where that is not known. A canceled ctx must end it.
	Run(ctx context.Context, call analysis.Call, dir string, progress func(text string, done, total int64)) (Outcome, error)
}

// Outcome is the result of an analysis in the forms that clients show.
type Outcome struct {
	Bundle result.Bundle
	HTML   string // for clients that do not know result.MIME; empty for none
	SVG    []byte // the first chart; nil for none
	Text   string // for terminals; empty: the bundle's title
}

// Analyses returns the language of %%analysis cells. Paths in cells are meant from
// dir.
func Analyses(runner Runner, dir string) Language { return analyses{runner: runner, dir: dir} }

type analyses struct {
	runner Runner
	dir    string
}

// Marker is the first word of analysis cells.
func (analyses) Marker() string { return analysis.CellMarker }

// Execute runs the analysis and shows its result.
func (a analyses) Execute(ctx context.Context, code string, out Emitter) error {
	call, err := analysis.ParseCell(code, a.runner.Lookup)
	if err != nil {
		return err
	}
	outcome, err := a.runner.Run(ctx, call, a.dir, out.Progress)
	if err != nil {
		return err
	}
	out.Display("", data(outcome))
	return nil
}

// data is the outcome as a MIME bundle, the richest form for each client.
func data(o Outcome) Data {
	text := o.Text
	if text == "" {
		text = o.Bundle.Title
	}
	d := Data{result.MIME: o.Bundle, "text/plain": text}
	if o.HTML != "" {
		d["text/html"] = o.HTML
	}
	if len(o.SVG) > 0 {
		d["image/svg+xml"] = string(o.SVG)
	}
	return d
}

// IsComplete tells a console whether the text can be run: unless a quote is open.
func (analyses) IsComplete(code string) Completeness {
	if quoteOpen(code) {
		return Completeness{State: Incomplete}
	}
	return Completeness{State: Complete}
}

func quoteOpen(text string) bool {
	open, escaped := false, false
	for _, c := range text {
		switch {
		case escaped:
			escaped = false
		case open && c == '\\':
			escaped = true
		case c == '"':
			open = !open
		}
	}
	return open
}
