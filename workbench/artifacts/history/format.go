package history

import (
	"bytes"
	"context"
	"encoding/binary"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"

	"zombiezen.com/go/sqlite"
)

// Kind is the kind of artifact that a history is.
const Kind = "history"

// Format returns the format of files of runs.
func Format() artifacts.Format { return format{} }

type format struct{}

// Name implements artifacts.Format.
func (format) Name() string { return "history" }

// Detect implements artifacts.Format: by the application's number in SQLite's header.
func (format) Detect(c artifacts.Candidate) (claim bool, saw string) {
	const at = 68 // of the number
	return bytes.HasPrefix(c.Head, []byte("SQLite format 3\x00")) && len(c.Head) >= at+4 && binary.BigEndian.Uint32(c.Head[at:]) == applicationID, ""
}

// Open implements artifacts.Format. The tables are read whole: a history is small.
func (format) Open(ctx context.Context, path string) (artifacts.Artifact, error) {
	b, err := OpenExisting(path)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	b.conn.SetInterrupt(ctx.Done())
	a := &artifact{}
	runs, err := b.Runs()
	if err != nil {
		return nil, err
	}
	a.info = artifacts.Info{Kind: Kind, Format: "history", Producer: "profilemate", Summary: result.Count(int64(len(runs)), "run"), Metadata: map[string]string{}}
	for _, t := range sources() {
		f, err := b.frame(t)
		if err != nil {
			return nil, err
		}
		a.frames = append(a.frames, f)
	}
	return a, nil
}

// source is a table of the artifact and the query that reads it.
type source struct {
	name, doc, query string
	schema           frames.Schema
}

func sources() []source {
	word := func(name string) frames.Field { return frames.Field{Name: name, Kind: frames.String} }
	whole := func(name, unit string) frames.Field {
		return frames.Field{Name: name, Kind: frames.Int64, Unit: unit}
	}
	real := func(name, unit string) frames.Field {
		return frames.Field{Name: name, Kind: frames.Float64, Unit: unit}
	}
	return []source{
		{"figures", "figures of all runs, by time of the run", `SELECT r.id, r.time, r.name, r.kind, r.model, r."commit", r.gpu, f.name, f.unit, f.better, f.value, f.error
			FROM figures f JOIN runs r ON r.id = f.run ORDER BY r.time, r.id, f.name`,
			frames.Schema{whole("run", ""), whole("time", "ns"), word("run_name"), word("kind"), word("model"), word("commit"), word("gpu"), word("figure"), word("unit"), word("better"), real("value", ""), real("error", "")}},
		{"runs", "runs by time", `SELECT id, time, name, path, content, kind, model, "commit", flags, host, gpu, profiler FROM runs ORDER BY time, id`,
			frames.Schema{whole("run", ""), whole("time", "ns"), word("run_name"), word("path"), word("content"), word("kind"), word("model"), word("commit"), word("flags"), word("host"), word("gpu"), word("profiler")}},
		{"kernels", "kernels of all runs", `SELECT r.id, r.time, k.name, k.grid, k.block, k.family, k.count, k.total, k.mean, k.share
			FROM kernels k JOIN runs r ON r.id = k.run ORDER BY r.time, r.id, k.total DESC, k.name, k.grid, k.block`,
			frames.Schema{whole("run", ""), whole("time", "ns"), word("name"), word("grid"), word("block"), word("family"), whole("count", ""), whole("total", "ns"), real("mean", "ns"), real("share", "%")}},
	}
}

func (b *Book) frame(t source) (*frames.Frame, error) {
	build := frames.NewBuilder(t.name, t.schema)
	err := b.rows(t.query, func(s *sqlite.Stmt) error {
		for i, f := range t.schema {
			switch {
			case s.ColumnIsNull(i) || f.Kind == frames.String && s.ColumnText(i) == "":
				build.Null(i)
			case f.Kind == frames.Int64:
				build.Int(i, s.ColumnInt64(i))
			case f.Kind == frames.Float64:
				build.Float(i, s.ColumnFloat(i))
			default:
				build.String(i, s.ColumnText(i))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return build.Frame(), nil
}

type artifact struct {
	info   artifacts.Info
	frames []*frames.Frame
}

// Info implements artifacts.Artifact.
func (a *artifact) Info() artifacts.Info { return a.info }

// Close implements artifacts.Artifact.
func (a *artifact) Close() error { return nil }

// Tables implements artifacts.Artifact.
func (a *artifact) Tables() []artifacts.TableInfo {
	var list []artifacts.TableInfo
	for i, t := range sources() {
		list = append(list, artifacts.TableInfo{Name: t.name, Doc: t.doc, Schema: t.schema, Rows: int64(a.frames[i].Len())})
	}
	return list
}

// Scan implements artifacts.Artifact; one worker gets all rows.
func (a *artifact) Scan(ctx context.Context, r artifacts.Request, emit artifacts.Emit) error {
	for _, f := range a.frames {
		if f.Name() != r.Table {
			continue
		}
		if r.Columns != nil {
			var err error
			if f, err = f.Select(r.Columns...); err != nil {
				return fault.Errorf(fault.Misuse, "table %s: %w", r.Table, err)
			}
		}
		for b := range f.Batches(1 << 16) {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := emit(0, b); err != nil {
				return err
			}
		}
		return nil
	}
	return fault.Errorf(fault.NotFound, "no table %q (there are: figures, runs, kernels)", r.Table)
}
