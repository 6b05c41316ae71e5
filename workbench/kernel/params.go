package kernel

import (
	"context"
	"strings"
	"sync"

	"profilemate/workbench/parameters"
)

// Params is the language of %%params cells. It keeps the parameters that they set,
// for the languages that In wraps. It is safe for concurrent use.
type Params struct {
	mu   sync.Mutex
	list []setParameter // in the order in which they were first set
}

type setParameter struct {
	parameters.Parameter
	count int // of the cell that set it last
}

// NewParams returns the language without any parameter set.
func NewParams() *Params { return &Params{} }

// Marker is the first word of cells of parameters.
func (*Params) Marker() string { return parameters.Marker }

// Execute sets the parameters of a cell. It shows nothing: the cell itself does.
func (p *Params) Execute(_ context.Context, code string, out Emitter) error {
	list, err := parameters.Parse(code)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range list {
		at := p.index(one.Name)
		if at < 0 {
			at = len(p.list)
			p.list = append(p.list, setParameter{})
		}
		p.list[at] = setParameter{Parameter: one, count: out.Count()}
	}
	return nil
}

func (p *Params) index(name string) int {
	for i, one := range p.list {
		if one.Name == name {
			return i
		}
	}
	return -1
}

// Complete offers nothing: names and values are new here.
func (*Params) Complete(_ context.Context, _ string, pos int) Completion {
	return Completion{Start: pos, End: pos}
}

// Inspect says nothing.
func (*Params) Inspect(context.Context, string, int, int) Data { return nil }

// IsComplete asks for more lines until an empty one.
func (*Params) IsComplete(code string) Completeness {
	switch _, err := parameters.Parse(code); {
	case err != nil:
		return Completeness{State: Invalid}
	case strings.HasSuffix(code, "\n"):
		return Completeness{State: Complete}
	}
	return Completeness{State: Incomplete}
}

// Variables lists the parameters that are set.
func (p *Params) Variables(context.Context) []Variable {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []Variable
	for _, one := range p.list {
		list = append(list, Variable{Name: one.Name, Kind: "parameter", Value: cut(parameters.Text(one.Value)), Count: one.count})
	}
	return list
}

// In returns a language whose cells may name parameters as {name}; see
// parameters.Expand for where.
func (p *Params) In(l Language) Language { return expanding{Language: l, params: p} }

type expanding struct {
	Language
	params *Params
}

// Execute runs the cell with values in the place of names.
func (e expanding) Execute(ctx context.Context, code string, out Emitter) error {
	code, err := parameters.Expand(code, e.params.lookup)
	if err != nil {
		return err
	}
	return e.Language.Execute(ctx, code, out)
}

// Variables lists those of the language that is wrapped.
func (e expanding) Variables(ctx context.Context) []Variable {
	if h, ok := e.Language.(Holder); ok {
		return h.Variables(ctx)
	}
	return nil
}

func (p *Params) lookup(name string) (any, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if i := p.index(name); i >= 0 {
		return p.list[i].Value, true
	}
	return nil, false
}
