package ncu

import (
	"context"
	"slices"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
)

// source goes through launches.
type source struct {
	each     func(fn func(row) error) error
	progress func() (done, total int64) // in bytes
}

func describe(tables []table) []artifacts.TableInfo {
	list := make([]artifacts.TableInfo, len(tables))
	for i, t := range tables {
		list[i] = t.info
	}
	return list
}

// scan reads a table of an artifact from its source, with one worker.
func scan(ctx context.Context, a artifacts.Artifact, tables []table, r artifacts.Request, emit artifacts.Emit, from source) error {
	info, err := artifacts.Lookup(a, r.Table)
	if err != nil {
		return err
	}
	columns := r.Columns
	if columns == nil {
		columns = info.Schema.Names()
	}
	if _, err := info.Schema.Select(columns...); err != nil {
		return fault.Errorf(fault.Misuse, "table %s: %w", r.Table, err)
	}
	b := newBatcher(r.Table, info.Schema, columns, func(batch *frames.Batch) error {
		if r.Progress != nil {
			r.Progress(from.progress())
		}
		return emit(0, batch)
	})
	at := slices.IndexFunc(tables, func(t table) bool { return t.info.Name == r.Table })
	fill := tables[at].begin()
	err = from.each(func(launch row) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return fill(launch, b)
	})
	if err != nil {
		return err
	}
	return b.flush()
}
