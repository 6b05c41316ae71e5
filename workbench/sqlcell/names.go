package sqlcell

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
	"profilemate/workbench/sqlcell/sqltext"
	"profilemate/workbench/sqlcell/vtab"
)

// kept is a named result. That of an analysis is a table too where it has one table.
type kept struct {
	namedTable
	content string         // identifies what it holds
	release func()         // gives back what it holds; nil for nothing
	result  *result.Result // of an analysis; nil for a table of a SQL cell
}

// What results are, as lists of tables say it.
const (
	sqlDoc      = "a result of a SQL cell"
	analysisDoc = "the table of an analysis cell"
)

// CheckName returns why a name cannot be that of a result, Misuse, or nil: results are
// tables of SQL cells, and so are their names.
func CheckName(name string) error {
	lower := strings.ToLower(name)
	if name == "" || sqltext.QuoteWhereNeeded(name) != name || strings.HasPrefix(lower, "sqlite_") || lower == "main" || lower == "temp" {
		return fault.Errorf(fault.Misuse, "%s cannot name a table; use letters, digits and _, and no keyword", name)
	}
	return nil
}

// Keep gives a result of an analysis a name, under which later cells find its tables:
// as NAME.TABLE, and as NAME where it has one. Another result of that name is
// forgotten. key is that of the store, empty for a result that is not stored. Faults
// are those of CheckName.
func (r *Runner) Keep(name string, res *result.Result, key string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	k := kept{namedTable: namedTable{name: name, doc: analysisDoc}, content: key, result: res}
	if key == "" {
		k.content = rand.Text()
	}
	if len(res.Tables) == 1 {
		k.source = vtab.Of(res.Tables[0].Frame)
	}
	r.remember(k)
	return nil
}

// remember keeps a named table in place of one of the same name.
func (r *Runner) remember(k kept) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, old := range r.named {
		if strings.EqualFold(old.name, k.name) {
			if old.release != nil {
				old.release()
			}
			r.named[i] = k
			return
		}
	}
	r.named = append(r.named, k)
}

// results are the named results of analyses, as inputs of a cell.
func (r *Runner) results() []*opened {
	r.mu.Lock()
	defer r.mu.Unlock()
	var list []*opened
	for _, k := range r.named {
		if k.result == nil {
			continue
		}
		o := &opened{input: Input{Name: k.name}, identity: artifacts.Identity(k.content)}
		for _, t := range k.result.Tables {
			o.tables = append(o.tables, namedTable{name: t.Name, doc: t.Title, source: vtab.Of(t.Frame)})
		}
		list = append(list, o)
	}
	return list
}

// find returns the named result, NotFound with those that there are.
func (r *Runner) find(name string) (kept, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.named, func(k kept) bool { return strings.EqualFold(k.name, name) })
	if i >= 0 {
		return r.named[i], nil
	}
	err := fault.Errorf(fault.NotFound, "no cell has named a result %s", name)
	if len(r.named) == 0 {
		return kept{}, err
	}
	var names []string
	for _, k := range r.named {
		names = append(names, k.name)
	}
	return kept{}, fault.WithRemedy(err, "there are: %s", strings.Join(names, ", "))
}

// Frame returns a table whole, for cells of other languages: that of a named result,
// or NAME.TABLE of one with several. A name that no cell has given, or a table that
// the result lacks, is NotFound with those that there are; more rows than most are
// Unsupported.
func (r *Runner) Frame(name string, most int) (*frames.Frame, error) {
	name, table, _ := strings.Cut(name, ".")
	k, err := r.find(name)
	if err != nil {
		return nil, err
	}
	source := k.source
	if k.result != nil && (table != "" || source == nil) {
		var tables []string
		for _, t := range k.result.Tables {
			if strings.EqualFold(t.Name, table) {
				source = vtab.Of(t.Frame)
			}
			tables = append(tables, k.name+"."+t.Name)
		}
		if source == nil || !containsFold(tables, k.name+"."+table) {
			return nil, fault.WithRemedy(fault.Errorf(fault.NotFound, "the result %s has no table %q", k.name, table), "there are: %s", strings.Join(tables, ", "))
		}
	} else if table != "" {
		return nil, fault.Errorf(fault.NotFound, "%s is one table, and has no table %s", k.name, table)
	}
	return whole(k.name, source, most)
}

// whole reads a table into memory.
func whole(name string, source vtab.Source, most int) (*frames.Frame, error) {
	if rows := source.Rows(); rows > int64(most) {
		return nil, fault.WithRemedy(fault.Errorf(fault.Unsupported, "the result %s has %s, more than the %s asked for", name,
			result.Count(rows, "row"), result.Grouped(int64(most))), "group or filter it in SQL first")
	}
	b := frames.NewBuilder(name, source.Schema())
	err := source.Scan(context.Background(), source.Schema().Names(), func(f *frames.Frame) error { return b.Append(f) })
	if err != nil {
		return nil, err
	}
	return b.Frame(), nil
}

// Result returns a named result: that of an analysis as it is, that of a SQL cell as
// one table of at most so many rows. Faults are those of Frame.
func (r *Runner) Result(name string, most int) (*result.Result, error) {
	k, err := r.find(name)
	if err != nil {
		return nil, err
	}
	if k.result != nil {
		return k.result, nil
	}
	f, err := whole(k.name, k.source, most)
	if err != nil {
		return nil, err
	}
	return (&result.Result{}).Add(k.name, k.name, f), nil
}

// Holds reports whether a cell of any language has given the name to a table or a
// result.
func (r *Runner) Holds(name string) bool {
	if _, err := r.find(name); err == nil {
		return true
	}
	_, ok := find(r.tables(), name)
	return ok
}

// Named lists the names of results that cells have kept.
func (r *Runner) Named() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []string
	for _, k := range r.named {
		names = append(names, k.name)
	}
	slices.Sort(names)
	return names
}
