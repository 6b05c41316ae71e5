package api

import (
	"context"
	"runtime"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
)

// MaxFrameRows is the most rows of a table that Artifact.Frame reads into memory.
const MaxFrameRows = 20_000_000

// Artifact is a file or folder that a profiler wrote, open for reading. It is closed
// when no variable holds it any more.
type Artifact struct {
	session *Session
	path    string
	open    artifacts.Artifact
}

// Load opens an artifact, whose format is told by its content. A file that is none
// ends the cell.
func (s *Session) Load(path string) *Artifact { return must(s.Open(path)) }

// Open is Load that returns the error.
func (s *Session) Open(path string) (*Artifact, error) {
	open, err := s.engine.Formats.Open(s.running().Context, s.file(path))
	if err != nil {
		return nil, err
	}
	a := &Artifact{session: s, path: path, open: open}
	runtime.AddCleanup(a, func(open artifacts.Artifact) { _ = open.Close() }, open)
	return a, nil
}

// Path returns the path as it was given.
func (a *Artifact) Path() string { return a.path }

// Kind returns what the artifact is: "nsys", "ncu" or "moe".
func (a *Artifact) Kind() string { return a.open.Info().Kind }

// Summary says in one line what the artifact holds.
func (a *Artifact) Summary() string { return a.open.Info().Summary }

// Metadata returns what the file says of its capture, by key.
func (a *Artifact) Metadata() map[string]string { return a.open.Info().Metadata }

// Tables lists the tables with their rows, missing where a scan must count them.
func (a *Artifact) Tables() *frames.Frame {
	b := frames.NewBuilder("tables", frames.Schema{{Name: "table", Kind: frames.String},
		{Name: "rows", Kind: frames.Int64}, {Name: "columns", Kind: frames.Int64}, {Name: "holds", Kind: frames.String}})
	for _, t := range a.open.Tables() {
		var rows any
		if t.Rows >= 0 {
			rows = t.Rows
		}
		b.Row(t.Name, rows, int64(len(t.Schema)), t.Doc)
	}
	return b.Frame()
}

// Columns lists the columns of a table with their kinds and units.
func (a *Artifact) Columns(table string) *frames.Frame {
	info := must(artifacts.Lookup(a.open, table))
	b := frames.NewBuilder("columns", frames.Schema{{Name: "column", Kind: frames.String},
		{Name: "kind", Kind: frames.String}, {Name: "unit", Kind: frames.String}, {Name: "doc", Kind: frames.String}})
	for _, f := range info.Schema {
		b.Row(f.Name, f.Kind.String(), f.Unit, f.Doc)
	}
	return b.Frame()
}

// Frame reads a table: the named columns, or all of them. More than MaxFrameRows
// rows end the cell: an analysis streams them instead.
func (a *Artifact) Frame(table string, columns ...string) *frames.Frame {
	return must(a.read(table, columns))
}

func (a *Artifact) read(table string, columns []string) (*frames.Frame, error) {
	info, err := artifacts.Lookup(a.open, table)
	if err != nil {
		return nil, err
	}
	schema := info.Schema
	if len(columns) > 0 {
		if schema, err = schema.Select(columns...); err != nil {
			return nil, fault.Errorf(fault.Misuse, "table %s: %w", table, err)
		}
	}
	if info.Rows > MaxFrameRows {
		return nil, tooManyRows(table)
	}
	cell := a.session.running()
	ctx, cancel := context.WithCancel(cell.Context)
	defer cancel()
	b := frames.NewBuilder(table, schema)
	request := artifacts.Request{Table: table, Columns: schema.Names(),
		Progress: func(done, total int64) { cell.Progress("reading "+table, done, total) }}
	err = a.open.Scan(ctx, request, func(_ int, batch *frames.Batch) error {
		if b.Len()+batch.Len() > MaxFrameRows {
			return tooManyRows(table)
		}
		return b.Append(batch)
	})
	if err != nil {
		return nil, err
	}
	return b.Frame(), nil
}

func tooManyRows(table string) error {
	return fault.WithRemedy(fault.Errorf(fault.Unsupported, "table %s has more than %d rows and is not read whole", table, MaxFrameRows),
		"run an analysis or a %%%%sql cell on it, which stream it")
}
