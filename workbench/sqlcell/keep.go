package sqlcell

import (
	"context"
	"crypto/rand"
	"fmt"
	"strconv"
	"strings"
	"time"

	"profilemate/workbench/artifacts"
	"profilemate/workbench/result"
	"profilemate/workbench/sqlcell/collect"
	"profilemate/workbench/sqlcell/sqltext"
	"profilemate/workbench/store"
)

// version of what a statement gives: it goes up when the same text gives another
// result.
const version = 1

// keys are the addresses of a cell's result: by digests of its inputs where these
// are known, else by identities. The first is the best. They are empty where
// nothing is kept.
func (r *Runner) keys(cell Cell, s scope) []string {
	if r.config.Engine.Store == nil {
		return nil
	}
	var keys []string
	for _, byDigest := range []bool{true, false} {
		if parts, ok := r.parts(cell, s, byDigest); ok {
			keys = append(keys, store.Key(parts...))
		}
	}
	return keys
}

// parts are all that a result depends on. ok is false where a digest is missing.
func (r *Runner) parts(cell Cell, s scope, byDigest bool) (parts []string, ok bool) {
	parts = []string{"sql 1", r.config.Engine.Build, strconv.Itoa(version), strconv.FormatInt(cell.Rows, 10)}
	for _, statement := range cell.Statements {
		parts = append(parts, statement.Name, statement.Text)
	}
	for _, in := range s.inputs {
		content := string(in.identity)
		if byDigest && !in.isResult() {
			if content = r.config.Engine.Digest(in.identity); content == "" {
				return nil, false
			}
		}
		parts = append(parts, in.input.Name, content)
	}
	for _, name := range used(cell) {
		if _, ok := find(s.named, name); ok {
			parts = append(parts, strings.ToLower(name), r.content(name))
		}
	}
	return parts, true
}

// used lists the tables that a cell's statements mention, without schema.
func used(cell Cell) []string {
	var names []string
	for _, statement := range cell.Statements {
		for _, ref := range statement.References() {
			if !containsFold(names, ref.Name) {
				names = append(names, ref.Name)
			}
		}
	}
	return names
}

// content identifies what a named table holds. A frame of a Go cell is new each time.
func (r *Runner) content(name string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range r.named {
		if strings.EqualFold(k.name, name) {
			return k.content
		}
	}
	return rand.Text()
}

// tableNames are the names of a cell's tables: those that it gives, and "result",
// "result_2" and so on for statements without one.
func (c Cell) tableNames() []string {
	var names []string
	for _, s := range c.Statements {
		if s.Name != "" {
			names = append(names, s.Name)
		}
	}
	list, n := make([]string, len(c.Statements)), 0
	for i, s := range c.Statements {
		for list[i] = s.Name; list[i] == "" || s.Name == "" && containsFold(names, list[i]); {
			n++
			list[i] = "result"
			if n > 1 {
				list[i] = fmt.Sprintf("result_%d", n)
			}
		}
	}
	return list
}

// stored answers from the store, under the first key that it holds.
func (r *Runner) stored(cell Cell, s scope, keys []string) (result.Bundle, bool) {
	for _, key := range keys {
		e, err := r.config.Engine.Store.Get(key)
		if err != nil {
			continue // whatever is wrong with it, it can be computed again
		}
		b, err := r.bundle(e, cell, s, key)
		e.Close()
		if err != nil || r.keepNames(cell, key, nil) != nil {
			continue
		}
		b.Cached = true
		return b, true
	}
	return result.Bundle{}, false
}

// keep stores tables, remembers those with names, and describes them.
func (r *Runner) keep(cell Cell, s scope, keys []string, tables []*collect.Table, took time.Duration) (result.Bundle, error) {
	findings := findingsOf(tables, s)
	if changed := changedInput(s); changed != "" {
		keys = nil
		findings = append(findings, result.Finding{Severity: result.Problem,
			Text:   fmt.Sprintf("%s changed while it was read, so that the result may mix what it held before and after.", changed),
			Remedy: "Run it again once the file is complete."})
	}
	var err error
	if len(keys) > 0 {
		err = r.put(cell, s, keys[0], tables, findings, took)
		if err == nil {
			closeAll(tables)
			return r.reopen(cell, s, keys[0])
		}
		findings = append(findings, result.Finding{Severity: result.Warning, Text: fmt.Sprintf("This result could not be kept for next time: %v.", err),
			Remedy: "Free space in the cache folder, or name another with --cache."})
	}
	b := r.frame(cell, s, findings)
	b.ElapsedNs = took.Nanoseconds()
	for i, name := range cell.tableNames() {
		head, err := Head(context.Background(), answer{table: tables[i], name: name}, result.PreviewRows)
		if err != nil {
			closeAll(tables)
			return result.Bundle{}, err
		}
		p := result.NewPreview(result.Table{Name: name, Title: titleOf(cell.Statements[i], i), Frame: head}, result.PreviewRows)
		p.Total = int(tables[i].Rows())
		b.Tables = append(b.Tables, p)
	}
	return b, r.keepNames(cell, "", tables)
}

// put writes the tables to the store.
func (r *Runner) put(cell Cell, s scope, key string, tables []*collect.Table, findings []result.Finding, took time.Duration) error {
	streams := make([]store.Stream, len(tables))
	for i, name := range cell.tableNames() {
		t := tables[i]
		streams[i] = store.Stream{Name: name, Title: titleOf(cell.Statements[i], i), Rows: int(t.Rows()), Schema: t.Schema(), Write: t.WriteArrow}
	}
	return r.config.Engine.Store.PutStreams(key, streams, findings,
		store.Meta{Analysis: "sql", Version: version, Title: "SQL", Params: map[string]string{}, ElapsedNs: took.Nanoseconds(), Inputs: bundleInputs(s)})
}

// reopen describes a result that has just been stored.
func (r *Runner) reopen(cell Cell, s scope, key string) (result.Bundle, error) {
	if err := r.keepNames(cell, key, nil); err != nil {
		return result.Bundle{}, err
	}
	e, err := r.config.Engine.Store.Get(key)
	if err != nil {
		return result.Bundle{}, err
	}
	defer e.Close()
	return r.bundle(e, cell, s, key)
}

// frame is a bundle without tables.
func (r *Runner) frame(_ Cell, s scope, findings []result.Finding) result.Bundle {
	if findings == nil {
		findings = []result.Finding{}
	}
	return result.Bundle{Version: 1, Analysis: "sql", Title: "SQL", Params: map[string]string{}, Inputs: bundleInputs(s),
		Findings: findings, Charts: []result.Chart{}, Tables: []result.Preview{}}
}

// bundle describes a stored result.
func (r *Runner) bundle(e *store.Entry, cell Cell, s scope, key string) (result.Bundle, error) {
	findings, err := e.Findings()
	if err != nil {
		return result.Bundle{}, err
	}
	b := r.frame(cell, s, findings)
	b.Key, b.ElapsedNs = key, e.Meta().ElapsedNs
	for i, name := range cell.tableNames() {
		page, err := e.Page(name, result.View{Limit: result.PreviewRows})
		if err != nil {
			return result.Bundle{}, err
		}
		b.Tables = append(b.Tables, result.Preview{Name: name, Title: titleOf(cell.Statements[i], i), Columns: page.Columns, Total: page.Total, Rows: page.Rows})
	}
	return b, nil
}

// keepNames makes the named tables of a cell known to later cells: those of a stored
// result, or, without a key, the tables themselves. Tables without a name are closed.
func (r *Runner) keepNames(cell Cell, key string, tables []*collect.Table) error {
	for i, s := range cell.Statements {
		switch {
		case s.Name == "" && key == "":
			tables[i].Close()
		case s.Name != "" && key == "":
			r.remember(kept{namedTable: namedTable{s.Name, sqlDoc, tables[i]}, content: rand.Text(), release: tables[i].Close})
		case s.Name != "":
			t, err := r.storedTable(key, s.Name)
			if err != nil {
				return err
			}
			r.remember(kept{namedTable: namedTable{s.Name, sqlDoc, t}, content: key + " " + s.Name, release: r.config.Engine.Store.Pin(key)})
		}
	}
	return nil
}

func (r *Runner) storedTable(key, name string) (*storedTable, error) {
	e, err := r.config.Engine.Store.Get(key)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	schema, rows, err := e.Schema(name)
	if err != nil {
		return nil, err
	}
	return &storedTable{store: r.config.Engine.Store, key: key, table: name, schema: schema, rows: rows}, nil
}

// findingsOf says what the tables do not show themselves, and what the inputs lack.
func findingsOf(tables []*collect.Table, s scope) []result.Finding {
	var list []result.Finding
	for _, t := range tables {
		for _, column := range t.Rounded() {
			list = append(list, result.Finding{Severity: result.Warning,
				Text:   fmt.Sprintf("Column %s mixes whole numbers beyond 2^53 with floats, so that the last digits of those are lost.", column),
				Remedy: "Cast one of them: CAST(x AS INTEGER)."})
		}
	}
	for _, in := range s.inputs {
		if f, ok := in.artifact.(artifacts.Finder); ok {
			list = append(list, f.ScanFindings()...)
		}
	}
	result.SortFindings(list)
	return list
}

// changedInput returns the path of an input that is no longer what it was, empty for
// none.
func changedInput(s scope) string {
	for _, in := range s.inputs {
		if in.isResult() {
			continue
		}
		if now, err := artifacts.Identify(in.file); err != nil || now != in.identity {
			return in.input.Path
		}
	}
	return ""
}

func bundleInputs(s scope) []result.BundleInput {
	list := []result.BundleInput{}
	for _, in := range s.inputs {
		if in.isResult() {
			continue
		}
		list = append(list, result.BundleInput{Role: in.input.Name, Path: in.input.Path})
	}
	return list
}

func titleOf(s sqltext.Statement, i int) string {
	if s.Name != "" {
		return s.Name
	}
	return fmt.Sprintf("Statement %d", i+1)
}
