package kernel

import (
	"context"
	"path"
	"strings"
	"sync"

	"profilemate/workbench/jupyter"
	"profilemate/workbench/result"
)

// VariablesTarget is the comm target that answers with what the kernel holds. A
// comm_open is answered with one comm_msg, whose data is {"variables": [Variable…]},
// and a comm_close.
const VariablesTarget = "profilemate.variables"

// Variable is something that a later cell or a client can use. It is sent as JSON.
type Variable struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"`              // "artifact", "table", "parameter", or the type that a language gives it
	Value   string `json:"value,omitempty"`   // a short text of the value; empty for none
	Rows    *int64 `json:"rows"`              // null: it has none, or they were not counted
	Columns *int64 `json:"columns"`           // null: it has none
	Bytes   *int64 `json:"bytes"`             // that it takes, or that its text takes in a message; null: not known
	Count   int    `json:"count"`             // execution count of the cell that defined it; 0: not known
	Cell    string `json:"cell,omitempty"`    // id of that cell, which the server fills in
	Key     string `json:"key,omitempty"`     // of the store, for a table that can be paged; empty for none
	Table   string `json:"table,omitempty"`   // its name in the stored result
	Preview any    `json:"preview,omitempty"` // a result.Preview of a table that is not stored
}

// Holder is a Language that keeps values between cells.
type Holder interface {
	// Variables lists the values. It must not take long: values are measured and cut to
	// size, never formatted whole.
	Variables(ctx context.Context) []Variable
}

// maxValue bounds the short text of a value, in characters.
const maxValue = 120

// cut makes a text short enough for a list of variables.
func cut(text string) string {
	text, _, more := strings.Cut(text, "\n")
	if runes := []rune(text); len(runes) > maxValue {
		text, more = string(runes[:maxValue]), true
	}
	if more {
		text += "…"
	}
	return text
}

// shownResults remembers the results that cells have shown, whatever their language.
type shownResults struct {
	mu   sync.Mutex
	list []shownResult
}

type shownResult struct {
	count  int
	bundle result.Bundle // without rows, charts and findings
}

// maxShown is how many results are remembered; older ones go.
const maxShown = 200

// note remembers a result if the value is one.
func (s *shownResults) note(count int, value Data) {
	b, ok := value[result.MIME].(result.Bundle)
	if !ok {
		return
	}
	slim := result.Bundle{Key: b.Key, Analysis: b.Analysis, Inputs: b.Inputs}
	for _, t := range b.Tables {
		slim.Tables = append(slim.Tables, result.Preview{Name: t.Name, Columns: t.Columns, Total: t.Total})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, shownResult{count, slim})
	s.list = s.list[max(0, len(s.list)-maxShown):]
}

// variables lists the artifacts that results were made from, each once, and the
// tables of the results; of two tables of one name the later one counts.
func (s *shownResults) variables() []Variable {
	s.mu.Lock()
	defer s.mu.Unlock()
	var artifacts, tables []Variable
	at := map[string]int{}
	seen := map[string]bool{}
	for _, r := range s.list {
		for _, in := range r.bundle.Inputs {
			if !seen[in.Path] {
				seen[in.Path] = true
				artifacts = append(artifacts, Variable{Name: path.Base(in.Path), Kind: "artifact", Value: cut(in.Path), Count: r.count})
			}
		}
		for _, t := range r.bundle.Tables {
			name := tableName(r.bundle, t.Name)
			rows, columns := int64(t.Total), int64(len(t.Columns))
			v := Variable{Name: name, Kind: "table", Rows: &rows, Columns: &columns, Count: r.count, Key: r.bundle.Key, Table: t.Name}
			if i, ok := at[name]; ok {
				tables[i] = v
				continue
			}
			at[name] = len(tables)
			tables = append(tables, v)
		}
	}
	return append(artifacts, tables...)
}

// tableName tells a table apart from those of other analyses, and of the same
// analysis of other files.
func tableName(b result.Bundle, table string) string {
	if b.Analysis == "" || b.Analysis == "sql" {
		return table
	}
	name := b.Analysis + "." + table
	for _, in := range b.Inputs {
		name += " " + path.Base(in.Path)
	}
	return name
}

// variables lists all that the kernel holds.
func (s *server) variables(ctx context.Context) []Variable {
	list := s.shown.variables()
	for _, l := range s.opts.Languages {
		if h, ok := l.(Holder); ok {
			list = append(list, guarded(func() []Variable { return h.Variables(ctx) })...)
		}
	}
	if list == nil {
		list = []Variable{}
	}
	return list
}

// openComm answers a comm: with the variables where they are its target. Every comm is
// closed at once, since none has more to say.
func (s *server) openComm(ctx context.Context, m jupyter.Message) {
	request, err := jupyter.Decode[struct {
		ID     string `json:"comm_id"`
		Target string `json:"target_name"`
	}](m)
	if err != nil {
		return
	}
	if request.Target == VariablesTarget {
		s.send(jupyter.IOPub, jupyter.CommMsg, &m, map[string]any{"comm_id": request.ID,
			"data": map[string]any{"variables": s.variables(ctx)}})
	}
	s.send(jupyter.IOPub, jupyter.CommClose, &m, map[string]any{"comm_id": request.ID, "data": map[string]any{}})
}
