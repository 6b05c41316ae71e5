// Package analysis is the contract of an analysis: what it declares, what it is
// given and what it gives back.
//
// An analysis is a value made by Define from one Spec. Its form, its flags, its
// help, its cell text, its page in the docs and its cache key derive from that
// declaration. It is pure: no clock, no file, no randomness, no goroutine that
// outlives the call; the same inputs and parameters give the same result.
package analysis

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"profilemate/frames"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// Spec declares an analysis with parameters P, a struct whose exported fields
// carry param tags (see Param). Exactly one of Whole and Stream is set.
type Spec[P any] struct {
	Name     string // lower case with hyphens: a flag, a URL part and a cell's first word
	Doc      string // first line: the title, without capital or period; then what it shows, in sentences
	Version  int    // from 1; raised whenever the same input gives another result
	Roles    []Role
	Outputs  []Output
	Defaults P

	// Check says what is wrong with parameters that are sound one by one: a pattern that
	// cannot be read, two that contradict each other. It runs before an artifact is opened.
	// The error begins with the parameter's name and becomes Misuse. Nil checks nothing.
	Check func(p P) error

	// Whole computes from frames, each loaded when it is first asked for.
	Whole func(ctx context.Context, in Inputs, p P) (*result.Result, error)
	// Stream returns an empty fold for each worker, for tables too big to hold.
	Stream func(p P) Fold
}

// Role is an artifact that an analysis needs.
type Role struct {
	Name   string // "profile", "baseline"; needed in a cell only where two roles share a kind
	Kind   string // kind of artifact: "nsys", "ncu", "moe"
	Doc    string
	Tables []Need
}

// Need is a table of a role, with the columns that are read from it. Only these
// are decoded.
type Need struct {
	Table    string
	Columns  []frames.Field // name, kind and unit as the artifact's format declares them
	Stream   bool           // delivered to Fold.Scan in batches; otherwise loaded by Inputs.Frame
	Optional bool           // may be missing; otherwise the engine refuses the artifact with a reason
	Central  bool           // with Optional: without it the analysis says why it has nothing to say, so it is not offered
	Vital    bool           // with Optional: where damage hides it, figures would count it as none, so the engine refuses the artifact
	Doc      string         // what is lost without it
}

// Output declares a table or chart that a result may hold.
type Output struct {
	Name string
	Kind OutputKind
	Doc  string
	Key  []string // columns of a table that answer its question, the most important first: the last to go where there is no room
}

// OutputKind is what an output is.
type OutputKind string

// The kinds of output.
const (
	TableOutput OutputKind = "table"
	ChartOutput OutputKind = "chart"
)

// Fold computes a result from batches. The engine makes one per worker, gives each
// a contiguous run of every streamed table's rows, merges them in row order into
// the first and finishes that one.
type Fold interface {
	// Scan takes one batch of a streamed table. The batch is valid during the call only.
	Scan(role, table string, b *frames.Batch) error
	// Merge adds what a fold of the same analysis saw in the rows after this one's.
	Merge(after Fold) error
	// Finish returns the result. It is called once, after all scans and merges.
	Finish(ctx context.Context, in Inputs) (*result.Result, error)
}

// Inputs is what an analysis may see of its artifacts.
type Inputs interface {
	// Frame returns a needed table with the needed columns that the artifact has, whole.
	// A missing optional table gives nil and no error. Columns that the artifact lacks are
	// absent from the frame.
	Frame(role, table string) (*frames.Frame, error)
	// Source describes the artifact of a role.
	Source(role string) Source
}

// Source describes an artifact to an analysis.
type Source struct {
	Name     string            // base name of the file or folder
	Format   string            // "nsys-sqlite", "ncu-csv", …
	Metadata map[string]string // what the format declares, such as "graph_trace_mode"
	Missing  []string          // needed optional tables that the artifact lacks
	Findings []result.Finding  // the reader's warnings, of the tables read so far too; the engine adds them to the result
}

// Analysis is a declared analysis, its parameter type hidden.
type Analysis struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Doc     string   `json:"doc"` // what follows the title; may have several paragraphs
	Version int      `json:"version"`
	Roles   []Role   `json:"roles"`
	Outputs []Output `json:"outputs"`
	Params  []Param  `json:"params"`

	begin func(Values) (func() Fold, error)
	fault error // what is wrong with the declaration; NewRegistry reports it
}

// Begin checks the parameters and returns a function that makes empty folds, one
// for each worker. Unknown names and values out of bounds are Misuse.
func (a Analysis) Begin(v Values) (func() Fold, error) { return a.begin(v) }

// Heading returns the title as a heading or sentence begins: with a capital.
func (a Analysis) Heading() string {
	first, size := utf8.DecodeRuneInString(a.Title)
	return string(unicode.ToUpper(first)) + a.Title[size:]
}

// Streams reports whether any table is delivered in batches.
func (a Analysis) Streams() bool {
	for _, r := range a.Roles {
		for _, n := range r.Tables {
			if n.Stream {
				return true
			}
		}
	}
	return false
}

// Define makes an analysis of its declaration. It never panics: a fault in the
// declaration is kept and NewRegistry returns it.
func Define[P any](s Spec[P]) Analysis {
	title, doc, _ := strings.Cut(strings.TrimSpace(s.Doc), "\n")
	params, err := paramsOf(s.Defaults)
	a := Analysis{Name: s.Name, Title: title, Doc: strings.TrimSpace(doc), Version: s.Version,
		Roles: s.Roles, Outputs: s.Outputs, Params: params}
	a.fault = checkSpec(a, s.Whole != nil, s.Stream != nil, err)
	a.begin = func(v Values) (func() Fold, error) {
		p := s.Defaults
		if err := bind(a.Name, params, v, &p); err != nil {
			return nil, err
		}
		if s.Check != nil {
			if err := s.Check(p); err != nil {
				return nil, fault.Errorf(fault.Misuse, "%s: parameter %w", a.Name, err)
			}
		}
		if s.Stream != nil {
			return func() Fold { return s.Stream(p) }, nil
		}
		return func() Fold { return whole[P]{run: s.Whole, params: p} }, nil
	}
	return a
}

// whole is the fold of an analysis that works on frames: nothing is streamed to it.
type whole[P any] struct {
	run    func(context.Context, Inputs, P) (*result.Result, error)
	params P
}

func (w whole[P]) Scan(role, table string, _ *frames.Batch) error {
	return fmt.Errorf("analysis: table %s/%s is streamed to an analysis that wants it whole", role, table)
}
func (w whole[P]) Merge(Fold) error { return nil }
func (w whole[P]) Finish(ctx context.Context, in Inputs) (*result.Result, error) {
	return w.run(ctx, in, w.params)
}

var namePattern = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

func checkSpec(a Analysis, whole, stream bool, paramFault error) error {
	switch {
	case !namePattern.MatchString(a.Name):
		return fmt.Errorf("analysis %q: the name must be lower case words joined by hyphens", a.Name)
	case a.Title == "" || a.Doc == "":
		return fmt.Errorf("analysis %s: Doc needs a title line and a description", a.Name)
	case strings.HasSuffix(a.Title, ".") || len(a.Title) > 72:
		return fmt.Errorf("analysis %s: the title must be at most 72 letters without a period", a.Name)
	case a.Version < 1:
		return fmt.Errorf("analysis %s: Version counts from 1", a.Name)
	case whole == stream:
		return fmt.Errorf("analysis %s: set exactly one of Whole and Stream", a.Name)
	case stream != a.Streams():
		return fmt.Errorf("analysis %s: Stream and the needs marked Stream go together", a.Name)
	case len(a.Outputs) == 0:
		return fmt.Errorf("analysis %s: declares no output", a.Name)
	case paramFault != nil:
		return fmt.Errorf("analysis %s: %w", a.Name, paramFault)
	}
	return checkRoles(a)
}

func checkRoles(a Analysis) error {
	if len(a.Roles) == 0 {
		return fmt.Errorf("analysis %s: declares no role", a.Name)
	}
	seen := map[string]bool{}
	for _, r := range a.Roles {
		if !namePattern.MatchString(r.Name) || r.Kind == "" || seen[r.Name] || r.Name == asWord {
			return fmt.Errorf("analysis %s: role %q needs a unique name and a kind", a.Name, r.Name)
		}
		seen[r.Name] = true
		for _, n := range r.Tables {
			if err := frames.Schema(n.Columns).Validate(); err != nil || n.Table == "" {
				return fmt.Errorf("analysis %s: role %s, table %q: %v", a.Name, r.Name, n.Table, err)
			}
		}
	}
	return nil
}

// Registry is a fixed set of analyses. It is safe for concurrent use.
type Registry struct{ list []Analysis }

// NewRegistry checks the declarations and returns them as a registry, in the
// order given. A faulty or repeated declaration is an error.
func NewRegistry(list ...Analysis) (*Registry, error) {
	seen := map[string]bool{}
	for _, a := range list {
		if a.fault != nil {
			return nil, a.fault
		}
		if a.begin == nil {
			return nil, fmt.Errorf("analysis %q was not made by Define", a.Name)
		}
		if seen[a.Name] {
			return nil, fmt.Errorf("analysis %s is declared twice", a.Name)
		}
		seen[a.Name] = true
	}
	return &Registry{list: list}, nil
}

// All returns the analyses in order. The caller must not change the slice.
func (r *Registry) All() []Analysis { return r.list }

// Get returns the named analysis, or a NotFound fault that names the nearest ones.
func (r *Registry) Get(name string) (Analysis, error) {
	names := make([]string, len(r.list))
	for i, a := range r.list {
		if a.Name == name {
			return a, nil
		}
		names[i] = a.Name
	}
	return Analysis{}, fault.WithRemedy(fault.Errorf(fault.NotFound, "there is no analysis %q", name),
		"there are: %s", strings.Join(names, ", "))
}
