package kernel

import (
	"context"
	"io"
	"strings"
)

// Language runs the cells of one language. The kernel picks the language by the
// first word of a cell and calls Execute for one cell at a time. All methods must
// be safe for concurrent use: an interrupted Execute that does not heed its context
// is left behind while the next cell starts.
//
// Every code that a Language gets is the whole text of the cell, its marker
// included; every position is a byte offset into it and lies on the start of a
// character.
type Language interface {
	// Marker is the first word of the language's cells, such as "%%sql".
	Marker() string
	// Execute runs a cell. What it shows goes through out until it returns. Its error is
	// shown as the error of the cell, with a name by its fault.Kind; a panic is an
	// error of the cell too. A canceled ctx must end it, with the state of the language
	// kept for the next cell.
	Execute(ctx context.Context, code string, out Emitter) error
	// Complete says how the word at pos can go on.
	Complete(ctx context.Context, code string, pos int) Completion
	// Inspect describes what stands at pos; nil: nothing is known of it. With detail
	// above 0 the source or another long form is wanted, where there is one.
	Inspect(ctx context.Context, code string, pos, detail int) Data
	// IsComplete says whether a console should run the text or ask for more of it.
	IsComplete(code string) Completeness
}

// Evaluator is a Language that answers user expressions, which clients send with a
// cell of the language and have evaluated after it.
type Evaluator interface {
	// Evaluate returns the value of an expression in the forms that clients show.
	Evaluate(ctx context.Context, expression string) (Data, error)
}

// Data is a value in the forms that clients show, by MIME type: a string, base64
// for a binary type, or any JSON value for a JSON type. "text/plain" is never left
// out. A value is cut to size before it is formatted: see Emitter for what is too
// large to be shown.
type Data map[string]any

// Emitter takes what a running cell shows. It is safe for concurrent use. What comes
// after the cell has ended is dropped, as is what passes the limits of a cell: a note
// says so once. The limits are MaxStream bytes of text, MaxOutputs outputs, and
// MaxDisplay bytes for one output.
type Emitter interface {
	// Stdout and Stderr take text. It is sent in portions, at most 20 a second, and
	// before anything else that is shown later. Writing never fails: a cell that is told
	// to end by its context alone ends with its context.
	Stdout() io.Writer
	Stderr() io.Writer
	// Display shows a value. With an id, a later Display of the same id takes its place,
	// in this cell and in those of an earlier cell. An empty id shows a new value each time.
	Display(id string, value Data)
	// Result shows the value of the cell, which clients number with the cell.
	Result(value Data)
	// Progress says what a long run does ("reading kernels") and how far it is, in rows
	// or other units; total is 0 where that is not known. It may be called often: it is
	// shown after a second, at most five times a second, and is gone when the cell ends.
	Progress(text string, done, total int64)
	// Count is the execution count of the cell.
	Count() int
}

// Completion is how the text from byte Start to byte End can go on.
type Completion struct {
	Matches    []Match
	Start, End int
}

// Match is one text that a completion offers. Type is what it is, as editors show
// it: "function", "path"; empty for nothing.
type Match struct{ Text, Type string }

// Completeness says whether a text can be run.
type Completeness struct {
	State  string // Complete, Incomplete, Invalid or Unknown
	Indent string // what the next line of an incomplete text starts with
}

// The states of a text in a console.
const (
	Complete   = "complete"
	Incomplete = "incomplete"
	Invalid    = "invalid"
	Unknown    = "unknown"
)

// marker returns the first word of a cell if it is a marker, and "" otherwise.
func marker(code string) string {
	words := strings.Fields(code[:min(len(code), longestMarker)])
	if len(words) == 0 || !strings.HasPrefix(words[0], "%%") {
		return ""
	}
	return words[0]
}

// longestMarker is how far into a cell a marker is looked for, in bytes.
const longestMarker = 256

// language returns the language of a cell: the one its marker names, or the first
// without a marker in the text. It is nil where there is none.
func (o Options) language(code string) Language {
	word := marker(code)
	if word == "" {
		word = o.Default
	}
	for _, l := range o.Languages {
		if l.Marker() == word {
			return l
		}
	}
	return nil
}
