package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"profilemate/workbench/fault"
)

// Format is a form that a report is written in.
type Format string

// The formats.
const (
	HTML     Format = "html"
	Markdown Format = "markdown"
	JSON     Format = "json"
)

// Options say how a report is written.
type Options struct {
	// LinkFrom is the folder that the report will lie in: inputs in it or below become
	// links. Empty for none.
	LinkFrom string
}

// MaxHTML is the most bytes of a report as HTML. A report that would be larger has fewer
// rows in its tables, and says so at each.
const MaxHTML = 3_000_000

// Write writes a report. The same report gives the same bytes. An unknown format is
// Misuse; other errors are the writer's.
func Write(w io.Writer, r *Report, f Format, o Options) error {
	var data []byte
	var err error
	switch f {
	case HTML:
		data, err = fitted(r, o)
	case Markdown:
		data = markdown(r)
	case JSON:
		data, err = json.MarshalIndent(r, "", "  ")
		data = append(data, '\n')
	default:
		return fault.Errorf(fault.Misuse, "there is no format %q of reports (there are: html, markdown, json)", f)
	}
	if err != nil {
		return fmt.Errorf("writing the report as %s: %w", f, err)
	}
	if _, err := w.Write(data); err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// fitted draws the report with ever fewer rows, then without the data under charts,
// until it is small enough.
func fitted(r *Report, o Options) ([]byte, error) {
	var out bytes.Buffer
	for _, size := range []detail{{200, true}, {50, true}, {20, true}, {10, false}} {
		out.Reset()
		if err := writeHTML(&out, r, o, size); err != nil {
			return nil, err
		}
		if out.Len() <= MaxHTML {
			break
		}
	}
	return out.Bytes(), nil
}

// detail is how much of tables and charts a page has.
type detail struct {
	rows      int
	chartData bool
}
