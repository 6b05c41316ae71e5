package moe

import (
	"context"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
)

// artifact is an open recording. Its tables of counts are in memory, so that scans share
// them; what rests on single tokens is read from their files.
type artifact struct {
	info   artifacts.Info
	tables []*frames.Frame
	beside *besides // nil without the choices of each token
}

// Info implements artifacts.Artifact.
func (a *artifact) Info() artifacts.Info { return a.info }

// Tables implements artifacts.Artifact.
func (a *artifact) Tables() []artifacts.TableInfo {
	list := make([]artifacts.TableInfo, len(a.tables))
	for i, f := range a.tables {
		list[i] = artifacts.TableInfo{Name: f.Name(), Doc: tableDoc(f.Name()), Schema: f.Schema(), Rows: int64(f.Len())}
	}
	if a.beside != nil {
		for _, t := range a.beside.Tables() {
			if a.beside.has(t.Name) {
				list = append(list, t)
			}
		}
	}
	return list
}

// Scan implements artifacts.Artifact. The tables of counts are small, so that worker 0
// does it all.
func (a *artifact) Scan(ctx context.Context, r artifacts.Request, emit artifacts.Emit) error {
	if a.beside.has(r.Table) {
		return a.beside.Scan(ctx, r, emit)
	}
	f, err := a.table(r)
	if err != nil {
		return err
	}
	done := int64(0)
	for b := range f.Batches(frames.BatchRows) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := emit(0, b); err != nil {
			return err
		}
		if done += int64(b.Len()); r.Progress != nil {
			r.Progress(done, int64(f.Len()))
		}
	}
	return nil
}

func (a *artifact) table(r artifacts.Request) (*frames.Frame, error) {
	i := slices.IndexFunc(a.tables, frameNamed(r.Table))
	if i < 0 {
		_, err := artifacts.Lookup(a, r.Table)
		return nil, err
	}
	if r.Columns == nil {
		return a.tables[i], nil
	}
	f, err := a.tables[i].Select(r.Columns...)
	if err != nil {
		return nil, fault.Errorf(fault.Misuse, "scanning %s: %w", r.Table, err)
	}
	return f, nil
}

func frameNamed(name string) func(*frames.Frame) bool {
	return func(f *frames.Frame) bool { return f.Name() == name }
}

// ScanFindings implements artifacts.Finder.
func (a *artifact) ScanFindings() []result.Finding {
	if a.beside == nil {
		return nil
	}
	return a.beside.scanFindings()
}

// Close implements artifacts.Artifact. There is nothing to give back: files are open only
// while they are read.
func (a *artifact) Close() error { return nil }
