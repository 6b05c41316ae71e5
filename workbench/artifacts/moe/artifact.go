package moe

import (
	"context"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
)

// artifact is an open recording. Its tables are in memory, so that scans share them.
type artifact struct {
	info   artifacts.Info
	tables []*frames.Frame
}

// Info implements artifacts.Artifact.
func (a *artifact) Info() artifacts.Info { return a.info }

// Tables implements artifacts.Artifact.
func (a *artifact) Tables() []artifacts.TableInfo {
	list := make([]artifacts.TableInfo, len(a.tables))
	for i, f := range a.tables {
		list[i] = artifacts.TableInfo{Name: f.Name(), Doc: tableDoc(f.Name()), Schema: f.Schema(), Rows: int64(f.Len())}
	}
	return list
}

// Scan implements artifacts.Artifact. The tables are small, so that worker 0 does it
// all.
func (a *artifact) Scan(ctx context.Context, r artifacts.Request, emit artifacts.Emit) error {
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
	i := slices.IndexFunc(a.tables, func(f *frames.Frame) bool { return f.Name() == r.Table })
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

// Close implements artifacts.Artifact. There is nothing to give back.
func (a *artifact) Close() error { return nil }
