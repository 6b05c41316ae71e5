package sqlcell

import (
	"context"
	"errors"

	"profilemate/frames"
	"profilemate/workbench/artifacts"
	"profilemate/workbench/fault"
	"profilemate/workbench/result"
	"profilemate/workbench/sqlcell/collect"
)

// answer is the table of a statement as an artifact, for what writes tables of
// artifacts.
type answer struct {
	table    *collect.Table
	name     string
	findings []result.Finding
}

// Info says that it is the answer of a statement.
func (a answer) Info() artifacts.Info {
	return artifacts.Info{Kind: "sql", Format: "sql", Summary: "the answer of a statement", Metadata: map[string]string{}, Findings: a.findings}
}

// Tables lists the one table.
func (a answer) Tables() []artifacts.TableInfo {
	return []artifacts.TableInfo{{Name: a.name, Schema: a.table.Schema(), Rows: a.table.Rows()}}
}

// Scan delivers the rows on one goroutine.
func (a answer) Scan(ctx context.Context, r artifacts.Request, emit artifacts.Emit) error {
	if r.Table != a.name {
		return fault.Errorf(fault.NotFound, "no table %q (there is: %s)", r.Table, a.name)
	}
	done := int64(0)
	return a.table.Scan(ctx, r.Columns, func(b *frames.Batch) error {
		done += int64(b.Len())
		if r.Progress != nil {
			r.Progress(done, a.table.Rows())
		}
		return emit(0, b)
	})
}

// Close does nothing: whoever ran the statement closes its table.
func (a answer) Close() error { return nil }

// errEnough ends a scan that has delivered what was wanted.
var errEnough = errors.New("enough rows")

// Head returns the first rows of an artifact's first table.
func Head(ctx context.Context, a artifacts.Artifact, n int) (*frames.Frame, error) {
	info := a.Tables()[0]
	b := frames.NewBuilder(info.Name, info.Schema)
	err := a.Scan(ctx, artifacts.Request{Table: info.Name, Columns: info.Schema.Names()}, func(_ int, f *frames.Batch) error {
		if err := b.Append(f.Head(n - b.Len())); err != nil {
			return err
		}
		if b.Len() >= n {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	return b.Frame(), nil
}
