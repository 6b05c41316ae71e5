// Package diff compares notebooks by what they say: cells by their text, results by
// their tables, findings and texts. Times, counts, keys of the store and drawn forms
// of a result do not count.
package diff

import (
	"regexp"
	"strings"

	"profilemate/notebooks"
	"profilemate/workbench/result"
)

// Part is one thing that the outputs of a cell say.
type Part struct {
	Kind   string         `json:"kind"`             // one of the Part kinds
	Text   string         `json:"text,omitempty"`   // of a stream, a display or an error
	Result *result.Bundle `json:"result,omitempty"` // of an analysis, without what differs from run to run
}

// The kinds of parts.
const (
	TextPart   = "text"
	ErrorPart  = "error"
	ResultPart = "result"
)

// terminal matches the color codes that programs write to terminals.
var terminal = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]")

// Comparable returns what outputs say, in order. Neighboring texts of one stream
// are one part.
func Comparable(outputs []notebooks.Output) []Part {
	parts := []Part{}
	last := ""
	for _, o := range outputs {
		stream, _ := o["name"].(string)
		p := partOf(o)
		if n := len(parts); o.Type() == notebooks.StreamOutput && n > 0 && last == stream {
			parts[n-1].Text += p.Text
			continue
		}
		last = ""
		if o.Type() == notebooks.StreamOutput {
			last = stream
		}
		parts = append(parts, p)
	}
	return parts
}

func partOf(o notebooks.Output) Part {
	switch o.Type() {
	case notebooks.StreamOutput:
		return Part{Kind: TextPart, Text: terminal.ReplaceAllString(o.Text(), "")}
	case notebooks.ErrorOutput:
		name, value := o.Failure()
		return Part{Kind: ErrorPart, Text: name + ": " + value}
	}
	if r, ok := o.Data().Result(); ok {
		return Part{Kind: ResultPart, Result: stable(r)}
	}
	text, _ := o.Data().Text("text/plain")
	return Part{Kind: TextPart, Text: strings.TrimRight(text, "\n")}
}

// stable leaves out of a result what differs from run to run.
func stable(r result.Bundle) *result.Bundle {
	r.Key, r.Cached, r.ElapsedNs = "", false, 0
	inputs := make([]result.BundleInput, len(r.Inputs))
	for i, in := range r.Inputs {
		inputs[i] = result.BundleInput{Role: in.Role, Path: in.Path} // the digest may not have been known yet
	}
	r.Inputs = inputs
	return &r
}
