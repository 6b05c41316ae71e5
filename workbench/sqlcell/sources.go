package sqlcell

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/sqlcell/vtab"
	"profilemate/workbench/store"
)

// storedPrefix begins the names under which readers deliver tables as an artifact
// stores them; SQL reads these under their own names.
const storedPrefix = "raw."

// namedTable is a table with its name in SQL.
type namedTable struct {
	name   string
	doc    string
	source vtab.Source
}

// opened is an open artifact, or the result of an analysis, with what identifies its
// content.
type opened struct {
	input    Input
	file     string // empty for a result
	identity artifacts.Identity
	artifact artifacts.Artifact
	tables   []namedTable
}

// isResult reports whether it is the result of an analysis, which no file holds.
func (o *opened) isResult() bool { return o.file == "" }

// shelf keeps artifacts open from cell to cell. It is safe for concurrent use.
type shelf struct {
	formats artifacts.Formats
	dir     string
	mu      sync.Mutex
	open    map[string]*opened // by file
}

// get opens an artifact, or returns the open one if the file has not changed.
func (s *shelf) get(ctx context.Context, in Input) (*opened, error) {
	file := in.Path
	if !filepath.IsAbs(file) {
		file = filepath.Join(s.dir, file)
	}
	identity, err := artifacts.Identify(file)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.open[file]; o != nil && o.identity == identity {
		again := *o
		again.input = in
		return &again, nil
	}
	a, err := s.formats.Open(ctx, file)
	if err != nil {
		return nil, err
	}
	o := &opened{input: in, file: file, identity: identity, artifact: a, tables: tablesOf(a)}
	// One that has changed stays open: an interrupted cell may be reading it still.
	s.open[file] = o
	return o, nil
}

// tablesOf names the tables of an artifact: its own, then those that it stores under
// their stored names, unless one of its own has the name in other letters.
func tablesOf(a artifacts.Artifact) []namedTable {
	var list []namedTable
	taken := map[string]bool{}
	for _, stored := range []bool{false, true} {
		for _, info := range artifacts.AllTables(a) {
			name, isStored := strings.CutPrefix(info.Name, storedPrefix)
			if isStored != stored || len(info.Schema) == 0 {
				continue
			}
			if taken[strings.ToLower(name)] {
				name = "raw_" + name
			}
			taken[strings.ToLower(name)] = true
			list = append(list, namedTable{name: name, doc: info.Doc, source: &artifactTable{artifact: a, info: info}})
		}
	}
	return list
}

// artifactTable is a table of an artifact.
type artifactTable struct {
	artifact artifacts.Artifact
	info     artifacts.TableInfo
	progress func(text string, done, total int64) // nil: nobody is told
}

// Schema returns the columns.
func (t *artifactTable) Schema() frames.Schema { return t.info.Schema }

// Rows is how many there are, -1 where that is not known.
func (t *artifactTable) Rows() int64 { return t.info.Rows }

// Scan reads the table on one goroutine: SQLite takes one row at a time.
func (t *artifactTable) Scan(ctx context.Context, columns []string, emit func(*frames.Batch) error) error {
	r := artifacts.Request{Table: t.info.Name, Columns: columns}
	if t.progress != nil {
		r.Progress = func(done, total int64) { t.progress("reading "+t.info.Name, done, total) }
	}
	return t.artifact.Scan(ctx, r, func(_ int, b *frames.Batch) error { return emit(b) })
}

// watched returns the source with its progress told.
func watched(s vtab.Source, progress func(text string, done, total int64)) vtab.Source {
	if t, ok := s.(*artifactTable); ok {
		return &artifactTable{artifact: t.artifact, info: t.info, progress: progress}
	}
	return s
}

// storedTable is a table of a stored result.
type storedTable struct {
	store  *store.Store
	key    string
	table  string
	schema frames.Schema
	rows   int
}

// Schema returns the columns.
func (t *storedTable) Schema() frames.Schema { return t.schema }

// Rows is how many there are.
func (t *storedTable) Rows() int64 { return int64(t.rows) }

// Scan reads the table batch by batch.
func (t *storedTable) Scan(ctx context.Context, columns []string, emit func(*frames.Batch) error) error {
	e, err := t.store.Get(t.key)
	if err != nil {
		return fmt.Errorf("reading the result %s: %w", t.table, err)
	}
	defer e.Close()
	for at := 0; at < t.rows; at += frames.BatchRows {
		if err := ctx.Err(); err != nil {
			return err
		}
		f, err := e.Rows(t.table, at, at+frames.BatchRows)
		if err != nil {
			return err
		}
		if f, err = f.Select(columns...); err != nil {
			return err
		}
		if err := emit(f); err != nil {
			return err
		}
	}
	return nil
}

// namesOf lists the names of tables.
func namesOf(list []namedTable) []string {
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = t.name
	}
	return names
}

// find returns the table of a name, letter case ignored.
func find(list []namedTable, name string) (namedTable, bool) {
	i := slices.IndexFunc(list, func(t namedTable) bool { return strings.EqualFold(t.name, name) })
	if i < 0 {
		return namedTable{}, false
	}
	return list[i], true
}
